"""Findings of several runs become one list."""

from __future__ import annotations

from stcore.data.quality import over_runs
from stcore.findings import Finding, Fix


def test_what_is_odd_in_many_runs_is_said_once_at_its_worst() -> None:
    fix = Fix(words="", setting="prepare.zeros_are_missing", value=True)
    gaps = [Finding(code="gaps", count=count, message=f"{count} missing.", fix=fix) for count in (3, 9, 5)]
    other = Finding(code="stuck", severity="look", count=2, message="Stuck.")
    told = over_runs({"a": [gaps[0]], "b": [gaps[1], other], "c": [gaps[2]]})
    assert [(one.code, one.count, one.where, one.message) for one in told] == [
        ("gaps", 17, "a, b, c", "b: 9 missing. 2 more runs are alike."),
        ("stuck", 2, "b", "b: Stuck."),
    ]
    assert told[0].fix == fix


def test_a_look_speaks_before_a_note_and_unlike_fixes_are_not_mixed() -> None:
    note = Finding(code="gaps", count=90, message="Many.", fix=Fix(words="", setting="data.step", value="1h"))
    look = Finding(
        code="gaps", severity="look", count=1, message="One.", fix=Fix(words="", setting="data.step", value="2h")
    )
    (told,) = over_runs({"a": [note], "b": [look]})
    assert (told.severity, told.message, told.fix) == ("look", "b: One. 1 more run is alike.", None)
