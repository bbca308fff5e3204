"""The numbers of one prediction that every page and ``metrics.json`` show, from one pass over it."""

from __future__ import annotations

import math
from collections.abc import Iterable, Mapping
from typing import Any

import numpy as np
import pandas as pd

from stcore.evaluation.breakdown import accumulate, chunks, same_units, table
from stcore.evaluation.classification import EVENT_METRICS
from stcore.evaluation.metrics import METRICS
from stcore.records import Prediction

#: Name in the summary -> metric.
NUMBERS = {
    "mae": "mae", "rmse": "rmse", "bias": "bias", "skill": "skill", "skill_seasonal": "skill_seasonal", "wape": "wape",
    "coverage_90": "coverage", "width_90": "width", "mae_persistence": "mae_persistence", "mae_seasonal": "mae_seasonal",
}  # fmt: skip
#: What differs for forecasts of events. An absolute error would favour chances that are told too sure; the squared one does not.
OF_EVENTS = {name: name for name in EVENT_METRICS} | {"skill": "skill_mse", "skill_seasonal": "skill_mse_seasonal"}
BY_LEAD = ("mae", "rmse", "skill", "skill_seasonal", "coverage_90", "mae_persistence", "mae_seasonal")
LEAST_DAYS = 3


def summary(*predictions: Prediction) -> dict[str, Any]:
    """Numbers of a prediction (or of several panels' together), ready for JSON (what is unknown is None).

    Returns:
        mae, rmse, bias, skill, skill_seasonal, wape, coverage_90, width_90, mae_persistence, mae_seasonal, cells,
        by_lead: {metric: [lead 1, lead 2, ...]}, and by_target: {target: {metric: number}} when there are several.
        Where units differ, numbers with a unit are None outside by_target. Of forecasts of events also the metrics of
        ``EVENT_METRICS``; mae, rmse and skill are about the chance of any event then, beside 1 where one came, and skill is
        that of the squared error.
    """
    prediction = predictions[0]
    named = NUMBERS | (OF_EVENTS if prediction.classes else {})
    metrics = list(named.values())
    state = accumulate(prediction, metrics, ("lead",))
    for other in predictions[1:]:
        state = state + accumulate(other, metrics, ("lead",))
    alike = same_units(prediction)
    leads = table(state, metrics, ("lead",), alike)
    out = _numbers(table(state, metrics, (), alike).iloc[0], named)
    told = (*BY_LEAD, "brier") if prediction.classes else BY_LEAD
    out["by_lead"] = {name: [number(value) for value in leads[named[name]]] for name in told}
    if len(prediction.targets) > 1:
        each = table(state, metrics, ("target",), alike).set_index("target")
        out["by_target"] = {str(target): _numbers(row, named) for target, row in each.iterrows()}
    return out


def coverages(levels: Iterable[int], *predictions: Prediction) -> dict[str, float | None]:
    """Share of truths inside the central band of each level in percent: {"coverage_80": ...}; None without a band."""
    found: dict[str, float | None] = {}
    for level in levels:
        held = judged = 0
        for prediction in predictions:
            for origins in chunks(prediction):
                part = prediction.select(origins=origins)
                lower, upper = part.interval(level)
                there = np.isfinite(part.truth) & np.isfinite(lower) & np.isfinite(upper)
                held += int((there & (part.truth >= lower) & (part.truth <= upper)).sum())
                judged += int(there.sum())
        found[f"coverage_{level}"] = held / judged if judged else None
    return found


def skill_by_day(prediction: Prediction, draws: int = 2000, seed: int = 0) -> tuple[float, float] | None:
    """Range that holds 95 % of the skills which other days like these would have given.

    Whole days (of the target time) are drawn with replacement, because errors within a day go together.

    Returns:
        (low, high), or None with fewer than three days that have a truth.
    """
    skill = OF_EVENTS["skill"] if prediction.classes else "skill"
    sums, names = accumulate(prediction, (skill,), ("day",)).sums, METRICS[skill].statistics
    own, other = (sums[name].unstack("target").to_numpy(dtype=float) for name in names)
    counted = other.sum(axis=1) > 0
    days = int(counted.sum())
    if days < LEAST_DAYS:
        return None
    drawn = np.random.default_rng(seed).multinomial(days, np.full(days, 1 / days), size=draws)
    own, other = drawn @ own[counted], drawn @ other[counted]
    if same_units(prediction):
        own, other = own.sum(axis=1, keepdims=True), other.sum(axis=1, keepdims=True)
    skills = _mean_present(1 - own / np.where(other > 0, other, np.nan))
    if not np.isfinite(skills).any():
        return None
    low, high = np.nanquantile(skills, [0.025, 0.975])
    return float(low), float(high)


def days_judged(prediction: Prediction) -> int:
    """Number of calendar days on which at least one forecast could be compared with its truth."""
    days = accumulate(prediction, (), ("day",)).collapse(("day",)).cells["abs_error"]
    return int((days > 0).sum())


def number(value: Any) -> float | None:
    """A float for JSON; None for what is not a finite number."""
    value = float(value)
    return value if math.isfinite(value) else None


def _numbers(row: pd.Series, named: Mapping[str, str]) -> dict[str, Any]:
    numbers: dict[str, Any] = {name: number(row[metric]) for name, metric in named.items()}
    return numbers | {"cells": int(row["cells"])}


def _mean_present(values: np.ndarray) -> np.ndarray:
    """Mean over the last axis of what is there; NaN for a row with nothing."""
    there = np.isfinite(values)
    count = there.sum(axis=-1)
    return np.where(there, values, 0).sum(axis=-1) / np.where(count > 0, count, np.nan)
