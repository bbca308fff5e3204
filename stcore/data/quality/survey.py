"""What the rules look at: one pass over a panel in blocks of time, and a sample of it that fits into memory."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field
from functools import cached_property

import numpy as np
import pandas as pd

from stcore import words
from stcore.data import steps
from stcore.data.panel import Panel
from stcore.data.roles import Roles

#: Steps looked at in one go, and cells, whichever is fewer: a memory map is never pulled in whole.
BLOCK, BLOCK_CELLS = 2048, 8_000_000
#: Cells kept for the rules that look at the order of readings; of a larger panel places are drawn, evenly spread.
MOST_CELLS = 8_000_000
_FEW_PLACES = 8


def blocks(values: np.ndarray) -> Iterator[tuple[int, np.ndarray]]:
    """First row and rows of each block of [time, place, feature]; views, nothing is copied."""
    rows = int(np.clip(BLOCK_CELLS // max(int(np.prod(values.shape[1:])), 1), 1, BLOCK))
    for start in range(0, len(values), rows):
        yield start, values[start : start + rows]


def missing_cells(values: np.ndarray) -> int:
    """Number of NaN, in blocks so that a memory map is not pulled in at once."""
    return sum(int(np.isnan(block).sum()) for _, block in blocks(values))


def runs(mask: np.ndarray) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Stretches of True in [place, time]: place, first step and length of each, by place and time."""
    padded = np.zeros((mask.shape[0], mask.shape[1] + 2), np.int8)
    padded[:, 1:-1] = mask
    change = np.diff(padded, axis=1).ravel()
    start, end = np.flatnonzero(change == 1), np.flatnonzero(change == -1)
    width = mask.shape[1] + 1
    return start // width, start % width, end - start


@dataclass(eq=False)
class Survey:
    """A panel as the rules see it.

    Attributes:
        panel: what is judged.
        where: the run it is, empty for a table that is one panel.
        roles: columns the data came from, where they are known.
        count, zeros: int64 [place, feature] readings, and exact zeros among them.
        low, high: float32 [place, feature] smallest and largest; +inf and -inf without a reading.
        first, last: int64 [place] steps of the first and last reading of any feature; -1 without one.
        rows: first step of the sample.
        places: int64 [n] places of the sample.
        sample: float32 [time, n, feature], a view of the values where all of them fit.
    """

    panel: Panel
    where: str = ""
    roles: Roles | None = None
    count: np.ndarray = field(init=False)
    zeros: np.ndarray = field(init=False)
    low: np.ndarray = field(init=False)
    high: np.ndarray = field(init=False)
    first: np.ndarray = field(init=False)
    last: np.ndarray = field(init=False)
    empty_steps: int = field(init=False, default=0)
    rows: int = field(init=False, default=0)
    places: np.ndarray = field(init=False)
    sample: np.ndarray = field(init=False)

    def __post_init__(self) -> None:
        self._choose_sample()
        self._pass_once()

    @property
    def location(self) -> str | None:
        """Column that names the places."""
        return self.roles.location if self.roles else None

    @property
    def lat(self) -> str | None:
        """Column of degrees north."""
        return self.roles.lat if self.roles else None

    @property
    def lon(self) -> str | None:
        """Column of degrees east."""
        return self.roles.lon if self.roles else None

    @property
    def whole(self) -> bool:
        """The sample is everything."""
        return self.sample.shape == self.panel.values.shape

    def _choose_sample(self) -> None:
        """Every step of places evenly spread; only the latest steps where even a few places are too many cells."""
        times, places, features = self.panel.shape
        kept = int(np.clip(MOST_CELLS // max(times * features, 1), min(_FEW_PLACES, places), max(places, 1)))
        self.places = np.unique(np.linspace(0, places - 1, kept).astype(np.int64)) if places else np.empty(0, np.int64)
        self.rows = max(0, times - MOST_CELLS // max(kept * features, 1))
        if kept == places and not self.rows:
            self.sample = self.panel.values
        else:
            self.sample = np.empty((times - self.rows, len(self.places), features), np.float32)

    def _pass_once(self) -> None:
        """Count and bound every series, and fill the sample, in one pass over the values."""
        shape = self.panel.shape[1:]
        places = shape[0]
        self.count, self.zeros = np.zeros(shape, np.int64), np.zeros(shape, np.int64)
        self.low, self.high = np.full(shape, np.inf, np.float32), np.full(shape, -np.inf, np.float32)
        self.first, self.last = np.full(places, -1, np.int64), np.full(places, -1, np.int64)
        copying = self.sample is not self.panel.values
        for start, block in blocks(self.panel.values):
            there = ~np.isnan(block)
            self.count += there.sum(axis=0)
            self.zeros += (block == 0).sum(axis=0)
            self.low = np.fmin(self.low, np.fmin.reduce(block, axis=0))
            self.high = np.fmax(self.high, np.fmax.reduce(block, axis=0))
            self._note_ends(start, there.any(axis=2))
            if copying and start + len(block) > self.rows:
                skipped = max(0, self.rows - start)
                self.sample[start + skipped - self.rows : start + len(block) - self.rows] = block[skipped:, self.places]

    def _note_ends(self, start: int, there: np.ndarray) -> None:
        """Take note of the first and last reading of each place in a block, and of steps without any."""
        seen = there.any(axis=0)
        begin, end = start + there.argmax(axis=0), start + len(there) - 1 - there[::-1].argmax(axis=0)
        self.first = np.where((self.first < 0) & seen, begin, self.first)
        self.last = np.where(seen, end, self.last)
        self.empty_steps += int((~there.any(axis=1)).sum())

    # the sample, one feature at a time -----------------------------------------------------------------------------

    def series(self, feature: int) -> np.ndarray:
        """float32 [n, time] of one feature of the sample, each place in one piece."""
        return self._transposed[feature]

    @cached_property
    def _transposed(self) -> np.ndarray:
        return np.ascontiguousarray(self.sample.transpose(2, 1, 0))

    @cached_property
    def readings(self) -> list[np.ndarray]:
        """Per feature: up to 200,000 readings, evenly spread and sorted."""
        found = []
        for number in range(len(self.panel.features)):
            flat = self.series(number).reshape(-1)
            some = flat[:: _stride(flat.size, 200_000)]
            found.append(np.sort(some[~np.isnan(some)]))
        return found

    @cached_property
    def totals(self) -> frozenset[int]:
        """Features that only grow, as totals do: at four of five places nearly nothing ever falls."""
        return frozenset(number for number in range(len(self.panel.features)) if _grows(self.series(number)))

    # words ---------------------------------------------------------------------------------------------------------

    def title(self, feature: int) -> str:
        """Name of a feature in quotes, shortened."""
        return f"“{self.panel.features[feature][:60]}”"

    def unit(self, feature: int) -> str | None:
        """Unit of a feature."""
        return self.panel.schema[self.panel.features[feature]].unit

    def name(self, sampled: int) -> str:
        """Id of a place of the sample."""
        return str(self.panel.locations.index[self.places[sampled]])

    def ids(self, places: np.ndarray) -> list[str]:
        """Ids of places of the panel."""
        return [str(place) for place in self.panel.locations.index[places]]

    def moment(self, sampled: int) -> str:
        """Time of a step of the sample, as in the file."""
        return stamp(self.panel.time[self.rows + sampled], self.panel.step)

    def lasting(self, length: int) -> str:
        """A number of steps as a duration: “76 h 45 min”, “3 days”, “5 months”."""
        fixed = steps.duration(self.panel.step)
        if fixed is None or fixed >= pd.Timedelta(days=1):
            return steps.describe_span(int(length), self.panel.step)
        return words.lasting(length * fixed.total_seconds())

    @property
    def looked_at(self) -> str:
        """What the sample is, where it is not everything; empty otherwise."""
        if self.whole:
            return ""
        return f" (looked at {words.count(len(self.places), 'place')} of {len(self.panel.locations):,})"


def named(ids: list[str]) -> str:
    """Up to five names, shortened: “a, b, c, d, e, ...”."""
    return ", ".join(str(name)[:40] for name in ids[:5]) + (", ..." if len(ids) > 5 else "")


def stamp(time: pd.Timestamp, step: str) -> str:
    """A time as people write it in a file: “2024-03-01 07:00”, “2024-03-01”."""
    day = steps.typical(step) >= pd.Timedelta(days=1) and time == time.normalize()
    return time.strftime("%Y-%m-%d" if day else "%Y-%m-%d %H:%M:%S" if time.second else "%Y-%m-%d %H:%M")


def _stride(size: int, most: int) -> int:
    """A step that leaves at most ``most`` of ``size``, odd so that it does not keep time with a daily rhythm."""
    return 1 if size <= most else (size // most) | 1


def _grows(series: np.ndarray, least: int = 30) -> bool:
    """Whether [place, time] are totals: what they lose is under a hundredth of what they gain, but for starts from zero.

    Growth must go on (some 20 rises at each place) and not be even: a ramp is a clock or a row number. Up to 50 places are
    looked at.
    """
    if series.shape[1] < least:
        return False
    series = series[:: max(1, len(series) // 50)]
    change = np.diff(series, axis=1)
    up = change > 0
    rises, falls = up.sum(axis=1), (change < 0).sum(axis=1)
    judged = rises + falls >= 20
    if judged.sum() < max(1, 0.5 * len(judged)):
        return False
    gained = np.where(up, change, 0).sum(axis=1, dtype=np.float64)
    lost = -np.where((change < 0) & ~_restarts(series), change, 0).sum(axis=1, dtype=np.float64)
    largest = np.where(up, change, 0).max(axis=1)
    uneven = largest > 1.05 * gained / np.maximum(rises, 1)
    grows = (falls <= 0.02 * rises) & (lost <= 0.01 * gained) & uneven
    return bool(grows[judged].mean() >= 0.8)


def _restarts(series: np.ndarray) -> np.ndarray:
    """bool [place, time - 1]: a fall back to (nearly) nothing, as a counter that begins anew."""
    before, after = series[:, :-1], series[:, 1:]
    return np.asarray((after < 0.05 * before) & (before > 0))
