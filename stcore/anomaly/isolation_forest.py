"""Isolation forest: strange is a stretch that a few random cuts set apart from the others.

When to use: many series that behave alike; one forest for all, on eight numbers a window. After Liu, Ting and Zhou (ICDM
2008). The forest itself is not stored: the windows it grew from are, and the seed.
"""

from __future__ import annotations

from typing import Any

import numpy as np

from stcore.anomaly.scored import Arrays
from stcore.anomaly.shape_knn import shape
from stcore.anomaly.window_detector import WindowDetector, WindowSettings, sampled
from stcore.anomaly.windows import Windows
from stcore.config import setting

MOST = 8192


class IsolationForestSettings(WindowSettings):
    """Settings of the isolation forest."""

    trees: int = setting(100, title="Trees", help="More are slower and steadier.", ge=1, le=1000)
    seed: int = setting(0, title="Seed", help="Of the random cuts.", ge=0, level="advanced")


class IsolationForest(WindowDetector[IsolationForestSettings]):
    """The detector; ``fit`` first."""

    name = "isolation_forest"
    settings_kind = IsolationForestSettings
    pooled = True

    def __init__(self, settings: IsolationForestSettings | None = None) -> None:
        super().__init__(settings)
        self._grown: tuple[np.ndarray, Any] | None = None

    def learn_windows(self, windows: Windows) -> Arrays:
        return {"sample#": shape(sampled(windows, MOST))}

    def strangeness(self, windows: Windows, arrays: Arrays) -> np.ndarray:
        points = shape(windows.values)
        found = -self._forest(arrays["sample#"]).score_samples(points.reshape(-1, points.shape[-1]))
        return np.asarray(found.reshape(points.shape[:-1]), np.float32)

    def _forest(self, sample: np.ndarray) -> Any:
        """The forest that grows from these windows; grown once."""
        from sklearn.ensemble import IsolationForest as Forest

        if self._grown is None or self._grown[0] is not sample:
            forest = Forest(n_estimators=self.settings.trees, random_state=self.settings.seed)
            self._grown = sample, forest.fit(sample)
        return self._grown[1]
