"""The usual course over a day, a week or a year: middle value and middle half of each phase, and how much it explains."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

import numpy as np
import pandas as pd

from stcore.data import steps

Name = Literal["day", "week", "year"]
_DAYS = {"day": 1.0, "week": 7.0, "year": 365.2425}


@dataclass(frozen=True)
class Cycle:
    """A calendar cycle that a step resolves and a span holds.

    Attributes:
        name: day, week or year.
        period: steps until it repeats, not always whole.
        slots: phases it is cut into.
        seen: how often the span holds it.
    """

    name: Name
    period: float
    slots: int
    seen: float


@dataclass(frozen=True, eq=False)
class Course:
    """The usual course of a series over one cycle.

    Attributes:
        cycle: over what.
        middle, low, high: [slot] median, 25th and 75th percentile; NaN where nothing was observed.
        count: [slot] readings.
        explained: share of the variance that the slot's mean explains, 0..1 (see ``explained_share``).
    """

    cycle: Cycle
    middle: np.ndarray
    low: np.ndarray
    high: np.ndarray
    count: np.ndarray
    explained: float


def offered(time: pd.DatetimeIndex, step: str) -> tuple[Cycle, ...]:
    """Cycles worth looking at: at least four steps long, and seen at least twice (a year: at least nine tenths of one)."""
    length = steps.typical(step) / pd.Timedelta(days=1)
    span = (time[-1] - time[0]) / pd.Timedelta(days=1) + length if len(time) else 0.0
    found = []
    for name, days in _DAYS.items():
        period, seen = days / length, span / days
        if round(period) >= 4 and seen >= (0.9 if name == "year" else 2):
            found.append(Cycle(name, period, _slots(name, period), seen))  # type: ignore[arg-type]
    return tuple(found)


def _slots(name: str, period: float) -> int:
    """Quarter hours of a day, hours (or days) of a week, weeks (or months, quarters) of a year."""
    if name == "day":
        return min(96, round(period))
    if name == "week":
        return min(168, round(period))
    return 52 if period >= 52 else 12 if period >= 12 else 4


def phase(time: pd.DatetimeIndex, cycle: Cycle) -> np.ndarray:
    """int64 [time] slot of each time, read from its own clock; weeks begin on Monday, years on 1 January."""
    if cycle.name == "year":
        if cycle.slots == 52:
            return np.minimum((np.asarray(time.day_of_year, dtype=np.int64) - 1) // 7, 51)
        return (np.asarray(time.month, dtype=np.int64) - 1) * cycle.slots // 12
    seconds = np.asarray(time.hour * 3600 + time.minute * 60 + time.second, dtype=np.int64)
    if cycle.name == "week":
        seconds = seconds + np.asarray(time.day_of_week, dtype=np.int64) * 86400
    return seconds * cycle.slots // (86400 * round(_DAYS[cycle.name]))


def course(time: pd.DatetimeIndex, values: np.ndarray, cycle: Cycle) -> Course:
    """Median and middle half of each slot.

    Args:
        time: [time] in the panel's clock.
        values: [time], NaN = missing, left out.
        cycle: from ``offered``.
    """
    there = np.isfinite(values)
    slot = phase(time, cycle)[there]
    known = pd.Series(np.asarray(values, dtype=np.float64)[there]).groupby(slot)
    table = known.quantile([0.25, 0.5, 0.75]).unstack() if there.any() else pd.DataFrame(columns=[0.25, 0.5, 0.75])
    table = table.reindex(range(cycle.slots))
    low, middle, high = (table[level].to_numpy(dtype=float) for level in (0.25, 0.5, 0.75))
    count = np.bincount(slot, minlength=cycle.slots)
    return Course(cycle, middle, low, high, count, explained_share(values, phase(time, cycle)))


def explained_share(values: np.ndarray, slot: np.ndarray) -> float:
    """Share of the variance that the means of the slots explain, corrected for their number; 0..1, 0 for a constant.

    Epsilon squared, 1 - (1 - eta^2) (n - 1) / (n - k) with n readings in k slots: T. L. Kelley, "An Unbiased Correlation
    Ratio Measure", PNAS 21 (9), 1935.

    Args:
        values: [time], NaN left out.
        slot: int [time] >= 0.
    """
    there = np.isfinite(values)
    known, slot = np.asarray(values, dtype=np.float64)[there], slot[there]
    total = float(((known - known.mean()) ** 2).sum()) if len(known) else 0.0
    count = np.bincount(slot)
    groups = int((count > 0).sum())
    if total <= 0 or len(known) <= groups:
        return 0.0
    mean = np.bincount(slot, weights=known) / np.maximum(count, 1)
    within = float(((known - mean[slot]) ** 2).sum())
    return max(0.0, 1 - within / total * (len(known) - 1) / (len(known) - groups))


def without(values: np.ndarray, time: pd.DatetimeIndex, cycle: Cycle) -> np.ndarray:
    """[step, place] less each place's own mean of the slot; NaN stays NaN."""
    slot = phase(time, cycle)
    there = np.isfinite(values)
    total, count = np.zeros((cycle.slots, values.shape[1])), np.zeros((cycle.slots, values.shape[1]))
    np.add.at(total, slot, np.where(there, values, 0))
    np.add.at(count, slot, there)
    with np.errstate(invalid="ignore", divide="ignore"):
        return np.asarray(values - (total / count)[slot], dtype=np.float32)
