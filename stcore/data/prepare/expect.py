"""Fills that know what to expect of a place at a time: from the usual course, its neighbours, or all places together."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Any, ClassVar, Self

import numpy as np
import pandas as pd

from stcore.data.panel import Panel
from stcore.data.prepare import gaps, neighbours
from stcore.data.prepare.features import Profile, calendar_cycles
from stcore.data.prepare.filler import Arrays, Filler
from stcore.data.prepare.low_rank import Patterns
from stcore.data.prepare.scale import Scaler
from stcore.preparation import PrepareConfig


@dataclass(frozen=True, eq=False)
class Expecting(Filler):
    """Fills with what is expected of a place at a time, and with how far its last reading was off that, fading.

    Attributes:
        centre, spread: of the scaler [location, feature].
        fading: [location, feature] share of a deviation that is left one step later: its autocorrelation in the train part.
    """

    centre: np.ndarray
    spread: np.ndarray
    fading: np.ndarray

    @classmethod
    def fit(cls, panel: Panel, train_rows: int, config: PrepareConfig) -> Self:
        """What is expected, then how long a deviation from it lasts."""
        times, train = panel.time[:train_rows], np.asarray(panel.values[:train_rows])
        scaler = Scaler.fit(train)
        scaled = scaler.forward(train)
        draft = cls(scaler.centre, scaler.spread, np.zeros_like(scaler.centre), *cls.learn(panel, scaled, config))
        return replace(draft, fading=_fading(scaled - draft.expected(scaled, times)))

    @classmethod
    def learn(cls, panel: Panel, scaled: np.ndarray, config: PrepareConfig) -> tuple[Any, ...]:
        """Values of the further fields, from the scaled train part."""
        raise NotImplementedError

    def expected(self, scaled: np.ndarray, times: pd.DatetimeIndex) -> np.ndarray:
        """Scaled value of every cell, from readings at its own time or before; NaN where nothing is expected."""
        raise NotImplementedError

    def fill(self, values: np.ndarray, times: pd.DatetimeIndex) -> np.ndarray:
        """What is expected itself before the first reading."""
        scaled = (values - self.centre) / self.spread
        expected = self.expected(scaled, times)
        rows = gaps.before(~np.isnan(values))
        left = np.where(rows >= 0, self.fading ** (_rows(values) - rows), 0)
        found = expected + left * np.nan_to_num(gaps.at(scaled - expected, rows))
        return np.where(np.isnan(values), found * self.spread + self.centre, values).astype(np.float32)


def _fading(off: np.ndarray) -> np.ndarray:
    """Autocorrelation at one step [location, feature] of deviations [time, location, feature], between 0 and 1."""
    pair = off[1:] * off[:-1]
    both = ~np.isnan(pair)
    product = np.where(both, pair, 0).sum(axis=0, dtype=np.float64)
    square = np.where(both, off[:-1] ** 2, 0).sum(axis=0, dtype=np.float64)
    return np.clip(product / np.maximum(square, 1e-9), 0, 0.999).astype(np.float32)


@dataclass(frozen=True, eq=False)
class Seasonal(Expecting):
    """The usual value at that time of day, week or year.

    Attributes:
        table: of the profile [slot, location, feature].
        split_week: [1] whether working days and weekends have slots of their own.
        step: of the panel.
    """

    title: ClassVar[str] = "Usual course"
    table: np.ndarray
    split_week: np.ndarray
    step: str

    @classmethod
    def learn(cls, panel: Panel, scaled: np.ndarray, config: PrepareConfig) -> tuple[Any, ...]:
        """The profile of the shortest cycle."""
        profile = Profile.fit(scaled, panel.time[: len(scaled)], calendar_cycles(panel.step))
        return profile.table, np.array([profile.split_week]), panel.step

    def expected(self, scaled: np.ndarray, times: pd.DatetimeIndex) -> np.ndarray:
        """Known everywhere."""
        cycles = calendar_cycles(self.step)
        return Profile(self.table, bool(self.split_week[0]), cycles[0] if cycles else None).usual(times)

    def arrays(self) -> dict[str, np.ndarray]:
        """The step is known from the panel."""
        return {name: array for name, array in super().arrays().items() if name != "step"}

    @classmethod
    def of(cls, arrays: Arrays, step: str) -> Self:
        """With the panel's step."""
        return cls(**arrays, step=step)


@dataclass(frozen=True, eq=False)
class Nearby(Expecting):
    """What the neighbours measure at the same time, each by how far it is from its own usual value, the nearest most.

    Attributes:
        index, weight: of the neighbours [location, k].
    """

    title: ClassVar[str] = "Neighbours"
    index: np.ndarray
    weight: np.ndarray

    @classmethod
    def learn(cls, panel: Panel, scaled: np.ndarray, config: PrepareConfig) -> tuple[Any, ...]:
        """Neighbours by distance."""
        near = neighbours.by_distance(panel, scaled[:, :, 0], config.neighbours)
        return near.index, near.weight

    def expected(self, scaled: np.ndarray, times: pd.DatetimeIndex) -> np.ndarray:
        """NaN where no neighbour has a reading."""
        return neighbours.Neighbours(self.index, self.weight).mean(scaled)


@dataclass(frozen=True, eq=False)
class LowRank(Expecting):
    """A few common patterns of all places and values, as strong as the readings of the same time say.

    Attributes:
        loads, noise: of the patterns.
    """

    title: ClassVar[str] = "Common patterns"
    loads: np.ndarray
    noise: np.ndarray

    @classmethod
    def learn(cls, panel: Panel, scaled: np.ndarray, config: PrepareConfig) -> tuple[Any, ...]:
        """Patterns of all columns (places x values) of the train part."""
        found = Patterns.fit(scaled.reshape(len(scaled), -1), config.rank)
        return found.loads, found.noise

    def expected(self, scaled: np.ndarray, times: pd.DatetimeIndex) -> np.ndarray:
        """NaN at times without any reading."""
        return Patterns(self.loads, self.noise).complete(scaled.reshape(len(scaled), -1)).reshape(scaled.shape)


def _rows(values: np.ndarray) -> np.ndarray:
    return np.arange(len(values), dtype=np.int32)[:, None, None]
