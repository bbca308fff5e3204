"""Several forecasts joined into one: the plain mean, or weights chosen on the validation part. Knows no torch.

Source of the weights: non-negative least squares drawn toward equal ones, as in stacking (L. Breiman, "Stacked
Regressions", Machine Learning 24, 1996).
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import Literal, get_args

import numpy as np

from stcore.errors import ConfigError, nearest
from stcore.records import Prediction, Spread
from stcore.training.intervals import LEVELS, calibrate, calibration_origins

Method = Literal["mean", "weighted"]
_PRIOR_SHARE = 0.1


def combine_predictions(
    validation: Mapping[str, Prediction], other: Mapping[str, Prediction], method: Method = "weighted"
) -> tuple[Prediction, dict[str, float]]:
    """The joined forecast of another part (test, future), weights and spread from the validation part.

    Returns:
        The prediction (model "ensemble" or "mean") and the weight of each member.
    """
    weights = choose_weights([validation], method)
    spread = joined_spread(validation, weights)
    return weighted(other, weights, spread, "", "ensemble" if method == "weighted" else "mean"), weights


def choose_weights(panels: Sequence[Mapping[str, Prediction]], method: Method) -> dict[str, float]:
    """Weights that sum to 1, from the second half of the validation part, drawn toward equal ones by 10 % of the rows.

    Args:
        panels: of each panel the members' forecasts of its validation part.

    Raises:
        ConfigError: the predictions do not have the same places, targets, step and origins; or an unknown method.
    """
    if method not in get_args(Method):
        raise ConfigError(f"There is no way of joining called “{method}”.", nearest(str(method), get_args(Method)))
    for each in panels:
        _same(each)
    labels = list(panels[0])
    equal = {label: 1 / len(labels) for label in labels}
    if method == "mean" or len(labels) == 1 or any(_without_validation(each) for each in panels):
        return equal
    errors = np.concatenate([_errors(common_origins(each)) for each in panels], axis=1)
    if not errors.shape[1]:
        return equal
    gram = errors.astype(np.float64) @ errors.T / errors.shape[1]
    return dict(zip(labels, _simplex(gram), strict=True))


def joined_spread(validation: Mapping[str, Prediction], weights: Mapping[str, float]) -> Spread | None:
    """Spread of the joined forecast from the second half of the validation part; without one, from those of its members."""
    if _without_validation(validation):
        return _mean_spread(validation, weights)
    joined = weighted(validation, weights, None, "")
    return calibrate(joined.select(calibration_origins(len(joined.origins), joined.horizon)))


def _without_validation(validation: Mapping[str, Prediction]) -> bool:
    """Whether no row of these was kept apart from all choices."""
    return any(finding.code == "no_validation" for part in validation.values() for finding in part.findings)


def _mean_spread(validation: Mapping[str, Prediction], weights: Mapping[str, float]) -> Spread | None:
    """Weighted mean of the members' quantiles: what the joined forecast has when all of them err together, never less."""
    if any(part.spread is None for part in validation.values()):
        return None
    off = sum(
        weights[label] * np.stack([(part.quantile(level) - part.values).mean(axis=0) for level in LEVELS])
        for label, part in validation.items()
    )  # [level, horizon, location, target]
    scale = np.maximum(np.abs(off).mean(axis=0), 1e-9).astype(np.float32)
    horizon, locations, targets = scale.shape
    return Spread(
        LEVELS, (off / scale).mean(axis=2)[..., None].astype(np.float32), scale,
        np.zeros((locations, targets), np.float32), np.zeros((horizon, targets, 0), np.float32),
    )  # fmt: skip


def _errors(parts: Mapping[str, Prediction]) -> np.ndarray:
    """Errors [member, cell] of the second half, in each target's own spread, so that targets of unlike units weigh alike."""
    first = next(iter(parts.values()))
    rows = calibration_origins(len(first.origins), first.horizon)
    truth = np.asarray(first.truth[rows])
    seen = np.isfinite(truth)
    known = [truth[..., target][seen[..., target]] for target in range(truth.shape[-1])]
    unit = np.array([float(np.std(each)) if len(each) else 0.0 for each in known])
    unit = np.where(unit > 0, unit, 1.0)
    return np.stack([((np.asarray(part.values[rows]) - truth) / unit)[seen] for part in parts.values()])


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
    chances = None
    if all(part.probabilities is not None for part in parts.values()):
        each = [np.float32(weights[label]) * np.asarray(part.probabilities) for label, part in parts.items()]
        chances = np.asarray(np.sum(each, axis=0))
        spread = None
    return replace(
        first, values=values, spread=spread, bands=None, band_levels=(), model=model, run_hash=run_hash, probabilities=chances
    )  # fmt: skip


def common_origins(parts: Mapping[str, Prediction]) -> dict[str, Prediction]:
    """The same predictions cut to the origins that all of them have.

    Raises:
        ConfigError: there is none.
    """
    shared = next(iter(parts.values())).origins
    for part in parts.values():
        shared = shared.intersection(part.origins)
    if not len(shared):
        raise ConfigError(
            f"{', '.join(parts)} have no start time in common.", "Combine models of the same data and the same split."
        )
    if all(len(part.origins) == len(shared) for part in parts.values()):
        return dict(parts)
    return {label: part.select(part.origins.get_indexer(shared)) for label, part in parts.items()}


def _same(parts: Mapping[str, Prediction]) -> None:
    first = next(iter(parts.values()))
    for label, part in parts.items():
        if part.horizon != first.horizon or part.targets != first.targets or part.step != first.step:
            raise ConfigError(
                f"“{label}” forecasts {part.horizon} steps ({part.step}) of {', '.join(part.targets)}, the first member "
                f"{first.horizon} ({first.step}) of {', '.join(first.targets)}.",
                "Combine models with the same steps ahead and values.",
            )
        if part.gap != first.gap:
            raise ConfigError(
                f"“{label}” leaves out {part.gap} steps after its start, the first member {first.gap}.",
                "Combine models that leave out the same steps.",
            )
        if not part.locations.index.equals(first.locations.index):
            raise ConfigError(
                f"“{label}” forecasts other places ({len(part.locations)}) than the first member ({len(first.locations)}).",
                "Combine models of the same places.",
            )
