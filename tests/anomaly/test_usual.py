"""The usual course of a value, and the usual stretches nearest to a strange one."""

from __future__ import annotations

import numpy as np
import pandas as pd

from stcore.anomaly.nearest import nearest_usual, window_of
from stcore.anomaly.usual import UsualCourse
from stcore.data.panel import Panel

DAYS = 20


def daily(noise: float = 0.1) -> np.ndarray:
    rng = np.random.default_rng(2)
    return np.sin(np.arange(24 * DAYS) / 24 * 2 * np.pi) + rng.normal(0, noise, 24 * DAYS)


def test_usual_values_follow_the_day_and_hold_most_readings() -> None:
    values = np.stack([daily(), 5 + daily()], axis=1).astype(np.float32)
    panel = Panel.from_arrays(values, pd.date_range("2026-01-01", periods=len(values), freq="h"), ["a", "b"], ["x"])
    middle, low, high = UsualCourse.of(panel, "x").at(panel.time, np.array([1]))
    assert np.abs(middle[:, 0] - 5 - np.sin(np.arange(len(values)) / 24 * 2 * np.pi)).mean() < 0.1
    inside = ((values[:, 1:] >= low) & (values[:, 1:] <= high)).mean()
    assert 0.8 < inside < 0.99


def test_the_nearest_usual_stretch_is_the_same_hour_of_another_day() -> None:
    values = daily()
    first = 24 * 9 + 6
    values[first : first + 2] += 1.5
    window = window_of(first, first + 1, 24, len(values))
    usual = np.ones(len(values), bool)
    usual[first : first + 2] = False
    found = nearest_usual(values, window, usual)
    assert len(found) == 3
    assert all((each.first - window[0]) % 24 in (0, 1, 23) for each in found)
    assert all(abs(a.first - b.first) >= 24 for a in found for b in found if a is not b)
    assert [each.distance for each in found] == sorted(each.distance for each in found)


def test_distance_is_the_root_mean_square_and_gaps_count_for_nothing() -> None:
    values = daily()
    values[30:34] = np.nan
    window = (240, 264)
    usual = np.ones(len(values), bool)
    best = nearest_usual(values, window, usual, most=1)[0]
    other = values[best.first : best.first + 24]
    assert np.isclose(best.distance, np.sqrt(np.nanmean((other - values[240:264]) ** 2)))


def test_nothing_usual_nothing_found() -> None:
    assert nearest_usual(daily(), (0, 24), np.zeros(24 * DAYS, bool)) == []
    assert nearest_usual(np.full(100, np.nan), (0, 24), np.ones(100, bool)) == []
