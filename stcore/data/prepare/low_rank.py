"""All places together as a few common patterns: what is missing at a time is put together from what is there at that time.

Only the patterns are learnt, from the train part; how strong each is at a time is found from that time's own readings, so
that nothing later is looked at.

Source: T. Hastie, R. Mazumder, J. Lee, R. Zadeh, "Matrix Completion and Low-Rank SVD via Fast Alternating Least Squares",
JMLR 16, 2015; strengths as in M. Tipping, C. Bishop, "Probabilistic Principal Component Analysis", JRSS B 61, 1999.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

_SWEEPS = 15
_FIT_CELLS = 4_000_000
_BLOCK_CELLS = 8_000_000
_FIRST_NOISE = 0.3


@dataclass(frozen=True, eq=False)
class Patterns:
    """x(t) = loads u(t) + noise, with u of mean 0 and spread 1.

    Attributes:
        loads: float64 [column, rank].
        noise: float64 [1], variance of what the patterns do not say.
    """

    loads: np.ndarray
    noise: np.ndarray

    @classmethod
    def fit(cls, train: np.ndarray, rank: int) -> Patterns:
        """By alternating ridge regressions.

        Args:
            train: [time, column] standardised values, NaN where missing; rows are taken evenly where there are many.
            rank: patterns; at most as many as columns and rows allow.
        """
        known = np.asarray(train[:: max(1, -(-train.size // _FIT_CELLS))], np.float64)
        known = known[~np.isnan(known).all(axis=1)]
        rank = max(1, min(rank, known.shape[1] - 1, len(known) // 2))
        loads, noise = np.random.default_rng(0).normal(size=(known.shape[1], rank)), _FIRST_NOISE
        for _ in range(_SWEEPS):
            found = strengths(known, loads, noise)
            found, _ = np.linalg.qr(found)
            found *= np.sqrt(len(found))
            loads = strengths(known.T, found, noise)
            noise = max(float(np.nanmean(np.square(known - found @ loads.T))), 1e-6)
        return cls(loads, np.array([noise]))

    def complete(self, values: np.ndarray) -> np.ndarray:
        """What the patterns say of every cell float32 [time, column], from each time's own values; NaN at times without any."""
        found = (strengths(values, self.loads, float(self.noise[0])) @ self.loads.T).astype(np.float32)
        found[np.isnan(values).all(axis=1)] = np.nan
        return found


def strengths(values: np.ndarray, loads: np.ndarray, noise: float) -> np.ndarray:
    """Ridge regression of every row [row, column] on the columns' loads [column, rank] over what the row has: [row, rank].

    A row without a value gets 0.
    """
    rank = loads.shape[1]
    outer = (loads[:, :, None] * loads[:, None, :]).reshape(len(loads), rank * rank)
    out = np.empty((len(values), rank))
    size = max(1, _BLOCK_CELLS // (len(loads) + rank * rank))
    for start in range(0, len(values), size):
        block = values[start : start + size]
        square = (~np.isnan(block)).astype(np.float64) @ outer
        square[:, :: rank + 1] += noise
        cross = np.nan_to_num(block).astype(np.float64) @ loads
        out[start : start + size] = np.linalg.solve(square.reshape(-1, rank, rank), cross[..., None])[..., 0]
    return out
