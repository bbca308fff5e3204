"""Sub-PCA: strange is a window that the few usual shapes of the series cannot be put together from.

When to use: rhythmic series; very cheap. Directions of the windows' variation, each deviation in units of the usual one
along it (Mahalanobis distance, small directions shrunk together).
"""

from __future__ import annotations

import numpy as np

from stcore.anomaly.scored import Arrays
from stcore.anomaly.window_detector import WindowDetector, WindowSettings
from stcore.anomaly.windows import Windows
from stcore.config import setting

ROUNDS = 6


class SubPcaSettings(WindowSettings):
    """Settings of Sub-PCA."""

    shapes: int = setting(
        8, title="Usual shapes", help="How many shapes usual windows are put together from.", ge=1, le=64
    )


class SubPca(WindowDetector[SubPcaSettings]):
    """The detector; ``fit`` first."""

    name = "sub_pca"
    settings_kind = SubPcaSettings

    def learn_windows(self, windows: Windows) -> Arrays:
        weight = windows.known[:, :, None].astype(np.float32)
        amount = np.maximum(weight.sum(axis=1, keepdims=True), 1)
        mean = (windows.values * weight).sum(axis=1, keepdims=True) / amount
        centred = (windows.values - mean) * weight
        shapes = directions(centred, min(self.settings.shapes, centred.shape[2]))
        along = centred @ shapes.transpose(0, 2, 1)
        power = np.square(along).sum(axis=1) / amount[:, 0]
        rest = np.maximum(np.square(centred).sum(axis=(1, 2)) / amount[:, 0, 0] - power.sum(axis=1), 0)
        rest /= max(1, centred.shape[2] - shapes.shape[1])
        least = 1e-4 * (power.sum(axis=1) + rest) + 1e-6
        return {
            "mean": mean[:, 0], "shapes": shapes, "power": np.maximum(power, least[:, None]), "rest": np.maximum(rest, least),
        }  # fmt: skip

    def strangeness(self, windows: Windows, arrays: Arrays) -> np.ndarray:
        centred = windows.values - arrays["mean"][:, None]
        along = centred @ arrays["shapes"].transpose(0, 2, 1)
        left = np.maximum(np.square(centred).sum(axis=2) - np.square(along).sum(axis=2), 0)
        return np.sqrt((np.square(along) / arrays["power"][:, None]).sum(axis=2) + left / arrays["rest"][:, None])


def directions(centred: np.ndarray, count: int) -> np.ndarray:
    """Leading directions of each series' windows by subspace iteration: orthonormal [series, direction, step]."""
    length = centred.shape[2]
    start = np.random.default_rng(0).standard_normal((length, count)).astype(np.float32)
    basis = np.broadcast_to(np.linalg.qr(start)[0], (len(centred), length, count))
    for _ in range(ROUNDS):
        basis = np.linalg.qr(centred.transpose(0, 2, 1) @ (centred @ basis))[0]
    return np.ascontiguousarray(basis.transpose(0, 2, 1))
