"""Which model is recommended, and for how far ahead."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest

from stcore.data.panel import locations_table
from stcore.data.schema import FeatureSchema
from stcore.evaluation import Recommendation, advice, recommend
from stcore.records import Prediction

ORIGINS, HORIZON, PLACES = 200, 4, 3


def prediction(error: list[float], seed: int = 0, worse_first: bool = False) -> Prediction:
    """Forecasts that miss by ``error`` at each step; the last value misses by 1, the last season by 1.5."""
    draw = np.random.default_rng(seed)
    shape = (ORIGINS, HORIZON, PLACES, 1)
    truth = draw.normal(size=shape).astype(np.float32)

    def off(size: np.ndarray) -> np.ndarray:
        return (truth + size * draw.choice([-1, 1], shape) * draw.uniform(0.9, 1.1, shape)).astype(np.float32)

    sizes = np.broadcast_to(np.array(error)[None, :, None, None], shape).copy()
    if worse_first:
        sizes[: ORIGINS // 2] = 9
    return Prediction(
        values=off(sizes), truth=truth, origins=pd.date_range("2024-01-01", periods=ORIGINS, freq="h"), step="1h",
        locations=locations_table([f"p{n}" for n in range(PLACES)], PLACES), targets=("load",), schema={"load": FeatureSchema()},
        baselines={"persistence": off(np.ones(shape)), "seasonal_naive": off(np.full(shape, 1.5))},
    )  # fmt: skip


def test_the_best_model_is_claimed_where_it_beats_both() -> None:
    found = recommend({"ridge": prediction([0.5, 0.8, 1.2, 1.0]), "stid": prediction([0.9, 1.3, 1.3, 1.3])})
    assert found == Recommendation("ridge", (1, 2), "persistence", HORIZON)
    assert advice(found, {"ridge": "Ridge"}) == (
        "On unseen data Ridge is better than both naive forecasts at steps 1 to 2 ahead of 4; elsewhere use the last value."
    )


def test_a_baseline_is_recommended_where_no_model_is_better() -> None:
    found = recommend({"ridge": prediction([1.0, 1.02, 1.2, 1.3]), "persistence": prediction([1, 1, 1, 1])})
    assert found is not None
    assert not found.beats
    assert found.model == "persistence"
    assert "use the last value" in advice(found)


def test_only_the_half_on_which_nothing_was_chosen_counts() -> None:
    found = recommend({"ridge": prediction([0.5] * HORIZON, worse_first=True)})
    assert found is not None
    assert found.leads == (1, 2, 3, 4)
    assert "every step ahead" in advice(found)


def test_a_small_gain_within_chance_is_not_claimed() -> None:
    claims = 0
    for seed in range(20):
        found = recommend({"ridge": prediction([0.999] * HORIZON, seed)})
        assert found is not None
        claims += len(found.leads)
    assert claims <= 6  # of 80


@pytest.mark.parametrize("given", [{}, {"persistence": prediction([1, 1, 1, 1])}])
def test_without_models(given: dict[str, Prediction]) -> None:
    found = recommend(given)
    assert found is None or found.leads == ()


def test_plain_values_come_back() -> None:
    found = Recommendation("ridge", (1, 2), "persistence", 4)
    assert Recommendation.of(found.to_json()) == found
