"""What the calendar says about each step, and the profile of a usual day, week or year."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass

import numpy as np
import pandas as pd

from stcore.data import steps
from stcore.data.steps import Cycle

_BLOCK_CELLS = 2_000_000  # of values that are summed in one go


def calendar_cycles(step: str, chosen: Sequence[str] | None = None) -> tuple[Cycle, ...]:
    """Cycles a model sees: those the step resolves, or the chosen ones among them."""
    found = steps.cycles(step)
    return found if chosen is None else tuple(cycle for cycle in found if cycle.name in chosen)


def calendar(times: pd.DatetimeIndex, cycles: Sequence[Cycle]) -> np.ndarray:
    """int64 [time, cycle]: phase of each time in each cycle, in the times' own clock."""
    if not cycles:
        return np.zeros((len(times), 0), np.int64)
    return np.stack([steps.phase(times, cycle) for cycle in cycles], axis=1)


def season(step: str, parts: Iterable[np.ndarray], chosen: Sequence[str] | None = None) -> tuple[int, str]:
    """Period (steps) and words of the seasonal baseline: the calendar period with the smallest error on the train part.

    Args:
        parts: [time, location] values of one target in the train part, NaN where missing; some places at a time.
        chosen: calendar features allowed; None = all.

    Returns:
        (1, "last value") where no period fits twice into the train part.
    """
    cycles = calendar_cycles(step, chosen)
    known = [(cycle.period, cycle.words) for cycle in cycles if cycle.period is not None and cycle.period >= 2]
    total = np.zeros((len(known), 2))
    for train in parts:
        for number, (period, _) in enumerate(known):
            if len(train) >= 2 * period:
                misses = np.abs(train[period:] - train[:-period])
                total[number] += np.nansum(misses, dtype=np.float64), np.isfinite(misses).sum()
    best, error = (1, "last value"), np.inf
    for found, (missed, count) in zip(known, total, strict=True):
        if count and missed / count < error:
            best, error = found, missed / count
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
        total = draft._total(lambda part: scaled[part], times)
        table = _mean(total.sums, total.counts, total.mean).reshape(-1, *scaled.shape[1:])
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

    def leave_one_out(
        self, train: Callable[[slice], np.ndarray], times: pd.DatetimeIndex, out: np.ndarray
    ) -> None:  # fmt: skip
        """Write the usual value at each train time as the *other* days (weeks, years) have it; some days at a time.

        A model that is trained beside its own day's share in the profile would trust the profile too much.

        Args:
            train: gives the scaled values [time, location, target] of some steps, NaN where missing.
            out: float32 [time, location, target].
        """
        total = self._total(train, times)
        if self.cycle is None:  # one round, which is left out as a whole
            out[:] = total.mean.reshape(out.shape[1:])
            return
        for part in self._whole_rounds(times):
            rounds = self._rounds(train(part), times[part])
            kind, slot = self._kind(times[part]), rounds.slot
            sums = total.sums[kind, slot] - rounds.sums[rounds.round, slot]
            counts = total.counts[kind, slot] - rounds.counts[rounds.round, slot]
            out[part] = _mean(sums, counts, total.mean).reshape(-1, *out.shape[1:])

    def _total(self, train: Callable[[slice], np.ndarray], times: pd.DatetimeIndex) -> _Total:
        """Sums over all rounds of each kind, round by round."""
        size, series = self.cycle.slots if self.cycle else 1, int(np.prod(self.table.shape[1:]))
        sums, counts = np.zeros((2, self._kinds, size, series), np.float32)
        whole, seen = np.zeros(series), np.zeros(series, np.int64)
        for part in self._whole_rounds(times):
            rounds = self._rounds(train(part), times[part])
            for number, kind in enumerate(rounds.kinds):
                sums[kind] += rounds.sums[number]
                counts[kind] += rounds.counts[number]
            whole += rounds.whole
            seen += rounds.seen
        return _Total(sums, counts, whole / np.maximum(seen, 1))

    def _whole_rounds(self, times: pd.DatetimeIndex) -> Iterator[slice]:
        """Stretches of whole days (weeks, years) of about ``_BLOCK_CELLS`` cells, at least one day each."""
        most = max(1, _BLOCK_CELLS // max(1, int(np.prod(self.table.shape[1:]))))
        starts = np.arange(0, len(times), most)
        if self.cycle is not None:
            starts = np.flatnonzero(np.r_[True, np.diff(steps.phase(times, self.cycle)) < 0])
        begin = 0
        for start, end in zip(starts, [*starts[1:], len(times)], strict=True):
            if end - begin > most and start > begin:
                yield slice(begin, int(start))
                begin = int(start)
        yield slice(begin, len(times))

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
        sums, counts: [round, slot, series]; kinds: kind of each round; slot, round: of each time.
        whole, seen: [series] sum and number of all values.
    """

    sums: np.ndarray
    counts: np.ndarray
    kinds: np.ndarray
    slot: np.ndarray
    round: np.ndarray
    whole: np.ndarray
    seen: np.ndarray

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
        whole, there = filled.sum(axis=0, dtype=np.float64), seen.sum(axis=0)
        return cls(_widen(sums.reshape(shape)), _widen(counts.reshape(shape)), kinds, slot, number, whole, there)


@dataclass(frozen=True, eq=False)
class _Total:
    """Sums over all rounds.

    Attributes:
        sums, counts: [kind, slot, series];   mean: [series] of all values.
    """

    sums: np.ndarray
    counts: np.ndarray
    mean: np.ndarray


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
