from __future__ import annotations

import numpy as np
import pandas as pd
import pytest

from stcore.anomaly import linear
from stcore.anomaly.linear import Calendar


def test_calendar_uses_a_cycle_only_when_it_was_seen_three_times():
    hourly = pd.date_range("2024-01-01", periods=24 * 20, freq="1h")
    assert Calendar.of(hourly[:71], "1h").cycle is None
    assert Calendar.of(hourly[:72], "1h").count == 24
    assert Calendar.of(hourly, "1h").count == 48
    monthly = pd.date_range("1990-01-01", periods=60, freq="1MS")
    assert Calendar.of(monthly, "1MS").count == 12
    assert Calendar.of(pd.date_range("2024-01-01", periods=60, freq="1D"), "1D").cycle.name == "day_of_week"
    yearly = pd.date_range("1900-01-01", periods=60, freq="1YS")
    assert Calendar.of(yearly, "1YS").count == 1


def test_weekends_have_phases_of_their_own():
    times = pd.date_range("2024-01-01", periods=24 * 14, freq="1h")
    phases = Calendar.of(times, "1h").phases(times)
    assert (phases[: 24 * 5] < 24).all()
    assert (phases[24 * 5 : 24 * 7] >= 24).all()


def test_profile_is_the_median_of_each_phase_and_fills_unseen_ones():
    values = np.array([[1.0], [10], [3], [10], [100], [np.nan]])
    phases = np.array([0, 1, 0, 1, 0, 1])
    assert linear.profiles(values, phases, 3).ravel().tolist() == [3.0, 10.0, 10.0]
    assert linear.profiles(np.full((2, 1), np.nan), phases[:2], 2).ravel().tolist() == [0, 0]


def wave(steps=400, series=3):
    random = np.random.default_rng(0)
    values = np.zeros((steps, series))
    for row in range(2, steps):
        values[row] = 1.5 * values[row - 1] - 0.8 * values[row - 2] + random.normal(0, 0.1, series)
    return values


def test_weights_of_an_autoregression_are_recovered():
    values = wave(4000)
    model = linear.fit(values, np.zeros(4000, np.int64), 1, 2)
    np.testing.assert_allclose(model.weights[0, :, 0], [-0.8, 1.5], atol=0.03)
    residuals = model.residuals(values, np.zeros(4000, np.int64))
    assert np.nanstd(residuals[0]) == pytest.approx(0.1, rel=0.05)


def test_forecasts_never_see_their_own_time_or_later():
    values = wave()
    phases = np.zeros(400, np.int64)
    model = linear.fit(values, phases, 1, 6)
    before = model.forecasts(values, phases)
    values[200:] += 50
    after = model.forecasts(values, phases)
    for row, lead in enumerate(model.leads):
        np.testing.assert_array_equal(after[row, : 200 + lead], before[row, : 200 + lead])
        assert (after[row, 200 + lead] != before[row, 200 + lead]).any()


def test_the_first_whole_history_is_waited_for():
    values = wave()
    model = linear.fit(values, np.zeros(400, np.int64), 1, 6)
    assert model.leads == (1, 3, 6)
    first = np.isfinite(model.forecasts(values, np.zeros(400, np.int64))[:, :, 0]).argmax(axis=1)
    assert first.tolist() == [6, 8, 11]


def test_gaps_neither_break_a_fit_nor_reach_a_forecast():
    values = wave(2000)
    holes = values.copy()
    holes[np.random.default_rng(1).random(values.shape) < 0.3] = np.nan
    holes[:, 2] = np.nan
    model = linear.fit(holes, np.zeros(2000, np.int64), 1, 4)
    assert np.isfinite(model.weights).all()
    assert np.isfinite(model.forecasts(holes, np.zeros(2000, np.int64))[:, 20:]).all()


def test_selected_series_give_the_same_numbers_alone():
    values, phases = wave(series=4), np.zeros(400, np.int64)
    whole = linear.fit(values, phases, 1, 5)
    parts = [linear.fit(values[:, cut], phases, 1, 5) for cut in (slice(0, 1), slice(1, 4))]
    np.testing.assert_allclose(linear.joined(parts).weights, whole.weights, atol=1e-4)
    alone = whole.select(np.array([2, 0])).residuals(values[:, [2, 0]], phases)
    np.testing.assert_allclose(alone, whole.residuals(values, phases)[..., [2, 0]], atol=1e-4)
