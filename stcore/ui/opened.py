"""A saved data set as the data pages use it: its panel, its report, its own words, its map and curves."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np
import pandas as pd
import streamlit as st

from stcore import words
from stcore.data import dataset, steps
from stcore.data.panel import Panel
from stcore.data.profile import last_days, place_means, telling_place
from stcore.data.quality import InspectReport, place_word
from stcore.data.schema import readable
from stcore.operations.store import DatasetRow
from stcore.plots.scale import Scale, reading
from stcore.ui import cached, parts, pickers, state


@dataclass(frozen=True, eq=False)
class Opened:
    """One data set.

    Attributes:
        row: what the list of data sets knows.
        panel: the data; of several runs kept apart the first.
        runs: how many runs are kept apart; 1 for one panel.
        report: what was found when it was read.
        places: the word for several places ("sensors").
    """

    row: DatasetRow
    panel: Panel
    runs: int
    report: InspectReport
    places: str

    @property
    def place(self) -> str:
        """The word for one place ("sensor")."""
        return str(self.row.about.get("place") or words.singular(self.places))

    def unit(self, feature: str) -> str:
        """Unit of a value as shown; empty when unknown."""
        return self.panel.schema[feature].unit or ""

    def quantity(self, feature: str) -> str:
        """A value in words with its unit: “Speed, mph”."""
        unit = self.unit(feature)
        return words.short(words.sentence(readable(feature)), 40) + (f", {unit}" if unit else "")

    @property
    def facts(self) -> str:
        """One line for the header: how many, how often, until when."""
        count = len(self.panel.locations)
        until = words.moment(self.panel.time[-1], self.panel.step, year=True)
        return f"{count:,} {self.places if count > 1 else self.place}, {steps.describe(self.panel.step)}, until {until}"

    def scale(self, feature: str) -> Scale:
        """Colours of a value, fixed over the whole series."""
        return cached.value_scale(self.row.id, self.row.digest, feature, parts.theme().name, state.owner())

    def values(self, feature: str, row: int) -> np.ndarray:
        """[location] one value at one step."""
        return np.asarray(self.panel.values[row, :, self.panel.features.index(feature)])

    def means(self, feature: str) -> np.ndarray:
        """[location] mean of one value over the whole series."""
        return place_means(self.panel.values[:, :, self.panel.features.index(feature)])

    def meaning(self, feature: str) -> str:
        """How to read the colours: “Darker is slower.”"""
        return reading(parts.theme(), feature, self.panel.schema[feature].attention)

    def series(
        self, feature: str, place: str, start: pd.Timestamp | None = None
    ) -> tuple[pd.DatetimeIndex, np.ndarray]:
        """Times and values of one place from ``start`` on."""
        first = 0 if start is None else int(self.panel.time.searchsorted(start))
        column = self.panel.locations.index.get_loc(place)
        return self.panel.time[first:], np.asarray(
            self.panel.values[first:, column, self.panel.features.index(feature)]
        )

    @property
    def first_place(self) -> str:
        """The place worth showing before one is chosen."""
        return _first_place(self.panel, self.row.id, self.row.digest)

    @property
    def first_day(self) -> pd.Timestamp:
        """Where a first curve begins: the last seven days, or 300 steps."""
        return last_days(self.panel)

    @property
    def has_map(self) -> bool:
        """Some place has a position."""
        return "geometry" in self.panel.space.parts or "grid" in self.panel.space.parts


def opened(row: DatasetRow) -> Opened:
    """Open a data set that the store has shown to be the owner's."""
    found = cached.panel(row.id, state.owner())
    panels = found if isinstance(found, Mapping) else {"": found}
    report = _report(row.id, row.digest)
    panel = next(iter(panels.values()))
    return Opened(row, panel, len(panels), report, place_word(panel, report.roles.location))


@st.cache_resource(max_entries=16, show_spinner=False)
def _report(id: str, digest: str) -> InspectReport:
    return dataset.open(id).report


@st.cache_data(max_entries=64, show_spinner=False)
def _first_place(_panel: Panel, id: str, digest: str) -> str:
    return telling_place(_panel)


def value_map(of: Opened, feature: str, values: np.ndarray, place: str, when: str) -> str | None:
    """The map of one value at all places; id of the place that was clicked.

    Args:
        of: the data set.
        feature: the value.
        values: [location].
        place: the chosen place.
        when: for the description: “at 17:00”, “mean of all readings”.
    """
    under = cached.place_ground(of.row.id, of.row.digest, state.owner())
    alt = f"{of.quantity(feature)}, {when}: {_extremes(of, values)}"
    return parts.place_map(
        under, values, of.scale(feature), selected=place, unit=of.unit(feature), key=f"map-{of.row.id}", alt=alt
    )


def _extremes(of: Opened, values: np.ndarray) -> str:
    if not np.isfinite(values).any():
        return "no reading"
    ids = of.panel.locations.index
    low, high = int(np.nanargmin(values)), int(np.nanargmax(values))
    return (
        f"lowest {words.number(float(values[low]))} at {words.short(str(ids[low]))}, "
        f"highest {words.number(float(values[high]))} at {words.short(str(ids[high]))}"
    )


def place_title(of: Opened, feature: str, place: str, clicked: str | None) -> str:
    """Title row of a curve: the place, the quantity, and the picker of another place; the place that is shown."""
    with st.container(horizontal=True, vertical_alignment="bottom", horizontal_alignment="distribute"):
        name = words.place_name(of.panel.locations, place)
        parts.heading(words.sentence(f"{of.place} {name}"), of.quantity(feature))
        return pickers.place(of.panel.locations, clicked, place, words.sentence(of.place))
