from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from typing import Any

import numpy as np
import pandas as pd
import pytest

from stcore.anomaly.events import empty_events
from stcore.data.panel import Panel, locations_table
from stcore.data.schema import FeatureSchema
from stcore.records import Detection, Prediction


def daily(steps: int = 600, places: int = 5, step: str = "1h", seed: int = 0) -> Panel:
    """A daily wave with smooth noise; places lie in a line, a kilometre apart."""
    random = np.random.default_rng(seed)
    time = pd.date_range("2024-01-01", periods=steps, freq=step)
    wave = 50 + 10 * np.sin(2 * np.pi * np.asarray(time.hour)[:, None] / 24 + np.arange(places))
    noise = random.normal(0, 1, (steps, places))
    for row in range(1, steps):
        noise[row] += 0.7 * noise[row - 1]
    line = pd.DataFrame({"lat": 47.0, "lon": 8 + 0.01 * np.arange(places)}, index=[f"p{n}" for n in range(places)])
    return Panel.from_arrays(wave + noise, time, line, ["speed_mph"])


def changed(panel: Panel, rows: slice | int, places: Any, amount: float) -> Panel:
    """The panel with ``amount`` added to some cells."""
    values = panel.values.copy()
    values[rows, places] += amount
    return replace(panel, values=values)


def detection(scores: Any, threshold: float = 1.0, **given: Any) -> Detection:
    """A detection with these scores [time, place], hourly, all observed, places in a line unless edges are given."""
    scores = np.asarray(scores, np.float32)
    time = pd.date_range("2024-01-01", periods=len(scores), freq="1h")
    ids = pd.Index([f"p{n}" for n in range(scores.shape[1])])
    edges = pd.DataFrame({"from": ids[:-1], "to": ids[1:], "weight": 1.0, "length_km": 1.0})
    defaults = {
        "observed": np.ones(scores.shape, bool), "time": time, "locations": locations_table(list(ids), len(ids)),
        "step": "1h", "events": empty_events(time), "edges": edges,
    }  # fmt: skip
    return Detection(scores=scores, threshold=threshold, **(defaults | given))


def forecasts(truth: Any, values: Any, start: str = "2024-01-01", **given: Any) -> Prediction:
    """A prediction [origin, horizon, location, target], hourly."""
    values, truth = np.asarray(values, np.float32), np.asarray(truth, np.float32)
    targets = tuple(f"v{n}" for n in range(values.shape[3]))
    line = pd.DataFrame(
        {"lat": 47.0, "lon": 8 + 0.01 * np.arange(values.shape[2])}, index=[f"p{n}" for n in range(values.shape[2])]
    )
    defaults: dict[str, Any] = {
        "origins": pd.date_range(start, periods=len(values), freq="1h"), "step": "1h", "targets": targets,
        "locations": locations_table(line, values.shape[2]), "baselines": {},
        "schema": {name: FeatureSchema(unit="mph") for name in targets},
    }  # fmt: skip
    return Prediction(values, truth, **(defaults | given))


@pytest.fixture
def panel() -> Panel:
    return daily()


@pytest.fixture
def make_panel() -> Callable[..., Panel]:
    return daily


@pytest.fixture
def alter() -> Callable[..., Panel]:
    return changed


@pytest.fixture
def scored() -> Callable[..., Detection]:
    return detection


@pytest.fixture
def make_forecasts() -> Callable[..., Prediction]:
    return forecasts
