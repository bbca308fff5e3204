"""Seasonal z-score: strange is a value far from the usual one of its hour, in usual deviations of that hour.

When to use: the plainest answer on data with a clear day; easy to explain, blind to what is usual only in level.
"""

from __future__ import annotations

import numpy as np

from stcore.anomaly import linear, thresholds
from stcore.anomaly.scored import Arrays, DetectorSettings, ScoredDetector
from stcore.anomaly.series import Rows, Usual
from stcore.data.panel import Panel


class SeasonalZ(ScoredDetector[DetectorSettings]):
    """The detector; ``fit`` first."""

    name = "seasonal_z"
    settings_kind = DetectorSettings

    def plan(self, panel: Panel, usual: Usual) -> Arrays:
        return {"phases#": np.array([usual.calendar.count]), "hours#": np.array([usual.calendar.hours])}

    def learn(self, rows: Rows, plan: Arrays) -> Arrays:
        values = rows.gappy.T
        profile = linear.profiles(values, rows.phases, int(plan["phases#"][0]))
        off = values - profile[rows.phases]
        scale = thresholds.spread_by_phase(off, rows.hours, int(plan["hours#"][0]), rows.features)
        return {"profile": profile.T, "spread": scale.T}

    def strange(self, rows: Rows, arrays: Arrays) -> np.ndarray:
        off = rows.gappy - arrays["profile"][:, rows.phases]
        return thresholds.scaled(off, arrays["spread"][:, rows.hours])

    def memory(self, arrays: Arrays) -> int:
        return 1
