"""K-means on raw windows: strange is a window far from each of a few typical ones.

When to use: long anomalies, odd days. Cheap, a few typical windows a series. After Schmidl, Wenig and Papenbrock
(VLDB 2022), where k-means on windows is among the best and fastest of 71 detectors.
"""

from __future__ import annotations

import numpy as np

from stcore.anomaly.scored import Arrays
from stcore.anomaly.window_detector import WindowDetector, WindowSettings
from stcore.anomaly.windows import Windows
from stcore.config import setting

ROUNDS = 12


class KMeansSettings(WindowSettings):
    """Settings of k-means."""

    centres: int = setting(5, title="Typical windows", help="How many typical windows a series has.", ge=1, le=100)


class KMeans(WindowDetector[KMeansSettings]):
    """The detector; ``fit`` first."""

    name = "kmeans"
    settings_kind = KMeansSettings

    def learn_windows(self, windows: Windows) -> Arrays:
        return {"centres": _centres(windows.values, windows.known, self.settings.centres)}

    def strangeness(self, windows: Windows, arrays: Arrays) -> np.ndarray:
        return np.sqrt(squared_distances(windows.values, arrays["centres"]).min(axis=2))


def squared_distances(one: np.ndarray, other: np.ndarray) -> np.ndarray:
    """[series, a, step] and [series, b, step] -> [series, a, b], never below 0."""
    cross = one @ other.transpose(0, 2, 1)
    cross *= -2
    cross += np.square(one).sum(axis=2)[:, :, None]
    cross += np.square(other).sum(axis=2)[:, None, :]
    return np.maximum(cross, 0, out=cross)


def _centres(values: np.ndarray, known: np.ndarray, count: int) -> np.ndarray:
    """Lloyd's algorithm for all series at once, started from windows that lie far from each other: [series, centre, step]."""
    centres = _far_apart(values, known, count)
    for _ in range(ROUNDS):
        nearest = squared_distances(values, centres).argmin(axis=2)
        member = (nearest[:, None, :] == np.arange(centres.shape[1])[:, None]) & known[:, None, :]
        amount = member.sum(axis=2)
        total = member.astype(np.float32) @ values
        moved = np.where(amount[:, :, None] > 0, total / np.maximum(amount, 1)[:, :, None], centres)
        if np.array_equal(moved, centres):
            break
        centres = moved
    return centres


def _far_apart(values: np.ndarray, known: np.ndarray, count: int) -> np.ndarray:
    """First the window nearest the mean, then always the one at the 90 % quantile of distance from those chosen.

    The farthest itself may be the anomaly, which would make it a centre of its own.
    """
    series = np.arange(len(values))
    weight = known[:, :, None].astype(np.float32)
    mean = (values * weight).sum(axis=1, keepdims=True) / np.maximum(weight.sum(axis=1, keepdims=True), 1)
    away = np.where(known, squared_distances(values, mean)[:, :, 0], np.inf)
    chosen = [values[series, away.argmin(axis=1)]]
    away = np.full(known.shape, np.inf, np.float32)
    for _ in range(min(count, values.shape[1]) - 1):
        away = np.minimum(away, squared_distances(values, chosen[-1][:, None])[:, :, 0])
        order = np.argsort(np.where(known, away, -1), axis=1)
        amount = known.sum(axis=1)
        pick = np.clip(values.shape[1] - 1 - np.floor(0.1 * amount).astype(int), 0, values.shape[1] - 1)
        chosen.append(values[series, order[series, pick]])
    return np.stack(chosen, axis=1)
