"""What the calendar says about each step, and the profile of a usual day, week or year."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import pandas as pd

from stcore.data import steps
from stcore.data.steps import Cycle


def calendar_cycles(step: str, chosen: Sequence[str] | None = None) -> tuple[Cycle, ...]:
    """Cycles a model sees: those the step resolves, or the chosen ones among them."""
    found = steps.cycles(step)
    return found if chosen is None else tuple(cycle for cycle in found if cycle.name in chosen)


def calendar(times: pd.DatetimeIndex, cycles: Sequence[Cycle]) -> np.ndarray:
    """int64 [time, cycle]: phase of each time in each cycle, in the times' own clock."""
    if not cycles:
        return np.zeros((len(times), 0), np.int64)
    return np.stack([steps.phase(times, cycle) for cycle in cycles], axis=1)


def season(step: str, train: np.ndarray, chosen: Sequence[str] | None = None) -> tuple[int, str]:
    """Period (steps) and words of the seasonal baseline: the calendar period with the smallest error on the train part.

    Args:
        train: [time, location] values of one target in the train part, NaN where missing.
        chosen: calendar features allowed; None = all.

    Returns:
        (1, "last value") where no period fits twice into the train part.
    """
    best, error = (1, "last value"), np.inf
    for cycle in calendar_cycles(step, chosen):
        if cycle.period is None or cycle.period < 2 or len(train) < 2 * cycle.period:
            continue
        misses = np.abs(train[cycle.period :] - train[: -cycle.period])
        if np.isfinite(misses).any() and (mean := float(np.nanmean(misses))) < error:
            best, error = (cycle.period, cycle.words), mean
    return best


@dataclass(frozen=True, eq=False)
class Profile:
    """Usual scaled value at each phase of the shortest cycle, apart for working days and weekends where enough is seen.

    Attributes:
        table: float32 [slot, location, target].
        split_week: True where slots 0..S-1 are Monday to Friday and S..2S-1 the weekend.
        cycle: the cycle the slots belong to, or None (one slot: the mean).
    """

    table: np.ndarray
    split_week: bool
    cycle: Cycle | None

    @classmethod
    def fit(cls, scaled: np.ndarray, times: pd.DatetimeIndex, cycles: Sequence[Cycle]) -> Profile:
        """From the train part: scaled values [time, location, target] with NaN where missing."""
        cycle = cycles[0] if cycles else None
        split_week = bool(cycle and cycle.name == "time_of_day" and times[-1] - times[0] >= pd.Timedelta(days=13))
        draft = cls(np.zeros((0, *scaled.shape[1:]), np.float32), split_week, cycle)
        rounds = draft._rounds(scaled, times)
        sums, counts = (np.stack([rounds.total(kind)[part] for kind in range(draft._kinds)]) for part in (0, 1))
        table = _mean(sums, counts, rounds.mean).reshape(-1, *scaled.shape[1:])
        return cls(table.astype(np.float32), split_week, cycle)

    @property
    def _kinds(self) -> int:
        return 2 if self.split_week else 1

    def slots(self, times: pd.DatetimeIndex) -> np.ndarray:
        """int64 [time]: row of the table for each time."""
        if self.cycle is None:
            return np.zeros(len(times), np.int64)
        return steps.phase(times, self.cycle) + self.cycle.slots * self._kind(times)

    def usual(self, times: pd.DatetimeIndex) -> np.ndarray:
        """float32 [time, location, target]: the usual value at each time."""
        return self.table[self.slots(times)]

    def leave_one_out(self, scaled: np.ndarray, times: pd.DatetimeIndex) -> np.ndarray:
        """The usual value at each train time as the *other* days (weeks, years) have it: [time, location, target].

        A model that is trained beside its own day's share in the profile would trust the profile too much.
        """
        rounds = self._rounds(scaled, times)
        kind = self._kind(times)
        out = np.empty(scaled.shape, np.float32)
        for number in range(self._kinds):
            rows = np.flatnonzero(kind == number)
            total_sums, total_counts = rounds.total(number)
            slot, own = rounds.slot[rows], rounds.round[rows]
            sums, counts = total_sums[slot] - rounds.sums[own, slot], total_counts[slot] - rounds.counts[own, slot]
            out[rows] = _mean(sums, counts, rounds.mean).reshape(-1, *scaled.shape[1:])
        return out

    def _kind(self, times: pd.DatetimeIndex) -> np.ndarray:
        """0 for a working day, 1 for a weekend day where they are kept apart."""
        return np.asarray(times.day_of_week >= 5, np.int64) if self.split_week else np.zeros(len(times), np.int64)

    def _rounds(self, scaled: np.ndarray, times: pd.DatetimeIndex) -> _Rounds:
        slot = steps.phase(times, self.cycle) if self.cycle else np.zeros(len(times), np.int64)
        size = self.cycle.slots if self.cycle else 1
        number = np.cumsum(np.r_[0, np.diff(slot) < 0]) if self.cycle else np.arange(len(times)) * 0
        return _Rounds.of(scaled, slot, number, size, self._kind(times))


@dataclass(frozen=True, eq=False)
class _Rounds:
    """Sums of each round of a cycle (a day, a week, a year), each slot joined with its neighbours.

    Attributes:
        sums, counts: [round, slot, series]; kinds: kind of each round; slot, round: of each time; mean: [series].
    """

    sums: np.ndarray
    counts: np.ndarray
    kinds: np.ndarray
    slot: np.ndarray
    round: np.ndarray
    mean: np.ndarray

    @classmethod
    def of(cls, scaled: np.ndarray, slot: np.ndarray, number: np.ndarray, size: int, kind: np.ndarray) -> _Rounds:
        flat = scaled.reshape(len(scaled), -1)
        seen = ~np.isnan(flat)
        filled = np.where(seen, flat, 0)
        key = number * size + slot
        starts = np.flatnonzero(np.r_[True, np.diff(key) != 0])
        rounds = int(number[-1]) + 1
        sums = np.zeros((rounds * size, flat.shape[1]), np.float32)
        counts = np.zeros_like(sums)
        sums[key[starts]] = np.add.reduceat(filled, starts, axis=0)
        counts[key[starts]] = np.add.reduceat(seen.astype(np.float32), starts, axis=0)
        shape = (rounds, size, -1)
        kinds = np.zeros(rounds, np.int64)
        kinds[number] = kind
        mean = filled.sum(axis=0, dtype=np.float64) / np.maximum(seen.sum(axis=0), 1)
        return cls(_widen(sums.reshape(shape)), _widen(counts.reshape(shape)), kinds, slot, number, mean)

    def total(self, kind: int) -> tuple[np.ndarray, np.ndarray]:
        """Sums and counts over the rounds of a kind: [slot, series]."""
        rows = self.kinds == kind
        return self.sums[rows].sum(axis=0), self.counts[rows].sum(axis=0)


def _widen(array: np.ndarray) -> np.ndarray:
    """Each slot [round, slot, series] joined with about 1/48 of a cycle on either side, inside its round."""
    reach = array.shape[1] // 48
    if not reach:
        return array
    running = np.concatenate([np.zeros_like(array[:, :1]), np.cumsum(array, axis=1, dtype=np.float64)], axis=1)
    slots = np.arange(array.shape[1])
    upper, lower = np.minimum(slots + reach + 1, array.shape[1]), np.maximum(slots - reach, 0)
    return np.asarray(running[:, upper] - running[:, lower], np.float32)


def _mean(sums: np.ndarray, counts: np.ndarray, overall: np.ndarray) -> np.ndarray:
    """Mean drawn toward the overall one by a single observation, so that an empty slot has a value."""
    return np.asarray((sums + overall) / (counts + 1))
