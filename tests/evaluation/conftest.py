from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
import pandas as pd
import pytest

from stcore.data.panel import locations_table
from stcore.data.schema import FeatureSchema
from stcore.records import Prediction, Spread


def build(values: Any, truth: Any, last: Any = None, season: Any = None, **given: Any) -> Prediction:
    """A prediction from arrays [origin, horizon, location, target]."""
    values, truth = np.asarray(values, np.float32), np.asarray(truth, np.float32)
    targets = given.pop("targets", tuple(f"value_{n}" for n in range(values.shape[3])))
    step = given.pop("step", "1h")
    baselines = {"persistence": last, "seasonal_naive": season}
    defaults: dict[str, Any] = {
        "origins": pd.date_range("2024-01-01", periods=values.shape[0], freq=step), "step": step,
        "locations": locations_table(None, values.shape[2]),
        "schema": {name: FeatureSchema(unit="mph") for name in targets}, "season": "same time last week",
    }  # fmt: skip
    baselines = {name: np.asarray(array, np.float32) for name, array in baselines.items() if array is not None}
    return Prediction(values, truth, targets=targets, baselines=baselines, **(defaults | given))


@pytest.fixture
def make() -> Callable[..., Prediction]:
    return build


@pytest.fixture
def noisy() -> Prediction:
    """Ten days, hourly, horizon 3, four places, two targets of one unit, a fifth of the truth missing."""
    random = np.random.default_rng(3)
    shape = (240, 3, 4, 2)
    truth = 50 + random.normal(0, 8, shape)
    values = truth + random.normal(0.5, 2, shape) * np.arange(1, 4)[None, :, None, None]
    last, season = truth + random.normal(0, 6, shape), truth + random.normal(0, 9, shape)
    truth[random.random(shape) < 0.2] = np.nan
    last[:2] = np.nan
    spread = Spread(
        np.array([0.0, 0.05, 0.95, 1.0]),
        np.full((4, 3, 2, 1), 1.0) * np.array([-9, -4, 4, 9])[:, None, None, None],
        np.ones((3, 4, 2)),
        np.zeros((4, 2)),
        np.empty((3, 2, 0)),
    )
    regions = pd.DataFrame({"parent": ["north", "north", "south", "south"]}, index=["b", "a", "007", "NA"])
    return build(values, truth, last, season, spread=spread, locations=locations_table(regions, 4))
