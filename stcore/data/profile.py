"""The usual course of a series: mean by hour and weekday, and the share of readings that are there."""

from __future__ import annotations

import numpy as np
import pandas as pd

from stcore.data import arrays, steps
from stcore.data.panel import Panel


def week_profile(time: pd.DatetimeIndex, values: np.ndarray) -> np.ndarray | None:
    """Mean by weekday and hour of the clock.

    Args:
        time: [time] in the panel's clock.
        values: [time], NaN = missing.

    Returns:
        [7, 24], Monday first, NaN where nothing was measured; None where the steps are longer than six hours or the
        series is shorter than three days, so that there is no such profile.
    """
    if len(time) < 3 or time[-1] - time[0] < pd.Timedelta(days=3) or (time[1] - time[0]) > pd.Timedelta(hours=6):
        return None
    there = np.isfinite(values)
    cell = (np.asarray(time.day_of_week, dtype=np.int64) * 24 + np.asarray(time.hour))[there]
    count = np.bincount(cell, minlength=168)
    total = np.bincount(cell, weights=values[there].astype(np.float64), minlength=168)
    with np.errstate(invalid="ignore"):
        return np.asarray((total / np.where(count, count, np.nan)).reshape(7, 24))


def place_means(values: np.ndarray) -> np.ndarray:
    """[location] mean over time of [time, location]; NaN where a place has no reading. Blockwise: reads a memory map once."""
    total, count = np.zeros(values.shape[1]), np.zeros(values.shape[1])
    for rows in arrays.blocks(values, 16 << 20):
        block = np.asarray(values[rows], dtype=np.float64)
        count += np.isfinite(block).sum(axis=0)
        total += np.nansum(block, axis=0)
    return np.where(count > 0, total / np.maximum(count, 1), np.nan)


def telling_place(panel: Panel, feature: int = 0) -> str:
    """Id of the place that is worth showing first: many readings, much movement."""
    rows = max(1, min(2000, 2_000_000 // max(1, len(panel.locations))))
    values = panel.values[:: max(1, len(panel.time) // rows), :, feature]
    there = np.isfinite(values)
    count = there.sum(axis=0)
    mean = np.where(there, values, 0).sum(axis=0) / np.maximum(count, 1)
    spread = np.sqrt(np.where(there, (values - mean) ** 2, 0).sum(axis=0) / np.maximum(count, 1))
    typical = np.where(count >= 0.9 * max(int(count.max()), 1), spread, -1)
    return str(panel.locations.index[int(np.argmax(typical))])


def last_days(panel: Panel, days: int = 7) -> pd.Timestamp:
    """Start of the stretch that a first curve shows: the last ``days`` days, or 300 steps where that is longer."""
    length = pd.Timedelta(days=days) / steps.typical(panel.step)
    return pd.Timestamp(panel.time[max(0, len(panel.time) - 1 - max(300, round(length)))])
