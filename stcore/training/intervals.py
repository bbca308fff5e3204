"""Bands by split-conformal prediction: widths come from errors on rows no fit and no choice has seen.

Source: V. Vovk et al., "Algorithmic Learning in a Random World", 2005; J. Lei et al., "Distribution-Free Predictive
Inference for Regression", JASA 113, 2018 (split conformal, locally weighted); Y. Romano et al., "Conformalized Quantile
Regression", NeurIPS 2019 (for heads that say quantiles).
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

import numpy as np

from stcore.records import Prediction, Spread, between_bands

LEVELS = np.array(
    [0.005, 0.01, 0.025, 0.05, 0.1, 0.2, 0.25, 0.3, 0.4, 0.5, 0.6, 0.7, 0.75, 0.8, 0.9, 0.95, 0.975, 0.99, 0.995]
)
_HEIGHTS = ((0.05, 0.25, 0.75, 0.95), (0.25, 0.5, 0.75), (1 / 3, 2 / 3), (0.5,))  # finest first
_ROWS_A_HEIGHT = 200
_LEAST_ORIGINS = 50
_PRIOR_ROWS = 20.0
_BLOCK_CELLS = 4_000_000

Cells = tuple[slice, int, slice, int]
"""All origins and places of one lead and target."""


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
    horizon, targets = prediction.horizon, len(prediction.targets)
    cells = [(slice(None), lead, slice(None), target) for lead in range(horizon) for target in range(targets)]
    if not any(np.isfinite(_residuals(prediction, each)).any() for each in cells):
        return None
    centre, heights = _centre(prediction.values), len(_HEIGHTS[0]) + 1
    draft = Spread(
        LEVELS, np.zeros((len(LEVELS), horizon, targets, heights), np.float32),
        np.ones((horizon, *centre.shape), np.float32), centre, _edges(prediction, cells, centre),
    )  # fmt: skip
    scale = _scale(prediction, cells, draft)
    for each in cells:
        _, lead, _, target = each
        number = _height(prediction, each, draft)
        for height in range(heights):
            found = _quantiles(prediction, each, number == height, scale[lead, :, target])
            draft.offsets[:, lead, target, height] = found
    return replace(draft, scale=scale)


def _residuals(prediction: Prediction, cells: Cells) -> np.ndarray:
    """Errors [origin, location] of one lead and target: of all of them at once they would take much memory."""
    return np.asarray(prediction.truth[cells]) - np.asarray(prediction.values[cells])


def _height(prediction: Prediction, cells: Cells, draft: Spread) -> np.ndarray:
    """Number of the height of the forecasts of one lead and target: uint8 [origin, location]."""
    _, lead, _, target = cells
    above = prediction.values[cells] - draft.centre[:, target]
    found = np.zeros(above.shape, np.uint8)
    for edge in draft.edges[lead, target]:
        found += above >= edge
    return found


def _centre(values: np.ndarray) -> np.ndarray:
    """Usual forecast [location, target], some places at a time."""
    width = max(1, _BLOCK_CELLS // max(1, values[:, :, :1].size))
    parts = [values[:, :, start : start + width] for start in range(0, values.shape[2], width)]
    return np.concatenate([np.median(part, axis=(0, 1)) for part in parts]).astype(np.float32)


def _edges(prediction: Prediction, cells: Sequence[Cells], centre: np.ndarray) -> np.ndarray:
    """Where heights begin [horizon, target, height - 1]: as finely as leaves each enough rows; the rest is out of reach."""
    origins, horizon, _, targets = prediction.values.shape
    edges = np.full((horizon, targets, len(_HEIGHTS[0])), np.inf, np.float32)
    if origins < _LEAST_ORIGINS:
        return edges
    for each in cells:
        _, lead, _, target = each
        above = prediction.values[each] - centre[:, target]
        found = _finest(np.sort(above[np.isfinite(_residuals(prediction, each))]))
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


def _scale(prediction: Prediction, cells: Sequence[Cells], draft: Spread) -> np.ndarray:
    """How much larger a place's errors are than those of all places at the same height [H, N, T].

    A place's own ratio over all leads is drawn toward 1, and that of a lead toward the place's. Ratios are drawn by powers:
    the errors of a village beside a city are not a little, but thousands of times smaller.
    """
    sums, counts = np.zeros((2, *draft.scale.shape))
    for each in cells:
        _, lead, _, target = each
        miss = np.abs(_residuals(prediction, each))
        number = _height(prediction, each, draft)
        ratio = miss / _common(miss, number, draft.edges.shape[-1] + 1)[number]
        sums[lead, :, target], counts[lead, :, target] = np.nansum(ratio, axis=0), np.isfinite(ratio).sum(axis=0)
    place = _drawn(sums.sum(axis=0), counts.sum(axis=0), np.ones(draft.centre.shape))
    return _drawn(sums, counts, place).astype(np.float32)


def _common(miss: np.ndarray, number: np.ndarray, heights: int) -> np.ndarray:
    """Mean absolute error of each height over all places [height]; 1 where that is 0."""
    found = np.zeros(heights)
    for height in range(heights):
        here = miss[(number == height) & np.isfinite(miss)]
        found[height] = here.sum(dtype=np.float64) / max(len(here), 1)
    return np.where(found > 0, found, 1.0)


def _drawn(sums: np.ndarray, counts: np.ndarray, toward: np.ndarray) -> np.ndarray:
    """Means drawn ``toward`` a value as if it had been seen on ``_PRIOR_ROWS`` rows; never 0."""
    weight = counts / (counts + _PRIOR_ROWS)
    mean = sums / np.maximum(counts, 1)
    drawn = np.exp(weight * np.log(np.where(mean > 0, mean, 1)) + (1 - weight) * np.log(toward))
    return np.where(mean > 0, drawn, (1 - weight) * toward)


def _quantiles(prediction: Prediction, cells: Cells, here: np.ndarray, scale: np.ndarray) -> np.ndarray:
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
