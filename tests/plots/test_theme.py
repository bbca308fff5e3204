"""Colours stand in one place, agree with the theme file, and can be read."""

from __future__ import annotations

import itertools
import re
import tomllib
from pathlib import Path

import pytest

from stcore.plots import theme as themes
from stcore.plots.theme import DARK, LIGHT, Theme

ROOT = Path(__file__).resolve().parents[2]


def luminance(colour: str) -> float:
    parts = [c / 255 for c in themes.rgb(colour)]
    linear = [c / 12.92 if c <= 0.04045 else ((c + 0.055) / 1.055) ** 2.4 for c in parts]
    return 0.2126 * linear[0] + 0.7152 * linear[1] + 0.0722 * linear[2]


def contrast(one: str, other: str) -> float:
    high, low = sorted((luminance(one), luminance(other)), reverse=True)
    return (high + 0.05) / (low + 0.05)


@pytest.mark.parametrize("theme", [LIGHT, DARK], ids=["light", "dark"])
def test_the_theme_file_has_the_same_colours(theme: Theme) -> None:
    config = tomllib.loads((ROOT / ".streamlit" / "config.toml").read_text(encoding="utf-8"))["theme"][theme.name]
    assert config["primaryColor"] == theme.action
    assert config["backgroundColor"] == theme.ground
    assert config["secondaryBackgroundColor"] == theme.sunk
    assert config["textColor"] == theme.ink
    assert config["greenColor"] == config["greenTextColor"] == theme.better
    assert config["redColor"] == config["redTextColor"] == theme.worse
    assert tuple(config["chartCategoricalColors"]) == theme.categorical
    assert tuple(config["chartSequentialColors"]) == theme.sequential
    assert tuple(config["chartDivergingColors"]) == theme.diverging


@pytest.mark.parametrize("theme", [LIGHT, DARK], ids=["light", "dark"])
def test_text_and_lines_stand_out(theme: Theme) -> None:
    for text in (
        theme.ink,
        theme.muted,
        theme.baseline,
        theme.better,
        theme.worse,
        theme.fault.text,
        theme.local.text,
        theme.regional.text,
    ):
        assert contrast(text, theme.panel) >= 4.5
    for mark in (theme.forecast, theme.fault.mark, theme.local.mark, theme.regional.mark, *theme.categorical):
        assert contrast(mark, theme.panel) >= 3.0
    assert contrast(theme.on_action, theme.action) >= 4.5


@pytest.mark.parametrize("theme", [LIGHT, DARK], ids=["light", "dark"])
def test_the_end_that_needs_attention_stands_out_from_the_ground(theme: Theme) -> None:
    against = [contrast(colour, theme.map_ground) for colour in theme.sequential]
    assert against[-1] > 4 * against[0] / 2
    assert all(later > earlier for earlier, later in itertools.pairwise(against))


def test_a_model_keeps_its_colour() -> None:
    assert themes.model_colour(LIGHT, "stid") == LIGHT.categorical[0]
    assert themes.model_colour(LIGHT, "persistence") == LIGHT.baseline
    assert themes.model_colour(LIGHT, "unknown") == themes.model_colour(LIGHT, "unknown")


def test_no_colour_is_written_anywhere_else() -> None:
    rooms = (ROOT / "stcore" / "ui", ROOT / "stcore" / "plots", ROOT / "pages")
    for path in [*(path for room in rooms for path in room.rglob("*.py")), ROOT / "stcore" / "ui" / "style.css"]:
        if path.name != "theme.py":
            found = re.findall(r"[\"' :]#[0-9A-Fa-f]{6}\b", path.read_text(encoding="utf-8"))
            assert not found, f"{path}: {found}"
