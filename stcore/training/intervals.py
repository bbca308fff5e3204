"""Bands by split-conformal prediction: widths come from errors on rows no fit and no choice has seen.

Source: V. Vovk et al., "Algorithmic Learning in a Random World", 2005; J. Lei et al., "Distribution-Free Predictive
Inference for Regression", JASA 113, 2018 (split conformal, locally weighted); Y. Romano et al., "Conformalized Quantile
Regression", NeurIPS 2019 (for heads that say quantiles).
"""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import numpy as np

from stcore.records import Prediction, Spread, between_bands

LEVELS = np.array(
    [0.005, 0.01, 0.025, 0.05, 0.1, 0.2, 0.25, 0.3, 0.4, 0.5, 0.6, 0.7, 0.75, 0.8, 0.9, 0.95, 0.975, 0.99, 0.995]
)
_HEIGHTS = ((0.05, 0.25, 0.75, 0.95), (0.25, 0.5, 0.75), (1 / 3, 2 / 3), (0.5,))  # finest first
_ROWS_A_HEIGHT = 200
_LEAST_ORIGINS = 50
_PRIOR_ROWS = 20.0


def calibration_origins(origins: int, horizon: int) -> slice:
    """Positions of the origins of a whole validation part whose leads lie in its second half in time."""
    return slice((origins + horizon - 1) // 2, origins)


def calibrate(prediction: Prediction) -> Spread | None:
    """Signed error quantiles of each lead and height of the forecast, pooled over places after division by each place's own share.

    Args:
        prediction: forecasts with truth from rows that no fit and no choice has seen.

    Returns:
        None where no truth is known.
    """
    residuals = np.asarray(prediction.truth) - prediction.values
    if not np.isfinite(residuals).any():
        return None
    centre = np.median(prediction.values, axis=(0, 1)).astype(np.float32)
    horizon, targets = prediction.horizon, len(prediction.targets)
    heights = len(_HEIGHTS[0]) + 1
    draft = Spread(
        LEVELS, np.zeros((len(LEVELS), horizon, targets, heights), np.float32),
        np.ones((horizon, *centre.shape), np.float32), centre, _edges(prediction.values - centre, np.isfinite(residuals)),
    )  # fmt: skip
    number = draft.heights(prediction.values)
    common = _common(residuals, number, heights)
    scale = _scale(residuals, number, common)
    for lead in range(horizon):
        for target in range(targets):
            cells = (slice(None), lead, slice(None), target)
            for height in range(heights):
                here = number[cells] == height
                draft.offsets[:, lead, target, height] = _quantiles(prediction, cells, here, scale[lead, :, target])
    return replace(draft, scale=scale)


def _edges(above: np.ndarray, seen: np.ndarray) -> np.ndarray:
    """Where heights begin [horizon, target, height - 1]: as finely as leaves each enough rows; the rest is out of reach."""
    origins, horizon, _, targets = above.shape
    edges = np.full((horizon, targets, len(_HEIGHTS[0])), np.inf, np.float32)
    if origins < _LEAST_ORIGINS:
        return edges
    for lead in range(horizon):
        for target in range(targets):
            known = np.sort(above[:, lead, :, target][seen[:, lead, :, target]])
            found = _finest(known)
            edges[lead, target, : len(found)] = found
    return edges


def _finest(known: np.ndarray) -> np.ndarray:
    """The first set of quantiles of sorted numbers that leaves every part ``_ROWS_A_HEIGHT`` rows; none: empty."""
    for levels in _HEIGHTS if len(known) else ():
        found = np.quantile(known, levels)
        rows = np.searchsorted(known, found)
        if np.diff([0, *rows, len(known)]).min() >= _ROWS_A_HEIGHT:
            return found
    return np.empty(0)


def _common(residuals: np.ndarray, number: np.ndarray, heights: int) -> np.ndarray:
    """Mean absolute error of each lead, target and height over all places [horizon, target, height]; 1 where that is 0."""
    miss = np.abs(residuals)
    found = np.zeros((residuals.shape[1], residuals.shape[3], heights))
    for height in range(heights):
        here = np.where(number == height, miss, np.nan)
        count = np.isfinite(here).sum(axis=(0, 2))
        found[..., height] = np.nansum(here, axis=(0, 2), dtype=np.float64) / np.maximum(count, 1)
    return np.where(found > 0, found, 1.0)


def _scale(residuals: np.ndarray, number: np.ndarray, common: np.ndarray) -> np.ndarray:
    """How much larger a place's errors are than those of all places at the same height [H, N, T].

    A place's own ratio over all leads is drawn toward 1, and that of a lead toward the place's. Ratios are drawn by powers:
    the errors of a village beside a city are not a little, but thousands of times smaller.
    """
    _, horizon, locations, targets = residuals.shape
    sums, counts = np.zeros((2, horizon, locations, targets))
    for lead in range(horizon):
        for target in range(targets):
            usual = common[lead, target][number[:, lead, :, target]]
            ratio = np.abs(residuals[:, lead, :, target]) / usual
            sums[lead, :, target], counts[lead, :, target] = np.nansum(ratio, axis=0), np.isfinite(ratio).sum(axis=0)
    place = _drawn(sums.sum(axis=0), counts.sum(axis=0), np.ones((locations, targets)))
    return _drawn(sums, counts, place).astype(np.float32)


def _drawn(sums: np.ndarray, counts: np.ndarray, toward: np.ndarray) -> np.ndarray:
    """Means drawn ``toward`` a value as if it had been seen on ``_PRIOR_ROWS`` rows; never 0."""
    weight = counts / (counts + _PRIOR_ROWS)
    mean = sums / np.maximum(counts, 1)
    drawn = np.exp(weight * np.log(np.where(mean > 0, mean, 1)) + (1 - weight) * np.log(toward))
    return np.where(mean > 0, drawn, (1 - weight) * toward)


def _quantiles(prediction: Prediction, cells: Any, here: np.ndarray, scale: np.ndarray) -> np.ndarray:
    """Quantiles of residual / scale [level] over the cells of one height, taken outward as the finite-sample rule asks."""
    truth = np.asarray(prediction.truth[cells])

    def scores(values: np.ndarray) -> np.ndarray:
        found = ((truth - values) / scale)[here]
        return found[np.isfinite(found)]

    if prediction.bands is None:
        known = scores(prediction.values[cells])
        return _outward(known) if len(known) else np.zeros(len(LEVELS))
    out = np.zeros(len(LEVELS))
    for number, level in enumerate(LEVELS):
        known = scores(between_bands(prediction.bands[cells], prediction.band_levels, level))
        out[number] = _outward(known)[number] if len(known) else 0.0
    return out


def _outward(scores: np.ndarray) -> np.ndarray:
    """Quantiles with the (n + 1) correction: upper ones rounded up, lower ones down."""
    ordered = np.sort(scores)
    count = len(ordered)
    upper = np.minimum(np.ceil(LEVELS * (count + 1)).astype(int), count) - 1
    lower = np.maximum(np.floor(LEVELS * (count + 1)).astype(int), 1) - 1
    return np.asarray(ordered[np.where(LEVELS >= 0.5, upper, lower)])
