"""How the places a model was fitted on belong together, as arrays: edges, and the cells of a grid. Knows no torch."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, fields

import numpy as np

#: Places up to which networks keep a number a pair of places; above, time and memory grow with the places alone.
MOST_PAIRED = 2000


@dataclass(frozen=True, eq=False)
class Surroundings:
    """Edges and cells over all places of a model, numbered as in its embedding tables. Parts that are unknown are empty.

    Attributes:
        edges: int64 [2, E] from, to; ``weight`` float32 [E], higher = closer.
        shape: int64 [2] rows and columns of the grid; 0, 0 without one.
        into: int64 [2, K] cell, place: what a cell gathers, by the weights ``into_weight`` float32 [K] (1 a cell in all).
        back: int64 [2, M] place, cell: what a place takes back, by ``back_weight`` float32 [M] (1 a place in all).
    """

    edges: np.ndarray
    weight: np.ndarray
    shape: np.ndarray
    into: np.ndarray
    into_weight: np.ndarray
    back: np.ndarray
    back_weight: np.ndarray

    @classmethod
    def none(cls) -> Surroundings:
        """Nothing is known."""
        pairs, numbers = np.zeros((2, 0), np.int64), np.zeros(0, np.float32)
        return cls(pairs, numbers, np.zeros(2, np.int64), pairs, numbers, pairs, numbers)

    def arrays(self) -> dict[str, np.ndarray]:
        """Its arrays by name, to be kept in a file; ``Surroundings.of`` makes it again."""
        return {each.name: getattr(self, each.name) for each in fields(self)}

    @classmethod
    def of(cls, arrays: Mapping[str, np.ndarray]) -> Surroundings | None:
        """What ``arrays()`` says; None where it says nothing."""
        return cls(**arrays) if arrays else None
