"""How the places of a plan belong together, for models that see a network or a grid; learnt from no row after the train part."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from typing import TYPE_CHECKING
from weakref import WeakKeyDictionary

import numpy as np
import pandas as pd

from stcore.data.binning import to_grid
from stcore.data.graphs import edges_between
from stcore.data.panel import Panel
from stcore.data.space import coordinates
from stcore.models.surroundings import Surroundings
from stcore.spatial import NeighboursConfig

if TYPE_CHECKING:
    from stcore.training.planning import Plan

_KNOWN: WeakKeyDictionary[Plan, Surroundings | None] = WeakKeyDictionary()
_NEAR = 3  # places that an empty cell between them takes after


def surroundings(settled: Plan) -> Surroundings | None:
    """Edges or cells over all places of a plan's panels; None for models that look at each place by itself."""
    if settled not in _KNOWN:
        _KNOWN[settled] = _found(settled)
    return _KNOWN[settled]


def _found(settled: Plan) -> Surroundings | None:
    if settled.spec.sees == "network":
        return _network(settled)
    if settled.spec.sees == "grid":
        return _cells([each.panel for each in settled.panels.values()])
    return None


def _network(settled: Plan) -> Surroundings:
    """Edges of every panel: those asked for, those given, the nearest places, or those that move alike."""
    pairs, weights, first = [], [], 0
    for each in settled.panels.values():
        panel = each.panel.select(settled.run.targets or each.panel.features[:1])
        table = _edges(panel, settled.run.data.neighbours, each.train_rows)
        ends = [panel.locations.index.get_indexer(table[name]) for name in ("from", "to")]
        pairs.append(np.stack(ends).astype(np.int64) + first)
        weights.append(table["weight"].to_numpy(np.float32))
        first += len(panel.locations)
    found = Surroundings.none()
    return replace(found, edges=np.concatenate(pairs, axis=1), weight=np.concatenate(weights))


def compares_all(panel: Panel, settled: Plan) -> bool:
    """Whether neighbours of a panel's places are found by comparing each with every other."""
    if settled.spec.sees != "network":
        return False
    asked = _asked(panel, settled.run.data.neighbours)
    return asked is not None and asked.kind == "correlation"


def _asked(panel: Panel, asked: NeighboursConfig | None) -> NeighboursConfig | None:
    """The neighbours asked for, else the nearest, else those that move alike; None where the data bring a network."""
    if asked is not None or panel.space.edges:
        return asked
    lonlat = coordinates(panel.locations)
    there = lonlat is not None and bool(np.isfinite(lonlat).all())
    return NeighboursConfig(kind="nearest" if there else "correlation")


def _edges(panel: Panel, given: NeighboursConfig | None, train_rows: int) -> pd.DataFrame:
    asked = _asked(panel, given)
    return next(iter(panel.space.edges.values())) if asked is None else edges_between(panel, asked, train_rows)


def _cells(panels: Sequence[Panel]) -> Surroundings:
    """The cells of every panel, one grid after the other, all of the largest one's rows and columns."""
    parts = [_grid_of(panel) for panel in panels]
    shape = np.max([part.shape for part in parts], axis=0)
    into, back, first = [], [], 0
    for number, (part, panel) in enumerate(zip(parts, panels, strict=True)):
        begin = number * int(np.prod(shape))
        into.append(np.stack([begin + _cell(part.into[0], part.shape, shape), part.into[1] + first]))
        back.append(np.stack([part.back[0] + first, begin + _cell(part.back[1], part.shape, shape)]))
        first += len(panel.locations)
    return replace(
        parts[0], shape=shape, into=np.concatenate(into, axis=1), back=np.concatenate(back, axis=1),
        into_weight=np.concatenate([part.into_weight for part in parts]),
        back_weight=np.concatenate([part.back_weight for part in parts]),
    )  # fmt: skip


def _cell(number: np.ndarray, own: np.ndarray, wide: np.ndarray) -> np.ndarray:
    """Numbers of cells of a grid in a wider one that begins at the same corner."""
    return np.asarray(number // own[1] * wide[1] + number % own[1], np.int64)


def _grid_of(panel: Panel) -> Surroundings:
    """The regular grid the places lie on; of scattered ones, cells that gather them and give back to them."""
    grid, count = panel.space.grid, len(panel.locations)
    if grid is not None:
        cell, every = grid.rows.astype(np.int64) * grid.shape[1] + grid.columns, np.arange(count)
        ones = np.ones(count, np.float32)
        shape = np.array(grid.shape, np.int64)
        return replace(
            Surroundings.none(), shape=shape, into=np.stack([cell, every]), into_weight=ones,
            back=np.stack([every, cell]), back_weight=ones,
        )  # fmt: skip
    return _binned(panel)


def _binned(panel: Panel) -> Surroundings:
    """Cells over scattered places: the mean of those inside, in empty cells that of the nearest; back by interpolation."""
    one = replace(panel, values=panel.values[:1], time=panel.time[:1], observed=None)
    _, binning = to_grid(one)
    grid = binning.grid
    number = grid.rows.astype(np.int64) * grid.shape[1] + grid.columns
    members, back = binning.into.tocoo(), binning.bilinear.tocoo()
    filled = number[members.coords[0]]
    held = np.bincount(filled, minlength=int(np.prod(grid.shape)))[filled]
    cell, place, weight = _between(panel, grid.latitudes, grid.longitudes, np.unique(filled))
    return replace(
        Surroundings.none(), shape=np.array(grid.shape, np.int64),
        into=np.stack([np.r_[filled, cell], np.r_[members.coords[1], place]]).astype(np.int64),
        into_weight=np.r_[1 / held, weight].astype(np.float32),
        back=np.stack([back.coords[0], number[back.coords[1]]]).astype(np.int64),
        back_weight=back.data.astype(np.float32),
    )  # fmt: skip


def _between(
    panel: Panel, latitudes: np.ndarray, longitudes: np.ndarray, filled: np.ndarray
) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Cell, place and weight of the cells that hold no place: those nearest, by the inverse of their distance."""
    from sklearn.neighbors import BallTree

    lonlat = coordinates(panel.locations)
    assert lonlat is not None
    there = np.flatnonzero(np.isfinite(lonlat).all(axis=1))
    empty = np.setdiff1d(np.arange(len(latitudes) * len(longitudes)), filled)
    if not len(empty):
        return empty, empty, np.zeros(0, np.float32)
    centres = np.column_stack([latitudes[empty // len(longitudes)], longitudes[empty % len(longitudes)]])
    near = min(_NEAR, len(there))
    distance, index = BallTree(np.radians(lonlat[there][:, ::-1]), metric="haversine").query(
        np.radians(centres), k=near
    )
    weight = 1 / np.maximum(distance, 1e-9)
    return np.repeat(empty, near), there[index].ravel(), (weight / weight.sum(axis=1, keepdims=True)).ravel()
