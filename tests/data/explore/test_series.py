"""Seasons of one series: usual course, calendar, trend and season, resemblance to itself."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest

from stcore.data.explore import autocorrelation as resemblance
from stcore.data.explore import calendars, components, cycles
from stcore.errors import DataError

HOURS = pd.date_range("2026-03-02", periods=28 * 24, freq="1h")  # four weeks from a Monday
DAILY = np.sin(2 * np.pi * np.arange(len(HOURS)) / 24)


def cycle(name: str, time: pd.DatetimeIndex, step: str) -> cycles.Cycle:
    return next(one for one in cycles.offered(time, step) if one.name == name)


@pytest.mark.parametrize(
    ("step", "count", "names"),
    [
        ("5min", 288 * 28, ["day", "week"]), ("1h", 47, []), ("1h", 24 * 330, ["day", "week", "year"]),
        ("1D", 1461, ["week", "year"]), ("1MS", 60, ["year"]), ("1YS", 200, []), ("1s", 5000, []),
    ],
)  # fmt: skip
def test_cycles_are_offered_where_step_and_span_hold_them(step: str, count: int, names: list[str]) -> None:
    time = pd.date_range("2000-01-01", periods=count, freq=step.removeprefix("1") if step != "1s" else "s")
    assert [one.name for one in cycles.offered(time, step)] == names


def test_a_course_is_the_median_of_each_slot() -> None:
    day = cycle("day", HOURS, "1h")
    values = HOURS.hour.to_numpy(float) + np.where(HOURS.hour == 5, 10.0 * (np.arange(len(HOURS)) // 24 % 4), 0)
    values[3] = np.nan
    found = cycles.course(HOURS, values, day)
    assert found.middle[7] == 7
    assert found.middle[5] == 5 + 15  # of 0, 10, 20, 30 seven times each
    assert (found.low[5], found.high[5]) == (5 + 7.5, 5 + 22.5)
    assert found.count[3] == 27


def test_a_year_of_days_and_of_months() -> None:
    days = pd.date_range("2001-01-01", periods=1461, freq="D")
    year = cycle("year", days, "1D")
    assert year.slots == 52
    assert cycles.phase(days, year)[[0, 6, 7, 364]].tolist() == [0, 0, 1, 51]
    months = pd.date_range("2001-01-01", periods=36, freq="MS")
    found = cycles.course(months, months.month.to_numpy(float), cycle("year", months, "1MS"))
    np.testing.assert_array_equal(found.middle, np.arange(1, 13))
    assert found.explained == 1


def test_explained_share_is_one_zero_or_near_zero() -> None:
    slot = np.arange(600) % 24
    assert cycles.explained_share(np.sin(slot.astype(float)), slot) == pytest.approx(1)
    assert cycles.explained_share(np.full(600, 3.0), slot) == 0
    noise = np.random.default_rng(0).normal(size=600)
    assert cycles.explained_share(noise, slot) < 0.04  # uncorrected it would be about 23 / 599
    assert cycles.explained_share(np.full(600, np.nan), slot) == 0


def test_taking_the_course_out_leaves_what_is_not_usual() -> None:
    values = np.stack([DAILY, 5 * DAILY + 3], axis=1)
    values[100, 0] += 4
    left = cycles.without(values, HOURS, cycle("day", HOURS, "1h"))
    assert np.abs(left[:, 1]).max() < 1e-5
    assert left[100, 0] == pytest.approx(4 * 27 / 28, abs=1e-5)


def test_a_calendar_has_the_mean_of_each_hour_day_or_month() -> None:
    found = calendars.calendar(HOURS, HOURS.hour.to_numpy(float), "1h")
    assert found is not None
    assert (found.kind, found.values.shape) == ("hours", (28, 24))
    np.testing.assert_array_equal(found.values[3], np.arange(24))
    days = pd.date_range("2001-02-10", "2001-04-05", freq="D")
    found = calendars.calendar(days, days.day.to_numpy(float), "1D")
    assert found is not None
    assert (found.kind, len(found.rows)) == ("days", 3)
    assert found.values[0, 9] == 10
    assert np.isnan(found.values[0, :9]).all()  # before the data began
    assert np.isnan(found.values[0, 28:]).all()  # no 29 February
    months = pd.date_range("1900-01-01", periods=1200, freq="MS")
    found = calendars.calendar(months, months.year.to_numpy(float), "1MS")
    assert found is not None
    assert (found.kind, len(found.rows), found.shortened) == ("months", 48, 52)
    assert (found.values[-1] == 1999).all()
    years = pd.date_range("1900-01-01", periods=50, freq="YS")
    assert calendars.calendar(years, np.ones(50), "1YS") is None


def test_a_calendar_reads_the_clock_of_the_data() -> None:
    zoned = pd.date_range("2026-03-28", periods=48, freq="1h", tz="Europe/Berlin")  # the night of summer time
    found = calendars.calendar(zoned, zoned.hour.to_numpy(float), "1h")
    assert found is not None
    assert np.isnan(found.values[1, 2])  # there is no 02:00 on the 29th
    assert found.values[1, 3] == 3


def test_a_series_comes_apart_into_what_it_was_made_of() -> None:
    trend = np.linspace(10, 20, len(HOURS))
    noise = 0.05 * np.random.default_rng(0).normal(size=len(HOURS))
    found = components.components(HOURS, trend + 3 * DAILY + noise, cycle("day", HOURS, "1h"))
    assert found.merged == 1
    assert np.abs(found.trend - trend)[24:-24].max() < 0.15
    assert np.abs(found.season - 3 * DAILY)[24:-24].max() < 0.25
    np.testing.assert_allclose(found.trend + found.season + found.rest, found.observed)
    assert found.trend_strength > 0.99
    assert found.season_strength > 0.99


def test_noise_has_no_strong_season() -> None:
    found = components.components(HOURS, np.random.default_rng(0).normal(size=len(HOURS)), cycle("day", HOURS, "1h"))
    assert found.season_strength < 0.45
    assert found.trend_strength < 0.2


def test_gaps_are_bridged_for_the_computation_only() -> None:
    values = 3 * DAILY + 10
    values[50:60] = np.nan
    found = components.components(HOURS, values, cycle("day", HOURS, "1h"))
    assert np.isnan(found.observed[50:60]).all()
    assert np.isnan(found.rest[50:60]).all()
    assert np.isfinite(found.trend).all()
    assert np.isfinite(found.season_strength)


def test_long_series_are_joined_and_cut() -> None:
    time = pd.date_range("2026-01-01", periods=288 * 200, freq="5min")
    found = components.components(time, np.sin(2 * np.pi * np.arange(len(time)) / 288), cycle("day", time, "5min"))
    assert found.merged == 3
    assert len(found.time) == components.MOST_POINTS
    assert found.left_out == 288 * 200 // 3 - 4000
    assert found.time[-1] == time[-3]
    assert found.season_strength > 0.99


def test_what_cannot_be_taken_apart_is_said() -> None:
    short = HOURS[: 7 * 24 * 2 - 1]
    week = cycles.Cycle("week", 168, 168, len(short) / 168)
    with pytest.raises(DataError, match="two whole ones"):
        components.components(short, DAILY[: len(short)], week)
    holes = np.full(len(HOURS), np.nan)
    holes[::3] = 1
    with pytest.raises(DataError, match="no reading"):
        components.components(HOURS, holes, cycle("day", HOURS, "1h"))


def test_a_sine_resembles_itself_after_its_period() -> None:
    found = resemblance.autocorrelation(DAILY, 100)
    np.testing.assert_allclose(found[[0, 12, 24, 48]], [1, -1, 1, 1], atol=1e-6)
    np.testing.assert_allclose(found[6], 0, atol=0.01)
    assert [period.lag for period in resemblance.periods(found)] == [24]


def test_gaps_do_not_bend_the_resemblance() -> None:
    values = DAILY.copy()
    values[np.random.default_rng(0).random(len(values)) < 0.4] = np.nan
    found = resemblance.autocorrelation(values, 60)
    np.testing.assert_allclose(found[[12, 24, 48]], [-1, 1, 1], atol=0.06)


def test_resemblance_equals_the_sums_by_hand() -> None:
    values = np.random.default_rng(1).normal(size=200)
    values[[3, 50, 51]] = np.nan
    found = resemblance.autocorrelation(values, 20)
    centred = values - np.nanmean(values)
    for lag in (1, 7, 20):
        pairs = centred[:-lag] * centred[lag:]
        assert found[lag] == pytest.approx(np.nanmean(pairs) / np.nanmean(centred**2))


def test_no_resemblance_is_told_of_nothing() -> None:
    assert np.isnan(resemblance.autocorrelation(np.full(100, 5.0), 10)[1:]).all()
    assert np.isnan(resemblance.autocorrelation(np.full(100, np.nan), 10)[1:]).all()
    assert np.isnan(resemblance.autocorrelation(DAILY[:40], 39)[11:]).all()
    noise = resemblance.autocorrelation(np.random.default_rng(0).normal(size=2000), 200)
    assert resemblance.periods(noise) == ()


def test_a_week_is_told_beside_its_day_only_when_it_is_stronger() -> None:
    weekend = np.where(HOURS.day_of_week >= 5, 2.0, 0.0)
    both = resemblance.periods(resemblance.autocorrelation(DAILY + weekend, 400), (24, 168))
    assert len(both) == 2
    assert both[0].lag == 168
    assert abs(both[1].lag - 24) <= 1  # the slope of the weekend moves the peak of the day a little


def test_the_calendar_comes_before_lags_of_about_the_same_strength() -> None:
    found = np.full(400, 0.0)
    found[[9, 18, 24, 144, 168, 288]] = [0.3, 0.3, 0.4, 0.52, 0.5, 0.4]
    assert [period.lag for period in resemblance.periods(found)] == [144, 9]  # nothing comes back 24 later
    assert [period.lag for period in resemblance.periods(found, (24, 168))] == [168, 24]
    found[60] = 0.8
    assert [period.lag for period in resemblance.periods(found, (24, 168))] == [168, 24]  # once only, at no 120
    found[121] = 0.7
    assert [period.lag for period in resemblance.periods(found, (24, 168))] == [60, 168, 24]
