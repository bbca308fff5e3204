"""Explore: the map beside the curves; a click on a place shows its series."""

import pandas as pd
import streamlit as st

from stcore import words
from stcore.data.profile import week_profile
from stcore.data.schema import readable
from stcore.plots import bars, curves, figure
from stcore.plots.scale import sequential, tidy
from stcore.ui import data_panels, frame, opening, parts, periods, pickers
from stcore.ui.opened import Opened, opened


def map_panel(data: Opened, feature: str, place: str, period: pd.DatetimeIndex) -> tuple[pd.Timestamp, str | None]:
    """The map of one instant with its slider; the instant and the place that was clicked."""
    meaning = data.meaning(feature)
    legend = parts.legend(data.scale(feature), data.unit(feature))
    with parts.panel(
        f"{words.sentence(words.short(readable(feature), 40))} by {data.place}",
        f"{data.quantity(feature)}. {meaning}",
        legend,
        key="map",
    ):
        above = st.container()
        at = periods.instant(data, feature, period)
        with above:
            clicked = data_panels.value_map(
                data, feature, data.values(feature, data.panel.time.get_loc(at)), place, words.moment(at)
            )
    return at, clicked


def curve_panel(
    data: Opened, feature: str, place: str, clicked: str | None, period: pd.DatetimeIndex, at: pd.Timestamp
) -> None:
    """The series of one place and its usual week."""
    theme, unit = parts.theme(), data.unit(feature)
    time, values = data.series(feature, place, period[0])
    name = words.short(place)
    with parts.panel("", key="curve"):
        data_panels.place_title(data, feature, place, clicked)
        drawn = curves.series(time, values, theme, unit, height=250)
        if data.has_map:
            figure.vertical(drawn, figure.wall(at), "map", theme)
        parts.chart(drawn, "curve", data.in_words(feature, place, time, values))
        everything, whole = data.series(feature, place)
        usual = week_profile(everything, whole)
        if usual is not None:
            scale = tidy(sequential(usual, theme, data.panel.schema[feature].attention))
            parts.heading("Mean by weekday and hour", data.quantity(feature), parts.legend(scale, unit))
            parts.chart(bars.week(usual, scale, theme, unit, height=190), "week", f"Mean of {name} by weekday and hour")


row = pickers.dataset("Explore")
data = opened(row)
buttons = frame.header("Explore", row.name, data.facts)
if buttons.button("Forecast this", type="primary", key="forecast"):
    opening.forecast(row.id)
saying = st.container()

with parts.row():
    feature = periods.value(data)
    period = periods.period(data)

place = pickers.current_place(data.panel.locations, data.first_place)
left, right = st.columns([1.18, 1], gap="small") if data.has_map else (None, st.container())
at, clicked = period[-1], None
if left is not None:
    with left:
        at, clicked = map_panel(data, feature, place, period)
with right:
    curve_panel(data, feature, place, clicked, period, at)
with parts.panel("", key="gaps"):
    data_panels.presence(data, feature)
with saying:
    periods.verdict(data, feature)
