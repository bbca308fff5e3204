"""Which readings are there, as a strip of places and stretches of time that a chart can show, whatever the size of a panel."""

from __future__ import annotations

import numpy as np

from stcore.data.panel import Panel

MOST_ROWS, MOST_COLUMNS = 120, 400
_BLOCK_CELLS = 8_000_000


def edges(count: int, most: int) -> np.ndarray:
    """Ends of at most ``most`` groups of nearly equal size: int64 [groups + 1] from 0 to ``count``."""
    return np.linspace(0, count, min(most, count) + 1).astype(np.int64)


def presence(panel: Panel, feature: str, rows: int = MOST_ROWS, columns: int = MOST_COLUMNS) -> np.ndarray:
    """Share of readings that are there, by groups of places and stretches of time.

    Args:
        panel: read in blocks of time, so that a memory map is not pulled in whole.
        feature: the value that is looked at.
        rows, columns: most groups of places (in the panel's order) and of time; ``edges`` gives their ends.

    Returns:
        float32 [rows, columns], 0 = none there, 1 = all. Filled readings are not there.
    """
    steps, places, features = panel.shape
    times, groups = edges(steps, columns), edges(places, rows)
    number = panel.features.index(feature)
    count = np.zeros((len(groups) - 1, len(times) - 1), np.int64)
    length = int(np.clip(_BLOCK_CELLS // max(places * features, 1), 1, 4096))
    for start in range(0, steps, length):
        part = slice(start, min(start + length, steps))
        observed = panel.observed
        there = ~np.isnan(panel.values[part, :, number]) if observed is None else observed[part, :, number]
        by_group = np.add.reduceat(there.astype(np.int32), groups[:-1], axis=1)
        column = np.searchsorted(times, np.arange(part.start, part.stop), side="right") - 1
        first = np.flatnonzero(np.diff(column, prepend=-1))
        count[:, column[first]] += np.add.reduceat(by_group, first, axis=0).T
    return (count / (np.diff(groups)[:, None] * np.diff(times)[None, :])).astype(np.float32)
