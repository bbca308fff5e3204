"""The series of a panel made ready for a detector: one scale for all, gaps carried forward, bounded values."""

from __future__ import annotations

from dataclasses import dataclass, replace

import numpy as np
import pandas as pd

from stcore.anomaly.linear import Calendar
from stcore.anomaly.thresholds import quantile, spread
from stcore.data import steps
from stcore.data.panel import Panel

CARRY = 12
"""Steps that a last known value stands in for missing ones; then the usual value does."""
REACH = 1e4
"""A value counts up to this many usual deviations: squares stay far from the largest number."""


@dataclass(frozen=True, eq=False)
class Rows:
    """Series [series, time], features of a location side by side; a window of one series lies together in memory.

    Attributes:
        values: float32 [series, time] in usual deviations from the middle, without NaN.
        known: bool [series, time], True where observed.
        times: float64 [time] in steps, on an axis that does not depend on where the rows begin.
        phases, hours: int [time], phase of the usual day and its coarse one; 0 where there is none.
        features: features a location.
        held: bool [time], rows that must not be learnt from.
    """

    values: np.ndarray
    known: np.ndarray
    times: np.ndarray
    phases: np.ndarray
    hours: np.ndarray
    features: int
    held: np.ndarray

    def without(self, held: slice) -> Rows:
        """The same with some rows held out: unknown, and never part of what is learnt from."""
        known, out = self.known.copy(), self.held.copy()
        known[:, held], out[held] = False, True
        return replace(self, known=known, held=out)

    @property
    def gappy(self) -> np.ndarray:
        """Values with NaN where unknown [series, time]."""
        return np.where(self.known, self.values, np.float32(np.nan))


@dataclass(frozen=True, eq=False)
class Usual:
    """Middle and usual deviation of each series, float64 [series], and the calendar of the data they come from."""

    level: np.ndarray
    unit: np.ndarray
    calendar: Calendar

    @classmethod
    def of(cls, panel: Panel) -> Usual:
        """From every observed value of a panel; a series that never moves has a millionth of its size as deviation."""
        values = panel.values.reshape(len(panel.time), -1)
        level = np.nan_to_num(quantile(values, 0.5)).astype(np.float64)
        unit = np.nan_to_num(spread(values - level)).astype(np.float64)
        least = 1e-6 * np.maximum(np.abs(level), 1e-6)
        return cls(
            level,
            np.where(unit > least, unit, np.where(level != 0, np.abs(level), 1.0)),
            Calendar.of(panel.time, panel.step),
        )

    def rows(self, panel: Panel, series: np.ndarray, part: slice | np.ndarray) -> Rows:
        """Part of the panel's series; ``series`` says which of those learnt the panel's own are."""
        values = panel.values.reshape(len(panel.time), -1)[:, part].T
        at = series[part]
        known = np.isfinite(values)
        scaled = (values - self.level[at, None]) / self.unit[at, None]
        calendar = self.calendar
        return Rows(
            _carried(np.clip(scaled, -REACH, REACH).astype(np.float32), known), known, _counted(panel),
            calendar.phases(panel.time), calendar.hour(panel.time), len(panel.features), np.zeros(len(panel.time), bool),
        )  # fmt: skip


def _carried(values: np.ndarray, known: np.ndarray) -> np.ndarray:
    """The last known value for up to ``CARRY`` steps, then the usual one (0)."""
    if known.all():
        return values
    at = np.arange(values.shape[1])
    last = np.maximum.accumulate(np.where(known, at, -1), axis=1)
    filled = np.take_along_axis(values, np.maximum(last, 0), axis=1)
    return np.where((last >= 0) & (at - last <= CARRY), filled, np.float32(0))


def _counted(panel: Panel) -> np.ndarray:
    """Time of each row in steps since 1970, float64."""
    return np.asarray(panel.time.as_unit("ns").asi8 / float(steps.typical(panel.step) / pd.Timedelta(1, "ns")))
