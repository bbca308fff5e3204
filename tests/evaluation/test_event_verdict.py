"""The verdict on chances: the judgement, and each measure beside that of the last value."""

from __future__ import annotations

import numpy as np
import pytest

from stcore.evaluation import event_parts, measures, skill_by_day, summary
from stcore.records import Prediction

OURS = {"skill": 0.351, "accuracy": 0.93, "f1": 0.712, "brier": 0.1234, "coverage_90": 0.5}
LAST = {"skill": 0.0, "accuracy": 0.9, "f1": 0.65, "brier": 0.19}


def told(*parts: object) -> str:
    return "".join(part.text for part in parts).replace("\u00a0", " ")  # type: ignore[attr-defined]


def test_every_measure_stands_beside_that_of_the_last_value() -> None:
    assert told(*event_parts(OURS, LAST)) == (
        "The forecast is 35 % better than repeating the last value. "
        "It was right 93 % of the time (last value 90 %); F1 0.71 (0.65), Brier score 0.123 (0.190)."
    )


def test_only_the_judgement_is_coloured() -> None:
    roles = [(part.text.replace("\u00a0", " "), part.role) for part in event_parts(OURS | {"skill": -0.2}, LAST)]
    assert ("20 % worse", "bad") in roles
    assert {role for _, role in roles} == {"plain", "number", "bad"}


def test_without_a_last_value_the_measures_stand_alone_and_what_is_unknown_is_a_dash() -> None:
    assert told(*measures({"accuracy": 0.9, "f1": None})) == "It was right 90 % of the time; F1 –, Brier score –."


def events(make, said: np.ndarray, came: np.ndarray, last: np.ndarray) -> Prediction:
    """One step ahead at one place, from [origin] chances, 0 or 1 that came, and what was the case last."""
    shape = (-1, 1, 1, 1)
    chances = np.stack([1 - said, said], axis=-1).reshape(-1, 1, 1, 2).astype(np.float32)
    return make(said.reshape(shape), came.astype(float).reshape(shape), last.astype(float).reshape(shape), classes=("none", "event"),
                probabilities=chances, labels=came.reshape(-1, 1, 1).astype(np.int8))  # fmt: skip


def test_the_skill_of_chances_favours_the_true_ones(make) -> None:
    """Told honestly they have the largest skill; by absolute errors those that are told too sure would win."""
    draw = np.random.default_rng(0)
    true = draw.choice([0.1, 0.3, 0.7], 4000)
    came, last = draw.random(4000) < true, draw.random(4000) < true
    honest, sure = (summary(events(make, said, came, last)) for said in (true, np.round(true)))
    assert honest["skill"] > sure["skill"] + 0.1
    assert honest["mae"] > sure["mae"]


def test_skill_is_that_of_squared_errors_and_lies_in_its_range(make) -> None:
    draw = np.random.default_rng(1)
    came, last = draw.random(200) < 0.3, draw.random(200) < 0.3
    said = np.clip(0.3 + 0.3 * (came - 0.3) + draw.normal(0, 0.05, 200), 0, 1)
    part = events(make, said, came, last)
    found = summary(part)
    expected = 1 - np.square(said - came).sum() / np.square(last.astype(float) - came).sum()
    assert found["skill"] == pytest.approx(expected, rel=1e-4)
    assert found["by_lead"]["skill"] == pytest.approx([expected], rel=1e-4)
    assert found["by_lead"]["brier"] == pytest.approx([found["brier"]])
    low, high = skill_by_day(part)  # type: ignore[misc]
    assert low < found["skill"] < high
