"""Nearest windows by their shape in eight numbers: level, spread, extremes, roughness, slope, largest step.

When to use: anomalies that change how a series behaves (calmer, rougher, drifting) more than where it stands; it does
not mind when within the window something happens.
"""

from __future__ import annotations

import numpy as np

from stcore.anomaly.knn import KnnSettings, distance, remembered
from stcore.anomaly.scored import Arrays
from stcore.anomaly.thresholds import quantile
from stcore.anomaly.window_detector import WindowDetector
from stcore.anomaly.windows import Windows


class ShapeKnn(WindowDetector[KnnSettings]):
    """The detector; ``fit`` first."""

    name = "shape_knn"
    settings_kind = KnnSettings
    folds = 0

    def learn_windows(self, windows: Windows) -> Arrays:
        found = shape(windows.values)
        seen = np.where(windows.known[:, :, None], found, np.nan).transpose(1, 0, 2)
        middle = np.nan_to_num(quantile(seen, 0.5))
        usual = np.nan_to_num(quantile(seen, 0.75) - quantile(seen, 0.25))
        arrays = {"middle": middle, "usual": np.where(usual > 0, usual, 1).astype(np.float32)}
        return arrays | remembered(_scaled(found, arrays), windows)

    def strangeness(self, windows: Windows, arrays: Arrays) -> np.ndarray:
        return distance(_scaled(shape(windows.values), arrays), windows, arrays, self.settings.neighbours)


def shape(values: np.ndarray) -> np.ndarray:
    """Mean, median, deviation, least, largest, log roughness, slope, largest step: [..., step] -> float32 [..., 8]."""
    length = values.shape[-1]
    line = np.arange(length, dtype=np.float32) - (length - 1) / 2
    line /= max(float(np.abs(line).sum()), 1.0)
    jumps = np.abs(np.diff(values, axis=-1)) if length > 1 else np.zeros_like(values)
    return np.stack([
        values.mean(axis=-1), np.median(values, axis=-1), values.std(axis=-1), values.min(axis=-1), values.max(axis=-1),
        np.log(jumps.mean(axis=-1) + 1e-3), values @ line, jumps.max(axis=-1),
    ], axis=-1).astype(np.float32)  # fmt: skip


def _scaled(found: np.ndarray, arrays: Arrays) -> np.ndarray:
    """Each number in its usual range, large ones drawn in by a signed logarithm."""
    scaled = (found - arrays["middle"][:, None]) / arrays["usual"][:, None]
    return np.asarray(np.sign(scaled) * np.log1p(np.abs(scaled)), np.float32)
