"""Scaling, fitted on the train part only and invertible."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np


@dataclass(frozen=True, eq=False)
class Scaler:
    """value = scaled * spread + centre, for each location and feature.

    Attributes:
        centre, spread: float32 [location, feature]; spread is never 0. A place without a single value in the train
            part takes those of all places together.
    """

    centre: np.ndarray
    spread: np.ndarray

    @classmethod
    def fit(cls, train: np.ndarray, method: str = "standard") -> Scaler:
        """Centre and spread of the train part [time, location, feature], NaN ignored; method: standard or none."""
        shape = train.shape[1:]
        if method == "none":
            return cls(np.zeros(shape, np.float32), np.ones(shape, np.float32))
        seen = ~np.isnan(train)
        count = seen.sum(axis=0)
        total = np.where(seen, train, 0).sum(axis=0, dtype=np.float64)
        mean = total / np.maximum(count, 1)
        deviation = np.where(seen, train - mean, 0)
        variance = np.einsum("tnf,tnf->nf", deviation, deviation, dtype=np.float64) / np.maximum(count, 1)
        overall = total.sum(axis=0) / np.maximum(count.sum(axis=0), 1)
        pooled = (variance * count).sum(axis=0) / np.maximum(count.sum(axis=0), 1)
        mean = np.where(count > 0, mean, overall)
        # A place that is constant but for float32 rounding gets the usual spread, so that a later change stays finite.
        # What is constant is told by its own size: a small district beside a city is not.
        usual = np.where(pooled > 0, pooled, 1.0)
        variance = np.where(variance > np.square(1e-7 * mean), variance, usual)
        return cls(mean.astype(np.float32), np.sqrt(variance).astype(np.float32))

    def transform(self, values: np.ndarray) -> np.ndarray:
        """Scaled float32 values [..., location, feature]; NaN stays NaN."""
        return (values - self.centre) / self.spread

    def select(self, features: list[int]) -> Scaler:
        """The scaler of some features."""
        return Scaler(self.centre[:, features], self.spread[:, features])
