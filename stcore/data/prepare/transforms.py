"""Curves that bring lopsided values closer to a bell shape, fitted on the train part and invertible on the whole line.

Sources: G. Box, D. Cox, "An Analysis of Transformations", JRSS B 26, 1964 (here with a shift, so that zeros have an image);
I.-K. Yeo, R. Johnson, "A New Family of Power Transformations to Improve Normality or Symmetry", Biometrika 87, 2000.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from typing import Literal

import numpy as np

Kind = Literal["log", "box_cox", "yeo_johnson"]
Curve = Callable[[np.ndarray, np.ndarray, np.ndarray, np.ndarray], np.ndarray]
_PLAIN, _POWER, _BOTH_SIDES = 0, 1, 2
_SAMPLE = 20_000
_SAMPLE_A_PLACE = 2_000
_POWERS = (-2.0, 3.0)
_FAR = 10.0


@dataclass(frozen=True, eq=False)
class Transform:
    """A curve for each location and feature.

    Attributes:
        kind: int8 [feature]: 0 left as it is; 1 ((u + 1)^power - 1) / power of u = (x - low) / unit, below low a straight
            line; 2 Yeo-Johnson of u = x / unit.
        low, unit, power: float32 [location, feature]; power 0 is the logarithm.
        most: float32 [location, feature]: ten times the range of the train part beyond its largest value; forecasts end
            there, since a small error of a large transformed value may be any value.
    """

    kind: np.ndarray
    low: np.ndarray
    unit: np.ndarray
    power: np.ndarray
    most: np.ndarray

    @classmethod
    def fit(cls, train: np.ndarray, kind: Kind, which: list[int], by_place: bool = False) -> Transform:
        """The curve of some features of the train part [time, location, feature], NaN ignored.

        Args:
            which: positions of the features; others are left as they are.
            by_place: a curve a place; otherwise one a feature.
        """
        shape = train.shape[1:]
        parts = np.stack([np.zeros(shape), np.ones(shape), np.ones(shape), np.full(shape, np.inf)]).astype(np.float32)
        kinds = np.zeros(shape[1], np.int8)
        for number in which:
            kinds[number] = _BOTH_SIDES if kind == "yeo_johnson" else _POWER
            pooled = _sample(train[:, :, number], _SAMPLE)
            parts[:, :, number] = np.array(_curve(pooled, kind))[:, None]
        fitted = cls(kinds, *parts)
        return fitted.own([(slice(None), train)], kind, which) if by_place else fitted

    def own(self, blocks: Iterable[tuple[slice, np.ndarray]], kind: Kind, which: list[int]) -> Transform:
        """The same with a curve of its own for every place that has values.

        Args:
            blocks: places, and their train part [time, place, feature].
        """
        parts = np.stack([self.low, self.unit, self.power, self.most])
        for places, train in blocks:
            for number in which:
                for place in range(train.shape[1]):
                    known = _sample(train[:, place, number], _SAMPLE_A_PLACE)
                    if len(known):
                        parts[:, places][:, place, number] = _curve(known, kind)
        return Transform(self.kind, *parts)

    def forward(self, values: np.ndarray) -> np.ndarray:
        """Transformed float32 values [..., location, feature]; NaN stays NaN."""
        with np.errstate(over="ignore"):
            return self._each(values, _bend, _bend_both)

    def inverse(self, values: np.ndarray) -> np.ndarray:
        """Values in their own unit."""
        with np.errstate(over="ignore"):
            return self._each(values, _straighten, _straighten_both)

    def _each(self, values: np.ndarray, one_side: Curve, both_sides: Curve) -> np.ndarray:
        out = np.array(values, np.float32)
        for number in np.flatnonzero(self.kind):
            curve = both_sides if self.kind[number] == _BOTH_SIDES else one_side
            out[..., number] = curve(out[..., number], self.low[:, number], self.unit[:, number], self.power[:, number])
        return out

    def at(self, places: slice) -> Transform:
        """The curves of some places."""
        return Transform(self.kind, *(each[places] for each in (self.low, self.unit, self.power, self.most)))

    def select(self, features: list[int]) -> Transform:
        """The curves of some features."""
        rest = (each[:, features] for each in (self.low, self.unit, self.power, self.most))
        return Transform(self.kind[features], *rest)

    def arrays(self) -> dict[str, np.ndarray]:
        """Its arrays by name; ``Transform(**arrays)`` is it again."""
        return {"kind": self.kind, "low": self.low, "unit": self.unit, "power": self.power, "most": self.most}


def _sample(values: np.ndarray, most: int) -> np.ndarray:
    """Known values, evenly thinned, float64."""
    known = values[~np.isnan(values)].astype(np.float64)
    return known[:: max(1, -(-len(known) // most))]


def _curve(known: np.ndarray, kind: Kind) -> tuple[float, float, float, float]:
    """low, unit, power and most of some values; nothing is bent where they are too few or all alike."""
    if len(known) < 8 or known.min() == known.max():
        return 0.0, 1.0, 1.0, np.inf
    most = float(known.max() + _FAR * (known.max() - known.min()))
    if kind == "yeo_johnson":
        unit = float(known.std())
        return 0.0, unit, _likeliest(known / unit, kind), most
    low = min(0.0, float(known.min()))
    above = known[known > low] - low
    unit = float(np.quantile(above, 0.05))
    return low, unit, 0.0 if kind == "log" else _likeliest((known - low) / unit + 1, kind), most


def _likeliest(values: np.ndarray, kind: Kind) -> float:
    """The power under which values are most like a normal distribution (maximum likelihood, scipy)."""
    from scipy import stats

    found = stats.yeojohnson_normmax(values) if kind == "yeo_johnson" else stats.boxcox_normmax(values, method="mle")
    return float(np.clip(found, *_POWERS)) if np.isfinite(found) else 1.0


def _bend(x: np.ndarray, low: np.ndarray, unit: np.ndarray, power: np.ndarray) -> np.ndarray:
    above = (x - low) / unit
    return np.where(above > 0, _raised(np.maximum(above, 0), power), above)


def _straighten(y: np.ndarray, low: np.ndarray, unit: np.ndarray, power: np.ndarray) -> np.ndarray:
    return np.where(y > 0, _lowered(np.maximum(y, 0), power), y) * unit + low


def _bend_both(x: np.ndarray, low: np.ndarray, unit: np.ndarray, power: np.ndarray) -> np.ndarray:
    u = x / unit
    return np.where(u < 0, -_raised(np.maximum(-u, 0), 2 - power), _raised(np.maximum(u, 0), power))


def _straighten_both(y: np.ndarray, low: np.ndarray, unit: np.ndarray, power: np.ndarray) -> np.ndarray:
    return np.where(y < 0, -_lowered(np.maximum(-y, 0), 2 - power), _lowered(np.maximum(y, 0), power)) * unit


def _raised(u: np.ndarray, power: np.ndarray) -> np.ndarray:
    """((1 + u)^power - 1) / power for u >= 0, log(1 + u) for power 0."""
    flat = np.abs(power) < 1e-4
    safe = np.where(flat, 1, power)
    log = np.log1p(u)
    return np.where(flat, log, np.expm1(safe * log) / safe)


def _lowered(y: np.ndarray, power: np.ndarray) -> np.ndarray:
    """The inverse of ``_raised``; of a negative power no y reaches its bound."""
    flat = np.abs(power) < 1e-4
    safe = np.where(flat, 1, power)
    log = np.where(flat, y, np.log1p(np.maximum(safe * y, np.float32(-1 + 1e-6))) / safe)
    return np.expm1(np.minimum(log, np.float32(80)))
