"""The panels that Load and Explore share: a value on the map, the readings present, the title of a place's curve."""

from __future__ import annotations

import numpy as np
import streamlit as st

from stcore import words
from stcore.plots import gaps
from stcore.ui import cached, findings, parts, pickers, state
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
    alt = f"{of.quantity(feature)}, {when}: {_extremes(of, values)}"
    scale, unit = of.scale(feature), of.unit(feature)
    return parts.place_map(under, values, scale, place, unit, key=f"map-{of.row.id}", alt=alt, height=height)


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
    if len(of.panel.locations) == 1:
        parts.heading(of.quantity(feature))
        return place
    with st.container(horizontal=True, vertical_alignment="bottom", horizontal_alignment="distribute"):
        name = words.place_name(of.panel.locations, place)
        parts.heading(words.sentence(f"{of.place} {name}"), of.quantity(feature))
        return pickers.place(of.panel.locations, clicked, place, words.sentence(of.place))


def presence(of: Opened, feature: str, line: str) -> bool:
    """The readings present, one row a place; ``line`` says what a row is. False: none is missing, no chart is drawn."""
    there = of.panel.mask[:, :, of.panel.features.index(feature)]
    if there.all():
        parts.heading("Readings present", f"All {there.size:,} are there.")
        return False
    key = parts.join([parts.key("some", "some missing"), parts.key("none", "none")])
    parts.heading("Readings present", line, key)
    drawn = gaps.gaps(there, of.panel.time, list(of.panel.locations.index), parts.theme())
    parts.chart(drawn, "gaps", findings.presence(there))
    return True
