"""Each step against the steps before it, in memory that does not grow: how rare, how far off, how new.

Every function takes the state that the rows before left behind and writes into it, so that rows may come all at once or in
pieces of any size and give the same numbers to the last bit. Without a state the rows given are the first ones.
"""

from __future__ import annotations

import numpy as np

BINS = 512
_LOW, _HIGH = -2.0, 14.6
"""Hyperbolic arc sines of the lowest (-3.6) and highest (a million, ``thresholds.MAX_SCORE``) score told apart: bins are 0.03 wide
about 0 and 3 % of a score above 3."""
_ROWS = 4096  # counted at a time


def no_counts(series: int) -> np.ndarray:
    """State of ``rarity`` before the first row: uint32 [series, bin], scores seen in each bin."""
    return np.zeros((series, BINS), np.uint32)


def no_moments(series: int) -> np.ndarray:
    """State of ``from_before`` before the first row: float64 [4, series], first value, count, sum and squares from the first."""
    return np.concatenate([np.full((1, series), np.nan), np.zeros((3, series))])


def none_before(quiet: int, series: int) -> np.ndarray:
    """State of ``first_of`` before the first row: float64 [quiet, series], the scores of the last rows."""
    return np.full((quiet, series), -np.inf)


def rarity(scores: np.ndarray, counts: np.ndarray | None = None) -> np.ndarray:
    """-log10 of the share of the scores up to each that are at least as high, itself counted: float64 [time, series], 0 or more.

    Scores in the same of ``BINS`` bins count as equally high: a rank among all that ever came cannot be had in constant memory.

    Args:
        scores: [time, series], in usual deviations; NaN = unknown, and unknown in the result.
        counts: state, see ``no_counts``.
    """
    counts = no_counts(scores.shape[1]) if counts is None else counts
    parts = [_rare(scores[start : start + _ROWS], counts) for start in range(0, len(scores), _ROWS)]
    return np.concatenate(parts) if parts else np.empty(scores.shape)


def from_before(values: np.ndarray, moments: np.ndarray | None = None) -> np.ndarray:
    """Distance of each value from the mean of all earlier ones, in their standard deviations: float64 [time, series].

    Args:
        values: [time, series], NaN = unknown, and unknown in the result; 0 while fewer than two earlier ones are known.
        moments: state, see ``no_moments``.
    """
    moments = no_moments(values.shape[1]) if moments is None else moments
    known = np.isfinite(values)
    here = np.take_along_axis(values, np.argmax(known, axis=0)[None], axis=0)[0]
    first = moments[0] = np.where(np.isnan(moments[0]), here, moments[0])  # keeps the squares small
    moved = np.where(known, values.astype(np.float64) - first, 0.0)
    parts = (known.astype(np.float64), moved, moved**2)
    sums = [
        np.cumsum(np.concatenate([each[None], part]), axis=0) for each, part in zip(moments[1:], parts, strict=True)
    ]
    moments[1:] = [each[-1] for each in sums]
    count, total, square = (each[:-1] for each in sums)
    mean = total / np.maximum(count, 1)
    spread = np.sqrt(np.maximum(square / np.maximum(count, 1) - mean**2, 0))
    least = 1e-6 * np.maximum(np.abs(np.nan_to_num(first)), 1e-6)
    return np.where(known, np.where(count < 2, 0.0, np.abs(moved - mean) / np.maximum(spread, least)), np.nan)


def first_of(scores: np.ndarray, quiet: int, before: np.ndarray | None = None) -> np.ndarray:
    """Scores [time, series] with 0 for those that one of the ``quiet`` steps before reached.

    Args:
        before: state, see ``none_before``.
    """
    from scipy.ndimage import maximum_filter1d

    if quiet < 1 or not len(scores):
        return scores
    before = none_before(quiet, scores.shape[1]) if before is None else before
    every = np.concatenate([before, scores])
    highest = maximum_filter1d(every, quiet, axis=0, origin=(quiet - 1) // 2, mode="constant", cval=-np.inf)
    before[:] = every[len(scores) :]
    return np.where(scores > highest[quiet - 1 : -1], scores, 0.0)


def _rare(scores: np.ndarray, counts: np.ndarray) -> np.ndarray:
    """``rarity`` of a block of rows."""
    known = np.isfinite(scores)
    place = (np.arcsinh(np.where(known, scores, 0.0).astype(np.float64)) - _LOW) * (BINS / (_HIGH - _LOW))
    bins = np.clip(place, 0, BINS - 1).astype(np.int64)
    above = np.cumsum(counts[:, ::-1], axis=1, dtype=np.int64)[:, ::-1]
    series = np.arange(scores.shape[1])
    higher = above[series, bins] + _earlier_above(np.where(known, bins, -1))
    seen = above[:, 0] + np.cumsum(known, axis=0)
    added = np.bincount((series * BINS + bins)[known], minlength=counts.size)
    counts += added.reshape(counts.shape).astype(counts.dtype)
    return np.where(known, -np.log10((1 + higher) / np.maximum(seen, 1)), np.nan)


def _earlier_above(scores: np.ndarray) -> np.ndarray:
    """How many earlier rows are at least as high: int [time, series].

    Rows are counted as a merge sort would: in blocks of 2, 4, 8, ... rows, each row of the right half against the left one.

    Args:
        scores: int [time, series]; -1 = unknown, as high as none.
    """
    count, series = scores.shape
    size = 1 << max(count - 1, 0).bit_length()
    padded = np.full((series, size), -1, np.int64)
    padded[:, :count] = scores.T
    found = np.zeros((series, size), np.int64)
    half = 1
    while half < size:
        blocks = padded.reshape(series, -1, 2 * half)
        order = np.argsort(-blocks, axis=2, kind="stable")  # of equal ones the earlier first
        above = np.empty(blocks.shape, np.int64)
        np.put_along_axis(above, order, np.cumsum(order < half, axis=2), axis=2)
        found.reshape(blocks.shape)[..., half:] += above[..., half:]
        half *= 2
    return found[:, :count].T
