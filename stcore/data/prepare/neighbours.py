"""The neighbours of every place with their weights: from the network, from coordinates, or from how alike places move."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import pandas as pd

from stcore.data.graphs import nearest_edges
from stcore.data.panel import Panel
from stcore.data.space import coordinates
from stcore.errors import ConfigError

_MOST_CORRELATED = 2000
_LEAST_KM = 0.05  # twins at one spot do not weigh without bound
_BLOCK_CELLS = 8_000_000


@dataclass(frozen=True, eq=False)
class Neighbours:
    """Neighbours of each place.

    Attributes:
        index: int32 [location, k] positions of its neighbours.
        weight: float32 [location, k], higher = closer; 0 where it has fewer than k.
    """

    index: np.ndarray
    weight: np.ndarray

    def mean(self, values: np.ndarray) -> np.ndarray:
        """Weighted mean over the neighbours that have a value at the same time [time, location, ...]; NaN where none has."""
        out = np.empty(values.shape, np.float32)
        width = self.index.size * int(np.prod(values.shape[2:]))
        size = max(1, _BLOCK_CELLS // max(1, width))
        weight = self.weight.reshape(1, *self.weight.shape, *(1,) * (values.ndim - 2))
        for start in range(0, len(values), size):
            near = values[start : start + size][:, self.index]
            there = np.where(np.isnan(near), np.float32(0), weight)
            total = there.sum(axis=2)
            mean = (np.nan_to_num(near) * there).sum(axis=2) / np.where(total > 0, total, 1)
            out[start : start + size] = np.where(total > 0, mean, np.float32(np.nan))
        return out


def by_distance(panel: Panel, train: np.ndarray, count: int) -> Neighbours:
    """Nearest places by great-circle distance, weight 1 / distance squared; without coordinates as ``by_network``.

    Args:
        train: [time, location] one value in the train part, used only where neither coordinates nor a network are there.

    Source of the weights: D. Shepard, "A Two-Dimensional Interpolation Function for Irregularly-Spaced Data", ACM 1968.
    """
    lonlat = coordinates(panel.locations)
    if lonlat is None or np.isfinite(lonlat).all(axis=1).sum() < 2:
        return by_network(panel, train, count)
    edges = nearest_edges(lonlat, panel.locations.index, count)
    near = np.maximum(edges["length_km"].to_numpy(), _LEAST_KM)
    return _table(edges.assign(weight=1 / near**2), panel.locations.index, count)


def by_network(panel: Panel, train: np.ndarray, count: int) -> Neighbours:
    """The first network of the data, all its edges; without one the nearest places, else those that move most alike.

    Raises:
        ConfigError: no network, no coordinates, and too many places to compare all of them.
    """
    edges = next((table for table in panel.space.edges.values() if len(table)), None)
    if edges is not None:
        most = int(edges.groupby("from").size().max())
        return _table(edges, panel.locations.index, min(most, max(count, 1) * 8))
    lonlat = coordinates(panel.locations)
    if lonlat is not None and np.isfinite(lonlat).all(axis=1).sum() >= 2:
        return by_distance(panel, train, count)
    return _most_alike(train, count)


def _table(edges: pd.DataFrame, ids: pd.Index, count: int) -> Neighbours:
    """Edges as arrays, the ``count`` heaviest of each place."""
    start, end = ids.get_indexer(edges["from"]), ids.get_indexer(edges["to"])
    weight = edges["weight"].to_numpy(np.float64)
    usable = (start >= 0) & (end >= 0) & (start != end) & (weight > 0)
    start, end, weight = start[usable], end[usable], weight[usable]
    order = np.lexsort((-weight, start))
    start, end, weight = start[order], end[order], weight[order]
    place = np.arange(len(start)) - np.searchsorted(start, start)  # 0 for the heaviest edge of a place
    kept = place < count
    index = np.zeros((len(ids), max(1, count)), np.int32)
    weights = np.zeros((len(ids), max(1, count)), np.float32)
    index[start[kept], place[kept]], weights[start[kept], place[kept]] = end[kept], weight[kept]
    return Neighbours(index, weights)


def _most_alike(train: np.ndarray, count: int) -> Neighbours:
    """The places whose values go together most in the train part, weighted by the square of their correlation."""
    places = train.shape[1]
    if places > _MOST_CORRELATED:
        raise ConfigError(
            f"{places:,} places have neither coordinates nor a network, so that nobody knows which are neighbours.",
            "Give coordinates or a network, or choose a fill that needs none.",
        )
    there = ~np.isnan(train)
    mean = np.where(there, train, 0).sum(axis=0, dtype=np.float64) / np.maximum(there.sum(axis=0), 1)
    off = np.where(there, train - mean, 0)
    size = np.sqrt(np.maximum((off**2).sum(axis=0), 1e-30))
    alike = np.clip((off.T @ off) / size[:, None] / size, 0, 1)
    np.fill_diagonal(alike, 0)
    count = max(1, min(count, places - 1))
    index = np.argsort(-alike, axis=1, kind="stable")[:, :count].astype(np.int32)
    return Neighbours(index, np.take_along_axis(alike, index, axis=1).astype(np.float32) ** 2)
