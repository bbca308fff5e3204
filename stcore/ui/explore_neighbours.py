"""The neighbours view of Explore: are places alike that lie together, where are the hot spots, how far does likeness reach."""

from __future__ import annotations

import numpy as np
import pandas as pd
import streamlit as st
from streamlit.delta_generator import DeltaGenerator

from stcore import words
from stcore.data.explore.distance import ByDistance
from stcore.plots import alike, maps
from stcore.plots import scale as scales
from stcore.ui import cached, explored, parts, periods, pickers, state
from stcore.ui.explored import Alike
from stcore.ui.opened import Opened

CHANCE = 0.05


def view(data: Opened, feature: str, picks: DeltaGenerator, saying: DeltaGenerator) -> None:
    """Hot and cold spots of the mean of a period on the map, likeness of neighbours, correlation against distance."""
    with picks:
        period = periods.period(data)
    found = explored.alike(data, feature, int(data.panel.time.get_loc(period[0])))
    with saying:
        _verdict(data, feature, found, period)
    if found is not None and found.found is not None:
        left, right = st.columns([1.18, 1], gap="small")
        with left:
            _spots_panel(data, feature, found)
        with right:
            _scatter_panel(data, feature, found)
    _distance_panel(data, feature)


def _verdict(data: Opened, feature: str, found: Alike | None, period: pd.DatetimeIndex) -> None:
    """Whether neighbours are alike, and how many places lie in hot and cold spots."""
    if found is None or found.found is None:
        parts.verdict(
            f"Too few {data.places} with neighbours, or all of one value: likeness of neighbours cannot be told."
        )
        return
    one, spots = found.found, found.spots
    of = f"{found.steps:,} of {len(period):,} steps" if found.steps < len(period) else f"{found.steps:,} steps"
    small = f"Mean of {of}, {words.span(period[0], period[-1])}. {found.said}"
    number = parts.strong(words.fixed(one.value, 2))
    if one.p > CHANCE:
        parts.verdict(
            "Neighbours are not more alike than by chance: ", number, " (Moran’s I, 0 by chance).", small=small
        )
        return
    how = "alike" if one.value > 0 else "unlike"
    low, high = (scales.meaning(feature, end) for end in ("low", "high"))
    parts.verdict(
        f"Neighbours are {how}: ", number, f" (Moran’s I; 0 by chance, 1 the same). {_counted(data, spots.count(1))} in a "
        f"{high} area, {words.in_words(spots.count(-1)).replace('no', 'none')} in a {low} one.", small=small,
    )  # fmt: skip


def _counted(data: Opened, count: int) -> str:
    """“No sensors lie”, “One sensor lies”, “26 sensors lie”."""
    noun, verb = (data.place, "lies") if count == 1 else (data.places, "lie")
    return f"{words.sentence(words.in_words(count))} {noun} {verb}"


def _spots_panel(data: Opened, feature: str, found: Alike) -> None:
    """The map of hot and cold spots."""
    theme, kind = parts.theme(), found.spots.kind
    low, high = (scales.meaning(feature, end) for end in ("low", "high"))
    colours = alike.spot_colours(theme, data.panel.schema[feature].attention)
    classes = [("neither", colours[0]), (f"{high} together", colours[1]), (f"{low} together", colours[-1])]
    keys = parts.join([parts.dot(colour, name) for name, colour in classes])
    label = np.where(np.isfinite(found.values), np.select([kind == 1, kind == -1], [1, 2], 0), -1)
    place = pickers.current_place(data.panel.locations, data.first_place)
    line = f"{data.quantity(feature)}, mean. At most {words.percent(found.spots.share)} of the marked {data.places} are so by chance (Getis-Ord Gi*)."
    with parts.panel(f"Where {high} and {low} {data.places} lie together", line, keys, key="spots"):
        ground = cached.place_ground(data.row.id, data.row.digest, state.owner())
        deck = maps.class_map(ground, label, classes, theme, place)
        alt = f"{found.spots.count(1)} {data.places} lie in a {high} area, {found.spots.count(-1)} in a {low} one"
        clicked = parts.map_(deck, f"spots-{data.row.id}", alt, height=490)
        if clicked is not None and clicked != place:
            state.choose("place", clicked)
            st.rerun()


def _scatter_panel(data: Opened, feature: str, found: Alike) -> None:
    """Each place against its neighbours."""
    one = found.found
    assert one is not None
    known = found.values[one.places]
    around = known.mean() + known.std() * one.around
    chance = "under 1 in 500" if one.p < 0.002 else f"{words.percent(one.p)}"
    line = (
        f"{data.quantity(feature)}: here (across) and the mean of the neighbours (up). By chance so far off: {chance}."
    )
    with parts.panel(f"A {data.place} and its neighbours", line, key="scatter"):
        theme = parts.theme()
        of_kind = alike.spot_colours(theme, data.panel.schema[feature].attention)
        colours = [of_kind[int(kind)] for kind in found.spots.kind[one.places]]
        drawn = alike.neighbours(known, around, colours, one.value, theme, data.unit(feature))
        parts.chart(drawn, "scatter", f"Likeness of neighbours {words.fixed(one.value, 2)} (Moran's I)")


def _distance_panel(data: Opened, feature: str) -> None:
    """Correlation of pairs of places against their distance, with or without the usual course."""
    cycle = explored.taken_out(data.panel)
    with parts.panel("", key="distance"):
        with parts.titled():
            above = st.container(width="content")
            kinds = {"all": "As measured", "rest": f"Without the usual {cycle.name}"} if cycle else {}
            usual = not kinds or pickers.segmented("Likeness of", kinds, key="distance-of") == "all"
        found, said = explored.by_distance(data, feature, usual)
        with above:
            parts.heading(
                "How far likeness reaches", f"Correlation of two {data.places}, 1 = they move together. {_told(found)}"
            )
        if found is not None:
            parts.chart(alike.against_distance(found, parts.theme()), "distance", _told(found))
            parts.text(said, small=True)


def _told(found: ByDistance | None) -> str:
    """The curve in a sentence."""
    if found is None:
        return "Too few pairs with common readings."
    near, far = (
        f"{words.fixed(float(found.middle[end]), 2)} at about {words.number(float(found.km[end]), 2)} km"
        for end in (0, -1)
    )
    half = found.middle < found.middle[0] / 2
    reach = (
        f"; half of it is lost at about {words.number(float(found.km[half.argmax()]), 2)} km"
        if half.any() and found.middle[0] > 0.1
        else ""
    )
    return f"A typical pair: {near}, {far}{reach}."
