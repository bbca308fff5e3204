"""Where high values lie together, and where low ones do: Getis-Ord Gi*, with the false discovery rate held."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from stcore.data.explore.weights import restricted

if TYPE_CHECKING:
    from scipy.sparse import csr_array


@dataclass(frozen=True, eq=False)
class HotSpots:
    """Local clusters of one map.

    Attributes:
        score: [place] standard score of the sum over a place and its neighbours; NaN where it could not be computed.
        kind: int8 [place], 1 = high values lie together, -1 = low ones do, 0 = neither.
        share: largest share of the marked places that may be marked by chance.
    """

    score: np.ndarray
    kind: np.ndarray
    share: float

    def count(self, kind: int) -> int:
        """Places of a kind."""
        return int((self.kind == kind).sum())


def hot_spots(values: np.ndarray, matrix: csr_array, share: float = 0.05) -> HotSpots:
    """Getis-Ord Gi* of every place with neighbours, two-sided p-values cut by Benjamini and Hochberg.

    Gi* = (sum_j w_ij x_j - mean w_i) / (s sqrt((n sum_j w_ij^2 - w_i^2) / (n - 1))), w_ii = 1, w_i = sum_j w_ij.

    Sources: J. K. Ord and A. Getis, "Local Spatial Autocorrelation Statistics", Geographical Analysis 27 (4), 1995;
    Y. Benjamini and Y. Hochberg, JRSS B 57 (1), 1995, for maps: M. Caldas de Castro and B. H. Singer, Geographical Analysis
    38 (2), 2006.

    Args:
        values: [place], NaN = missing, left out.
        matrix: sparse 0/1 [place, place] from ``weights.neighbours``.
        share: false discoveries among the marked places, at most.
    """
    from scipy.special import erfc

    values = np.asarray(values, dtype=np.float64)
    score, kind = np.full(len(values), np.nan), np.zeros(len(values), dtype=np.int8)
    part, places = restricted(matrix, values)
    known = values[places]
    if len(known) < 5 or known.std() <= 1e-12 * max(1.0, abs(float(known.mean()))):
        return HotSpots(score, kind, share)
    n = len(known)
    around = np.asarray(part.sum(axis=1)).ravel() + 1
    squares = np.asarray(part.multiply(part).sum(axis=1)).ravel() + 1
    total = part @ known + known
    spread = known.std() * np.sqrt(np.maximum(n * squares - around**2, 0) / (n - 1))
    with np.errstate(invalid="ignore", divide="ignore"):
        score[places] = np.where(spread > 0, (total - known.mean() * around) / spread, np.nan)
    marked = discoveries(erfc(np.abs(score) / np.sqrt(2)), share)
    kind[marked] = np.sign(score[marked]).astype(np.int8)
    return HotSpots(score, kind, share)


def discoveries(p: np.ndarray, share: float) -> np.ndarray:
    """bool [test]: p-values that pass the step-up rule of Benjamini and Hochberg (1995); NaN never passes."""
    order = np.sort(p[np.isfinite(p)])
    passing = np.flatnonzero(order <= share * np.arange(1, len(order) + 1) / max(len(order), 1))
    cut = order[passing[-1]] if len(passing) else -1.0
    return np.asarray(np.isfinite(p) & (p <= cut))
