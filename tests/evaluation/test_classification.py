"""Forecasts of events judged: every number worked out by hand."""

from __future__ import annotations

import numpy as np
import pytest

from stcore.evaluation import EVENT_METRICS, evaluate, summary
from stcore.records import Prediction

CHANCES = np.array([[0.8, 0.2, 0.0], [0.3, 0.6, 0.1], [0.1, 0.2, 0.7], [0.6, 0.1, 0.3], [0.2, 0.8, 0.0]])
CAME = np.array([0, 1, 1, 2, -1], np.int8)
LAST = np.array([0, 0, 1, 1, 1])

#: Likeliest: 0, 1, 2, 0 against 0, 1, 1, 2; the fifth is not known. Events were said at the second and third, came at the
#: second, third and fourth.
BY_HAND = {
    "accuracy": 2 / 4,
    "accuracy_persistence": 3 / 4,
    "precision": 2 / 2,
    "recall": 2 / 3,
    "f1": 2 * 2 / (2 * 2 + 1),
    "log_loss": -np.log([0.8, 0.6, 0.2, 0.3]).mean(),
    "brier": np.mean([0.04 + 0.04, 0.09 + 0.16 + 0.01, 0.01 + 0.64 + 0.49, 0.36 + 0.01 + 0.49]),
}


@pytest.fixture
def events(make) -> Prediction:
    truth = np.where(CAME < 0, np.nan, CAME > 0).reshape(5, 1, 1, 1)
    return make(
        1 - CHANCES[:, :1].reshape(5, 1, 1, 1), truth, LAST.reshape(5, 1, 1, 1), classes=("none", "mild", "strong"),
        probabilities=CHANCES.reshape(5, 1, 1, 3).astype(np.float32), labels=CAME.reshape(5, 1, 1),
    )  # fmt: skip


@pytest.mark.parametrize("name", EVENT_METRICS)
def test_every_number_is_the_one_worked_out_by_hand(events: Prediction, name: str) -> None:
    assert evaluate(events, (name,))[name].iloc[0] == pytest.approx(BY_HAND[name], rel=1e-5)


def test_the_summary_of_events_has_them_and_that_of_values_has_not(events: Prediction, noisy: Prediction) -> None:
    assert summary(events)["f1"] == pytest.approx(BY_HAND["f1"])
    assert "f1" not in summary(noisy)
    assert evaluate(noisy, ("f1", "brier")).iloc[0, :2].isna().all()
