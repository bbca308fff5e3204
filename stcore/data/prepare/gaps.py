"""Where gaps begin and end: the reading before and after every cell."""

from __future__ import annotations

import numpy as np


def before(seen: np.ndarray) -> np.ndarray:
    """Row of the last reading at or before each cell, -1 where there is none: int32, as ``seen`` (bool [time, ...])."""
    rows = np.where(seen, _rows(seen), np.int32(-1))
    return np.asarray(np.maximum.accumulate(rows, axis=0, out=rows))


def earlier(seen: np.ndarray) -> np.ndarray:
    """Row of the last reading strictly before each cell, -1 where there is none."""
    rows = np.empty(seen.shape, np.int32)
    rows[:1] = -1
    rows[1:] = before(seen)[:-1]
    return rows


def after(seen: np.ndarray) -> np.ndarray:
    """Row of the first reading at or after each cell, the number of rows where there is none."""
    rows = np.where(seen, _rows(seen), np.int32(len(seen)))
    return np.ascontiguousarray(np.minimum.accumulate(rows[::-1], axis=0)[::-1])


def later(seen: np.ndarray, rows: np.ndarray) -> np.ndarray:
    """Row of the first reading strictly after each row of ``rows``; the number of rows where there is none."""
    following = np.concatenate([after(seen)[1:], np.full((1, *seen.shape[1:]), len(seen), np.int32)])
    inside = np.take_along_axis(following, np.minimum(rows, len(seen) - 1), axis=0)
    return np.where(rows < len(seen), inside, np.int32(len(seen)))


def known_from(seen: np.ndarray, ends: int) -> np.ndarray:
    """Row from which on what fills a cell is known, when it depends on so many readings after the cell: int32, as ``seen``.

    The row itself for a reading; the number of rows where there are fewer readings after it.
    """
    rows = after(seen)
    for _ in range(ends - 1):
        rows = np.where(seen, rows, later(seen, rows))
    return rows


def at(values: np.ndarray, rows: np.ndarray) -> np.ndarray:
    """The values at these rows [time, ...]; NaN where a row lies outside."""
    inside = (rows >= 0) & (rows < len(values))
    taken = np.take_along_axis(values, np.clip(rows, 0, len(values) - 1), axis=0)
    return np.where(inside, taken, np.float32(np.nan))


def carried(values: np.ndarray) -> np.ndarray:
    """The last reading carried forward [time, ...]; NaN before the first."""
    return at(values, before(~np.isnan(values)))


def _rows(seen: np.ndarray) -> np.ndarray:
    return np.arange(len(seen), dtype=np.int32).reshape(-1, *(1,) * (seen.ndim - 1))
