"""Neighbours: strange is a place whose value its neighbours, at the same moment, do not confirm.

When to use: sensor faults in a network; what happens to a whole region is not strange to it. Each place is expected from
its neighbours (those of the network or map, else the places most alike) by a ridge regression on the rows of the fit.
"""

from __future__ import annotations

import numpy as np

from stcore.anomaly.events import edges_of
from stcore.anomaly.scored import Arrays, DetectorSettings, ScoredDetector
from stcore.anomaly.series import CARRY, Rows, Usual
from stcore.config import setting
from stcore.data.panel import Panel

BOUND = 6.0
RIDGE = 1e-2
BLOCK_CELLS = 4_000_000


class NeighboursSettings(DetectorSettings):
    """Settings of the comparison with neighbours."""

    neighbours: int = setting(6, title="Neighbours", help="Places that each one is expected from.", ge=1, le=64)


class Neighbours(ScoredDetector[NeighboursSettings]):
    """The detector; ``fit`` first."""

    name = "neighbours"
    settings_kind = NeighboursSettings
    together = True

    def plan(self, panel: Panel, usual: Usual) -> Arrays:
        edges = edges_of(panel.space, panel.locations)
        if edges is None or not len(edges):
            return {}
        weight = edges["weight"].to_numpy(np.float64) if "weight" in edges else np.ones(len(edges))
        ids = panel.locations.index
        pairs = np.column_stack([ids.get_indexer(edges["from"]), ids.get_indexer(edges["to"])])
        return {"edges#": pairs, "weights#": weight}

    def learn(self, rows: Rows, plan: Arrays) -> Arrays:
        places = len(rows.values) // rows.features
        count = min(self.settings.neighbours, places - 1)
        near = _listed(plan, places, count) if "edges#" in plan else _alike(rows, count)
        near = (near[:, None] * rows.features + np.arange(rows.features)[:, None]).reshape(len(rows.values), -1)
        use = (rows.known & ~rows.held).astype(np.float32)
        values = np.clip(rows.values, -BOUND, BOUND)
        weights = np.zeros(near.shape, np.float32)
        for part in _parts(near, rows):
            seen = values[near[part]] * (use[part][:, None] * (near[part] >= 0)[:, :, None])
            gram = seen @ seen.transpose(0, 2, 1)
            moment = seen @ (values[part] * use[part])[:, :, None]
            strength = RIDGE * np.maximum(use[part].sum(axis=1), 1)
            weights[part] = np.linalg.solve(
                gram + strength[:, None, None] * np.eye(near.shape[1], dtype=np.float32), moment
            )[..., 0]
        return {"near#": near, "weights_of#": weights}

    def strange(self, rows: Rows, arrays: Arrays) -> np.ndarray:
        near, weights = arrays["near#"], arrays["weights_of#"]
        values = np.clip(rows.values, -BOUND, BOUND)
        out = np.empty(rows.values.shape, np.float32)
        for part in _parts(near, rows):
            expected = (weights[part][:, None] @ values[near[part]])[:, 0]
            out[part] = np.abs(rows.values[part] - expected)
        return np.where(rows.known, out, np.float32(np.nan))

    def memory(self, arrays: Arrays) -> int:
        return CARRY + 1


def _parts(near: np.ndarray, rows: Rows) -> list[slice]:
    each = max(1, BLOCK_CELLS // max(1, near.shape[1] * len(rows.times)))
    return [slice(start, start + each) for start in range(0, len(near), each)]


def _listed(plan: Arrays, places: int, count: int) -> np.ndarray:
    """Positions of the closest neighbours by the edge table [place, neighbour], those with few filled with -1."""
    pairs, weight = plan["edges#"], plan["weights#"]
    both = np.concatenate([pairs, pairs[:, ::-1]])
    weight = np.concatenate([weight, weight])
    fine = (both >= 0).all(axis=1) & (both[:, 0] != both[:, 1])
    order = np.lexsort((-weight[fine], both[fine, 0]))
    from_, to = both[fine][order].T
    new = np.ones(len(from_), bool)
    new[1:] = (from_[1:] != from_[:-1]) | (to[1:] != to[:-1])
    from_, to = from_[new], to[new]
    rank = np.arange(len(from_)) - np.searchsorted(from_, from_)
    near = np.full((places, count), -1, np.int64)
    near[from_[rank < count], rank[rank < count]] = to[rank < count]
    return near


def _alike(rows: Rows, count: int) -> np.ndarray:
    """Positions of the places whose first feature moves most alike [place, neighbour]."""
    values = np.clip(rows.values, -BOUND, BOUND)[:: rows.features] * (rows.known & ~rows.held)[:: rows.features]
    values = values / np.maximum(np.linalg.norm(values, axis=1, keepdims=True), 1e-6)
    out = np.empty((len(values), count), np.int64)
    each = max(1, BLOCK_CELLS // len(values))
    for start in range(0, len(values), each):
        alike = np.abs(values[start : start + each] @ values.T)
        alike[np.arange(len(alike)), start + np.arange(len(alike))] = -1
        out[start : start + each] = np.argsort(-alike, axis=1, kind="stable")[:, :count]
    return out
