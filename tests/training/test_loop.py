"""The training loop: what it lowers, and what it tells."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import numpy as np
import pytest

import stcore
from stcore.experiment import RunConfig
from tests.panels import daily_wave

MODEL: dict[str, Any] = {"name": "stid", "training": {"epochs": 2, "steps_per_epoch": 10, "batch_windows": 256}}


@pytest.mark.parametrize("factor", [2.0**-40, 2.0**20, 2.0**70], ids=str)
def test_the_unit_of_the_values_changes_nothing(factor: float) -> None:
    """Grams learn like tonnes: forecasts scale with the values, and so do the losses that are told."""
    panel = daily_wave(600)
    scaled = replace(panel, values=panel.values * np.float32(factor))
    run = RunConfig(model=MODEL, windows={"lookback": 12, "horizon": 4}, seed=1)
    first, second = stcore.fit(panel, run), stcore.fit(scaled, run)
    values = stcore.backtest(first, panel).values
    np.testing.assert_allclose(stcore.backtest(second, scaled).values / np.float32(factor), values, rtol=1e-3)
    for column in ("train_loss", "validation_loss", "baseline_loss"):
        np.testing.assert_allclose(second.history[column] / factor, first.history[column], rtol=1e-3)


def test_losses_are_told_in_the_unit_of_the_values() -> None:
    panel = daily_wave(600)
    run = RunConfig(model=MODEL, windows={"lookback": 12, "horizon": 4}, seed=1)
    fitted = stcore.fit(panel, run)
    first_half = fitted.validation.select(origins=slice(0, 27))
    last_value = np.abs(first_half.baselines["persistence"] - first_half.truth).mean()
    assert fitted.history["baseline_loss"].iloc[0] == pytest.approx(last_value, rel=1e-3)
    best = fitted.history["validation_loss"].min()
    assert np.abs(first_half.values - first_half.truth).mean() == pytest.approx(best, rel=0.02)
