"""Local spread: strange is a stretch in which the values vary more than they usually do.

When to use: bursts and unrest. It learns nothing, and is one voice of ``auto``.
"""

from __future__ import annotations

import numpy as np

from stcore.anomaly.scored import Arrays
from stcore.anomaly.window_detector import WindowDetector, WindowSettings
from stcore.anomaly.windows import Windows

LEAST = 1e-3


class LocalSpread(WindowDetector[WindowSettings]):
    """The detector; ``fit`` first."""

    name = "local_spread"
    settings_kind = WindowSettings
    folds = 0

    def learn_windows(self, windows: Windows) -> Arrays:
        return {}

    def strangeness(self, windows: Windows, arrays: Arrays) -> np.ndarray:
        return np.asarray(np.log(windows.values.std(axis=2) + LEAST))
