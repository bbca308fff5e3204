"""How much a series resembles itself some steps later, and the periods that suggests."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

LEAST_PAIRS = 30
OTHERS = 0.25  # lower peaks at lags that are no cycle are taken for chance


@dataclass(frozen=True)
class Period:
    """A lag at which a series resembles itself.

    Attributes:
        lag: steps.
        strength: correlation with itself at this lag, -1..1.
    """

    lag: int
    strength: float


def autocorrelation(values: np.ndarray, most: int) -> np.ndarray:
    """Correlation of a series with itself 0..``most`` steps later; [lag], 1 at lag 0, NaN where too few pairs remain.

    Every lag uses the pairs of which both are observed (the amplitude-modulated estimate), by FFT in O(n log n). Fewer than
    30 pairs, or than a tenth of the pairs a full series would have, give NaN. A constant series gives NaN beyond lag 0.

    Source: E. Parzen, "On Spectral Analysis with Missing Observations and Amplitude-Modulated Series", Sankhya A 25, 1963.

    Args:
        values: [time], NaN = missing.
        most: largest lag; cut to the length of the series.
    """
    from scipy import fft

    there = np.isfinite(values)
    known = np.where(there, values, 0).astype(np.float64)
    mean = known.sum() / max(int(there.sum()), 1)
    centred = np.where(there, known - mean, 0)
    most = min(most, len(values) - 1)
    size = fft.next_fast_len(2 * len(values), real=True)
    both = fft.irfft(np.abs(fft.rfft(centred, size)) ** 2, size)[: most + 1]
    pairs = np.rint(fft.irfft(np.abs(fft.rfft(there.astype(np.float64), size)) ** 2, size)[: most + 1])
    variance = both[0] / max(pairs[0], 1)
    found = np.full(most + 1, np.nan)
    found[0] = 1.0
    enough = pairs >= np.maximum(LEAST_PAIRS, 0.1 * (len(values) - np.arange(most + 1)))
    if variance > 1e-12 * max(mean * mean, 1e-300):
        found[enough] = np.clip(both[enough] / pairs[enough] / variance, -1, 1)
    return found


def periods(found: np.ndarray, calendar: Sequence[float] = (), most: int = 3, least: float = 0.1) -> tuple[Period, ...]:
    """The lags at which the autocorrelation has peaks that stand out, strongest first.

    A peak counts only if it is higher by 0.02 than every one before it: the second day after a day says nothing new, the week
    after seven days does where weekends differ. Any lag that is no cycle of the calendar must be higher by 0.05 than those
    that are and at least 0.25, and at twice the lag the resemblance must come back to half of its height.

    Args:
        found: from ``autocorrelation``.
        calendar: steps of the day, week and year, where the step resolves them.
        most: at most so many.
        least: height a peak must have; it must stand out by a third of that, and by a fifth of the most prominent one.
    """
    from scipy.signal import find_peaks

    rows, about = find_peaks(np.nan_to_num(found, nan=-1.0), height=least, prominence=least / 3)
    if len(rows):
        rows = rows[about["prominences"] >= 0.2 * about["prominences"].max()]
    known = [row for row in rows if any(near(row, cycle) for cycle in calendar)]
    kept = _rising(found, known, 0.02)
    best = max((period.strength for period in kept), default=-1.0)
    others = [
        row for row in rows if row not in known and found[row] >= max(best + 0.05, OTHERS) and _comes_back(found, row)
    ]
    kept = sorted([*kept, *_rising(found, others, 0.02)], key=lambda period: -period.strength)
    return tuple(kept[:most])


def near(lag: float, cycle: float) -> bool:
    """Whether a lag is a cycle: within 3 %, or one step of a cycle of twenty and more (a slope moves a peak by so much)."""
    return abs(lag - cycle) <= max(0.03 * cycle, 1.01 if cycle >= 20 else 0.51)


def _comes_back(found: np.ndarray, row: int) -> bool:
    """Whether the series resembles itself after twice the lag too (within a twentieth of it)."""
    about = max(1, row // 10)
    again = found[2 * row - about : 2 * row + about + 1]
    return bool(2 * row < len(found) and np.nanmax(np.nan_to_num(again, nan=-1.0)) >= 0.5 * found[row])


def _rising(found: np.ndarray, rows: Sequence[int], by: float) -> list[Period]:
    """The peaks that are higher than all before them."""
    kept: list[Period] = []
    for row in rows:
        if not kept or found[row] >= kept[-1].strength + by:
            kept.append(Period(int(row), float(found[row])))
    return kept
