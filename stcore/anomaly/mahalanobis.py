"""Mahalanobis distance: strange is a place whose values, taken together, do not go with each other as usual.

When to use: machines and stations with several sensors. The mean of the last few rows counts; the
covariance is shrunk (Ledoit and Wolf 2004), so that few rows and many sensors do no harm. Looks back only.
"""

from __future__ import annotations

import numpy as np

from stcore.anomaly.scored import Arrays, DetectorSettings, ScoredDetector
from stcore.anomaly.series import CARRY, Rows
from stcore.anomaly.windows import smoothed
from stcore.config import setting

LEAST_UNIT = 1e-6


class MahalanobisSettings(DetectorSettings):
    """Settings of the Mahalanobis distance."""

    span: int = setting(
        20, title="Span", help="Rows whose mean is judged; more find weaker faults, later.", unit="steps", ge=1, le=1000
    )


class Mahalanobis(ScoredDetector[MahalanobisSettings]):
    """The detector; ``fit`` first. All features of a place have the score of the place."""

    name = "mahalanobis"
    settings_kind = MahalanobisSettings

    def learn(self, rows: Rows, plan: Arrays) -> Arrays:
        points = _points(rows, self.settings.span)
        use = ~rows.held & rows.known.reshape(-1, rows.features, len(rows.times)).any(axis=1)
        count = np.maximum(use.sum(axis=1), 1)[:, None]
        middle = (points * use[:, :, None]).sum(axis=1) / count
        centred = (points - middle[:, None]) * use[:, :, None]
        unit = np.sqrt(np.square(centred).sum(axis=1) / count)
        unit = np.where(unit > LEAST_UNIT, unit, 1.0)
        inverse = _inverse(centred / unit[:, None], count[:, 0]) / (unit[:, :, None] * unit[:, None, :])
        return {"middle": middle.reshape(-1), "inverse": inverse.reshape(-1, rows.features)}

    def strange(self, rows: Rows, arrays: Arrays) -> np.ndarray:
        off = _points(rows, self.settings.span) - arrays["middle"].reshape(-1, 1, rows.features)
        inverse = arrays["inverse"].reshape(-1, rows.features, rows.features)
        distance = np.log(np.maximum(((off @ inverse) * off).sum(axis=2), 0) + LEAST_UNIT)
        return np.repeat(distance, rows.features, axis=0).astype(np.float32)

    def memory(self, arrays: Arrays) -> int:
        return 3 * self.settings.span + CARRY + 1


def _points(rows: Rows, span: int) -> np.ndarray:
    """Mean of the last ``span`` rows of all features of a place: float64 [place, time, feature]."""
    means = np.nan_to_num(smoothed(rows.gappy, span, causal=True))
    return means.reshape(-1, rows.features, means.shape[1]).transpose(0, 2, 1).astype(np.float64)


def _inverse(centred: np.ndarray, count: np.ndarray) -> np.ndarray:
    """Inverse of the shrunk covariance of each place [place, feature, feature] (Ledoit and Wolf 2004)."""
    count = count.astype(np.float64)
    features = centred.shape[2]
    covariance = centred.transpose(0, 2, 1) @ centred / count[:, None, None]
    size = np.maximum(np.trace(covariance, axis1=1, axis2=2) / features, 1e-9)
    identity = np.eye(features)
    away = np.square(covariance - size[:, None, None] * identity).sum(axis=(1, 2)) / features
    fourth = np.square(np.square(centred).sum(axis=2)).sum(axis=1) / count
    noise = np.maximum(fourth - np.square(covariance).sum(axis=(1, 2)), 0) / (count * features)
    share = np.where(away > 0, np.minimum(noise / np.maximum(away, 1e-300), 1), 1)[:, None, None]
    target = size[:, None, None] * identity
    return np.asarray(np.linalg.inv((1 - share) * covariance + share * target + 1e-6 * target))
