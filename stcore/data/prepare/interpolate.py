"""Fills that look at a place's own readings around a gap and learn nothing: the last one, a line, a smooth curve."""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar

import numpy as np
import pandas as pd

from stcore.data.prepare import gaps
from stcore.data.prepare.filler import Filler


@dataclass(frozen=True, eq=False)
class Forward(Filler):
    """The last reading is carried forward."""

    title: ClassVar[str] = "Last value"
    by_place: ClassVar[bool] = True

    def fill(self, values: np.ndarray, times: pd.DatetimeIndex) -> np.ndarray:
        """NaN before the first reading."""
        return gaps.carried(values)


@dataclass(frozen=True, eq=False)
class Linear(Filler):
    """A straight line from the reading before a gap to the one after it."""

    title: ClassVar[str] = "Straight line"
    by_place: ClassVar[bool] = True
    ends: ClassVar[int] = 1

    def fill(self, values: np.ndarray, times: pd.DatetimeIndex) -> np.ndarray:
        """The last reading after the end of a place's readings; NaN before the first."""
        seen = ~np.isnan(values)
        left, right = gaps.before(seen), gaps.after(seen)
        first, last = gaps.at(values, left), gaps.at(values, right)
        length = np.maximum(right - left, 1)
        share = (_rows(values) - left) / length.astype(np.float32)
        line = first + share * (last - first)
        return np.where(seen, values, np.where(np.isnan(line), first, line)).astype(np.float32)


@dataclass(frozen=True, eq=False)
class Spline(Filler):
    """A cubic through two readings on either side of a gap that keeps within them.

    Source: F. Fritsch, J. Butland, "A Method for Constructing Local Monotone Piecewise Cubic Interpolants", SIAM J. Sci.
    Stat. Comput. 5, 1984 (PCHIP).
    """

    title: ClassVar[str] = "Smooth curve"
    by_place: ClassVar[bool] = True
    ends: ClassVar[int] = 2

    def fill(self, values: np.ndarray, times: pd.DatetimeIndex) -> np.ndarray:
        """A straight line where a second reading is missing on one side; the last reading after the end."""
        seen = ~np.isnan(values)
        filled = Linear().fill(values, times)
        left, right = gaps.before(seen), gaps.after(seen)
        before = np.where(left >= 0, np.take_along_axis(gaps.earlier(seen), np.maximum(left, 0), axis=0), -1)
        after = gaps.later(seen, right)
        gap = np.nonzero(~seen & (left >= 0) & (right < len(seen)))
        points = [(rows[gap], gaps.at(values, rows)[gap]) for rows in (before, left, right, after)]
        curve = _cubic(gap[0], points)
        filled[gap] = np.where(np.isnan(curve), filled[gap], curve)
        return filled


def _cubic(row: np.ndarray, points: list[tuple[np.ndarray, np.ndarray]]) -> np.ndarray:
    """Hermite cubic at ``row`` between the middle two of four points (row, value), slopes as in PCHIP; NaN without four."""
    (t0, y0), (t1, y1), (t2, y2), (t3, y3) = ((t.astype(np.float64), y.astype(np.float64)) for t, y in points)
    h0, h1, h2 = (np.maximum(length, 1) for length in (t1 - t0, t2 - t1, t3 - t2))
    d0, d1, d2 = (y1 - y0) / h0, (y2 - y1) / h1, (y3 - y2) / h2
    first, last = _slope(h0, h1, d0, d1), _slope(h1, h2, d1, d2)
    share = (row - t1) / h1
    square, cube = share**2, share**3
    return np.asarray(
        (2 * cube - 3 * square + 1) * y1 + (cube - 2 * square + share) * h1 * first
        + (3 * square - 2 * cube) * y2 + (cube - square) * h1 * last,
        np.float32,
    )  # fmt: skip


def _slope(left: np.ndarray, right: np.ndarray, before: np.ndarray, after: np.ndarray) -> np.ndarray:
    """Weighted harmonic mean of the slopes on both sides; 0 where they differ in sign; NaN where one is."""
    heavy, light = 2 * right + left, right + 2 * left
    same = before * after > 0
    before, after = (np.where(same, slope, 1 + 0 * slope) for slope in (before, after))
    return np.where(same, (heavy + light) / (heavy / before + light / after), 0 * before * after)


def _rows(values: np.ndarray) -> np.ndarray:
    return np.arange(len(values), dtype=np.int32)[:, None, None]
