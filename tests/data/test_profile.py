"""Usual course and first choices of a page, against numbers worked out by hand."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest

from stcore.data import profile
from stcore.data.panel import Panel


def test_week_profile_is_the_mean_of_each_hour() -> None:
    time = pd.date_range("2026-03-02", periods=14 * 24, freq="1h")  # two weeks from a Monday
    values = np.where(time < "2026-03-09", 10.0, 20.0) + time.hour
    found = profile.week_profile(time, values)
    assert found is not None
    np.testing.assert_allclose(found, 15 + np.tile(np.arange(24), (7, 1)))


def test_week_profile_leaves_gaps_out_and_marks_empty_hours() -> None:
    time = pd.date_range("2026-03-02", periods=5 * 24, freq="1h")
    values = np.ones(len(time))
    values[3] = np.nan  # the only Monday 03:00
    found = profile.week_profile(time, values)
    assert found is not None
    assert np.isnan(found[0, 3])
    assert found[1, 3] == 1
    assert np.isnan(found[5]).all()


@pytest.mark.parametrize(("freq", "count"), [("1D", 90), ("1h", 20)])
def test_no_week_profile_for_long_steps_or_short_series(freq: str, count: int) -> None:
    time = pd.date_range("2026-03-02", periods=count, freq=freq)
    assert profile.week_profile(time, np.ones(count)) is None


def test_place_means_ignore_gaps() -> None:
    values = np.array([[1.0, np.nan], [3.0, np.nan]])
    found = profile.place_means(values)
    assert found[0] == 2
    assert np.isnan(found[1])


def test_the_telling_place_moves_and_is_complete() -> None:
    values = np.zeros((100, 3), np.float32)
    values[:, 1] = np.arange(100) % 7
    values[:, 2] = np.arange(100)
    values[:50, 2] = np.nan
    panel = Panel.from_arrays(values, pd.date_range("2026-01-01", periods=100, freq="1h"), ["a", "b", "c"])
    assert profile.telling_place(panel) == "b"


def test_last_days_stay_inside_the_data() -> None:
    panel = Panel.from_arrays(np.ones(288 * 30), pd.date_range("2026-01-01", periods=288 * 30, freq="5min"))
    assert profile.last_days(panel) == panel.time[-1] - pd.Timedelta(days=7)
    years = Panel.from_arrays(np.ones(50), pd.date_range("2000-01-01", periods=50, freq="YS"))
    assert profile.last_days(years) == years.time[0]
