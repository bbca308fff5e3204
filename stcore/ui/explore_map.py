"""The map view of Explore: one instant on the map with its slider and Play, beside the curves of the places chosen."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

import numpy as np
import pandas as pd
import streamlit as st
from streamlit.delta_generator import DeltaGenerator

from stcore import words
from stcore.data.profile import week_profile
from stcore.plots import alike, bars, binned, curves, figure, maps
from stcore.plots.scale import sequential, tidy
from stcore.ui import cached, data_panels, guard, parts, periods, pickers, state
from stcore.ui.opened import Opened

SECONDS_A_STEP = 0.3
MOST_FRAMES = 240
HEIGHT = 440
_PLAYING = "explore_playing"


def view(data: Opened, feature: str, picks: DeltaGenerator, saying: DeltaGenerator) -> None:
    """Map and curves of one value; the readings present below."""
    with picks:
        period = periods.period(data)
    place = pickers.current_place(data.panel.locations, data.first_place)
    with saying:
        periods.verdict(data, feature)
    if data.has_map:
        left, right = st.columns([1.18, 1], gap="small")
        with left:
            at, clicked = _map_panel(data, feature, place, period)
    else:
        right, at, clicked = st.container(), period[-1], None
    with right:
        _curve_panel(data, feature, (place, clicked), period, at)
    with parts.panel("", key="gaps"):
        data_panels.presence(data, feature)


def compared(data: Opened, place: str) -> dict[str, str]:
    """The places whose curves are drawn, the chosen one first, each with its colour."""
    more = [one for one in state.kept(_slot(data), []) if one != place and one in data.panel.locations.index]
    return alike.curve_colours(parts.theme(), [place, *more])


def _slot(data: Opened) -> str:
    return f"compared-{data.row.id}"


def _map_panel(data: Opened, feature: str, place: str, period: pd.DatetimeIndex) -> tuple[pd.Timestamp, str | None]:
    """The map of one instant; while it plays, a fragment of its own that sends one frame at a time."""
    with parts.panel("", key="map"):
        way = _title(data, feature)
        shown: dict[str, Any] = {}
        if state.kept(_PLAYING):
            st.fragment(guard.watched(_frame), run_every=SECONDS_A_STEP)(data, feature, (place, way), period, shown)
        else:
            _frame(data, feature, (place, way), period, shown)
    return shown["at"], shown["clicked"]


def _title(data: Opened, feature: str) -> maps.Way:
    """Title row of the map with the way it is drawn; the way."""
    offered = maps.ways(cached.place_ground(*_id(data)))
    slot = f"way-{data.row.id}"
    way = state.kept(slot, next(iter(offered)))
    scale, unit = data.scale(feature), data.unit(feature)
    rise = f"Columns rise from {words.measure(binned.base(scale), unit)}."
    line = f"{data.quantity(feature)}. {rise if way == 'columns' else data.meaning(feature)}"
    with parts.titled():
        parts.heading(f"{data.named(feature)} by {data.place}", line, parts.legend(scale, unit))
        return st.selectbox(
            "Drawn as", list(offered), format_func=lambda name: offered[name], key=slot, width=130,
            label_visibility="collapsed",
        )  # fmt: skip


def _id(data: Opened) -> tuple[str, str, str]:
    return data.row.id, data.row.digest, state.owner()


def _frame(
    data: Opened, feature: str, drawn: tuple[str, maps.Way], period: pd.DatetimeIndex, shown: dict[str, Any]
) -> None:
    """One instant of the map above its slider; called again by the fragment it moves on by one frame."""
    options = periods.instants(period)
    slot = periods.instant_slot(data, feature, options)
    if shown and state.kept(_PLAYING):
        _advance(slot, options)
    above, (place, way) = st.container(), drawn
    at = _slider(data, slot, options)
    values = data.values(feature, data.panel.time.get_loc(at))
    rings = {one: colour for one, colour in compared(data, place).items() if one != place}
    choice = maps.Choice(place, data.unit(feature), way, rings)
    deck = maps.drawn_map(cached.place_ground(*_id(data)), values, data.scale(feature), parts.theme(), choice)
    alt = f"{data.quantity(feature)}, {words.moment(at, data.panel.step)}: {data_panels.extremes(data, values)}"
    with above:
        shown["clicked"] = parts.map_(deck, f"map-{data.row.id}", alt, height=HEIGHT)
    shown["at"] = at


def _slider(data: Opened, slot: str, options: list[pd.Timestamp]) -> pd.Timestamp:
    """Time slider with Play before it; the instant. Play is hidden where the viewer asked for less motion (style sheet)."""
    if len(options) < 2:
        return options[-1]
    playing = bool(state.kept(_PLAYING))
    with st.container(horizontal=True, vertical_alignment="bottom", gap="small"):
        pressed = st.button("Stop" if playing else "Play", key="play", on_click=_toggle, args=(slot, options), width=72)
        if pressed and not playing:  # it was stopped inside the fragment: the curves follow
            st.rerun()
        return st.select_slider(
            "Time on the map", options, format_func=lambda time: words.moment(time, data.panel.step), key=slot
        )


def _toggle(slot: str, options: list[pd.Timestamp]) -> None:
    """Play, from the start where it stands at the end; or stop."""
    play = not state.kept(_PLAYING)
    state.keep(_PLAYING, play)
    if play and state.kept(slot) == options[-1]:
        state.keep(slot, options[0])


def _advance(slot: str, options: list[pd.Timestamp]) -> None:
    """One frame on; a long period in at most 240 frames. At the end playing stops."""
    row = options.index(state.kept(slot))
    if row == len(options) - 1:
        state.keep(_PLAYING, False)
        st.rerun()
    state.keep(slot, options[min(row + -(-len(options) // MOST_FRAMES), len(options) - 1)])


def _curve_panel(
    data: Opened, feature: str, chosen: tuple[str, str | None], period: pd.DatetimeIndex, at: pd.Timestamp
) -> None:
    """The series of the chosen place, of those compared with it, and its usual week."""
    theme, unit = parts.theme(), data.unit(feature)
    with parts.panel("", key="curve"):
        place = _curve_title(data, feature, *chosen)
        time, values = data.series(feature, place, period[0])
        usual = week_profile(*data.series(feature, place))
        colours, height = compared(data, place), 250 if usual is not None else 470
        if len(colours) > 1:
            drawn = alike.curves(time, _lines(data, feature, colours, period), colours, theme, unit, height)
        else:
            drawn = curves.series(time, values, theme, unit, height)
        if data.has_map:
            figure.vertical(drawn, figure.wall(at), "map", theme)
        parts.chart(drawn, "curve", data.in_words(feature, place, time, values))
        if usual is not None:
            _week(data, feature, place, usual)


def _curve_title(data: Opened, feature: str, place: str, clicked: str | None) -> str:
    """Title row of the curve: the place, the quantity, the list of places and those to compare; the place."""
    if len(data.panel.locations) == 1:
        return data_panels.place_title(data, feature, place, clicked)
    with parts.titled():
        name = words.place_name(data.panel.locations, place)
        more = len(compared(data, place)) - 1
        beside = f" and {words.in_words(more)} more" if more else ""
        parts.heading(words.sentence(f"{data.place} {name}{beside}"), data.quantity(feature))
        with st.container(horizontal=True, vertical_alignment="bottom", gap="xsmall", width="content"):
            place = pickers.place(data.panel.locations, clicked, place, words.sentence(data.place))
            with st.popover("Compare", key="compare"):
                options = [one for one in data.panel.locations.index[: pickers.MOST_OPTIONS] if one != place]
                st.multiselect(
                    f"{words.sentence(data.places)} to compare with {name}", options, key=_slot(data),
                    max_selections=alike.MOST_CURVES - 1, format_func=pickers.words_of(data.panel.locations),
                    persist_state="session", width=320,
                )  # fmt: skip
    return place


def _lines(data: Opened, feature: str, places: Iterable[str], period: pd.DatetimeIndex) -> dict[str, curves.Line]:
    """The series of several places, each with its name."""
    lines = {}
    for place in places:
        time, values = data.series(feature, place, period[0])
        lines[place] = curves.Line(words.short(place), figure.wall(time), np.asarray(values, dtype=float))
    return lines


def _week(data: Opened, feature: str, place: str, usual: np.ndarray) -> None:
    """The mean by weekday and hour."""
    theme, unit = parts.theme(), data.unit(feature)
    scale = tidy(sequential(usual, theme, data.panel.schema[feature].attention))
    parts.heading("Mean by weekday and hour", data.quantity(feature), parts.legend(scale, unit))
    drawn = bars.week(usual, scale, theme, unit, height=190)
    parts.chart(drawn, "week", f"Mean of {words.short(place)} by weekday and hour")
