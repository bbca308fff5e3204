"""Fixes of findings are written into an experiment, and only what they name changes."""

from __future__ import annotations

import pytest

from stcore.errors import ConfigError
from stcore.experiment import Experiment
from stcore.findings import Fix


def test_a_fix_changes_the_setting_it_names_and_nothing_else() -> None:
    fix = Fix(words="Treat zeros as missing", setting="prepare.zeros_are_missing", value=True)
    before, after = Experiment(), Experiment().mended([fix])
    assert after.prepare.zeros_are_missing
    assert after.model_copy(update={"prepare": before.prepare}) == before


def test_lists_and_groups_grow_and_are_not_replaced() -> None:
    given = Experiment.parse({"prepare": {"clean": {"leave_out": ["a"], "limits": {"speed": [0, 90]}}}})
    fixes = [
        Fix(words="", setting="prepare.clean.leave_out", value=["b", "a"]),
        Fix(words="", setting="prepare.clean.limits", value={"load": [0, None]}),
    ]
    clean = given.mended(fixes).prepare.clean
    assert clean.leave_out == ["a", "b"]
    assert clean.limits == {"speed": (0, 90), "load": (0, None)}


def test_a_group_that_is_not_there_is_made() -> None:
    body: dict[str, object] = {"prepare": None}
    Fix(words="", setting="prepare.clean.stuck", value=12).write_into(body)
    assert body == {"prepare": {"clean": {"stuck": 12}}}


def test_a_fix_that_fits_no_setting_is_refused() -> None:
    with pytest.raises(ConfigError, match="stuk"):
        Experiment().mended([Fix(words="", setting="prepare.clean.stuk", value=12)])


@pytest.mark.parametrize(
    ("setting", "value"),
    [
        ("prepare.zeros_are_missing", True),
        ("prepare.clean.stuck", 12),
        ("prepare.clean.leave_out", ["b"]),
        ("prepare.clean.limits", {"speed": [0, None]}),
        ("data", {"lat": "x", "lon": "y"}),
    ],
)
def test_what_is_written_is_found_and_taken_out_again(setting: str, value: object) -> None:
    given = Experiment.parse({"prepare": {"clean": {"leave_out": ["a"], "limits": {"load": [0, 9]}}}})
    fix = Fix(words="", setting=setting, value=value)
    body = given.model_dump(mode="json", by_alias=True)
    assert not fix.is_in(body)
    fix.write_into(body)
    assert fix.is_in(Experiment.parse(body).model_dump(by_alias=True)), "also where a list became a tuple"
    fix.take_out_of(body)
    assert not fix.is_in(body)
    assert Experiment.parse(body) == given


@pytest.mark.parametrize(
    ("values", "joined"),
    [
        ([["a"], ["b", "a"]], ["a", "b"]),
        ([{"x": [0, 1]}, {"y": [2, 3]}], {"x": [0, 1], "y": [2, 3]}),
        ([{"x": [0, 1]}, {"x": [0, 2]}], None),
        ([True, True], True),
        ([3, 4], None),
    ],
)
def test_fixes_of_several_runs_join_where_they_agree(values: list[object], joined: object) -> None:
    first, *others = (Fix(words="Do it", setting="prepare.clean.limits", value=value) for value in values)
    found = first.joined(others)
    assert (None if found is None else found.value) == joined
    assert first.joined([*others, None]) is None
