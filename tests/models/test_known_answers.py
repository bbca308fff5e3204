"""Data whose best forecast is known, each with the models that must find it."""

from __future__ import annotations

from typing import Any

import geopandas as gpd
import numpy as np
import pandas as pd
import pytest
from scipy import stats

import stcore
from stcore.data.panel import Panel
from stcore.records import Prediction
from tests.panels import on_grid

STEPS = 1500


def panel_of(values: np.ndarray, locations: gpd.GeoDataFrame | None = None, step: str = "5min") -> Panel:
    """Values [time, place] of one feature."""
    times = pd.date_range("2024-01-01", periods=len(values), freq=step)
    return Panel.from_arrays(values[..., None].astype(np.float32), times, locations)


def line(places: int) -> gpd.GeoDataFrame:
    """Places in a row, each one's nearest neighbours beside it."""
    points = gpd.points_from_xy(8 + 0.01 * np.arange(places), np.full(places, 47.0))
    return gpd.GeoDataFrame(geometry=points, index=[f"p{n}" for n in range(places)], crs="EPSG:4326")


def error(panel: Panel, model: dict[str, Any], lookback: int, horizon: int, **more: Any) -> np.ndarray:
    """Root mean square error of each lead over the test part."""
    run = {"windows": {"lookback": lookback, "horizon": horizon}, "model": model, "seed": 1, **more}
    prediction = stcore.backtest(stcore.fit(panel, run), panel)
    assert isinstance(prediction, Prediction)
    return np.asarray(np.sqrt(np.nanmean((prediction.truth - prediction.values) ** 2, axis=(0, 2, 3))))


def autoregression(places: int = 4) -> tuple[np.ndarray, np.ndarray]:
    """x = 1.2 x[-1] - 0.5 x[-2] + noise of size 1, and the smallest possible error of three leads."""
    draw = np.random.default_rng(0)
    noise = draw.normal(size=(STEPS, places))
    values = np.zeros((STEPS, places))
    for step in range(2, STEPS):
        values[step] = 1.2 * values[step - 1] - 0.5 * values[step - 2] + noise[step]
    weights = np.array([1.0, 1.2, 1.2**2 - 0.5])  # of the noise in the forecast's error (psi weights)
    return values, np.sqrt(np.cumsum(weights**2))


@pytest.mark.parametrize("name", ["arima", "ridge", "low_rank"])
def test_an_autoregression_is_forecast_as_well_as_can_be(name: str) -> None:
    values, least = autoregression()
    found = error(panel_of(values), {"name": name}, 12, 3)
    assert (found < 1.1 * least).all()


def test_trees_come_near_an_autoregression() -> None:
    values, least = autoregression()
    assert (error(panel_of(values), {"name": "lightgbm"}, 12, 3) < 1.2 * least).all()


def test_trees_learn_a_bend_that_lines_miss() -> None:
    """The logistic map: the next value is known exactly, and is no line in the last ones."""
    values = np.empty((STEPS, 3))
    values[0] = 0.3, 0.4, 0.6
    for step in range(1, STEPS):
        values[step] = 3.9 * values[step - 1] * (1 - values[step - 1])
    trees, lines = (error(panel_of(values), {"name": name}, 6, 1)[0] for name in ("lightgbm", "ridge"))
    assert trees < 0.2 * lines


def test_exponential_smoothing_finds_the_level_under_noise() -> None:
    """A random walk under noise: no forecast is better than the smoothed level (J. Muth, 1960)."""
    draw = np.random.default_rng(2)
    walk, noise = np.cumsum(0.3 * draw.normal(size=(STEPS, 4)), axis=0), draw.normal(size=(STEPS, 4))
    ratio = 0.3**2
    kept = (ratio + np.sqrt(ratio**2 + 4 * ratio)) / 2  # steady variance of the level before a value is seen
    least = np.sqrt(kept + 1)
    panel = panel_of(walk + noise)
    assert error(panel, {"name": "ets"}, 24, 1)[0] < 1.06 * least
    assert error(panel, {"name": "persistence"}, 24, 1)[0] > 1.15 * least


def test_the_course_of_the_year_is_found_far_ahead() -> None:
    draw = np.random.default_rng(3)
    days = np.arange(4 * 365)
    values = 10 + 8 * np.sin(2 * np.pi * days / 365.25)[:, None] + draw.normal(0, 0.5, (len(days), 2))
    found = error(panel_of(values, step="1D"), {"name": "climatology"}, 14, 60)
    assert (found < 0.6).all()


@pytest.mark.parametrize("name", ["climatology", "seasonal_naive", "ridge", "stid", "nhits"])
def test_a_daily_sum_of_waves_is_solved(name: str) -> None:
    hours = np.arange(1000)[:, None] + np.arange(3)
    values = np.sin(2 * np.pi * hours / 24) + 0.5 * np.cos(4 * np.pi * hours / 24)
    model: dict[str, Any] = {"name": name}
    if name in ("stid", "nhits"):
        short = {"epochs": 6, "steps_per_epoch": 20, "batch_windows": 256}
        model |= {"settings": {"hidden": 32}, "training": short}
    assert (error(panel_of(values, step="1h"), model, 24, 12) < 0.05).all()


def test_shared_patterns_are_told_from_noise() -> None:
    """Forty places follow two common walks under noise of their own: pooling them shows where the walks stand."""
    draw = np.random.default_rng(4)
    common = np.zeros((STEPS, 2))
    for step in range(1, STEPS):
        common[step] = 0.98 * common[step - 1] + 0.3 * draw.normal(size=2)
    values = common @ draw.normal(size=(2, 40)) + draw.normal(size=(STEPS, 40))
    shared, last = (
        error(panel_of(values, step="1h"), {"name": name}, 12, 1)[0] for name in ("low_rank", "persistence")
    )
    assert shared < 1.15
    assert shared < 0.8 * last


@pytest.mark.parametrize("name", ["ridge", "lightgbm", "stmix"])
def test_a_wave_that_travels_is_seen_at_the_neighbour_first(name: str) -> None:
    """Each place repeats what its neighbour upstream showed two steps before; its own past says nothing."""
    draw = np.random.default_rng(5)
    places, lag = 8, 2
    source = draw.normal(size=STEPS + lag * places)
    values = np.stack([source[lag * (places - n) : lag * (places - n) + STEPS] for n in range(places)], axis=1)
    neighbours = {"data": {"neighbours": {"kind": "nearest", "count": 2}}}
    model: dict[str, Any] = {"name": name}
    if name == "stmix":
        model |= {
            "settings": {"hidden": 32, "layers": 1, "dropout": 0.0},
            "training": {"epochs": 12, "steps_per_epoch": 40, "batch_windows": 512},
        }
    found = error(panel_of(values, line(places)), model, 4, 1, **neighbours)[0]
    alone = np.sqrt(1 / places)  # the first place has no neighbour upstream
    assert found < alone + 0.25


@pytest.mark.parametrize("name", ["nlinear", "dlinear"])
def test_another_value_tells_what_comes_next(name: str) -> None:
    """The target is what another value was a step before, with noise of size 0.2; its own past says nothing."""
    draw = np.random.default_rng(6)
    leading = draw.normal(size=(STEPS, 4))
    following = np.roll(leading, 1, axis=0) + 0.2 * draw.normal(size=leading.shape)
    values = np.stack([following, leading], axis=-1).astype(np.float32)
    panel = Panel.from_arrays(values, pd.date_range("2024", periods=STEPS, freq="37min"), features=["follows", "leads"])

    def found(**settings: bool) -> float:
        training = {"epochs": 5, "steps_per_epoch": 80, "batch_windows": 512, "learning_rate": 0.05}
        model = {"name": name, "settings": settings, "training": training}
        return float(error(panel, model, 6, 1, targets=["follows"])[0])

    assert found() == pytest.approx(0.2, abs=0.04)
    assert found(others=False) > 0.9


def moving_cells(steps: int = 400, rows: int = 12, columns: int = 14) -> np.ndarray:
    """Fields [time, row, column] that cells cross one after the other, each on its own path, at its own speed and height."""
    draw = np.random.default_rng(0)
    row, column = np.indices((rows, columns))
    fields = np.zeros((steps, rows, columns))
    place, speed, height = np.array([0.0, columns + 3]), np.zeros(2), 0.0
    for step in range(steps):
        if place[1] >= columns + 3:
            place = np.array([draw.uniform(2, rows - 2), -3.0])
            speed, height = np.array([draw.uniform(-0.4, 0.4), draw.uniform(0.6, 1.4)]), draw.uniform(0.5, 2)
        fields[step] = height * np.exp(-((row - place[0]) ** 2 + (column - place[1]) ** 2) / (2 * 1.5**2))
        place = place + speed
    return fields + 0.01 * draw.normal(size=fields.shape)


@pytest.mark.parametrize("name", ["cnn3d", "conv_lstm"])
def test_a_cell_that_crosses_a_grid_is_met_where_it_will_be(name: str) -> None:
    """Its movement is to be seen in the past; nobody knows of a cell that has not come in yet."""
    panel = on_grid(moving_cells())
    training = {"epochs": 3, "steps_per_epoch": 10, "batch_windows": 16 * 168}
    found = error(panel, {"name": name, "settings": {"hidden": 8}, "training": training}, 6, 3)
    still = error(panel, {"name": "persistence"}, 6, 3)
    assert (found < 0.43 * still).all()


def test_the_chance_of_an_event_is_the_true_one() -> None:
    """x = 0.9 x[-1] + noise of size 1: how likely it is to be above a level is known, whatever it is now."""
    draw = np.random.default_rng(7)
    values = np.zeros((STEPS, 6))
    for step in range(1, STEPS):
        values[step] = 0.9 * values[step - 1] + draw.normal(size=6)
    panel, training = panel_of(values), {"epochs": 4, "steps_per_epoch": 20, "batch_windows": 256}
    fitted = stcore.fit(panel, {
        "windows": {"lookback": 6, "horizon": 3}, "prepare": {"events": {"rule": "quantile", "levels": [0.8]}},
        "model": {"name": "stid", "head": "classes", "training": training}, "seed": 1,
    })  # fmt: skip
    prediction = stcore.backtest(fitted, panel)
    assert isinstance(prediction, Prediction)
    events = fitted.panel_fit(None).events
    assert events is not None
    now, lead = values[panel.time.get_indexer(prediction.origins)][:, None], np.arange(1, 4)[:, None]
    spread = np.sqrt((1 - 0.9 ** (2 * lead)) / (1 - 0.9**2))
    chance = stats.norm.sf((events.levels[:, 0] - 0.9**lead * now) / spread)
    said, came = prediction.values[..., 0], prediction.truth[..., 0]
    assert np.abs(said - chance).mean() < 0.05
    assert np.square(said - came).mean() < 1.08 * np.square(chance - came).mean()
    again = np.square(prediction.baselines["persistence"][..., 0] - came).mean()
    assert np.square(said - came).mean() < 0.7 * again
