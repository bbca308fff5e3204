"""Cubic fit: strange is a window that a smooth curve through it describes worse than usual.

When to use: bursts, spikes and rough stretches on smooth series. Nothing is learnt but how large the rest usually is.
"""

from __future__ import annotations

import numpy as np

from stcore.anomaly.scored import Arrays
from stcore.anomaly.window_detector import WindowDetector, WindowSettings
from stcore.anomaly.windows import Windows
from stcore.config import setting


class PolySettings(WindowSettings):
    """Settings of the cubic fit."""

    degree: int = setting(3, title="Degree", help="Bends of the curve; 1 is a straight line.", ge=0, le=8)


class Poly(WindowDetector[PolySettings]):
    """The detector; ``fit`` first."""

    name = "poly"
    settings_kind = PolySettings
    folds = 0

    def learn_windows(self, windows: Windows) -> Arrays:
        return {}

    def strangeness(self, windows: Windows, arrays: Arrays) -> np.ndarray:
        curves = _curves(windows.length, self.settings.degree)
        left = np.square(windows.values).mean(axis=2) - np.square(windows.values @ curves.T).mean(axis=2) * (
            len(curves) / windows.length
        )
        return np.sqrt(np.maximum(left, 0))


def _curves(length: int, degree: int) -> np.ndarray:
    """Orthonormal polynomials up to the degree: float32 [curve, step]."""
    line = np.linspace(-1, 1, length)
    powers = np.vander(line, min(degree, length - 1) + 1, increasing=True)
    return np.asarray(np.linalg.qr(powers)[0].T, np.float32)
