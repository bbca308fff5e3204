"""A series laid out as a calendar: hours of each day, days of each month or months of each year."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

import numpy as np
import pandas as pd

from stcore.data import steps

MOST_ROWS = 48
MOST_DAYS = 70
_DAY = pd.Timedelta(days=1)


@dataclass(frozen=True, eq=False)
class Calendar:
    """Means of the cells of a calendar.

    Attributes:
        kind: “hours” (a row a day, 24 columns), “days” (a row a month, 31 columns) or “months” (a row a year, 12 columns).
        rows: [row] first day of each row.
        values: [row, column] means, NaN where nothing was observed or there is no such day.
        shortened: rows before the first one that are not shown.
    """

    kind: Literal["hours", "days", "months"]
    rows: pd.DatetimeIndex
    values: np.ndarray
    shortened: int


def calendar(time: pd.DatetimeIndex, values: np.ndarray, step: str) -> Calendar | None:
    """The calendar that fits a span: days of hours up to 70 days, else the last 48 months or years. None above a month a step.

    Args:
        time: [time] in the panel's clock.
        values: [time], NaN = missing, left out.
        step: of the time axis.
    """
    length = steps.typical(step)
    if not len(time) or length > 40 * _DAY:
        return None
    wall = time.tz_localize(None) if time.tz is not None else time
    if length < _DAY and wall[-1] - wall[0] < MOST_DAYS * _DAY:
        return _laid("hours", wall, values, wall.normalize(), np.asarray(wall.hour), 24)
    if length <= _DAY:
        return _laid("days", wall, values, _months(wall), np.asarray(wall.day) - 1, 31)
    return _laid("months", wall, values, wall.to_period("Y").to_timestamp(), np.asarray(wall.month) - 1, 12)


def _months(wall: pd.DatetimeIndex) -> pd.DatetimeIndex:
    return wall.to_period("M").to_timestamp()


def _laid(
    kind: Literal["hours", "days", "months"], wall: pd.DatetimeIndex, values: np.ndarray, row_of: pd.DatetimeIndex,
    column: np.ndarray, columns: int,
) -> Calendar:  # fmt: skip
    """Means by row and column; empty rows between the first and the last one stay."""
    freq = {"hours": "D", "days": "MS", "months": "YS"}[kind]
    rows = pd.date_range(row_of[0], row_of[-1], freq=freq)
    row = rows.get_indexer(row_of)
    there = np.isfinite(values)
    cell = (row * columns + column)[there]
    size = len(rows) * columns
    count = np.bincount(cell, minlength=size)
    total = np.bincount(cell, weights=np.asarray(values, dtype=np.float64)[there], minlength=size)
    mean = np.where(count > 0, total / np.maximum(count, 1), np.nan).reshape(len(rows), columns)
    left_out = max(0, len(rows) - MOST_ROWS) if kind != "hours" else 0
    return Calendar(kind, rows[left_out:], mean[left_out:], left_out)
