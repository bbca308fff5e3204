"""Which model to rely on, and how far ahead: chosen on validation, so that the tested part stays a test.

A model is claimed for a step ahead only where it errs less than the last value and than the last season, by more than chance
alone would give. Where none does, a baseline is recommended, and said to be.
"""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import asdict, dataclass
from typing import Any

import numpy as np

from stcore.records import Prediction

BASELINES = ("persistence", "seasonal_naive")
_BLOCKS = 12
_CLEARLY = 1.0  # standard errors of a mean difference
_LEAST = 0.01  # of the baseline's error


@dataclass(frozen=True)
class Recommendation:
    """What to use.

    Attributes:
        model: label of the most accurate model on unseen data, or of a baseline where no model is better at any step.
        leads: steps ahead (1, 2, ...) at which it is better than both baselines; () for a baseline.
        baseline: the better one of the two over all steps, for the steps that are not claimed.
        horizon: steps that were forecast.
    """

    model: str
    leads: tuple[int, ...]
    baseline: str
    horizon: int

    @property
    def beats(self) -> bool:
        """Whether any model is worth its trouble."""
        return bool(self.leads)

    def to_json(self) -> dict[str, Any]:
        """Plain values."""
        return asdict(self)

    @classmethod
    def of(cls, given: Mapping[str, Any]) -> Recommendation:
        """What ``to_json`` gave."""
        return cls(str(given["model"]), tuple(given["leads"]), str(given["baseline"]), int(given["horizon"]))


def recommend(validation: Mapping[str, Prediction]) -> Recommendation | None:
    """The recommendation from forecasts of the validation part, by label; None without any that can be judged.

    Only the second half counts, on which no epoch and no strength was chosen. Errors are absolute, of each target relative to
    the last value's.

    Args:
        validation: of models (baselines may be among them) on the same start times; forecasts of events have no place here.
    """
    errors = {
        label: found for label, each in validation.items()
        if not each.classes and (found := _errors(each)) is not None
    }  # fmt: skip
    if not errors:
        return None
    naive = _naive(next(validation[label] for label in errors))
    horizon = naive["persistence"].shape[1]
    models = {label: found for label, found in errors.items() if label not in BASELINES and found.shape[1] == horizon}
    baseline = min(BASELINES, key=lambda name: float(np.nanmean(naive[name])))
    if not models:
        return Recommendation(baseline, (), baseline, horizon)
    best = min(models, key=lambda label: float(np.nanmean(models[label])))
    leads = tuple(
        lead + 1 for lead in range(horizon)
        if all(_clearly_less(models[best][:, lead], naive[name][:, lead]) for name in BASELINES)
    )  # fmt: skip
    return Recommendation(best if leads else baseline, leads, baseline, horizon)


def _errors(prediction: Prediction) -> np.ndarray | None:
    """Mean error of each start time and step [origin, horizon] of the second half; None where nothing is known."""
    part = _half(prediction)
    found = _relative(part, part.values)
    return found if np.isfinite(found).any() else None


def _naive(prediction: Prediction) -> dict[str, np.ndarray]:
    part = _half(prediction)
    return {name: _relative(part, np.asarray(part.baselines[name])) for name in BASELINES}


def _half(prediction: Prediction) -> Prediction:
    return prediction.select(origins=slice(len(prediction.origins) // 2, None))


def _relative(part: Prediction, said: np.ndarray) -> np.ndarray:
    """Absolute errors [origin, horizon], mean over places and targets, each target in the last value's mean error."""
    wrong = np.abs(np.asarray(part.truth) - said)
    usual = np.nanmean(np.abs(np.asarray(part.truth) - np.asarray(part.baselines["persistence"])), axis=(0, 1, 2))
    scaled = wrong / np.where(usual > 0, usual, 1)
    known = np.isfinite(scaled)
    count = known.sum(axis=(2, 3))
    total = np.where(known, scaled, 0).sum(axis=(2, 3))
    return np.asarray(np.where(count > 0, total / np.maximum(count, 1), np.nan))


def _clearly_less(own: np.ndarray, other: np.ndarray) -> bool:
    """Whether errors are smaller, by more than blocks of neighbouring start times differ among themselves."""
    known = np.isfinite(own) & np.isfinite(other)
    if not known.any():
        return False
    less = (other - own)[known]
    if less.mean() < _LEAST * other[known].mean():
        return False
    blocks = np.array([block.mean() for block in np.array_split(less, min(_BLOCKS, len(less)))])
    if len(blocks) < 3:
        return True
    return bool(blocks.mean() > _CLEARLY * blocks.std(ddof=1) / math.sqrt(len(blocks)))


def advice(found: Recommendation, titles: Mapping[str, str] | None = None) -> str:
    """The recommendation in one plain sentence.

    Args:
        titles: what people call the models; labels where it names none.
    """
    named = {"persistence": "the last value", "seasonal_naive": "the value one season before"} | dict(titles or {})
    model, baseline = (named.get(label, label) for label in (found.model, found.baseline))
    if not found.beats:
        return f"No model is better than {baseline} on unseen data at any step ahead: use {baseline}."
    if len(found.leads) == found.horizon:
        return f"On unseen data {model} is better than both naive forecasts at every step ahead."
    steps = "step" if len(found.leads) == 1 else "steps"
    return f"On unseen data {model} is better than both naive forecasts at {steps} {_spans(found.leads)} ahead of {found.horizon}; elsewhere use {baseline}."


def _spans(leads: tuple[int, ...]) -> str:
    """“1 to 6, 9”."""
    groups: list[list[int]] = []
    for lead in leads:
        if groups and groups[-1][-1] == lead - 1:
            groups[-1].append(lead)
        else:
            groups.append([lead])
    return ", ".join(str(group[0]) if len(group) == 1 else f"{group[0]} to {group[-1]}" for group in groups)
