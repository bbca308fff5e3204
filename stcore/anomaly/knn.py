"""Nearest windows: strange is a window whose like was never, or hardly ever, seen.

When to use: long anomalies on series with many usual shapes. Raw windows, not z-normalised: level counts. Windows that
share a step with the one judged are left out, so that the rows of the fit are judged as strictly as new ones.
"""

from __future__ import annotations

import numpy as np

from stcore.anomaly.kmeans import squared_distances
from stcore.anomaly.scored import Arrays
from stcore.anomaly.window_detector import WindowDetector, WindowSettings
from stcore.anomaly.windows import Windows
from stcore.config import setting

MOST = 256
"""Windows of the past that are remembered a series, evenly spaced."""
BLOCK_CELLS = 500_000
"""Distances that are looked at together; more than a processor's memory holds are slower."""


class KnnSettings(WindowSettings):
    """Settings of nearest windows."""

    neighbours: int = setting(
        20,
        title="Like windows",
        help="How many windows of the past must be alike for a window to be usual.",
        ge=1,
        le=200,
    )


class Knn(WindowDetector[KnnSettings]):
    """The detector; ``fit`` first."""

    name = "knn"
    settings_kind = KnnSettings
    folds = 0

    def learn_windows(self, windows: Windows) -> Arrays:
        return remembered(windows.values, windows)

    def strangeness(self, windows: Windows, arrays: Arrays) -> np.ndarray:
        return distance(windows.values, windows, arrays, self.settings.neighbours)


def remembered(points: np.ndarray, windows: Windows) -> Arrays:
    """Evenly spaced points, one a window, with the time each began: at most ``MOST``."""
    some = np.unique(np.linspace(0, points.shape[1] - 1, min(MOST, points.shape[1])).round().astype(int))
    return {"points": points[:, some], "known": windows.known[:, some], "starts#": windows.starts[some]}


def distance(points: np.ndarray, windows: Windows, arrays: Arrays, neighbours: int) -> np.ndarray:
    """Mean distance to the nearest remembered points [series, window]; NaN where none is left."""
    series, judged = points.shape[:2]
    past = arrays["points"].shape[1]
    near = np.empty((series, judged, min(neighbours, past)), np.float32)
    barred = windows.overlap(arrays["starts#"])
    each = max(1, BLOCK_CELLS // (judged * past))
    for part in (slice(start, start + each) for start in range(0, series, each)):
        away = squared_distances(points[part], arrays["points"][part])
        np.copyto(away, np.inf, where=barred | ~arrays["known"][part, None])
        away.partition(near.shape[2] - 1, axis=2)
        near[part] = away[:, :, : near.shape[2]]
    found = np.isfinite(near)
    amount = found.sum(axis=2)
    total = np.sqrt(near, out=np.zeros_like(near), where=found).sum(axis=2)
    return np.where(amount > 0, total / np.maximum(amount, 1), np.float32(np.nan))
