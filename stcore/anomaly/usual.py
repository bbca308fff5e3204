"""What is usual of a value at every place at each hour, and how far it usually lies from that: for curves and descriptions."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import pandas as pd

from stcore.anomaly.linear import Calendar, profiles
from stcore.anomaly.rows import gaps_open
from stcore.anomaly.thresholds import spread_by_phase
from stcore.data.panel import Panel

BLOCK_CELLS = 5_000_000
NINETY = 1.645
"""Usual deviations to each side between which 90 % of normal values lie."""


@dataclass(frozen=True, eq=False)
class UsualCourse:
    """The usual course of one value.

    Attributes:
        profile: [phase, location] usual value.
        scale: [hour, location] usual deviation from it.
        calendar: which phase and hour a time has.
    """

    profile: np.ndarray
    scale: np.ndarray
    calendar: Calendar

    @classmethod
    def of(cls, panel: Panel, feature: str) -> UsualCourse:
        """From all observed values, in blocks of places; robust, so that what is strange hardly counts."""
        position = panel.features.index(feature)
        calendar = Calendar.of(panel.time, panel.step)
        phases, hours = calendar.phases(panel.time), calendar.hour(panel.time)
        size = max(1, BLOCK_CELLS // max(1, len(panel.time)))
        parts = []
        for start in range(0, len(panel.locations), size):
            values = gaps_open(panel).values[:, start : start + size, position]
            profile = profiles(values, phases, calendar.count)
            parts.append((profile, spread_by_phase(values - profile[phases], hours, calendar.hours)))
        profile, scale = (np.concatenate(each, axis=1) for each in zip(*parts, strict=True))
        return cls(profile, scale, calendar)

    def at(self, time: pd.DatetimeIndex, places: np.ndarray) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
        """Usual value, and lower and upper end of the range that 90 % of usual ones lie in: each [time, place].

        Args:
            places: positions.
        """
        middle = self.profile[self.calendar.phases(time)][:, places]
        reach = NINETY * self.scale[self.calendar.hour(time)][:, places]
        return middle, middle - reach, middle + reach
