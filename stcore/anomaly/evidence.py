"""How far each reading lies from its own past, its surroundings and the whole network: three robust measures beside each other.

A drop that a place shares with all is no news about the place; one that it shares with nobody is more likely its sensor's.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
import pandas as pd

from stcore.anomaly import linear
from stcore.anomaly.naming import SHARE
from stcore.anomaly.rows import gaps_open
from stcore.anomaly.thresholds import spread, spread_by_phase
from stcore.data.panel import Panel

#: A deviation counts up to this many usual ones, so that one absurd reading does not stand for a whole neighbourhood.
CLIP = 30.0
BLOCK_CELLS = 5_000_000


@dataclass(frozen=True, eq=False)
class Evidence:
    """Deviations in units of the usual one, with their sign; NaN where nothing was observed.

    Attributes:
        own: [time, location] from the place's usual value at this hour.
        network: [time] middle of ``own`` over all places; 0 where fewer than three are known.
        alone: [time, location] what the network does not account for.
    """

    own: np.ndarray
    network: np.ndarray
    alone: np.ndarray


@dataclass(frozen=True, eq=False)
class Norm:
    """What is usual of one value at every place.

    Attributes:
        profile: [phase, location] usual value.
        scale: [hour, location] usual deviation from it.
        loading: [location] how much of the network's deviation a place usually has, 0..3.
        unit: [location] usual size of what is left, in units of ``scale``.
    """

    profile: np.ndarray
    scale: np.ndarray
    loading: np.ndarray
    unit: np.ndarray

    @classmethod
    def of(cls, values: np.ndarray, time: pd.DatetimeIndex, calendar: linear.Calendar) -> Norm:
        """Learnt from values [time, location], NaN = not observed; in blocks of places."""
        phases, hours = calendar.phases(time), calendar.hour(time)
        parts = []
        for part in _blocks(values):
            profile = linear.profiles(values[:, part], phases, calendar.count)
            parts.append((profile, spread_by_phase(values[:, part] - profile[phases], hours, calendar.hours)))
        profile, scale = (np.concatenate(each, axis=1) for each in zip(*parts, strict=True))
        whole = np.ones(values.shape[1], np.float32)
        plain = cls(profile.astype(np.float32), np.where(scale > 0, scale, 1).astype(np.float32), whole, whole)
        loading, unit = follow(plain.deviations(values, time, calendar))
        return cls(plain.profile, plain.scale, loading, unit)

    def deviations(self, values: np.ndarray, time: pd.DatetimeIndex, calendar: linear.Calendar) -> np.ndarray:
        """``Evidence.own`` of values [time, location]."""
        phases, hours = calendar.phases(time), calendar.hour(time)
        own = np.empty(values.shape, np.float32)
        for part in _blocks(values):
            own[:, part] = (values[:, part] - self.profile[phases][:, part]) / self.scale[hours][:, part]
        return np.clip(own, -CLIP, CLIP, out=own)

    def evidence(self, values: np.ndarray, time: pd.DatetimeIndex, calendar: linear.Calendar) -> Evidence:
        """Compare values [time, location] with their own past and the network."""
        return beside_the_network(self.deviations(values, time, calendar), self.loading, self.unit)


def evidence(panel: Panel, feature: int = 0, fit_end: Any = None) -> Evidence:
    """Compare the readings of one feature with their own past and the network.

    Args:
        panel: any number of places; gaps stay gaps, filled or not.
        feature: position of the value.
        fit_end: last time that says what is usual; None: all.
    """
    values = gaps_open(panel).values[:, :, feature]
    rows = slice(*panel.time.slice_indexer(None, fit_end).indices(len(panel.time))[:2])
    calendar = linear.Calendar.of(panel.time[rows], panel.step)
    return Norm.of(values[rows], panel.time[rows], calendar).evidence(values, panel.time, calendar)


def follow(own: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Loading of each place on the network, and the usual size of what is left: float32 [location]; unit 1 where that is zero."""
    own = np.clip(own, -CLIP, CLIP)
    network = network_of(own)
    body = np.where(np.abs(own) < 4, own, np.nan)  # a slope over readings that are not far out
    common = network[:, None] * np.isfinite(body)
    slope = (np.nan_to_num(body) * common).sum(axis=0) / np.maximum((common**2).sum(axis=0), 1e-9)
    loading = np.clip(slope, 0, 3).astype(np.float32)
    unit = spread(own - network[:, None] * loading)
    return loading, np.where(unit > 0, unit, 1).astype(np.float32)


def beside_the_network(own: np.ndarray, loading: np.ndarray, unit: np.ndarray) -> Evidence:
    """The evidence of deviations [time, location] in units of the usual one."""
    own = np.clip(own, -CLIP, CLIP)
    network = network_of(own)
    alone = np.clip((own - network[:, None] * loading) / unit, -CLIP, CLIP)
    return Evidence(own, network, alone.astype(np.float32))


def network_of(own: np.ndarray) -> np.ndarray:
    """Median over the places of each step: float32 [time]; 0 where fewer than three are known."""
    ordered = np.sort(own, axis=1)  # NaN go last
    known = np.isfinite(ordered).sum(axis=1)
    middle = np.stack([np.maximum(known - 1, 0) // 2, known // 2], axis=1)
    middle = np.minimum(middle, max(own.shape[1] - 1, 0))
    return np.where(known >= 3, np.take_along_axis(ordered, middle, axis=1).mean(axis=1), 0).astype(np.float32)


def trailing(values: np.ndarray, width: int) -> np.ndarray:
    """Mean of what is known among the last ``width`` rows [time, series]; NaN where the row itself is not known."""
    if width == 1:
        return values
    known = np.isfinite(values)

    def sums(given: np.ndarray) -> np.ndarray:
        total = np.cumsum(given, axis=0, dtype=np.float64)
        total[width:] -= total[:-width].copy()
        return total

    mean = sums(np.where(known, values, 0)) / np.maximum(sums(known), 1)
    return np.where(known, mean, np.nan).astype(np.float32)


def unchanged(values: np.ndarray, most: int) -> np.ndarray:
    """Steps for which each reading has stayed exactly the same, up to ``most``: [time, location], 0 at a change or a gap."""
    same = np.zeros(values.shape, bool)
    same[1:] = values[1:] == values[:-1]
    rows = np.arange(len(values), dtype=np.int32)[:, None]
    last = np.maximum.accumulate(np.where(same, np.int32(-1), rows), axis=0)
    return np.asarray(np.minimum(rows - last, most).astype(np.float32))


def together(moved: np.ndarray, beside: np.ndarray) -> np.ndarray:
    """How far a place and its two strongest neighbours moved the same way, summed: [time, location], 0 or more.

    None counts more than the place itself, nor more than the second of the two over ``SHARE``: one sensor alone, or a pair, makes
    no neighbourhood, nor do neighbours around a calm place.

    Args:
        moved: [time, location] with sign, NaN = unknown. beside: neighbours of each place, at least two columns, -1 = none.
    """
    known = np.nan_to_num(np.concatenate([moved, np.zeros((len(moved), 1), moved.dtype)], axis=1))
    out = np.empty(moved.shape, np.float32)
    for part in _blocks(moved):
        centre, around = known[:, :-1][:, part], known[:, beside[part]]
        up = _joint(centre, -np.partition(-around, 1, axis=2)[..., :2])
        down = _joint(-centre, -np.partition(around, 1, axis=2)[..., :2])
        out[:, part] = np.maximum(up, down)
    return out


def _joint(centre: np.ndarray, two: np.ndarray) -> np.ndarray:
    """Sum of centre, first and second neighbour, none counting more than the centre or 1 / ``SHARE`` of the second."""
    second = np.maximum(two[..., 1], 0)
    most = np.minimum(np.maximum(centre, 0), second / SHARE)
    return np.asarray(most + np.minimum(two[..., 0], most) + np.minimum(second, most))


def _blocks(values: np.ndarray) -> list[slice]:
    """Slices of places small enough for memory."""
    each = max(1, BLOCK_CELLS // max(1, len(values)))
    return [slice(start, start + each) for start in range(0, values.shape[1], each)]
