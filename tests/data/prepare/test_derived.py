"""Values worked out for the models: known answers, nothing from the future, known ahead beyond the end."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import geopandas as gpd
import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from stcore.data.panel import Panel
from stcore.data.prepare import past_features, time_features
from stcore.data.prepare.holiday import countries, days, holiday
from stcore.data.prepare.pipeline import Pipeline
from stcore.errors import ConfigError, DataError
from stcore.preparation import DerivedConfig, PrepareConfig
from tests.panels import daily_wave

NAN = np.nan
EVERYTHING: dict[str, Any] = {
    "lags": [1, 30], "changes": [1, 24], "rolling": ["mean", "variance", "min", "max"], "rolling_steps": [3, 12],
    "neighbours_mean": True, "waves": 2, "phase": True, "holidays": True, "country": "DE", "trend": True,
}  # fmt: skip


def column(*values: float) -> np.ndarray:
    return np.array(values, np.float32)[:, None]


def made(panel: Panel, train_rows: int = 300, reach: int = 4, fill: str = "none", **derived: Any) -> Panel:
    config = PrepareConfig(fill=fill, derived=derived)  # type: ignore[arg-type]
    return Pipeline.fit(panel, train_rows, config, panel.features[:1], reach).apply(panel)


def placed(panel: Panel, lonlat: list[tuple[float, float]]) -> Panel:
    table = gpd.GeoDataFrame(
        {"lanes": np.arange(len(lonlat)) + 1.0}, index=panel.locations.index, geometry=gpd.points_from_xy(*zip(*lonlat, strict=True)), crs=4326
    )  # fmt: skip
    return replace(panel, locations=table)


# of the past -------------------------------------------------------------------------------------------------------


def test_earlier_values_and_changes() -> None:
    values = column(1, 4, NAN, 9, 16)
    np.testing.assert_array_equal(past_features.lag(values, 2).ravel(), [NAN, NAN, 1, 4, NAN])
    np.testing.assert_array_equal(past_features.change(values, 1).ravel(), [NAN, 3, NAN, NAN, 7])
    np.testing.assert_array_equal(past_features.lag(values, 9).ravel(), [NAN] * 5)


@pytest.mark.parametrize(
    ("kind", "expected"),
    [("mean", [1, 2.5, 2.5, 6.5, 12.5]), ("variance", [0, 2.25, 2.25, 6.25, 12.25]), ("min", [1, 1, 1, 4, 9]), ("max", [1, 4, 4, 9, 16])],
)  # fmt: skip
def test_rolling_numbers_skip_what_is_missing(kind: Any, expected: list[float]) -> None:
    np.testing.assert_allclose(past_features.rolling(column(1, 4, NAN, 9, 16), kind, 3).ravel(), expected, rtol=1e-5)
    gone = past_features.rolling(column(1, NAN, NAN, NAN), kind, 3)
    assert np.isnan(gone).ravel().tolist() == [False, False, False, True]


@settings(max_examples=20, deadline=None)
@given(st.integers(0, 1000), st.integers(1, 15), st.sampled_from(["mean", "min", "max"]))
def test_rolling_is_pandas_rolling(seed: int, steps: int, kind: Any) -> None:
    values = daily_wave(60, places=2, gaps=0.3, seed=seed).values[..., 0]
    expected = getattr(pd.DataFrame(values).rolling(steps, min_periods=1), kind)()
    np.testing.assert_allclose(past_features.rolling(values, kind, steps), expected, rtol=1e-4)


def test_a_small_variance_on_a_large_offset_is_kept() -> None:
    values = (1e6 + np.random.default_rng(0).normal(0, 0.5, (500, 1))).astype(np.float32)
    expected = pd.DataFrame(values.astype(float)).rolling(20, min_periods=1).var(ddof=0)
    np.testing.assert_allclose(past_features.rolling(values, "variance", 20), expected, rtol=1e-3, atol=1e-4)


def test_the_neighbours_mean_leaves_the_place_itself_out() -> None:
    panel = placed(daily_wave(50, places=3), [(0, 0), (1, 0), (2, 0)])
    found = Pipeline.fit(panel, 40, PrepareConfig(neighbours=1, derived={"neighbours_mean": True})).apply(panel)
    np.testing.assert_allclose(found.values[:, 0, 1], panel.values[:, 1, 0])
    given = panel.space.with_edges("given", pd.DataFrame({"from": ["1", "1"], "to": ["2", "3"], "weight": [3.0, 1.0], "length_km": NAN}))  # fmt: skip
    found = made(replace(panel, space=given), 40, neighbours_mean=True)
    expected = (3 * panel.values[:, 1, 0] + panel.values[:, 2, 0]) / 4
    np.testing.assert_allclose(found.values[:, 0, 1], expected, rtol=1e-5)


# of the clock ------------------------------------------------------------------------------------------------------


def test_phases_and_waves() -> None:
    times = pd.DatetimeIndex(["2024-01-01 00:00", "2024-01-01 06:00", "2024-01-03 12:00", "2024-12-31 12:00"])
    np.testing.assert_allclose(time_features.phase(times, "day"), [0, 0.25, 0.5, 0.5])
    np.testing.assert_allclose(time_features.phase(times, "week")[:3], [0, 0.25 / 7, 2.5 / 7])
    np.testing.assert_allclose(time_features.phase(times, "year")[[0, 3]], [0, 365.5 / 366])
    found = time_features.waves(times, "day", 2)
    np.testing.assert_allclose(found["day_sin_1"][:3], [0, 1, 0], atol=1e-12)
    np.testing.assert_allclose(found["day_cos_2"][:3], [1, -1, 1], atol=1e-12)


@pytest.mark.parametrize(
    ("step", "length", "expected"),
    [("5min", "3D", ("day",)), ("1h", "40D", ("day", "week")), ("1D", "500D", ("week", "year")), ("1MS", "900D", ("year",)), ("12h", "40D", ("week",))],
)  # fmt: skip
def test_cycles_that_the_step_and_the_train_part_show(step: str, length: str, expected: tuple[str, ...]) -> None:
    assert time_features.resolved(step, pd.Timedelta(length)) == expected


def test_what_the_clock_says_goes_on_beyond_the_end() -> None:
    panel = daily_wave(100)
    found = made(panel, 80, reach=6, trend=True, phase=True, rolling=["mean"])
    assert len(found.time) == 106
    assert found.time[-1] == panel.time[-1] + pd.Timedelta(hours=6)
    assert found.features == ("value_0", "value_0_mean_12", "day_phase", "trend")
    np.testing.assert_allclose(found.values[[0, 79, 105], 0, 3], [0, 1, 105 / 79], rtol=1e-5)
    assert np.isfinite(found.values[:, :, 2:]).all()
    assert np.isnan(found.values[100:, :, :2]).all()


def test_a_lag_beyond_the_steps_ahead_is_known_ahead() -> None:
    panel = daily_wave(100)
    found = made(panel, 80, reach=6, lags=[3, 24])
    assert [found.schema[name].known_ahead for name in found.features] == [False, 3, 24]
    np.testing.assert_array_equal(found.values[100:, :, 2], panel.values[76:82, :, 0])
    assert np.isnan(found.values[100:, :, 1]).all()


# holidays ----------------------------------------------------------------------------------------------------------


def test_holidays_of_a_country_and_of_a_part_of_it() -> None:
    times = pd.date_range("2024-10-02 12:00", periods=4, freq="12h")
    assert holiday(times, "12h", ("DE", "FR", "")).tolist() == [[0, 0, 0], [1, 0, 0], [1, 0, 0], [0, 0, 0]]
    assert pd.Timestamp("2024-08-15") in days("DE-SL", 2024, 2024)
    assert pd.Timestamp("2024-08-15") not in days("DE", 2024, 2024)


def test_a_month_counts_its_holidays() -> None:
    times = pd.date_range("2024-12-01", periods=2, freq="MS")
    assert holiday(times, "1MS", ("DE",)).ravel().tolist() == [2, 1]


def test_a_zone_keeps_its_own_days() -> None:
    times = pd.date_range("2024-12-24 22:00", periods=4, freq="h", tz="America/New_York")
    assert holiday(times, "1h", ("US",)).ravel().tolist() == [0, 0, 1, 1]


def test_the_country_is_found_from_the_coordinates() -> None:
    panel = placed(daily_wave(10, places=5), [(13.4, 52.5), (-118.2, 34.0), (116.4, 39.9), (4.9, 52.4), (-0.1, 50.6)])
    assert countries(panel, None) == ("DE", "US", "CN", "NL", "GB")
    assert countries(panel, "DE-BY") == ("DE-BY",) * 5


@pytest.mark.parametrize(
    ("wrong", "words"),
    [
        ({"holidays": True}, "no coordinates"), ({"holidays": True, "country": "XX"}, "“XX”"),
        ({"holidays": True, "country": "DE-QQ"}, "“DE-QQ”"), ({"distance_to": {"harbour": [1, 2]}}, "no coordinates"),
        ({"static": ["lane"]}, "no column “lane”"), ({"of": ["valu_0"], "lags": [1]}, "“valu_0”"),
    ],
)  # fmt: skip
def test_what_these_data_do_not_have_is_refused_in_words(wrong: dict[str, Any], words: str) -> None:
    with pytest.raises(ConfigError, match=words) as refused:
        made(daily_wave(50), 40, **wrong)
    assert refused.value.hint


def test_one_place_has_no_neighbours() -> None:
    with pytest.raises(ConfigError, match="no neighbours"):
        made(daily_wave(50, places=1), 40, neighbours_mean=True)


# of the place ------------------------------------------------------------------------------------------------------


def test_distances_and_own_columns_stay_as_they_are() -> None:
    """A degree on the equator is 111.2 km."""
    panel = placed(daily_wave(20, places=3), [(0, 0), (1, 0), (2, 0)])
    found = made(panel, 15, distance_to={"harbour": [0, 1]}, static=["lanes"])
    np.testing.assert_allclose(found.values[:, :, 1], np.broadcast_to([111.2, 0, 111.2], (20, 3)), atol=0.1)
    np.testing.assert_array_equal(found.values[7, :, 2], [1, 2, 3])


def test_text_is_no_number_of_a_place() -> None:
    panel = placed(daily_wave(20, places=2), [(0, 0), (1, 0)])
    named = replace(panel, locations=panel.locations.assign(road=["A", "B"]))
    with pytest.raises(ConfigError, match="holds no numbers"):
        made(named, 15, static=["road"])


# as a whole --------------------------------------------------------------------------------------------------------


def test_a_name_that_is_taken_is_refused() -> None:
    panel = daily_wave(50)
    named = replace(panel, features=("trend",), schema={"trend": panel.schema["value_0"]})
    with pytest.raises(ConfigError, match="called trend already"):
        made(named, 40, trend=True)


def test_too_many_numbers_are_refused_before_they_are_made(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("FIELDCAST_MAX_CELLS", "1000")
    with pytest.raises(DataError, match="the limit is 1,000"):
        made(daily_wave(200), 100, rolling=["mean", "max"])


def test_it_comes_back_from_its_arrays() -> None:
    panel = placed(daily_wave(300, places=3, gaps=0.2), [(0, 0), (1, 0), (2, 0)])
    config = PrepareConfig(fill="linear", derived={**EVERYTHING, "static": ["lanes"], "distance_to": {"a": [0, 0]}})
    first = Pipeline.fit(panel, 200, config, ("value_0",), 6)
    second = Pipeline.of(first.about(), first.arrays(), panel.step)
    assert second.made == first.made
    left, right = first.apply(panel), second.apply(panel)
    np.testing.assert_array_equal(left.values, right.values)
    np.testing.assert_array_equal(left.mask, right.mask)
    assert left.schema == right.schema


@settings(max_examples=15, deadline=None)
@given(st.integers(0, 1000), st.sampled_from(["none", "linear", "seasonal", "low_rank"]), st.integers(150, 290))
def test_nothing_that_is_worked_out_looks_ahead(seed: int, fill: str, origin: int) -> None:
    panel = daily_wave(300, places=3, gaps=0.3, seed=seed)
    other = panel.values.copy()
    other[origin + 1 :] = 5 * other[origin + 1 :][::-1] - 30
    config = PrepareConfig(fill=fill, derived=EVERYTHING)  # type: ignore[arg-type]
    found = Pipeline.fit(panel, 150, config, panel.features, 4)
    first, second = (found.apply(replace(panel, values=each)) for each in (panel.values, other))
    np.testing.assert_array_equal(first.values[: origin + 1, :, 1:], second.values[: origin + 1, :, 1:])
    ahead = [n for n, name in enumerate(first.features) if first.schema[name].known_ahead and n]
    ahead = [n for n in ahead if first.schema[first.features[n]].known_ahead != 1]
    np.testing.assert_array_equal(first.values[: origin + 5, :, ahead], second.values[: origin + 5, :, ahead])


def test_nothing_is_worked_out_by_default() -> None:
    assert DerivedConfig().nothing
    assert DerivedConfig(of=["a"], rolling_steps=[3], country="DE").nothing
    assert not DerivedConfig(waves=1).nothing
    panel = daily_wave(20)
    assert made(panel, 15) is panel
