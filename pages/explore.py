"""Explore: the map beside the curves; a click on a place shows its series."""

import pandas as pd
import streamlit as st

from stcore import words
from stcore.data.profile import week_profile
from stcore.data.schema import readable
from stcore.plots import bars, curves, figure, gaps
from stcore.plots.scale import sequential, tidy
from stcore.ui import findings, frame, opening, parts, periods, pickers
from stcore.ui.opened import Opened, opened, value_map


def map_panel(data: Opened, feature: str, place: str, period: pd.DatetimeIndex) -> tuple[pd.Timestamp, str | None]:
    """The map of one instant with its slider; the instant and the place that was clicked."""
    meaning = data.meaning(feature)
    legend = parts.legend(data.scale(feature), data.unit(feature))
    with parts.panel(
        f"{words.sentence(readable(feature))} by {data.place}",
        f"{data.quantity(feature)}. {meaning}",
        legend,
        key="map",
    ):
        above = st.container()
        at = periods.instant(data, feature, period)
        with above:
            clicked = value_map(
                data, feature, data.values(feature, data.panel.time.get_loc(at)), place, words.moment(at)
            )
    return at, clicked


def curve_panel(data: Opened, feature: str, place: str, period: pd.DatetimeIndex, at: pd.Timestamp) -> None:
    """The series of one place, its gaps and its usual week."""
    theme, unit = parts.theme(), data.unit(feature)
    time, values = data.series(feature, place, period[0])
    name = words.place_name(data.panel.locations, place)
    with parts.panel(f"{words.sentence(data.place)} {name}", data.quantity(feature), key="curve"):
        drawn = curves.series(time, values, theme, unit, height=250)
        if data.has_map:
            figure.vertical(drawn, figure.wall(at), "map", theme)
        parts.chart(drawn, "curve", periods.in_words(data, feature, place, values))
        everything, whole = data.series(feature, place)
        usual = week_profile(everything, whole)
        if usual is not None:
            scale = tidy(sequential(usual, theme, data.panel.schema[feature].attention))
            parts.heading("The usual week", "Mean by weekday and hour", parts.legend(scale, unit))
            parts.chart(bars.week(usual, scale, theme, unit, height=190), "week", f"Mean of {name} by weekday and hour")


def gaps_panel(data: Opened, feature: str) -> None:
    """Which readings are there, for all places and the whole span."""
    panel = data.panel
    key = parts.join([parts.key("some", "some missing"), parts.key("none", "none")])
    with parts.panel(
        "Readings present", f"One row a {data.place}, the whole span. What is complete stays quiet.", key, key="gaps"
    ):
        there = panel.mask[:, :, panel.features.index(feature)]
        parts.chart(
            gaps.gaps(there, panel.time, list(panel.locations.index), parts.theme()), "gaps", findings.presence(there)
        )


row = pickers.dataset("Explore")
data = opened(row)
buttons = frame.header("Explore", row.name, data.facts)
if buttons.button("Forecast this", type="primary", key="forecast"):
    opening.forecast(row.id)
saying = st.container()

with parts.row():
    feature = periods.value(data)
    place_box = st.container(width="content")
    period = periods.period(data)

place = pickers.current_place(data.panel.locations, data.first_place)
left, right = st.columns([1.18, 1], gap="small") if data.has_map else (None, st.container())
at, clicked = period[-1], None
if left is not None:
    with left:
        at, clicked = map_panel(data, feature, place, period)
with place_box:
    place = pickers.place(data.panel.locations, clicked, place, words.sentence(data.place))
with right:
    curve_panel(data, feature, place, period, at)
gaps_panel(data, feature)
with saying:
    periods.verdict(data, feature)
