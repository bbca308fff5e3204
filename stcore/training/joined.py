"""Several forecasts joined into one: the plain mean, or weights chosen on the validation part. Knows no torch.

Source of the weights: non-negative least squares drawn toward equal ones, as in stacking (L. Breiman, "Stacked
Regressions", Machine Learning 24, 1996).
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from typing import Literal

import numpy as np

from stcore.errors import ConfigError
from stcore.records import Prediction, Spread
from stcore.training.intervals import calibrate, calibration_origins

Method = Literal["mean", "weighted"]
_PRIOR_SHARE = 0.1


def combine_predictions(
    validation: Mapping[str, Prediction], other: Mapping[str, Prediction], method: Method = "weighted"
) -> tuple[Prediction, dict[str, float]]:
    """The joined forecast of another part (test, future), weights and spread from the validation part.

    Returns:
        The prediction (model "ensemble" or "mean") and the weight of each member.
    """
    weights = choose_weights(validation, method)
    recent = weighted(validation, weights, None, "")
    spread = calibrate(recent.select(calibration_origins(len(recent.origins), recent.horizon)))
    return weighted(other, weights, spread, "", "ensemble" if method == "weighted" else "mean"), weights


def choose_weights(validation: Mapping[str, Prediction], method: Method) -> dict[str, float]:
    """Weights that sum to 1, from the second half of the validation part, drawn toward equal ones by 10 % of the rows.

    Raises:
        ConfigError: the predictions do not have the same origins, places and targets.
    """
    _same(validation)
    validation = common_origins(validation)
    labels = list(validation)
    equal = {label: 1 / len(labels) for label in labels}
    if method == "mean" or len(labels) == 1:
        return equal
    first = validation[labels[0]]
    rows = calibration_origins(len(first.origins), first.horizon)
    truth = np.asarray(first.truth[rows])
    seen = np.isfinite(truth)
    if not seen.any():
        return equal
    # Errors in each target's own spread, so that targets of unlike units weigh alike.
    unit = np.array([np.nanstd(truth[..., t]) or 1.0 for t in range(truth.shape[-1])])
    errors = np.stack([((np.asarray(validation[label].values[rows]) - truth) / unit)[seen] for label in labels])
    gram = errors.astype(np.float64) @ errors.T / errors.shape[1]
    return dict(zip(labels, _simplex(gram), strict=True))


def _simplex(gram: np.ndarray) -> list[float]:
    """Weights w >= 0, sum 1, that minimise w' G w plus a pull toward equal weights (active set by NNLS)."""
    from scipy.optimize import nnls

    count = len(gram)
    pull = _PRIOR_SHARE * float(np.trace(gram)) / count
    total = np.linalg.cholesky(gram + pull * np.eye(count) + 1e-12 * np.eye(count)).T
    # The pull is || w - 1/n ||^2; the sum is a heavily weighted extra row.
    heavy = 1e3 * float(np.sqrt(np.trace(gram) / count)) + 1e-6
    left = np.vstack([total, heavy * np.ones((1, count))])
    right = np.concatenate([np.linalg.solve(total.T, np.full(count, pull / count)), [heavy]])
    found = nnls(left, right)[0]
    return [float(value) for value in found / max(found.sum(), 1e-12)]


def weighted(
    parts: Mapping[str, Prediction], weights: Mapping[str, float], spread: Spread | None, run_hash: str,
    model: str = "ensemble",
) -> Prediction:  # fmt: skip
    """The weighted mean of predictions on the origins they all have."""
    parts = common_origins(parts)
    first = next(iter(parts.values()))
    values = np.zeros(first.values.shape, np.float32)
    for label, part in parts.items():
        values += np.float32(weights[label]) * part.values
    return replace(first, values=values, spread=spread, bands=None, band_levels=(), model=model, run_hash=run_hash)


def common_origins(parts: Mapping[str, Prediction]) -> dict[str, Prediction]:
    """The same predictions cut to the origins that all of them have."""
    shared = next(iter(parts.values())).origins
    for part in parts.values():
        shared = shared.intersection(part.origins)
    if all(len(part.origins) == len(shared) for part in parts.values()):
        return dict(parts)
    return {label: part.select(part.origins.get_indexer(shared)) for label, part in parts.items()}


def _same(parts: Mapping[str, Prediction]) -> None:
    first = next(iter(parts.values()))
    for label, part in parts.items():
        if part.values.shape[1:] != first.values.shape[1:] or part.targets != first.targets:
            raise ConfigError(
                f"“{label}” forecasts {part.values.shape[1]} steps of {', '.join(part.targets)}, the first member "
                f"{first.values.shape[1]} of {', '.join(first.targets)}.",
                "Combine models with the same steps ahead, places and values.",
            )
