"""Every value that reaches HTML is escaped; parts keep their roles for those who do not see."""

from __future__ import annotations

import inspect

import pytest

from stcore.plots.theme import LIGHT
from stcore.ui import markup
from stcore.ui.markup import Column, Metric

NASTY = "<script>alert('x')</script>"


@pytest.mark.parametrize(
    "made",
    [
        markup.text(NASTY), markup.strong(NASTY), markup.muted(NASTY), markup.mono(NASTY), markup.chip(NASTY, NASTY),
        markup.verdict([NASTY], NASTY), markup.title(NASTY, NASTY), markup.above(NASTY), markup.section(NASTY),
        markup.panel_title(NASTY, NASTY, NASTY), markup.strip([NASTY], NASTY, NASTY), markup.key(NASTY, NASTY),
        markup.metrics([Metric(NASTY, NASTY, NASTY, NASTY, NASTY)]), markup.error(NASTY, NASTY, NASTY, heading=NASTY),
        markup.table([Column(NASTY)], [[NASTY]], caption=NASTY), markup.waiting(NASTY, NASTY), markup.progress(0.5, NASTY),
        markup.finding("look", NASTY, NASTY, NASTY), markup.paragraph(NASTY), markup.dot(NASTY, NASTY), markup.link(NASTY, f"/x?{NASTY}"),
    ],
)  # fmt: skip
def test_nothing_is_taken_as_markup(made: str) -> None:
    assert "<script" not in made
    assert "alert('x')" not in made


def test_the_list_above_covers_every_builder() -> None:
    builders = {
        name for name, thing in inspect.getmembers(markup, inspect.isfunction)
        if thing.__module__ == markup.__name__ and not name.startswith("_")
    }  # fmt: skip
    harmless = {"join", "judged", "skill_bar", "colours"}
    covered = {
        "text", "strong", "muted", "mono", "chip", "verdict", "title", "above", "section", "panel_title", "strip", "key",
        "metrics", "error", "table", "waiting", "progress", "finding", "paragraph", "link", "dot",
    }  # fmt: skip
    assert builders - harmless == covered


def test_links_stay_inside() -> None:
    assert "<a " in markup.link("Open", "/forecast?dataset=1")
    assert "<a " not in markup.link("Open", "javascript:alert(1)")
    assert "<a " not in markup.link("Open", "//elsewhere.example/x")


def test_a_judgement_has_its_colour_and_its_word() -> None:
    assert markup.judged(0.18) == '<b class="fc-good">18\u00a0% better</b>'
    assert markup.judged(-0.03) == '<b class="fc-bad">3\u00a0% worse</b>'


def test_skill_bars_grow_from_the_middle() -> None:
    assert "left:50.0%;width:30.0%" in markup.skill_bar(0.18, 0.3)
    assert "left:20.0%;width:30.0%" in markup.skill_bar(-0.18, 0.3)
    assert "fc-bar" not in markup.skill_bar(None, 0.3)
    assert "left:50.0%;width:50.0%" in markup.skill_bar(9.0, 0.3)


def test_parts_can_be_read_aloud() -> None:
    assert 'role="alert"' in markup.error("a", "b")
    assert 'aria-valuenow="35"' in markup.progress(0.35)
    assert markup.table([Column("a")], [["x"]]).count('<th scope="col"') == 1
    assert "<h1>Forecast</h1>" in markup.title("Forecast")


def test_an_unchanged_state_is_promised_only_when_true() -> None:
    assert "Nothing was changed" in markup.error("a", "b")
    assert "Nothing was changed" not in markup.error("a", "b", changed=True)


def test_colours_become_variables() -> None:
    assert f"--fc-ink:{LIGHT.ink};" in markup.colours(LIGHT)
