"""How far each reading lies from its own past, its surroundings and the whole network: three robust measures beside each other.

A drop that a place shares with all is no news about the place; one that it shares with nobody is more likely its sensor's.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np

from stcore.anomaly import linear
from stcore.anomaly.rows import gaps_open
from stcore.anomaly.thresholds import quantile, spread, spread_by_phase
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
        loading: [location] how much a place usually follows the network.
        alone: [time, location] what the network does not account for.
    """

    own: np.ndarray
    network: np.ndarray
    loading: np.ndarray
    alone: np.ndarray


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
    phases, hours = calendar.phases(panel.time), calendar.hour(panel.time)
    own = np.empty(values.shape, np.float32)
    each = max(1, BLOCK_CELLS // max(1, len(values)))
    for start in range(0, values.shape[1], each):
        part = slice(start, start + each)
        profile = linear.profiles(values[rows, part], phases[rows], calendar.count)
        away = values[:, part] - profile[phases]
        scale = spread_by_phase(away[rows], hours[rows], calendar.hours)
        own[:, part] = away / np.where(scale > 0, scale, 1)[hours]
    return beside_the_network(own, rows)


def beside_the_network(own: np.ndarray, rows: slice) -> Evidence:
    """The evidence of deviations [time, location] in units of the usual one; ``rows`` say what is usual."""
    own = np.clip(own, -CLIP, CLIP)
    network = _network(own)
    loading = _loading(own[rows], network[rows])
    alone = own - network[:, None] * loading
    usual = spread(alone[rows])
    alone = np.clip(alone / np.where(usual > 0, usual, 1), -CLIP, CLIP).astype(np.float32)
    return Evidence(own, network, loading, alone)


def _network(own: np.ndarray) -> np.ndarray:
    """Median over the places of each step."""
    known = np.isfinite(own).sum(axis=1)
    middle = quantile(own.T, 0.5)
    return np.where(known >= 3, np.nan_to_num(middle), 0).astype(np.float32)


def _loading(own: np.ndarray, network: np.ndarray) -> np.ndarray:
    """Slope of each place on the network, over readings that are not far out; 0..3."""
    body = np.where(np.abs(own) < 4, own, np.nan)
    known = np.isfinite(body)
    common = network[:, None] * known
    slope = (np.nan_to_num(body) * common).sum(axis=0) / np.maximum((common**2).sum(axis=0), 1e-9)
    return np.clip(slope, 0, 3).astype(np.float32)


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
