"""The train part of a panel, read in parts, so that what is learnt from it never needs all of it in memory."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np

from stcore.data.panel import Panel

_BLOCK_CELLS = 4_000_000
_SAMPLE_CELLS = 40_000_000  # what all places share is learnt from so many; of a larger part steps are thinned evenly


@dataclass(frozen=True, eq=False)
class TrainPart:
    """The first ``rows`` steps of some values as they were measured, NaN where they were not."""

    panel: Panel
    rows: int
    features: tuple[str, ...]

    @property
    def shape(self) -> tuple[int, int, int]:
        """(steps, places, features)."""
        return self.rows, len(self.panel.locations), len(self.features)

    def blocks(self) -> Iterator[tuple[slice, np.ndarray]]:
        """All steps float32 [time, place, feature] of some places at a time, and which those are."""
        steps, places, features = self.shape
        width = max(1, _BLOCK_CELLS // max(1, steps * features))
        for first in range(0, places, width):
            part = slice(first, min(first + width, places))
            yield part, self._at(part)

    def thinned(self) -> np.ndarray:
        """Every n-th step of all places float32 [time, location, feature]; every one where they are few enough."""
        every = max(1, -(-int(np.prod(self.shape)) // _SAMPLE_CELLS))
        return self._picked(slice(0, self.rows, every), slice(None))

    def _at(self, places: slice) -> np.ndarray:
        """Where a file holds the curves they are read from it: a strided read of the panel would pull it in as a whole."""
        curves = self.panel.curves
        if curves is None or self.panel.observed is not None:
            return self._picked(slice(0, self.rows), places)
        found = np.asarray(curves[places, :, : self.rows])[:, self._columns]
        return np.ascontiguousarray(found.transpose(2, 0, 1))

    def _picked(self, rows: slice, places: slice) -> np.ndarray:
        values = np.ascontiguousarray(self.panel.values[rows, places][..., self._columns])
        if self.panel.observed is None:
            return values
        return np.where(self.panel.observed[rows, places][..., self._columns], values, np.float32(np.nan))

    @property
    def _columns(self) -> list[int] | slice:
        if self.features == self.panel.features:
            return slice(None)
        return [self.panel.features.index(name) for name in self.features]
