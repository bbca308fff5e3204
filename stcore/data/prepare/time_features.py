"""What the clock says about any time, also about times to come: waves, phases, a trend."""

from __future__ import annotations

import numpy as np
import pandas as pd

from stcore.data import steps

_DAY = pd.Timedelta(days=1)
CYCLES = {"day": _DAY, "week": 7 * _DAY, "year": 365.2425 * _DAY}


def resolved(step: str, span: pd.Timedelta) -> tuple[str, ...]:
    """Cycles of at least three steps that a span holds whole: of a shorter one nobody knows how it repeats."""
    return tuple(name for name, length in CYCLES.items() if steps.typical(step) * 3 <= length <= span)


def phase(times: pd.DatetimeIndex, cycle: str) -> np.ndarray:
    """Place of each time in its day, week or year, 0 to 1: float64 [time], in the times' own clock."""
    day = (times.hour * 3600 + times.minute * 60 + times.second) / 86400
    if cycle == "day":
        return np.asarray(day, np.float64)
    if cycle == "week":
        return np.asarray((times.day_of_week + day) / 7, np.float64)
    return np.asarray((times.day_of_year - 1 + day) / np.where(times.is_leap_year, 366, 365), np.float64)


def waves(times: pd.DatetimeIndex, cycle: str, pairs: int) -> dict[str, np.ndarray]:
    """Sine and cosine that repeat 1, 2, ... ``pairs`` times a cycle: name -> float64 [time]."""
    angle = 2 * np.pi * phase(times, cycle)
    found = {}
    for number in range(1, pairs + 1):
        found[f"{cycle}_sin_{number}"] = np.sin(number * angle)
        found[f"{cycle}_cos_{number}"] = np.cos(number * angle)
    return found


def trend(times: pd.DatetimeIndex, start: pd.Timestamp, end: pd.Timestamp) -> np.ndarray:
    """0 at the start of the train part, 1 at its end, going on beyond it: float64 [time]."""
    return np.asarray((times - start) / max(end - start, pd.Timedelta(1, "ns")), np.float64)
