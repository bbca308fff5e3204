"""Network PCA: strange is a place that does not move with the others as it usually does.

When to use: many places that share weather, traffic or demand. The few patterns in which all places move together are
learnt and taken out; what is left is the place's own. After Lakhina, Crovella and Diot (SIGCOMM 2004).
"""

from __future__ import annotations

import numpy as np

from stcore.anomaly.scored import Arrays, DetectorSettings, ScoredDetector
from stcore.anomaly.series import CARRY, Rows
from stcore.anomaly.sub_pca import directions
from stcore.config import setting

BOUND = 6.0
"""A value enters the patterns up to this many usual deviations: one broken sensor must not bend them."""


class NetworkPcaSettings(DetectorSettings):
    """Settings of network PCA."""

    patterns: int = setting(
        6, title="Common patterns", ge=1, le=64,
        help="Patterns in which places move together that are taken out; at most half as many as there are places.",
    )  # fmt: skip


class NetworkPca(ScoredDetector[NetworkPcaSettings]):
    """The detector; ``fit`` first."""

    name = "network_pca"
    settings_kind = NetworkPcaSettings
    together = True

    def learn(self, rows: Rows, plan: Arrays) -> Arrays:
        moves, known = _by_feature(rows.values, rows.features), _by_feature(rows.known, rows.features)
        moves = np.clip(moves, -BOUND, BOUND) * (known & ~rows.held[:, None])
        count = min(self.settings.patterns, (moves.shape[2] - 1) // 2)
        empty = np.zeros((rows.features, 0, moves.shape[2]), np.float32)
        return {"patterns#": directions(moves, count) if count else empty}

    def strange(self, rows: Rows, arrays: Arrays) -> np.ndarray:
        patterns = arrays["patterns#"]
        moves = _by_feature(rows.values, rows.features) * _by_feature(rows.known, rows.features)
        along = np.clip(moves, -BOUND, BOUND) @ patterns.transpose(0, 2, 1)
        left = np.abs(moves - along @ patterns).transpose(2, 0, 1).reshape(rows.values.shape)
        return np.where(rows.known, left, np.float32(np.nan))

    def memory(self, arrays: Arrays) -> int:
        return CARRY + 1


def _by_feature(series: np.ndarray, features: int) -> np.ndarray:
    """[series, time] -> [feature, time, place]."""
    return series.reshape(-1, features, series.shape[1]).transpose(1, 2, 0)
