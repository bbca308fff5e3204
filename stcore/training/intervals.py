"""Bands by split-conformal prediction: widths come from errors on rows no fit and no choice has seen.

Source: V. Vovk et al., "Algorithmic Learning in a Random World", 2005; J. Lei et al., "Distribution-Free Predictive
Inference for Regression", JASA 113, 2018 (split conformal, locally weighted); Y. Romano et al., "Conformalized Quantile
Regression", NeurIPS 2019 (for heads that say quantiles).
"""

from __future__ import annotations

import numpy as np

from stcore.records import Prediction, Spread

LEVELS = np.array(
    [0.005, 0.01, 0.025, 0.05, 0.1, 0.2, 0.25, 0.3, 0.4, 0.5, 0.6, 0.7, 0.75, 0.8, 0.9, 0.95, 0.975, 0.99, 0.995]
)
_PRIOR_ROWS = 20.0


def calibration_origins(origins: int, horizon: int) -> slice:
    """Positions of the origins of a whole validation part whose leads lie in its second half in time."""
    return slice((origins + horizon - 1) // 2, origins)


def calibrate(prediction: Prediction) -> Spread | None:
    """Signed error quantiles of each lead, pooled over places after division by each place's own usual error.

    Args:
        prediction: forecasts with truth from rows that no fit and no choice has seen.

    Returns:
        None where no truth is known.
    """
    scale = _scale(prediction)
    if scale is None:
        return None
    horizon, targets = prediction.horizon, len(prediction.targets)
    offsets = np.zeros((len(LEVELS), horizon, targets), np.float32)
    for lead in range(horizon):
        for target in range(targets):
            truth = np.asarray(prediction.truth[:, lead, :, target])
            offsets[:, lead, target] = _quantiles(prediction, truth, scale[lead, :, target], lead, target)
    return Spread(LEVELS, offsets, scale)


def _scale(prediction: Prediction) -> np.ndarray | None:
    """Mean absolute error a lead and place, drawn toward the lead's own mean where rows are few: [H, N, T]."""
    miss = np.abs(np.asarray(prediction.truth) - prediction.values)
    seen = ~np.isnan(miss)
    if not seen.any():
        return None
    count = seen.sum(axis=0)
    total = np.where(seen, miss, 0).sum(axis=0, dtype=np.float64)
    common = total.sum(axis=1, keepdims=True) / np.maximum(count.sum(axis=1, keepdims=True), 1)
    scale = (total + _PRIOR_ROWS * common) / (count + _PRIOR_ROWS)
    return np.maximum(scale, 1e-9).astype(np.float32)


def _quantiles(prediction: Prediction, truth: np.ndarray, scale: np.ndarray, lead: int, target: int) -> np.ndarray:
    """Quantiles of residual / scale [level], taken outward as the finite-sample rule asks."""
    values = prediction.values[:, lead, :, target]
    if prediction.bands is None:
        scores = ((truth - values) / scale).ravel()
        scores = scores[~np.isnan(scores)]
        return _outward(scores) if len(scores) else np.zeros(len(LEVELS))
    found = np.zeros(len(LEVELS))
    for number, level in enumerate(LEVELS):
        nearest = int(np.argmin([abs(level - known) for known in prediction.band_levels]))
        scores = ((truth - prediction.bands[:, lead, :, target, nearest]) / scale).ravel()
        scores = scores[~np.isnan(scores)]
        found[number] = _outward(scores)[number] if len(scores) else 0.0
    return found


def _outward(scores: np.ndarray) -> np.ndarray:
    """Quantiles with the (n + 1) correction: upper ones rounded up, lower ones down."""
    ordered = np.sort(scores)
    count = len(ordered)
    upper = np.minimum(np.ceil(LEVELS * (count + 1)).astype(int), count) - 1
    lower = np.maximum(np.floor(LEVELS * (count + 1)).astype(int), 1) - 1
    return np.asarray(ordered[np.where(LEVELS >= 0.5, upper, lower)])
