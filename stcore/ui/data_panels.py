"""The panels that Load and Explore share: a value on the map, the readings present, the title of a place's curve."""

from __future__ import annotations

import numpy as np
import streamlit as st

from stcore import words
from stcore.data import steps
from stcore.plots import gaps
from stcore.ui import cached, parts, pickers, state
from stcore.ui.opened import Opened


def value_map(of: Opened, feature: str, values: np.ndarray, place: str, when: str, height: int = 490) -> str | None:
    """The map of one value at all places; id of the place that was clicked.

    Args:
        of: the data set.
        feature: the value.
        values: [location].
        place: the chosen place.
        when: for the description: “at 17:00”, “mean of all readings”.
        height: pixels.
    """
    under = cached.place_ground(of.row.id, of.row.digest, state.owner())
    alt = f"{of.quantity(feature)}, {when}: {extremes(of, values)}"
    scale, unit = of.scale(feature), of.unit(feature)
    return parts.place_map(under, values, scale, place, unit, key=f"map-{of.row.id}", alt=alt, height=height)


def extremes(of: Opened, values: np.ndarray) -> str:
    """Where a value is lowest and highest, in words, for those who do not see the map."""
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
    if len(of.panel.locations) == 1:
        parts.heading(of.quantity(feature))
        return place
    with st.container(horizontal=True, vertical_alignment="bottom", horizontal_alignment="distribute"):
        name = words.place_name(of.panel.locations, place)
        parts.heading(words.sentence(f"{of.place} {name}"), of.quantity(feature))
        return pickers.place(of.panel.locations, clicked, place, words.sentence(of.place))


def presence(of: Opened, feature: str) -> bool:
    """The readings present, one row a place over the whole span. False: none is missing, no chart is drawn."""
    missing = 1 - cached.presence(of.row.id, of.row.digest, feature, state.owner())
    steps_, places = len(of.panel.time), len(of.panel.locations)
    if not missing.any():
        parts.heading("Readings present", f"All {steps_ * places:,} are there.")
        return False
    key = parts.join([parts.key("some", "some missing"), parts.key("none", "none")])
    parts.heading("Readings present", f"{_grain(of, *missing.shape)} What is complete stays quiet.", key)
    ids = list(of.panel.locations.index)
    drawn = gaps.strip(missing, of.panel.time, ids, parts.theme(), height=166 if len(missing) > 12 else 132)
    parts.chart(
        drawn, "gaps", f"{words.percent(1 - float(missing.mean()))} of the readings are there{gaps.worst(missing, ids)}"
    )
    return True


def _grain(of: Opened, rows: int, columns: int) -> str:
    """“One row a sensor, one column six hours.”"""
    steps_, places = len(of.panel.time), len(of.panel.locations)
    row = f"One row {'a' if places <= rows else f'some {round(places / rows):,}'} {of.place if places <= rows else of.places}"
    return f"{row}, one column {steps.describe_span(max(1, round(steps_ / columns)), of.panel.step)}."
