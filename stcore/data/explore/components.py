"""A series taken apart into trend, season and rest (STL), on a coarser step where it is long."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cache
from importlib import import_module
from threading import Thread

import numpy as np
import pandas as pd

from stcore import words
from stcore.data.explore.cycles import Cycle
from stcore.errors import DataError

MOST_PERIOD = 96
MOST_POINTS = 4000
MOST_MISSING = 0.5


@dataclass(frozen=True, eq=False)
class Components:
    """observed = trend + season + rest, at every point with a reading.

    Attributes:
        time: [point] start of each point.
        observed, trend, season, rest: [point]; observed and rest are NaN where nothing was measured.
        merged: steps joined to one point by their mean.
        left_out: points before the first one, left out of a long series.
        trend_strength, season_strength: 0..1; how much of what is not explained by the other is explained by it.
    """

    time: pd.DatetimeIndex
    observed: np.ndarray
    trend: np.ndarray
    season: np.ndarray
    rest: np.ndarray
    merged: int
    left_out: int
    trend_strength: float
    season_strength: float


def components(time: pd.DatetimeIndex, values: np.ndarray, cycle: Cycle) -> Components:
    """Seasonal-trend decomposition by loess with the period of ``cycle``.

    Steps are joined so that a period has at most 96 points and the series at most 4,000 (its last ones). Gaps are bridged
    by straight lines for the computation only. Strengths are 1 - Var(rest) / Var(part + rest), not below 0.

    Sources: R. B. Cleveland et al., "STL", Journal of Official Statistics 6 (1), 1990; X. Wang, K. Smith, R. Hyndman,
    "Characteristic-based clustering for time series data", Data Mining and Knowledge Discovery 13, 2006 (strengths).

    Args:
        time: [time], regular.
        values: [time], NaN = missing.
        cycle: from ``cycles.offered``.

    Raises:
        DataError: fewer than two whole cycles, or more than half of the points without a reading.
    """
    merged, period = _coarser(cycle.period)
    points = len(values) // merged
    if points < 2 * period:
        raise DataError(
            f"The series holds the {cycle.name} {words.number(cycle.seen, 2)} times; taking it apart needs two whole ones.",
            f"Choose a shorter cycle than a {cycle.name}, or give a longer series.",
        )
    start = len(values) - points * merged
    with np.errstate(invalid="ignore"):
        blocks = np.asarray(values[start:], dtype=np.float64).reshape(points, merged)
        count = np.isfinite(blocks).sum(axis=1)
        observed = np.where(count > 0, np.nansum(blocks, axis=1) / np.maximum(count, 1), np.nan)
    kept = max(2 * period, min(points, MOST_POINTS))
    observed, times = observed[-kept:], time[start::merged][-kept:]
    trend, season = _stl(observed, period)
    rest = observed - trend - season
    return Components(
        times, observed, trend, season, rest, merged, points - kept, _strength(trend, rest), _strength(season, rest)
    )


def _coarser(period: float) -> tuple[int, int]:
    """Steps to join, and the whole number of points a period then has: the least rounding among small factors."""
    least = max(1, int(np.ceil(period / MOST_PERIOD)))
    if least == 1 and round(period) <= MOST_PERIOD:
        return 1, round(period)
    factors = [factor for factor in range(least, 2 * least + 1) if period / factor >= 4]
    best = min(
        factors,
        key=lambda factor: (round(abs(period / factor - round(period / factor)) / (period / factor), 4), factor),
    )
    return best, round(period / best)


@cache
def warm() -> None:
    """Load what taking a series apart needs beside whatever else goes on: it takes most of a second."""
    Thread(target=import_module, args=("statsmodels.tsa.seasonal",), daemon=True).start()


def _stl(observed: np.ndarray, period: int) -> tuple[np.ndarray, np.ndarray]:
    """Trend and season [point]; loess is evaluated at every tenth of its window, as its authors do."""
    from statsmodels.tsa.seasonal import STL

    there = np.isfinite(observed)
    if there.mean() < 1 - MOST_MISSING:
        raise DataError(
            f"{words.percent(float(1 - there.mean()))} of the points have no reading; taking a series apart needs half of them.",
            "Choose a place with more readings.",
        )
    at = np.arange(len(observed))
    filled = np.interp(at, at[there], observed[there])
    window = int(np.ceil(1.5 * period / (1 - 1.5 / 7))) | 1
    jump = {"seasonal_jump": 1, "trend_jump": max(1, window // 10), "low_pass_jump": max(1, period // 10)}
    found = STL(filled, period=period, seasonal=7, trend=max(window, 3), **jump).fit()
    return np.asarray(found.trend), np.asarray(found.seasonal)


def _strength(part: np.ndarray, rest: np.ndarray) -> float:
    known = np.isfinite(rest)
    both = float(np.var((part + rest)[known]))
    return max(0.0, 1 - float(np.var(rest[known])) / both) if both > 0 else 0.0
