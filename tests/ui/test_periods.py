"""Which stretches are offered, which instant is shown first, when a week is worth a sentence."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest

from stcore.data.profile import week_profile
from stcore.ui import periods


@pytest.mark.parametrize(
    ("freq", "count", "step", "offered"),
    [
        ("5min", 8064, "5min", ["day", "week", "all"]),
        ("1h", 8760, "1h", ["day", "week", "month", "all"]),
        ("1D", 1461, "1D", ["month", "year", "all"]),
        ("YS", 40, "1YS", ["all"]),
        ("1h", 5, "1h", ["all"]),
    ],
)
def test_only_stretches_that_make_sense(freq: str, count: int, step: str, offered: list[str]) -> None:
    time = pd.date_range("2020-01-01", periods=count, freq=freq)
    assert list(periods.offered_periods(time, step)) == offered


def test_a_day_holds_a_days_steps() -> None:
    time = pd.date_range("2026-02-16", periods=8064, freq="5min")
    assert len(time[periods.offered_periods(time, "5min")["day"] :]) == 288


def test_the_first_instant_is_where_places_differ_most() -> None:
    values = np.zeros((50, 4))
    values[20] = [0, 5, 0, 5]
    values[30] = [0, 50, np.nan, np.nan]  # half the places are silent: not telling
    assert periods.telling_row(values) == 20


def test_nothing_measured_is_no_error() -> None:
    assert periods.telling_row(np.full((10, 3), np.nan)) == 9


def test_share_of_variance_that_a_week_explains() -> None:
    time = pd.date_range("2026-03-02", periods=28 * 24, freq="1h")
    wave = np.sin(time.hour / 24 * 2 * np.pi).to_numpy()
    noise = np.random.default_rng(0).normal(0, 3, len(time))
    for values, low, high in ((wave, 0.999, 1.001), (noise, 0, 0.4), (np.ones(len(time)), 0, 0)):
        usual = week_profile(time, values)
        assert usual is not None
        assert low <= periods.explained(time, values, usual) <= high
