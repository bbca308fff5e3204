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
from stcore.ui import cached, parts, state


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

    def named(self, feature: str) -> str:
        """A value in words that begin a sentence: “Speed”; a long name is shortened."""
        return words.short(words.sentence(readable(feature)), 40)

    def quantity(self, feature: str) -> str:
        """A value in words with its unit: “Speed, mph”."""
        unit = self.unit(feature)
        return self.named(feature) + (f", {unit}" if unit else "")

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
        return self.panel.time[first:], self.panel.curve(place, feature, first)

    def in_words(self, feature: str, place: str, time: pd.DatetimeIndex, values: np.ndarray) -> str:
        """A curve in one sentence, for those who do not see it."""
        over = f"{self.quantity(feature)} of {words.short(place)}, {words.span(time[0], time[-1])}"
        if not np.isfinite(values).any():
            return f"{over}: no reading"
        return f"{over}: {words.between(float(np.nanmin(values)), float(np.nanmax(values)), self.unit(feature))}"

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
        return "geometry" in self.panel.space.parts


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
