"""Statistics: one number a cell from forecast and truth. Metrics are formulas on their means.

A statistic is NaN where the truth is missing (or where what it compares with is), and such cells count nowhere.
Adding one: a function of ``Cells`` under ``@statistic``; metrics name it.
"""

from __future__ import annotations

from collections.abc import Callable
from functools import cached_property

import numpy as np

from stcore.records import Prediction
from stcore.registry import Registry

Statistic = Callable[["Cells"], np.ndarray]
STATISTICS: Registry[Statistic] = Registry("statistic")

BAND_PERCENT = 90
PINBALL_LEVELS = (0.05, 0.5, 0.95)


class Cells:
    """A block of origins of a prediction as float64 arrays [origin, horizon, location, target], read when asked for.

    Args:
        prediction: a part small enough for memory (``Prediction.select``).
    """

    def __init__(self, prediction: Prediction) -> None:
        self.prediction = prediction
        self.turns = np.array([prediction.schema[t].kind == "angle" for t in prediction.targets], dtype=bool)

    @cached_property
    def truth(self) -> np.ndarray:
        return np.asarray(self.prediction.truth, dtype=np.float64)

    @cached_property
    def forecast(self) -> np.ndarray:
        return np.asarray(self.prediction.values, dtype=np.float64)

    @cached_property
    def error(self) -> np.ndarray:
        """Forecast - truth."""
        return self.difference(self.forecast)

    @cached_property
    def band(self) -> tuple[np.ndarray, np.ndarray]:
        """Lower and upper end of the 90 % band; NaN where there is none."""
        return self.prediction.interval(BAND_PERCENT)

    @cached_property
    def judged(self) -> np.ndarray:
        """bool: forecast and truth are both there."""
        return np.isfinite(self.error)

    def difference(self, values: np.ndarray) -> np.ndarray:
        """``values`` - truth; for angles the short way round, -180..180 degrees."""
        out = values - self.truth
        if self.turns.any():
            out[..., self.turns] = (out[..., self.turns] + 180) % 360 - 180
        return out

    def baseline_error(self, name: str) -> np.ndarray:
        """Baseline - truth; NaN everywhere when the prediction has no such baseline."""
        baseline = self.prediction.baselines.get(name)
        if baseline is None:
            return np.full(self.truth.shape, np.nan)
        return self.difference(np.asarray(baseline, dtype=np.float64))


def statistic(function: Statistic) -> Statistic:
    """Register under the function's name."""
    return STATISTICS.add(function.__name__, function)


@statistic
def error(cells: Cells) -> np.ndarray:
    """Forecast - truth, in units of the target."""
    return cells.error


@statistic
def abs_error(cells: Cells) -> np.ndarray:
    return np.abs(cells.error)


@statistic
def squared_error(cells: Cells) -> np.ndarray:
    return cells.error**2


@statistic
def truth(cells: Cells) -> np.ndarray:
    return np.where(cells.judged, cells.truth, np.nan)


@statistic
def abs_truth(cells: Cells) -> np.ndarray:
    return np.where(cells.judged, np.abs(cells.truth), np.nan)


@statistic
def squared_truth(cells: Cells) -> np.ndarray:
    return np.where(cells.judged, cells.truth**2, np.nan)


@statistic
def relative_error(cells: Cells) -> np.ndarray:
    """|error| / |truth|, left out where the truth is zero."""
    size = np.abs(cells.truth)
    return np.abs(cells.error) / np.where(size > 0, size, np.nan)


@statistic
def symmetric_error(cells: Cells) -> np.ndarray:
    """2 |error| / (|truth| + |forecast|), 0 where both are zero; 0..2."""
    size = np.abs(cells.truth) + np.abs(cells.forecast)
    return 2 * np.abs(cells.error) / np.where(size == 0, 1, size)


@statistic
def inside(cells: Cells) -> np.ndarray:
    """1 where the truth lies in the 90 % band, 0 outside."""
    lower, upper = cells.band
    there = np.isfinite(lower) & np.isfinite(upper) & np.isfinite(cells.truth)
    return np.where(there, (cells.truth >= lower) & (cells.truth <= upper), np.nan)


@statistic
def band_width(cells: Cells) -> np.ndarray:
    lower, upper = cells.band
    return np.where(np.isfinite(cells.truth), upper.astype(np.float64) - lower, np.nan)


@statistic
def pinball_loss(cells: Cells) -> np.ndarray:
    """Pinball loss, mean over the quantiles 5 %, 50 % and 95 %."""
    total = np.zeros(cells.truth.shape)
    for level in PINBALL_LEVELS:
        above = cells.truth - cells.prediction.quantile(level)
        total += np.maximum(level * above, (level - 1) * above)
    return total / len(PINBALL_LEVELS)


def _beside(baseline: str) -> tuple[Statistic, Statistic, Statistic, Statistic]:
    """|error| and squared error of forecast and baseline on the cells that both of them have."""

    def own(cells: Cells, power: int) -> np.ndarray:
        return np.where(np.isfinite(cells.baseline_error(baseline)), np.abs(cells.error) ** power, np.nan)

    def other(cells: Cells, power: int) -> np.ndarray:
        return np.where(cells.judged, np.abs(cells.baseline_error(baseline)) ** power, np.nan)

    return (
        lambda cells: own(cells, 1), lambda cells: other(cells, 1),
        lambda cells: own(cells, 2), lambda cells: other(cells, 2),
    )  # fmt: skip


for _name in ("persistence", "seasonal_naive"):
    for _statistic, _kind in zip(
        _beside(_name), ("abs_error_beside", "abs_error_of", "squared_error_beside", "squared_error_of"), strict=True
    ):
        STATISTICS.add(f"{_kind}_{_name}", _statistic)
