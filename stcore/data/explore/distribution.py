"""How values spread: a histogram, the levels between which they lie, and the same levels place by place."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

LEVELS = (5, 25, 50, 75, 95)
MOST_BINS = 70


@dataclass(frozen=True, eq=False)
class Distribution:
    """Spread of readings.

    Attributes:
        edges: [bin + 1]; counts: [bin].
        levels: [5] the 5th, 25th, 50th, 75th and 95th percentile.
        mean: of all readings.
        readings: how many; missing: share of cells without one, 0..1.
        zeros: share of readings that are exactly 0; left out of the bins where they are more than half (``without_zeros``).
        outside: readings beyond the first and last edge.
    """

    edges: np.ndarray
    counts: np.ndarray
    levels: np.ndarray
    mean: float
    readings: int
    missing: float
    zeros: float
    without_zeros: bool
    outside: int


def distribution(values: np.ndarray) -> Distribution | None:
    """Histogram and levels of values of any shape; None where nothing is observed.

    Bins are as wide as D. Freedman and P. Diaconis give them ("On the Histogram as a Density Estimator", 1981: 2 IQR n^(-1/3)),
    at most 70, whole numbers wide for whole numbers, and reach from the 0.1th to the 99.9th percentile.
    """
    flat = np.asarray(values).ravel()
    known = flat[np.isfinite(flat)].astype(np.float64)
    if not len(known):
        return None
    zeros = float((known == 0).mean())
    drawn = known[known != 0] if 0.5 < zeros < 1 else known
    edges = _edges(drawn)
    counts = np.histogram(drawn, edges)[0]
    return Distribution(
        edges, counts, np.percentile(known, LEVELS), float(known.mean()), len(known), 1 - len(known) / len(flat), zeros,
        0.5 < zeros < 1, int(len(drawn) - counts.sum()),
    )  # fmt: skip


def _edges(known: np.ndarray) -> np.ndarray:
    """Edges of the bins."""
    low, quarter, middle, high = np.percentile(known, [0.1, 25, 75, 99.9])
    if high <= low:
        return np.array([low - 0.5, low + 0.5])
    width = 2 * (middle - quarter) * len(known) ** (-1 / 3)
    width = max(width, (high - low) / MOST_BINS)
    if np.array_equal(known, np.rint(known)):
        width = max(1.0, np.ceil(width))
        return np.arange(np.floor(low), high + width + 1, width) - 0.5
    return np.linspace(low, high, max(2, round((high - low) / width)) + 1)


def place_levels(values: np.ndarray) -> np.ndarray:
    """[place, 5] levels of each place of [step, place]; NaN for a place without readings."""
    found = np.full((values.shape[1], len(LEVELS)), np.nan)
    some = np.isfinite(values).any(axis=0)
    if some.any():
        found[some] = np.nanpercentile(values[:, some], LEVELS, axis=0).T
    return found
