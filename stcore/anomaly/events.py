"""From alarms to events: alarms joined in time and in space, with a word for their kind.

- **fault**: one place whose neighbours stay calm; **single**: one that has no neighbours. **local**: several places that are
  neighbours. **regional**: at least a third of all places (and no fewer than four) at the same moment; whatever alarms at
  that moment belongs to it. Where a detection knows how its places moved, ``naming`` has the last word.
- Alarms of one place join when at most ``GAP`` steps lie between them, those of neighbours when they overlap or are
  that close.
"""

from __future__ import annotations

from dataclasses import dataclass, replace

import geopandas as gpd
import numpy as np
import pandas as pd

from stcore.anomaly.naming import named
from stcore.data.graphs import nearest_edges
from stcore.data.space import Space, coordinates
from stcore.records import Detection

COLUMNS = ("event", "start", "end", "kind", "locations", "peak", "where", "steps", "spread", "delays")
GAP = 2
NEIGHBOURS = 4
REGIONAL_SHARE = 1 / 3
REGIONAL_LEAST = 4


def edges_of(space: Space | None, locations: gpd.GeoDataFrame) -> pd.DataFrame | None:
    """Which places are neighbours: the first edge table there is, else the nearest ones on the map, else None."""
    if space is not None and space.edges:
        return next(iter(space.edges.values()))
    lonlat = coordinates(locations)
    return None if lonlat is None else nearest_edges(lonlat, locations.index, NEIGHBOURS)


def with_events(detection: Detection) -> Detection:
    """The same detection with its events found and named."""
    return replace(detection, events=find_events(detection))


def find_events(detection: Detection, gap: int = GAP) -> pd.DataFrame:
    """Events of a detection, most unusual first.

    Args:
        detection: scores with a threshold; its edges say who is a neighbour, without them nearest places on the map.
        gap: quiet steps that do not end an event.

    Returns:
        event (1, 2, ...), start, end (last alarm), kind (fault, local, regional, single), locations (list of ids), peak
        (largest score), where (id of the place of the peak), steps (from start to end, both counted), spread (ids in the order
        in which their alarms began) and delays (steps after the start at which they did).
    """
    alarms = detection.alarms
    runs = _runs(alarms, gap)
    if not len(runs.start):
        return empty_events(detection.time)
    regional = _regional(alarms, gap)
    edges = detection.edges if detection.edges is not None else edges_of(None, detection.locations)
    pairs = _neighbours(detection, edges)
    labels = _connect(runs, regional, pairs, gap)
    table = _table(detection, runs, labels, _peaks(detection.heights, alarms, runs, labels), pairs)
    return table if detection.alone is None else named(replace(detection, events=table), edges)


def empty_events(time: pd.DatetimeIndex) -> pd.DataFrame:
    """A table of no events, with its columns and types."""
    text = pd.Series([], dtype=object)
    whole = pd.Series([], dtype=np.int64)
    moments = pd.Series(time[:0])
    return pd.DataFrame(
        {"event": whole, "start": moments, "end": moments, "kind": text, "locations": text,
         "peak": pd.Series([], dtype=np.float32), "where": text, "steps": whole, "spread": text, "delays": text}
    )  # fmt: skip


@dataclass(frozen=True, eq=False)
class _Runs:
    """Stretches of alarms: place, first and last row of each; sorted by place, then by start."""

    place: np.ndarray
    start: np.ndarray
    end: np.ndarray


def _runs(alarms: np.ndarray, gap: int) -> _Runs:
    """Stretches of True a column of [time, place], bridging at most ``gap`` rows of False."""
    place, row = np.nonzero(alarms.T)
    if not len(row):
        return _Runs(row, row, row)
    new = np.ones(len(row), dtype=bool)
    new[1:] = (np.diff(place) > 0) | (np.diff(row) > gap + 1)
    first = np.flatnonzero(new)
    last = np.append(first[1:], len(row)) - 1
    return _Runs(place[first], row[first], row[last])


def _regional(alarms: np.ndarray, gap: int) -> _Runs:
    """Stretches of rows on which so many places alarm that it is about all of them."""
    least = max(REGIONAL_LEAST, int(np.ceil(REGIONAL_SHARE * alarms.shape[1])))
    return _runs((alarms.sum(axis=1) >= least)[:, None], gap)


def _neighbours(detection: Detection, table: pd.DataFrame | None) -> np.ndarray:
    """Pairs of neighbouring places, each once a direction: int [pair, 2]."""
    if table is None or not len(table):
        return np.empty((0, 2), np.int64)
    ids = detection.locations.index
    pairs = np.column_stack([ids.get_indexer(table["from"]), ids.get_indexer(table["to"])])
    pairs = pairs[(pairs >= 0).all(axis=1)]
    return np.unique(np.concatenate([pairs, pairs[:, ::-1]]), axis=0)


def _connect(runs: _Runs, regional: _Runs, pairs: np.ndarray, gap: int) -> np.ndarray:
    """Event number of each run, then of each regional stretch: connected components of what touches."""
    from scipy.sparse import coo_array
    from scipy.sparse.csgraph import connected_components

    count, total = len(runs.start), len(runs.start) + len(regional.start)
    near_a, near_b = _touching_neighbours(runs, pairs, gap)
    wide_a, wide_b = _overlaps(runs, regional, np.zeros(count, np.int64), 0)
    a, b = np.concatenate([near_a, wide_a]), np.concatenate([near_b, wide_b + count])
    graph = coo_array((np.ones(len(a), dtype=bool), (a, b)), shape=(total, total))
    return np.asarray(connected_components(graph, directed=False)[1])


def _touching_neighbours(runs: _Runs, pairs: np.ndarray, gap: int) -> tuple[np.ndarray, np.ndarray]:
    """Pairs of runs at neighbouring places that overlap in time."""
    places = int(runs.place.max()) + 1
    pairs = pairs[(pairs < places).all(axis=1)]
    begin = np.searchsorted(runs.place, np.arange(places + 1))
    amount = np.diff(begin)[pairs[:, 0]]
    run = _ranges(begin[pairs[:, 0]], amount)
    other = np.repeat(pairs[:, 1], amount)
    asking = _Runs(runs.place[run], runs.start[run], runs.end[run])
    position, found = _overlaps(asking, runs, other, gap)
    return run[position], found


def _overlaps(asking: _Runs, runs: _Runs, place: np.ndarray, gap: int) -> tuple[np.ndarray, np.ndarray]:
    """For each asking run, the runs at ``place`` that overlap it or come within ``gap`` rows: positions in both."""
    long = int(max(asking.end.max(initial=0), runs.end.max(initial=0))) + 2 * gap + 4
    starts, ends = runs.place * long + runs.start, runs.place * long + runs.end
    low = np.searchsorted(ends, place * long + np.maximum(asking.start - gap - 1, 0), side="left")
    high = np.searchsorted(starts, place * long + asking.end + gap + 1, side="right")
    amount = np.maximum(high - low, 0)
    return np.repeat(np.arange(len(place)), amount), _ranges(low, amount)


def _ranges(start: np.ndarray, amount: np.ndarray) -> np.ndarray:
    """start[0], start[0] + 1, ... (amount[0] of them), start[1], ..."""
    offset = np.repeat(np.cumsum(amount) - amount, amount)
    return np.repeat(start, amount) + np.arange(len(offset)) - offset


def _peaks(scores: np.ndarray, alarms: np.ndarray, runs: _Runs, labels: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Largest score of each event, and the place where it stands; every event holds at least one run."""
    place, row = np.nonzero(alarms.T)
    keys = runs.place * (alarms.shape[0] + 1) + runs.start
    run = np.searchsorted(keys, place * (alarms.shape[0] + 1) + row, side="right") - 1
    event, height = labels[run], scores[row, place]
    order = np.lexsort((-height, event))
    first = np.unique(event[order], return_index=True)[1]
    return height[order][first], place[order][first]


def _table(
    detection: Detection, runs: _Runs, labels: np.ndarray, peaks: tuple[np.ndarray, np.ndarray], pairs: np.ndarray
) -> pd.DataFrame:
    """One row an event, the highest peak first."""
    event, time, count = labels[: len(runs.start)], detection.time, len(peaks[0])
    start, end = np.full(count, len(time)), np.zeros(count, np.int64)
    np.minimum.at(start, event, runs.start)
    np.maximum.at(end, event, runs.end)
    ids = detection.locations.index.to_numpy()
    members, joins = _joins(runs, event, count)
    social = np.isin(np.arange(len(ids)), pairs)
    kind = np.array(
        ["local" if len(each) > 1 else "fault" if social[each[0]] else "single" for each in members], dtype=object
    )
    kind[np.unique(labels[len(runs.start) :])] = "regional"
    order = np.lexsort((start, -peaks[0]))
    turns = [np.argsort(each, kind="stable") for each in joins]
    return pd.DataFrame(
        {
            "event": np.arange(1, count + 1), "start": time[start[order]], "end": time[end[order]],
            "kind": kind[order], "locations": [ids[members[at]].tolist() for at in order],
            "peak": peaks[0][order], "where": ids[peaks[1][order]],
            "steps": (end - start + 1)[order],
            "spread": [ids[members[at][turns[at]]].tolist() for at in order],
            "delays": [(joins[at][turns[at]] - start[at]).tolist() for at in order],
        }
    )  # fmt: skip


def _joins(runs: _Runs, event: np.ndarray, count: int) -> tuple[list[np.ndarray], list[np.ndarray]]:
    """Places of each event by position, and the row at which the first alarm of each began."""
    order = np.lexsort((runs.start, runs.place, event))
    place, owner, begin = runs.place[order], event[order], runs.start[order]
    first = np.append(True, (np.diff(place) != 0) | (np.diff(owner) != 0))
    cuts = np.searchsorted(owner[first], np.arange(1, count))
    return np.split(place[first], cuts), np.split(begin[first], cuts)
