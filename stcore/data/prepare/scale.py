"""Scaling, fitted on the train part only and invertible."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from typing import Literal

import numpy as np

from stcore.data.prepare.transforms import Transform
from stcore.preparation import Scale

Over = Literal["place", "all"]
_QUARTERS_TO_SPREAD = 1.349  # of a normal distribution: distance of the quartiles over standard deviation


@dataclass(frozen=True, eq=False)
class Scaler:
    """value = transform⁻¹(scaled * spread + centre), for each location and feature.

    Attributes:
        centre, spread: float32 [location, feature]; spread is never 0. A place without a single value in the train
            part takes those of all places together.
        transform: what is done to values before, or None.
        unit: float32 [location, feature], spread in the value's own unit where a transform changes that; None: ``spread``.
    """

    centre: np.ndarray
    spread: np.ndarray
    transform: Transform | None = None
    unit: np.ndarray | None = None

    @classmethod
    def fit(cls, train: np.ndarray, method: Scale = "standard", over: Over = "place") -> Scaler:
        """Centre and spread of the train part [time, location, feature], NaN ignored.

        Args:
            method: standard (mean, standard deviation), robust (median, distance of the quartiles), min_max (smallest
                value, range) or none.
            over: each place for itself, or all places together.
        """
        return cls.fit_parts([train], train, method, over)

    @classmethod
    def fit_parts(
        cls, parts: Iterable[np.ndarray], thinned: np.ndarray, method: Scale = "standard", over: Over = "place"
    ) -> Scaler:  # fmt: skip
        """``fit`` of a train part that comes some places at a time.

        Args:
            parts: all steps of some places each, in the order of the places.
            thinned: all or some steps of all places: what all places share is taken from it.
        """
        shape = thinned.shape[1:]
        if method == "none":
            return cls(np.zeros(shape, np.float32), np.ones(shape, np.float32))
        fitted = _SPREADS[method]
        together = thinned.reshape(-1, 1, shape[1])
        own = fitted(together) if over == "all" else _joined([fitted(part) for part in parts])
        if over == "place" and not own[2].all():
            own = (np.where(own[2] > 0, own[0], fitted(together)[0]), *own[1:])
        centre, spread = (np.broadcast_to(each, shape).astype(np.float32) for each in _usable(own))
        return cls(centre, spread)

    @classmethod
    def transformed(
        cls, train: np.ndarray, transform: Transform, method: Scale = "standard", over: Over = "place"
    ) -> Scaler:
        """The scaler of transformed values."""
        fitted = cls.fit(transform.forward(train), method, over)
        return replace(fitted, transform=transform, unit=cls.fit(train, "standard", over).spread)

    @property
    def in_units(self) -> np.ndarray:
        """[location, feature] what one scaled step is worth in the value's own unit, about."""
        return self.spread if self.unit is None else self.unit

    def forward(self, values: np.ndarray) -> np.ndarray:
        """Scaled float32 values [..., location, feature]; NaN stays NaN."""
        plain = values if self.transform is None else self.transform.forward(values)
        return (plain - self.centre) / self.spread

    def inverse(self, scaled: np.ndarray) -> np.ndarray:
        """Values in their own unit, from scaled ones [..., location, feature]."""
        plain = scaled * self.spread + self.centre
        return plain if self.transform is None else self.transform.inverse(plain)

    def forecast(self, scaled: np.ndarray) -> np.ndarray:
        """``inverse`` of what a model says, kept where a bent scale still means something."""
        values = self.inverse(scaled)
        return values if self.transform is None else np.minimum(values, self.transform.most)

    def at(self, places: slice) -> Scaler:
        """The scaler of some places."""
        return Scaler(
            self.centre[places], self.spread[places], self.transform and self.transform.at(places),
            None if self.unit is None else self.unit[places],
        )  # fmt: skip

    def select(self, features: list[int]) -> Scaler:
        """The scaler of some features."""
        return Scaler(
            self.centre[:, features], self.spread[:, features], self.transform and self.transform.select(features),
            None if self.unit is None else self.unit[:, features],
        )  # fmt: skip


Fit = tuple[np.ndarray, np.ndarray, np.ndarray]
"""Centre, spread and number of values of each series [location, feature]."""


def _joined(parts: Sequence[Fit]) -> Fit:
    """One after the other, along the places."""
    centre, spread, count = (np.concatenate(each) for each in zip(*parts, strict=True))
    return centre, spread, count


def _standard(train: np.ndarray) -> Fit:
    seen = ~np.isnan(train)
    count = seen.sum(axis=0)
    mean = np.where(seen, train, 0).sum(axis=0, dtype=np.float64) / np.maximum(count, 1)
    deviation = np.where(seen, train - mean, 0)
    variance = np.einsum("tnf,tnf->nf", deviation, deviation, dtype=np.float64) / np.maximum(count, 1)
    return mean, np.sqrt(variance), count


def _robust(train: np.ndarray) -> Fit:
    """Where half of all values are alike, as in rain, the standard deviation is the spread."""
    ordered = np.sort(train, axis=0)
    count = (~np.isnan(train)).sum(axis=0)
    low, middle, high = (_quantile(ordered, count, share) for share in (0.25, 0.5, 0.75))
    spread = (high - low) / _QUARTERS_TO_SPREAD
    return middle, np.where(spread > 0, spread, _standard(train)[1]), count


def _min_max(train: np.ndarray) -> Fit:
    ordered = np.sort(train, axis=0)
    count = (~np.isnan(train)).sum(axis=0)
    low, high = (_quantile(ordered, count, share) for share in (0.0, 1.0))
    return low, high - low, count


_SPREADS = {"standard": _standard, "robust": _robust, "min_max": _min_max}


def _quantile(ordered: np.ndarray, count: np.ndarray, share: float) -> np.ndarray:
    """Quantile over the first axis of sorted values, NaN last, between the two nearest; 0 where there is no value."""
    place = share * np.maximum(count - 1, 0)
    below = np.floor(place).astype(np.int64)
    above = np.minimum(below + 1, np.maximum(count - 1, 0))
    lower, upper = (np.take_along_axis(ordered, rows[None], axis=0)[0].astype(np.float64) for rows in (below, above))
    return np.where(count > 0, lower + (place - below) * (upper - lower), 0)


def _usable(fit: Fit) -> tuple[np.ndarray, np.ndarray]:
    """Centres, and spreads that can be divided by.

    A place that is constant but for float32 rounding gets the usual spread, so that a later change stays finite. What is
    constant is told by its own size: a small district beside a city is not.
    """
    centre, spread, count = fit
    usual = np.sqrt((spread**2 * count).sum(axis=0) / np.maximum(count.sum(axis=0), 1))
    return centre, np.where(spread > 1e-7 * np.abs(centre), spread, np.where(usual > 0, usual, 1.0))
