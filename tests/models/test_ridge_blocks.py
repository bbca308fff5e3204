"""Regressions solved some places at a time are those solved at once."""

from __future__ import annotations

import numpy as np
import pytest

import stcore
from stcore.models.nets import linear, low_rank
from tests.panels import daily_wave

RUN = {"windows": {"lookback": 6, "horizon": 3}, "seed": 1}


@pytest.mark.parametrize("own_weights", [True, False])
def test_ridge(own_weights: bool, monkeypatch: pytest.MonkeyPatch) -> None:
    panel = daily_wave(400, places=17, gaps=0.05, features=2, placed=True)
    run = RUN | {"targets": ["value_1"], "model": {"name": "ridge", "settings": {"own_weights": own_weights}}}
    whole = stcore.backtest(stcore.fit(panel, run), panel).values
    monkeypatch.setattr(linear, "_CHUNK_NUMBERS", 64 * 30 * 4)  # four places at a time
    monkeypatch.setattr(linear, "_SOLVED_NUMBERS", 3000)
    parts = stcore.backtest(stcore.fit(panel, run), panel).values
    np.testing.assert_allclose(parts, whole, atol=2e-3)


def test_low_rank(monkeypatch: pytest.MonkeyPatch) -> None:
    panel = daily_wave(400, places=17, gaps=0.05)
    whole = stcore.backtest(stcore.fit(panel, RUN | {"model": "low_rank"}), panel).values
    monkeypatch.setattr(low_rank, "_CHUNK_NUMBERS", 64 * 30 * 4)
    parts = stcore.backtest(stcore.fit(panel, RUN | {"model": "low_rank"}), panel).values
    np.testing.assert_allclose(parts, whole, atol=2e-3)
