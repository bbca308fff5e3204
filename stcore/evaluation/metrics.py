"""Metrics: a formula on the means of statistics, with the words and the sense in which it is good.

Means are taken over all cells of a group first, then the formula is applied, so a metric of chunks, folds or live
batches comes out exactly as if all cells had been there at once.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Literal

import numpy as np

from stcore.registry import Registry

Means = Mapping[str, np.ndarray]
Formula = Callable[[Means], np.ndarray]
METRICS: Registry[Metric] = Registry("metric")


@dataclass(frozen=True)
class Metric:
    """One metric.

    Attributes:
        title: words for a table head.
        help: one sentence.
        statistics: names of the statistics whose means the formula takes.
        formula: means (arrays of any one shape) -> metric; NaN where it is not defined.
        scale_free: has no unit, so a mean over targets of unlike units makes sense.
        best: which way is good; "aim" means close to a stated number (coverage), "zero" close to zero.
    """

    title: str
    help: str
    statistics: tuple[str, ...]
    formula: Formula
    scale_free: bool = False
    best: Literal["low", "high", "zero", "aim"] = "low"


def _mean(name: str) -> Formula:
    return lambda means: np.asarray(means[name], dtype=float)


def _root(name: str) -> Formula:
    return lambda means: np.sqrt(means[name])


def _ratio(numerator: np.ndarray, denominator: np.ndarray) -> np.ndarray:
    """Quotient; 0 / 0 is 1 (two errors of zero are alike), anything else / 0 is NaN."""
    numerator, denominator = np.asarray(numerator, dtype=float), np.asarray(denominator, dtype=float)
    out = numerator / np.where(denominator > 0, denominator, np.nan)
    return np.where((denominator == 0) & (numerator == 0), 1.0, out)


def _skill(baseline: str) -> Formula:
    return lambda means: 1 - _ratio(means[f"abs_error_beside_{baseline}"], means[f"abs_error_of_{baseline}"])


def _skill_rmse(means: Means) -> np.ndarray:
    return 1 - np.sqrt(_ratio(means["squared_error_beside_persistence"], means["squared_error_of_persistence"]))


def _skill_mse(baseline: str) -> Formula:
    """Of chances the Brier skill score (A. Murphy, 1973): told honestly, a chance makes it largest."""
    return lambda means: 1 - _ratio(means[f"squared_error_beside_{baseline}"], means[f"squared_error_of_{baseline}"])


def _r2(means: Means) -> np.ndarray:
    """NaN where the truth does not vary."""
    spread = means["squared_truth"] - means["truth"] ** 2
    varies = spread > 1e-12 * means["squared_truth"]
    return 1 - means["squared_error"] / np.where(varies, spread, np.nan)


def _wape(means: Means) -> np.ndarray:
    return means["abs_error"] / np.where(means["abs_truth"] > 0, means["abs_truth"], np.nan)


def _paired(baseline: str, error: str = "abs_error") -> tuple[str, str]:
    return f"{error}_beside_{baseline}", f"{error}_of_{baseline}"


#: Name -> title, help, statistics, formula. Order is that of tables.
# fmt: off
_WITH_UNIT: dict[str, tuple[str, str, tuple[str, ...], Formula]] = {
    "mae": ("Error", "Mean absolute error (MAE), in the unit of the value.", ("abs_error",), _mean("abs_error")),
    "rmse": ("RMSE", "Root of the mean squared error; large misses weigh more.", ("squared_error",), _root("squared_error")),
    "bias": ("Bias", "Mean of forecast - truth; above zero: forecasts are too high.", ("error",), _mean("error")),
    "mae_persistence": ("Last value", "Error of the last value on the same cells.", ("abs_error_of_persistence",), _mean("abs_error_of_persistence")),
    "mae_seasonal": ("Same time last season", "Error of the seasonal baseline on the same cells.", ("abs_error_of_seasonal_naive",), _mean("abs_error_of_seasonal_naive")),
    "rmse_persistence": ("Last value, RMSE", "RMSE of the last value on the same cells.", ("squared_error_of_persistence",), _root("squared_error_of_persistence")),
    "pinball": ("Pinball", "Loss of the quantiles 5 %, 50 % and 95 %.", ("pinball_loss",), _mean("pinball_loss")),
    "width": ("Band width", "Mean width of the 90 % band.", ("band_width",), _mean("band_width")),
}
_SCALE_FREE: dict[str, tuple[str, str, tuple[str, ...], Formula]] = {
    "skill": ("Skill", "1 - error / error of the last value.", _paired("persistence"), _skill("persistence")),
    "skill_seasonal": ("Skill, seasonal", "1 - error / error of the same time last season.", _paired("seasonal_naive"), _skill("seasonal_naive")),
    "skill_rmse": ("Skill, RMSE", "1 - RMSE / RMSE of the last value.", _paired("persistence", "squared_error"), _skill_rmse),
    "skill_mse": ("Skill, squared", "1 - squared error / that of the last value; of chances the Brier skill.", _paired("persistence", "squared_error"), _skill_mse("persistence")),
    "skill_mse_seasonal": ("Skill, squared, seasonal", "The same against the same time last season.", _paired("seasonal_naive", "squared_error"), _skill_mse("seasonal_naive")),
    "wape": ("WAPE", "Sum of errors over sum of values, as a share.", ("abs_error", "abs_truth"), _wape),
    "mape": ("MAPE", "Mean of error over value, as a share; zeros are left out.", ("relative_error",), _mean("relative_error")),
    "smape": ("sMAPE", "Mean of 2 x error over (value + forecast), 0 to 2.", ("symmetric_error",), _mean("symmetric_error")),
    "r2": ("R²", "Share of the variance of the truth that is explained.", ("squared_error", "squared_truth", "truth"), _r2),
    "coverage": ("Band held", "Share of truths inside the 90 % band.", ("inside",), _mean("inside")),
}
# fmt: on
_BEST: dict[str, Literal["high", "zero", "aim"]] = {
    "bias": "zero",
    "coverage": "aim",
    "r2": "high",
    "skill": "high",
    "skill_seasonal": "high",
    "skill_rmse": "high",
    "skill_mse": "high",
    "skill_mse_seasonal": "high",
}  # fmt: skip

for _name, (_title, _help, _statistics, _formula) in (_WITH_UNIT | _SCALE_FREE).items():
    METRICS.add(_name, Metric(_title, _help, _statistics, _formula, _name in _SCALE_FREE, best=_BEST.get(_name, "low")))
