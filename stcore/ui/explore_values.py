"""The values view of Explore: the spread of all readings, and of each place."""

from __future__ import annotations

import numpy as np
import streamlit as st
from streamlit.delta_generator import DeltaGenerator

from stcore import words
from stcore.data.explore.distribution import Distribution
from stcore.plots import spread
from stcore.ui import explored, parts, pickers
from stcore.ui.opened import Opened

MOST_ROWS = 16


def view(data: Opened, feature: str, picks: DeltaGenerator, saying: DeltaGenerator) -> None:
    """Histogram of all readings with one place in it, and a row a place."""
    found, levels, columns, said = explored.spread(data, feature)
    if found is None:
        with saying:
            parts.verdict(f"{data.named(feature)} has no reading.", small=said)
        return
    with saying:
        _verdict(data, feature, found, said)
    place = pickers.current_place(data.panel.locations, data.first_place)
    several = len(data.panel.locations) > 1
    left, right = st.columns([1.18, 1], gap="small") if several else (st.container(), None)
    with left:
        place = _histogram_panel(data, feature, found, place)
    if right is not None:
        with right:
            _places_panel(data, feature, (levels, columns), place)


def _verdict(data: Opened, feature: str, found: Distribution, said: str) -> None:
    name, unit = data.named(feature), data.unit(feature)
    missing = f" {words.percent(found.missing)} of them have no reading." if found.missing > 0 else " None is missing."
    low, middle, high = (float(found.levels[level]) for level in (0, 2, 4))
    if found.without_zeros:
        parts.verdict(
            f"{name} is 0 in ", parts.strong(words.percent(found.zeros)), " of the readings; one in twenty is above ",
            parts.strong(words.measure(high, unit)), ".", small=said + missing,
        )  # fmt: skip
        return
    parts.verdict(
        f"Nine in ten readings of {name[:1].lower()}{name[1:]} lie between ",
        parts.strong(f"{words.number(low)} and {words.measure(high, unit)}"), "; the middle one is ",
        parts.strong(words.measure(middle, unit)), ".", small=said + missing,
    )  # fmt: skip


def _histogram_panel(data: Opened, feature: str, found: Distribution, place: str) -> str:
    """Histogram, with the list of places in its title row; the place."""
    unit, own = data.unit(feature), None
    with parts.panel("", key="histogram"):
        line = f"{data.quantity(feature)}. Share of the readings."
        if len(data.panel.locations) > 1:
            with parts.titled():
                every = parts.dot(parts.theme().baseline, f"all {data.places}")
                keys = parts.join([every, parts.key("observed", words.short(place))])
                parts.heading("How the values spread", line, keys)
                place = pickers.place(data.panel.locations, None, place, words.sentence(data.place))
            own, _ = explored.series(data, feature, place)
        else:
            parts.heading("How the values spread", line)
        drawn = spread.histogram(found, parts.theme(), unit, own, words.short(place), height=460)
        low, high = float(found.levels[0]), float(found.levels[4])
        alt = f"{data.quantity(feature)}: nine in ten readings {words.between(low, high, unit)}"
        parts.chart(drawn, "histogram", alt)
        left_out = f"Zeros ({words.percent(found.zeros)}) are not drawn." if found.without_zeros else ""
        beyond = f"{words.count(found.outside, 'reading')} beyond the ends." if found.outside else ""
        parts.text(f"{left_out} {beyond}".strip(), small=True)
    return place


def _places_panel(data: Opened, feature: str, looked: tuple[np.ndarray, np.ndarray], place: str) -> None:
    """Levels of up to sixteen places from the lowest to the highest, the chosen one among them."""
    levels, columns = looked
    ids = data.panel.locations.index[columns]
    known = np.flatnonzero(np.isfinite(levels[:, 2]))
    order = known[np.lexsort((levels[known, 4], levels[known, 2]))]
    spaced = np.unique(np.linspace(0, len(order) - 1, min(MOST_ROWS, len(order))).round().astype(int))
    own = np.flatnonzero(ids[order] == place)
    if len(own) and own[0] not in spaced:
        spaced[np.abs(spaced - own[0]).argmin()] = own[0]
    shown = order[spaced]
    names = [words.short(str(ids[row]), 14) for row in shown]
    strong = next((row for row, at in enumerate(shown) if ids[at] == place), -1)
    low, high = (float(levels[order[end], 2]) for end in (0, -1)) if len(order) else (np.nan, np.nan)
    of = (
        ""
        if len(shown) == len(order)
        else f" {len(shown)} of {len(data.panel.locations):,}, from the lowest to the highest."
    )
    with parts.panel(
        f"{words.sentence(data.places)} beside each other",
        f"{data.quantity(feature)}. Dot: middle value, thick: half of the readings, thin: nine in ten.{of}", key="levels",
    ):  # fmt: skip
        drawn = spread.places(levels[shown], names, parts.theme(), data.unit(feature), strong)
        parts.chart(
            drawn, "levels", f"Middle values of the {data.places} from {words.between(low, high, data.unit(feature))}"
        )
