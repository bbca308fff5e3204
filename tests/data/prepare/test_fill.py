"""What stands in a gap: known answers, learnt from the train part alone, known to an origin or not."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import geopandas as gpd
import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy.interpolate import PchipInterpolator

from stcore.data.panel import Panel
from stcore.data.prepare import gaps
from stcore.data.prepare.fill import FILLERS
from stcore.data.prepare.fill_scores import block_length, hide_blocks, hide_single, score_fills
from stcore.data.prepare.interpolate import Spline
from stcore.data.prepare.pipeline import Pipeline
from stcore.errors import ConfigError, DataError
from stcore.preparation import PrepareConfig
from tests.panels import daily_wave

NAN = np.nan


def series(*values: float) -> Panel:
    time = pd.date_range("2024", periods=len(values), freq="h")
    return Panel.from_arrays(np.array(values, np.float32), time)


def filled(panel: Panel, fill: str, train_rows: int | None = None, **more: Any) -> Panel:
    config = PrepareConfig(fill=fill, **more)
    return Pipeline.fit(panel, train_rows or len(panel.time), config).apply(panel)


def at_points(panel: Panel) -> Panel:
    """Places on the equator, a degree apart, the last one far away."""
    lon = [*range(panel.shape[1] - 1), 100]
    table = gpd.GeoDataFrame(index=panel.locations.index, geometry=gpd.points_from_xy(lon, [0] * len(lon)), crs=4326)
    return replace(panel, locations=table)


@pytest.mark.parametrize(
    ("fill", "expected"),
    [
        ("none", [NAN, 2, NAN, NAN, 8, 8, NAN]), ("forward", [NAN, 2, 2, 2, 8, 8, 8]), ("linear", [NAN, 2, 4, 6, 8, 8, 8]),
    ],
)  # fmt: skip
def test_known_answers(fill: str, expected: list[float]) -> None:
    found = filled(series(NAN, 2, NAN, NAN, 8, 8, NAN), fill)
    np.testing.assert_allclose(found.values[:, 0, 0], expected)
    assert found.mask[:, 0, 0].tolist() == [False, True, False, False, True, True, False]


def test_the_smooth_curve_is_scipys() -> None:
    values = np.array([1, 2, NAN, NAN, 7, 9, 9, NAN, 4, 3, NAN, NAN, 3, 2.5], np.float32)
    there = np.flatnonzero(~np.isnan(values))
    expected = PchipInterpolator(there, values[there])(np.arange(len(values)))
    found = Spline().fill(values[:, None, None], pd.DatetimeIndex([]))[:, 0, 0]
    np.testing.assert_allclose(found, expected, rtol=1e-5)


def test_an_outage_takes_the_usual_course() -> None:
    panel = daily_wave(24 * 70, places=1, noise=0.05)
    values = panel.values.copy()
    values[-30:-2] = np.nan
    found = filled(replace(panel, values=values), "seasonal", 24 * 63)
    np.testing.assert_allclose(found.values[-30:-2], panel.values[-30:-2], atol=0.5)


def test_a_deviation_fades_from_the_last_reading_on() -> None:
    """x(t) = 0.9 x(t-1) + noise without a rhythm: k steps into a gap the best guess is 0.9^k of the last reading."""
    draw = np.random.default_rng(0)
    x = np.zeros(6000)
    for t in range(1, len(x)):
        x[t] = 0.9 * x[t - 1] + draw.normal()
    x[-5:-1] = np.nan
    panel = Panel.from_arrays(x, pd.date_range("2024", periods=len(x), freq="37min"))
    found = filled(panel, "seasonal").values[-5:-1, 0, 0]
    np.testing.assert_allclose(found, x[-6] * 0.9 ** np.arange(1, 5), atol=0.35)


def test_neighbours_speak_for_a_silent_place_the_near_one_most() -> None:
    """Places a degree apart: weights 1 and 1/4 of the two neighbours, each as far from its mean as its spread says."""
    draw = np.random.default_rng(0)
    values = draw.normal(size=(400, 4)).astype(np.float32) * np.array([1, 2, 4, 1]) + np.array([0, 10, 100, 7])
    values[300, 0] = np.nan
    panel = at_points(Panel.from_arrays(values, pd.date_range("2024", periods=400, freq="h")))
    found = filled(panel, "neighbours", 300, neighbours=2).values[300, 0, 0]
    mean, spread = values[:300].mean(axis=0), values[:300].std(axis=0)
    z = (values[300] - mean) / spread
    off = (values[299, 0] - mean[0]) / spread[0]
    expected = mean[0] + spread[0] * (z[1] + z[2] / 4) / 1.25
    assert found == pytest.approx(expected, abs=0.1 * abs(off) + 0.05)


def test_patterns_put_a_silent_place_together_from_the_others() -> None:
    """Ten places are mixtures of two courses: any one follows from the others."""
    draw = np.random.default_rng(0)
    courses, mix = draw.normal(size=(500, 2)), draw.normal(size=(2, 10))
    values = (50 + courses @ mix).astype(np.float32)
    hidden = values.copy()
    hidden[400:450, 3] = np.nan
    panel = Panel.from_arrays(hidden, pd.date_range("2024", periods=500, freq="h"))
    found = filled(panel, "low_rank", 400, rank=2)
    np.testing.assert_allclose(found.values[400:450, 3, 0], values[400:450, 3], atol=0.1)


def test_too_many_places_that_nothing_joins_are_refused_in_words() -> None:
    panel = Panel.from_arrays(np.zeros((3, 2001)), pd.date_range("2024", periods=3, freq="h"))
    with pytest.raises(ConfigError, match="neither coordinates nor a network"):
        filled(panel, "neighbours")


def test_fills_stay_in_the_range_of_a_value() -> None:
    panel = daily_wave(100, gaps=0.3)
    ranged = {"value_0": panel.schema["value_0"].model_copy(update={"range": (19.0, 21.0)})}
    found = filled(replace(panel, schema=ranged), "seasonal")
    assert (found.values[~panel.mask] >= 19).all()
    assert (found.values[~panel.mask] <= 21).all()
    np.testing.assert_array_equal(found.values[panel.mask], panel.values[panel.mask])


@pytest.mark.parametrize("fill", FILLERS)
def test_a_pipeline_comes_back_from_its_arrays(fill: str) -> None:
    panel = at_points(daily_wave(300, places=4, features=2, gaps=0.2))
    made = Pipeline.fit(panel, 200, PrepareConfig(fill=fill))
    again = Pipeline.of(made.about(), made.arrays(), panel.step)
    np.testing.assert_array_equal(made.apply(panel).values, again.apply(panel).values)
    assert again.ends == made.ends


@pytest.mark.parametrize("fill", FILLERS)
def test_nothing_after_the_train_part_is_learnt_from(fill: str) -> None:
    panel = at_points(daily_wave(300, places=4, gaps=0.2))
    other = panel.values.copy()
    other[200:] = 7 * other[200:][::-1] + 3
    first, second = (
        Pipeline.fit(replace(panel, values=each), 200, PrepareConfig(fill=fill)).arrays()
        for each in (panel.values, other)
    )
    for name, array in first.items():
        np.testing.assert_array_equal(array, second[name])


@settings(max_examples=20, deadline=None)
@given(st.integers(0, 10_000), st.sampled_from(list(FILLERS)), st.integers(60, 118))
def test_what_is_known_at_an_origin_does_not_change_with_what_comes_after(seed: int, fill: str, origin: int) -> None:
    """Every filled cell that is known from a row at or before the origin on is the same whatever follows."""
    panel = at_points(daily_wave(120, places=4, gaps=0.5, seed=seed))
    other = panel.values.copy()
    other[origin + 1 :] = daily_wave(120, places=4, gaps=0.3, seed=seed + 1).values[origin + 1 :] * 3
    made = Pipeline.fit(panel, 60, PrepareConfig(fill=fill))
    twin = replace(panel, values=other)
    first, second = made.apply(panel).values, made.apply(twin).values
    known = [gaps.known_from(each.mask, made.ends) <= origin if made.ends else np.ones(each.shape, bool)
             for each in (panel, twin)]  # fmt: skip
    rows = slice(0, origin + 1)
    np.testing.assert_array_equal(known[0][rows], known[1][rows])
    np.testing.assert_array_equal(first[rows][known[0][rows]], second[rows][known[1][rows]])


# scores -----------------------------------------------------------------------------------------------------------


def test_scores_rank_fills_as_the_data_are_made() -> None:
    """A steep daily rhythm: a line beats the last value in single cells, the usual course wins in long blocks."""
    panel = daily_wave(24 * 30, places=4, noise=0.2)
    table = score_fills(panel, 24 * 25, PrepareConfig())
    error = table.set_index(["hidden", "fill"])["relative"]
    assert error["single", "linear"] < error["single", "forward"]
    assert error["block"].idxmin() in ("seasonal", "low_rank", "neighbours")
    assert error["block", "seasonal"] < 0.5 * error["block", "linear"]
    assert (table["cells"] > 0).all()
    spread = panel.values[: 24 * 25].std(axis=0).mean()
    np.testing.assert_allclose(table["error"] / table["relative"], spread, rtol=0.05)


def test_scores_see_the_train_part_alone() -> None:
    panel = daily_wave(24 * 20, gaps=0.05)
    other = panel.values.copy()
    other[300:] += 1000
    first, second = (score_fills(replace(panel, values=each), 300, PrepareConfig()) for each in (panel.values, other))
    pd.testing.assert_frame_equal(first.drop(columns="seconds"), second.drop(columns="seconds"))


def test_what_is_hidden_was_there() -> None:
    panel = daily_wave(600, gaps=0.3)
    for hidden in (hide_single(panel), hide_blocks(panel)):
        assert hidden.any()
        assert not (hidden & ~panel.mask).any()


def test_blocks_are_as_long_as_the_outages() -> None:
    panel = daily_wave(3000, places=1)
    values = panel.values.copy()
    for start in range(100, 2900, 200):
        values[start : start + 90] = np.nan
    assert block_length(replace(panel, values=values)) == 90
    assert block_length(panel) == 24


def test_nothing_to_hide_is_said() -> None:
    with pytest.raises(DataError, match="too few readings"):
        score_fills(replace(daily_wave(30), values=np.full((30, 3, 1), NAN, np.float32)), 20, PrepareConfig())
