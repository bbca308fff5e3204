"""Shares of readings that are there: blocks of any size give what the whole array gives."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from stcore.data import presence as strips
from stcore.data.presence import presence
from tests.panels import daily_wave


def test_shares_are_those_of_each_stretch_and_group() -> None:
    panel = daily_wave(steps=12, places=4)
    panel.values[0:3, 0] = np.nan
    panel.values[4:6, 3] = np.nan
    assert presence(panel, "value_0", rows=2, columns=4).tolist() == [[0.5, 1, 1, 1], [1, pytest.approx(4 / 6), 1, 1]]


@pytest.mark.parametrize("cells", [1, 7, 64, 10**9])
def test_blocks_of_any_size_give_the_same(monkeypatch: pytest.MonkeyPatch, cells: int) -> None:
    panel = daily_wave(steps=101, places=7, features=2, gaps=0.3)
    whole = presence(panel, "value_1", 3, 10)
    monkeypatch.setattr(strips, "_BLOCK_CELLS", cells)
    assert np.array_equal(presence(panel, "value_1", 3, 10), whole)
    there, times, groups = ~np.isnan(panel.values[..., 1]), strips.edges(101, 10), strips.edges(7, 3)
    assert whole[1, 4] == pytest.approx(there[times[4] : times[5], groups[1] : groups[2]].mean())


def test_filled_readings_are_not_there() -> None:
    panel = daily_wave(steps=10, places=1)
    observed = np.ones(panel.shape, bool)
    observed[5:] = False
    assert presence(replace(panel, observed=observed), "value_0", 1, 2).tolist() == [[1, 0]]


def test_a_small_panel_has_a_row_a_place_and_a_column_a_step() -> None:
    assert presence(daily_wave(steps=5, places=3), "value_0").shape == (3, 5)
