"""What a series says about itself at each time from readings up to then: earlier values, changes, rolling numbers."""

from __future__ import annotations

from typing import Literal

import numpy as np

from stcore.data.prepare import gaps

Rolling = Literal["mean", "variance", "min", "max"]


def lag(values: np.ndarray, steps: int) -> np.ndarray:
    """The value so many steps before [time, location]; NaN where there is none."""
    out = np.full(values.shape, np.nan, np.float32)
    out[steps:] = values[: max(0, len(values) - steps)]
    return out


def change(values: np.ndarray, steps: int) -> np.ndarray:
    """The change since so many steps before [time, location]."""
    return values - lag(values, steps)


def rolling(values: np.ndarray, kind: Rolling, steps: int) -> np.ndarray:
    """A number over the last ``steps`` steps, the present one included [time, location]; readings that are missing do not
    count, NaN where all are."""
    there = ~np.isnan(values)
    if kind in ("min", "max"):
        return _extreme(values, there, kind, steps)
    count = _running(there, steps)
    safe = np.maximum(count, 1)
    # Counted from each place's first reading, so that squares do not swallow each other: a mean would know what comes.
    first = np.nan_to_num(gaps.at(values, gaps.after(there)[:1])).astype(np.float64)
    off = np.where(there, values - first, 0)
    mean = _running(off, steps) / safe
    found = mean + first if kind == "mean" else np.maximum(_running(off**2, steps) / safe - mean**2, 0)
    return np.where(count > 0, found, np.nan).astype(np.float32)


def _running(values: np.ndarray, steps: int) -> np.ndarray:
    """Sum over the last ``steps`` rows, float64."""
    total = np.cumsum(values, axis=0, dtype=np.float64)
    total[steps:] -= total[:-steps].copy()
    return total


def _extreme(values: np.ndarray, there: np.ndarray, kind: Rolling, steps: int) -> np.ndarray:
    from scipy.ndimage import maximum_filter1d

    sign = np.float32(1 if kind == "max" else -1)
    least = np.float32(-np.inf)
    filled = np.where(there, sign * values, least)
    # An origin right of the middle looks back: the window of row t is t - steps + 1 .. t.
    found = maximum_filter1d(filled, steps, axis=0, mode="constant", cval=least, origin=(steps - 1) // 2)
    return np.where(np.isneginf(found), np.float32(np.nan), sign * found)
