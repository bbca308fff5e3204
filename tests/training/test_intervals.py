"""Bands: the share they hold at every level, for every kind of place and answer."""

from __future__ import annotations

from typing import Any

import numpy as np
import pandas as pd
import pytest

import stcore
from stcore.data.panel import Panel
from stcore.experiment import RunConfig
from stcore.records import Prediction
from tests.panels import daily_wave

QUICK = {"epochs": 3, "steps_per_epoch": 20, "batch_windows": 256}


def forecasts(panel: Panel, model: Any = "ridge") -> Prediction:
    return stcore.backtest(
        stcore.fit(panel, RunConfig(model=model, windows={"lookback": 24, "horizon": 4}, seed=1)), panel
    )


def held(prediction: Prediction, percent: float) -> np.ndarray:
    """Share of truths inside, of each place."""
    low, high = prediction.interval(percent)
    return np.mean((prediction.truth >= low) & (prediction.truth <= high), axis=(0, 1, 3))


@pytest.mark.parametrize("head", ["point", "quantiles"])
def test_every_level_holds_its_share(head: str) -> None:
    """Also the levels between those that a head was trained for."""
    prediction = forecasts(daily_wave(4000, places=5, noise=1.0), {"name": "stid", "head": head, "training": QUICK})
    for percent in (20, 40, 50, 60, 80, 90, 95):
        assert held(prediction, percent).mean() == pytest.approx(percent / 100, abs=0.05), percent


def test_a_village_beside_a_city_has_a_band_of_its_own_size() -> None:
    values = daily_wave(1500, places=2).values[..., 0] * [1e5, 1]
    prediction = forecasts(Panel.from_arrays(values, pd.date_range("2024", periods=1500, freq="h")))
    low, high = prediction.interval(90)
    width = (high - low).mean(axis=(0, 1, 3))
    assert 0.3e5 < width[0] / width[1] < 3e5
    assert (held(prediction, 90) > 0.8).all()


def test_a_constant_place_has_a_thin_band_and_spoils_no_other() -> None:
    values = daily_wave(1500, places=3).values[..., 0].copy()
    values[:, 1] = 5
    prediction = forecasts(Panel.from_arrays(values, pd.date_range("2024", periods=1500, freq="h")))
    low, high = prediction.interval(90)
    assert (high - low)[:, :, 1].max() < 0.2
    assert (held(prediction, 90) > 0.84).all()
    alone = forecasts(Panel.from_arrays(values[:, 1], pd.date_range("2024", periods=1500, freq="h")))
    assert held(alone, 90).min() == 1


@pytest.mark.parametrize("factor", [2.0**-60, 2.0**60], ids=str)
def test_the_unit_of_the_values_changes_no_band(factor: float) -> None:
    values, time = daily_wave(800).values, pd.date_range("2024", periods=800, freq="h")
    usual, other = (forecasts(Panel.from_arrays(values * np.float32(each), time)) for each in (1, factor))
    np.testing.assert_allclose(other.quantile(0.05) / np.float32(factor), usual.quantile(0.05), rtol=1e-3)
