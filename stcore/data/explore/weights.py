"""Who is whose neighbour, as a sparse matrix: the data's own network, the cells around a cell, or the nearest places."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Literal

import numpy as np
import pandas as pd

from stcore.data.graphs import nearest_edges
from stcore.data.panel import Panel
from stcore.data.space import Grid, coordinates

if TYPE_CHECKING:
    from scipy.sparse import csr_array

NEAREST = 6


@dataclass(frozen=True, eq=False)
class Neighbours:
    """Neighbourhood of the places of a panel.

    Attributes:
        matrix: sparse [place, place], 1 between neighbours, symmetric, zero diagonal.
        kind: “given” (the data's own edges), “grid” (cells that share a side) or “nearest” (the nearest six places).
    """

    matrix: csr_array
    kind: Literal["given", "grid", "nearest"]

    @property
    def said(self) -> str:
        """What a neighbour is here, in words."""
        each = self.matrix.nnz / max(self.matrix.shape[0], 1)
        return {
            "given": f"Neighbours are joined by the network of the data, {each:.1f} each on average.",
            "grid": "Neighbours are cells that share a side.",
            "nearest": f"Neighbours are the {NEAREST} nearest, taken both ways.",
        }[self.kind]


def neighbours(panel: Panel) -> Neighbours | None:
    """The neighbourhood a panel's space offers: its edges, else its grid, else its coordinates; None without any of them."""
    lonlat = coordinates(panel.locations)
    if panel.space.grid is not None:
        matrix = grid_matrix(panel.space.grid)
        if (matrix.sum(axis=1) > 0).mean() >= 0.5:  # else it is a thin pattern, not a grid with neighbours
            return Neighbours(matrix, "grid")
    if panel.space.edges:
        return Neighbours(edge_matrix(next(iter(panel.space.edges.values())), panel.locations.index), "given")
    if lonlat is None or np.isfinite(lonlat).all(axis=1).sum() < 3:
        return None
    return Neighbours(
        edge_matrix(nearest_edges(lonlat, panel.locations.index, NEAREST), panel.locations.index), "nearest"
    )


def edge_matrix(edges: pd.DataFrame, ids: pd.Index) -> csr_array:
    """Sparse 0/1 matrix of an edge table, made symmetric; loops and edges without weight are left out."""
    known = edges[(edges["from"] != edges["to"]) & (edges["weight"] != 0)]
    return _symmetric(ids.get_indexer(known["from"]), ids.get_indexer(known["to"]), len(ids))


def grid_matrix(grid: Grid) -> csr_array:
    """Sparse 0/1 matrix of the cells that share a side (rook); absent cells have no neighbours."""
    position = np.full((grid.shape[0] + 1, grid.shape[1] + 1), -1)
    position[grid.rows, grid.columns] = np.arange(len(grid.rows))
    here = np.arange(len(grid.rows))
    above, right = position[grid.rows + 1, grid.columns], position[grid.rows, grid.columns + 1]
    return _symmetric(np.concatenate([here, here]), np.concatenate([above, right]), len(here))


def _symmetric(start: np.ndarray, end: np.ndarray, size: int) -> csr_array:
    from scipy.sparse import coo_array

    known = (start >= 0) & (end >= 0)
    both = np.concatenate([start[known], end[known]]), np.concatenate([end[known], start[known]])
    made = coo_array((np.ones(len(both[0])), both), shape=(size, size)).tocsr()
    made.data[:] = 1.0  # an edge given twice counts once
    return made


def restricted(matrix: csr_array, values: np.ndarray) -> tuple[csr_array, np.ndarray]:
    """The matrix among places that have a value and a neighbour with one, and their positions.

    Args:
        matrix: sparse [place, place].
        values: [place], NaN = missing.
    """
    kept = np.flatnonzero(np.isfinite(values))
    part = matrix[kept][:, kept]
    joined = part.sum(axis=1) > 0
    return part[joined][:, joined], kept[joined]


def row_standardised(matrix: csr_array) -> csr_array:
    """The same matrix with rows that sum to 1; empty rows stay empty."""
    from scipy.sparse import diags_array

    total = np.asarray(matrix.sum(axis=1)).ravel()
    return (diags_array(1 / np.where(total > 0, total, 1)) @ matrix).tocsr()
