"""Scores without holes, one a place, and each feature's part in them."""

from __future__ import annotations

import numpy as np


def strongest(strange: np.ndarray, features: int) -> np.ndarray:
    """Largest of the features of each place: [time, location x feature] -> [time, location], NaN where none is known."""
    return np.fmax.reduce(strange.reshape(len(strange), -1, features), axis=2)


def fill_unobserved(strange: np.ndarray, window: int) -> np.ndarray:
    """Scores [time, series] without NaN.

    An unknown score becomes the mean of the known ones among the last ``window`` steps; before the first known score
    that of the first window; 0 where a whole window is unknown.
    """
    known = np.isfinite(strange)
    if known.all():
        return strange
    mean = _trailing_mean(np.where(known, strange, 0), known, window)
    first = np.argmax(known, axis=0)
    ends = np.minimum(first + window - 1, len(strange) - 1)
    opening = np.take_along_axis(mean, ends[None], axis=0)
    before = np.arange(len(strange))[:, None] < first
    return np.where(known, strange, np.where(before, opening, mean)).astype(np.float32)


def shares(each: np.ndarray, positions: list[int], features: int) -> np.ndarray:
    """Share of each feature in the score [time, location, feature], by squared strangeness.

    Args:
        each: strangeness of the scored features [time, location, scored feature].
        positions: where those stand among all ``features``; the others have no share.
    """
    squared = np.square(each)
    total = squared.sum(axis=2, keepdims=True)
    part = squared / np.where(total > 0, total, 1)
    if len(positions) == features:
        return np.asarray(part)
    out = np.zeros((*each.shape[:2], features), np.float32)
    out[..., positions] = part
    return out


def _trailing_mean(filled: np.ndarray, known: np.ndarray, window: int) -> np.ndarray:
    """Mean of the known ones among the last ``window`` rows; 0 where there are none."""

    def sums(values: np.ndarray) -> np.ndarray:
        total = np.cumsum(values, axis=0, dtype=np.float64)
        total[window:] -= total[:-window].copy()
        return total

    count = sums(known)
    return np.where(count > 0.5, sums(filled) / np.maximum(count, 1), 0)
