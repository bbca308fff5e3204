"""The part of a panel a statistic looks at: everything where that is little, else a stated sample; never the whole array.

A memory-mapped panel is read by pages of the file, so what is drawn is bounded by the bytes *touched*, not only by the cells
kept. Where the file also holds the curves place by place, long stretches of few places are read there; else places of a very
wide panel come in runs that lie side by side (a cluster sample).
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import pandas as pd

from stcore.data.panel import Panel

MOST_CELLS = 4_000_000
MOST_TOUCHED = 384 * 2**20  # bytes of the file that one draw may read
_PAGE = 4096
_RUN = 32  # places side by side that are taken together from a panel too wide to be read


@dataclass(frozen=True, eq=False)
class Sample:
    """One feature at some steps and places.

    Attributes:
        values: float32 [step, place], NaN where not observed.
        time: [step], sorted; not always regular.
        columns: int [place], positions in the panel.
        steps, places: how many the panel has.
    """

    values: np.ndarray
    time: pd.DatetimeIndex
    columns: np.ndarray
    steps: int
    places: int

    @property
    def whole(self) -> bool:
        """Nothing was left out."""
        return self.values.shape == (self.steps, self.places)

    def said(self, places: str = "places") -> str:
        """What was looked at, in words: “All 8,064 steps of 120 sensors.”, “A sample: 448 of 105,000 places, ...”."""
        some_steps, some_places = self.values.shape
        if self.places == 1:
            return f"All {self.steps:,} steps." if self.whole else f"A sample: {some_steps:,} of {self.steps:,} steps."
        if self.whole:
            return f"All {self.steps:,} steps of {self.places:,} {places}."
        which = "all" if some_places == self.places else f"{some_places:,} of"
        when = "all" if some_steps == self.steps else f"{some_steps:,} of"
        return f"A sample: {which} {self.places:,} {places}, {when} {self.steps:,} steps."


def draw(panel: Panel, feature: str, steps: int, places: int, latest: bool = False, seed: int = 0) -> Sample:
    """At most ``steps`` x ``places`` observed values of one feature, spread over the panel.

    Args:
        panel: any size; only what is drawn is read.
        feature: name.
        steps: at most so many steps; drawn at random (so that no cycle is hit at one phase only), sorted.
        places: at most so many places.
        latest: take the last steps, side by side, instead of random ones.
        seed: same seed, same sample.
    """
    total, wide, _ = panel.shape
    steps, places = min(steps, total), min(places, wide)
    places = min(places, max(1, MOST_CELLS // max(steps, 1)))
    rng = np.random.default_rng(seed)
    rows = np.arange(total - steps, total) if latest else _some(total, steps, rng)
    columns = _columns(panel, places, steps, rng)
    return Sample(read(panel, feature, rows, columns), panel.time[rows], columns, total, wide)


def overview(panel: Panel, feature: str) -> Sample:
    """All values of a feature where they are at most 4,000,000, else 10,000 steps x 400 places at random."""
    total, wide, _ = panel.shape
    few = total * wide <= MOST_CELLS
    return draw(panel, feature, total if few else 10_000, wide)


def read(panel: Panel, feature: str, rows: np.ndarray, columns: np.ndarray) -> np.ndarray:
    """float32 [row, column] of one feature, NaN where not observed; touches these cells only."""
    which, at = panel.features.index(feature), np.ix_(rows, columns)
    if panel.curves is not None and _along(panel, len(columns)) < _across(panel, len(rows), len(columns)):
        values = np.array(panel.curves[:, which][np.ix_(columns, rows)].T, dtype=np.float32)
    else:
        values = np.array(panel.values[:, :, which][at], dtype=np.float32)
    if panel.observed is not None:
        values[~np.asarray(panel.observed[:, :, which][at])] = np.nan
    return values


def series(panel: Panel, feature: str, place: str) -> np.ndarray:
    """float32 [time] of one place, NaN where not observed."""
    values = panel.curve(place, feature)
    if panel.observed is not None:
        column = panel.locations.index.get_loc(place)
        values[~np.asarray(panel.observed[:, column, panel.features.index(feature)])] = np.nan
    return values


def mean_series(panel: Panel, feature: str, places: int = MOST_CELLS) -> tuple[np.ndarray, int]:
    """[time] mean over the places observed at each step, NaN where none was, and over how many places it was taken."""
    found = draw(panel, feature, len(panel.time), places, latest=True)
    there = np.isfinite(found.values)
    count = there.sum(axis=1)
    total = np.where(there, found.values, 0).sum(axis=1, dtype=np.float64)
    return np.where(count > 0, total / np.maximum(count, 1), np.nan), len(found.columns)


def place_means(panel: Panel, feature: str, first: int = 0) -> tuple[np.ndarray, int]:
    """[place] mean of the steps from row ``first`` on, NaN where nothing was observed, and over how many steps.

    Of a large panel the mean is taken over steps drawn at random.
    """
    width = panel.values.shape[1] * panel.values.shape[2] * panel.values.itemsize
    many = len(panel.time) - first
    rows = first + _some(many, max(1, MOST_TOUCHED // 2 // width), np.random.default_rng(0))
    every = np.arange(panel.values.shape[1])
    total, count = np.zeros(len(every)), np.zeros(len(every))
    block = max(1, MOST_CELLS // len(every))
    for start in range(0, len(rows), block):
        values = read(panel, feature, rows[start : start + block], every)
        there = np.isfinite(values)
        count += there.sum(axis=0)
        total += np.where(there, values, 0).sum(axis=0, dtype=np.float64)
    return np.where(count > 0, total / np.maximum(count, 1), np.nan), len(rows)


def _some(total: int, most: int, rng: np.random.Generator) -> np.ndarray:
    """Sorted positions 0..total-1, at most ``most`` of them."""
    return np.arange(total) if total <= most else np.sort(rng.choice(total, most, replace=False))


def _columns(panel: Panel, places: int, steps: int, rng: np.random.Generator) -> np.ndarray:
    """Places to read: random ones, or runs of neighbours in the file where single ones would read it whole."""
    wide = panel.values.shape[1]
    along = _along(panel, places) if panel.curves is not None else np.inf
    if min(along, _across(panel, steps, places)) <= MOST_TOUCHED:
        return _some(wide, places, rng)
    runs = max(1, min(MOST_TOUCHED // (steps * _PAGE), -(-places // _RUN)))
    run = min(_RUN, places)
    starts = np.linspace(0, wide - run, runs).astype(np.int64)
    return np.unique((starts[:, None] + np.arange(run)).ravel())[:places]


def _across(panel: Panel, steps: int, places: int) -> int:
    """Bytes of the time-major file that single places at so many steps touch."""
    return int(steps * min(panel.values.shape[1] * panel.values.shape[2] * panel.values.itemsize, places * _PAGE))


def _along(panel: Panel, places: int) -> int:
    """Bytes of the place-major file that the curves of so many places touch."""
    return int(places * max(_PAGE, len(panel.time) * panel.values.itemsize))
