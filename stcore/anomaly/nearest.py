"""The usual stretches of a place that come nearest to a strange one: what it would have looked like."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

MOST_STEPS = 500
LEAST_KNOWN = 0.7
"""Share of steps that must be known in a stretch for it to be compared."""


@dataclass(frozen=True, eq=False)
class Nearest:
    """A usual stretch: its first row, and its root mean square distance from the strange one, in the unit of the values."""

    first: int
    distance: float


def window_of(first: int, last: int, size: int, total: int) -> tuple[int, int]:
    """Rows [first, end) around an event's rows: at least ``size`` of them, the event in the middle, at most ``MOST_STEPS``."""
    length = min(max(size, 2 * (last - first + 1)), MOST_STEPS, total)
    start = min(max(0, (first + last + 1 - length) // 2), total - length)
    return start, start + length


def nearest_usual(values: np.ndarray, window: tuple[int, int], usual: np.ndarray, most: int = 3) -> list[Nearest]:
    """Usual stretches nearest to a strange one, nearest first, none overlapping another or the strange one.

    Euclidean distance at every shift by cross-correlation (Mueen et al., "The fastest similarity search algorithm for time
    series subsequences under Euclidean distance", 2017), without its standardisation: level matters here.

    Args:
        values: [time] of one place, NaN = missing; missing steps count for nothing.
        window: rows [first, end) of the strange stretch.
        usual: bool [time], False where a stretch may not lie.

    Returns:
        Empty where no usual stretch is long enough.
    """
    from scipy.signal import fftconvolve

    known = np.isfinite(values)
    level = float(np.mean(values[known])) if known.any() else 0.0
    filled = np.where(known, values - level, 0.0).astype(np.float64)
    first, end = window
    size = end - first
    query, asked = filled[first:end], known[first:end].astype(np.float64)
    if size < 2 or size > len(values) or not asked.any():
        return []

    def slid(series: np.ndarray, by: np.ndarray) -> np.ndarray:
        return np.asarray(fftconvolve(series, by[::-1], mode="valid"))

    pairs = slid(known.astype(np.float64), asked)
    total = slid(filled**2, asked) - 2 * slid(filled, query) + slid(known.astype(np.float64), query**2)
    barred = np.concatenate([[0], np.cumsum(~usual)])
    free = (barred[size:] - barred[:-size] == 0) & (pairs >= LEAST_KNOWN * max(asked.sum(), 1))
    starts = np.arange(len(total))
    free &= (starts >= end) | (starts + size <= first)
    distance = np.where(free, np.sqrt(np.maximum(total, 0) / np.maximum(pairs, 1)), np.inf)
    found: list[Nearest] = []
    while len(found) < most and np.isfinite(distance).any():
        best = int(np.argmin(distance))
        found.append(Nearest(best, float(distance[best])))
        distance[max(0, best - size + 1) : best + size] = np.inf
    return found
