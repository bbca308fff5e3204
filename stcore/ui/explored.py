"""What Explore computed, kept for a while by data set, its content and its owner: pages ask here, never twice for the same.

What comes back is shared by all sessions: look, never write.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
import streamlit as st

from stcore.data.explore import cycles, sample
from stcore.data.explore.components import Components
from stcore.data.explore.distribution import Distribution
from stcore.data.panel import Panel
from stcore.data.space import coordinates
from stcore.errors import DataError
from stcore.ui import state

if TYPE_CHECKING:
    from stcore.data.explore.distance import ByDistance
    from stcore.data.explore.groups import Groups
    from stcore.data.explore.hotspots import HotSpots
    from stcore.data.explore.likeness import Likeness
    from stcore.data.explore.weights import Neighbours
    from stcore.ui.opened import Opened

Key = tuple[str, str, str]
"""Data set, digest of its content, owner."""


@dataclass(frozen=True, eq=False)
class Alike:
    """The mean of a period on the map, and what neighbours have in common.

    Attributes:
        values: [location] mean.
        steps: over how many steps.
        found: likeness of neighbours, or None.
        spots: hot and cold spots.
        said: who is a neighbour.
    """

    values: np.ndarray
    steps: int
    found: Likeness | None
    spots: HotSpots
    said: str


def key(data: Opened) -> Key:
    """What results of a data set are kept under."""
    return data.row.id, data.row.digest, state.owner()


def series(data: Opened, feature: str, place: str) -> tuple[np.ndarray, int]:
    """[time] of one place, or with an empty ``place`` the mean of all (of a sample of them), and over how many places."""
    if place:
        return sample.series(data.panel, feature, place), 1
    return _mean_series(data.panel, feature, key(data))


@st.cache_data(max_entries=24, ttl="2h", show_spinner=False)
def _mean_series(_panel: Panel, feature: str, key: Key) -> tuple[np.ndarray, int]:
    return sample.mean_series(_panel, feature)


def components(data: Opened, feature: str, place: str, cycle: cycles.Cycle) -> Components | DataError:
    """The series taken apart, or why it could not be."""
    values, _ = series(data, feature, place)
    return _components(data.panel, values, (feature, place, cycle), key(data))


@st.cache_data(max_entries=24, ttl="2h", show_spinner=False)
def _components(
    _panel: Panel, _values: np.ndarray, which: tuple[str, str, cycles.Cycle], key: Key
) -> Components | DataError:
    from stcore.data.explore import components as apart

    try:
        return apart.components(_panel.time, _values, which[2])
    except DataError as error:
        return error


def spread(data: Opened, feature: str) -> tuple[Distribution | None, np.ndarray, np.ndarray, str]:
    """Distribution of all readings, levels [place, 5] and positions of the places looked at, and what was looked at."""
    return _spread(data.panel, feature, data.places, key(data))


@st.cache_data(max_entries=24, ttl="2h", show_spinner=False)
def _spread(
    _panel: Panel, feature: str, places: str, key: Key
) -> tuple[Distribution | None, np.ndarray, np.ndarray, str]:
    from stcore.data.explore import distribution as spreads

    found = sample.overview(_panel, feature)
    return spreads.distribution(found.values), spreads.place_levels(found.values), found.columns, found.said(places)


def by_distance(data: Opened, feature: str, usual: bool) -> tuple[ByDistance | None, str]:
    """Correlation of pairs against distance, with or without each place's ``usual`` course; and what was looked at."""
    return _by_distance(data.panel, feature, usual, data.places, key(data))


@st.cache_data(max_entries=24, ttl="2h", show_spinner=False)
def _by_distance(_panel: Panel, feature: str, usual: bool, places: str, key: Key) -> tuple[ByDistance | None, str]:
    from stcore.data.explore import distance

    lonlat = coordinates(_panel.locations)
    if lonlat is None:
        return None, ""
    columns = distance.spread_places(lonlat)
    steps = sample.draw(_panel, feature, 2000, 1)
    rows = _panel.time.get_indexer(steps.time)
    values = sample.read(_panel, feature, rows, columns)
    cycle = taken_out(_panel)
    if not usual and cycle is not None:
        values = cycles.without(values, steps.time, cycle)
    said = sample.Sample(values, steps.time, columns, len(_panel.time), len(lonlat)).said(places)
    return distance.by_distance(values, lonlat[columns]), said


def taken_out(panel: Panel) -> cycles.Cycle | None:
    """The cycle whose usual course may be taken out: the week of hours and minutes, the year of days and months."""
    offered = {cycle.name: cycle for cycle in cycles.offered(panel.time, panel.step) if cycle.seen >= 2}
    order: tuple[cycles.Name, ...] = ("week", "day") if "day" in offered else ("year", "week")
    return next((offered[name] for name in order if name in offered), None)


def alike(data: Opened, feature: str, first: int) -> Alike | None:
    """Likeness of neighbours and hot spots of the mean from row ``first`` on; None where nobody has a neighbour."""
    return _alike(data.panel, feature, first, key(data))


@st.cache_data(max_entries=24, ttl="2h", show_spinner=False)
def _alike(_panel: Panel, feature: str, first: int, key: Key) -> Alike | None:
    from stcore.data.explore import hotspots, likeness

    around = _neighbours(_panel, key)
    if around is None:
        return None
    values, steps = sample.place_means(_panel, feature, first)
    found = likeness.likeness(values, around.matrix)
    return Alike(values, steps, found, hotspots.hot_spots(values, around.matrix), around.said)


@st.cache_resource(max_entries=8, ttl="2h", show_spinner=False)
def _neighbours(_panel: Panel, key: Key) -> Neighbours | None:
    from stcore.data.explore import weights

    return weights.neighbours(_panel)


def groups(data: Opened, feature: str) -> Groups | None:
    """Groups of places with similar series; None where there are too few."""
    return _groups(data.panel, feature, key(data))


@st.cache_data(max_entries=16, ttl="2h", show_spinner=False)
def _groups(_panel: Panel, feature: str, key: Key) -> Groups | None:
    from stcore.data.explore import groups as alike_places

    return alike_places.groups(_panel, feature)
