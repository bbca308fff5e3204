"""Chronological parts of a time axis, and the origins whose windows lie wholly inside a part."""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np

from stcore.experiment import SplitConfig


@dataclass(frozen=True)
class Parts:
    """Ends of the parts in steps: train [0, train_end), validation [train_end, validation_end), test [.., steps).

    The first half of validation is for choices (epoch, strength), the second for residuals, weights and thresholds.
    """

    train_end: int
    validation_end: int
    steps: int

    @property
    def validation_half(self) -> int:
        """First step of the second half of the validation part."""
        return self.train_end + (self.validation_end - self.train_end) // 2

    def span(self, part: str) -> tuple[int, int]:
        """[start, end) of train, validation, choose (first half), calibrate (second half) or test."""
        spans = {
            "train": (0, self.train_end), "validation": (self.train_end, self.validation_end),
            "choose": (self.train_end, self.validation_half), "calibrate": (self.validation_half, self.validation_end),
            "test": (self.validation_end, self.steps),
        }  # fmt: skip
        return spans[part]


def split(steps: int, config: SplitConfig) -> Parts:
    """Parts of an axis: each ends at floor(cumulative share x steps + 1e-9); 70/10/20 of 2016 ends at 1411 and 1612."""
    train = math.floor(config.train * steps + 1e-9)
    validation = math.floor((config.train + config.validation) * steps + 1e-9)
    return Parts(train, validation, steps)


def widen_validation(parts: Parts, config: SplitConfig, horizon: int) -> Parts:
    """Validation of at least 2 x horizon steps: missing steps are taken from train (for a split that was not given)."""
    short = 2 * horizon - (parts.validation_end - parts.train_end)
    if short <= 0 or config.validation == 0:
        return parts
    return Parts(max(parts.train_end - short, 0), parts.validation_end, parts.steps)


def origins_within(start: int, end: int, horizon: int, lookback: int, stride: int = 1, gap: int = 0) -> np.ndarray:
    """Row numbers t of origins for which t+gap+1 .. t+gap+horizon lie in [start, end): int64.

    The lookback may reach back before ``start`` but not before row 0; nothing after t is an input.
    """
    first = max(start - gap - 1, lookback - 1)
    return np.arange(first, end - gap - horizon, stride, dtype=np.int64)


def origins_inside(start: int, end: int, horizon: int, lookback: int, stride: int = 1, gap: int = 0) -> np.ndarray:
    """Origins whose lookback *and* horizon lie in [start, end): those a model is fitted on."""
    return np.arange(start + lookback - 1, end - gap - horizon, stride, dtype=np.int64)
