"""The strip of readings present: its rows, its colours, its words."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest

from stcore.plots import gaps
from stcore.plots.theme import DARK, LIGHT, Theme

MISSING = np.zeros((10, 40))
MISSING[2], MISSING[7, 3] = 1, 0.5
TIME = pd.date_range("2026-01-01", periods=400, freq="h")
NAMES = [f"<b>{number}" for number in range(10)]


@pytest.mark.parametrize("theme", [LIGHT, DARK], ids=["light", "dark"])
def test_the_places_that_miss_most_are_named_and_escaped(theme: Theme) -> None:
    figure = gaps.strip(MISSING, TIME, NAMES, theme)
    assert list(figure.layout.yaxis.ticktext) == ["&lt;b&gt;2", "&lt;b&gt;7"]
    assert list(figure.layout.yaxis.tickvals) == [2, 7]
    assert figure.layout.yaxis.range == (9.5, -0.5), "the first place stands at the top"
    assert figure.data[0].text[7][3] == "&lt;b&gt;7"


def test_nothing_there_is_another_colour_than_some_missing() -> None:
    ramp = gaps.strip(MISSING, TIME, NAMES, LIGHT).data[0].colorscale
    assert ramp[-1] == (1, LIGHT.worse)
    assert ramp[0][1] not in {LIGHT.worse, LIGHT.local.mark}
    assert (0.5, LIGHT.local.mark) in ramp


def test_a_row_of_several_places_says_so() -> None:
    names = [f"s{number}" for number in range(20)]
    assert gaps.worst(MISSING, names) == "; most is missing at s4 and 1 more, 100\u00a0%"
    assert gaps.worst(np.zeros((3, 4)), names[:3]) == ""
