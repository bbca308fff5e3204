"""Ridge: weights a place or common ones, also where the equations of every place would not fit into memory."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest

import stcore
from stcore.experiment import RunConfig
from stcore.models.nets import linear
from tests.panels import daily_wave


def test_common_weights_are_those_of_all_places_solved_together(monkeypatch: pytest.MonkeyPatch) -> None:
    panel = daily_wave(400, places=4, gaps=0.1)

    def forecasts(**settings: bool) -> np.ndarray:
        model = {"name": "ridge", "settings": settings}
        run = RunConfig(model=model, windows={"lookback": 6, "horizon": 3})
        return stcore.backtest(stcore.fit(panel, run), panel).values

    common = forecasts(own_weights=False)
    monkeypatch.setattr(linear, "_OWN_ROWS", (linear._COMMON,))
    np.testing.assert_allclose(forecasts(own_weights=True), common, rtol=1e-4)
    monkeypatch.undo()
    monkeypatch.setattr(linear, "_MOMENT_BYTES", 1e3)
    np.testing.assert_array_equal(forecasts(own_weights=True), common)


def test_places_of_a_nature_of_their_own_have_weights_of_their_own() -> None:
    """One place repeats the last step, its neighbour turns it round: common weights can follow neither."""
    draw = np.random.default_rng(0)
    values = np.zeros((3000, 2))
    for t in range(1, 3000):
        values[t] = values[t - 1] * [0.9, -0.9] + draw.normal(size=2)
    panel = stcore.Panel.from_arrays(values, pd.date_range("2024", periods=3000, freq="37min"))
    found = {}
    for own in (True, False):
        model = {"name": "ridge", "settings": {"own_weights": own}}
        run = RunConfig(model=model, windows={"lookback": 4, "horizon": 1})
        found[own] = stcore.evaluate(stcore.backtest(stcore.fit(panel, run), panel), ["rmse"])["rmse"].iloc[0]
    assert found[True] == pytest.approx(1, rel=0.05)
    assert found[False] > 1.2
