"""Load: what the file holds, what its columns mean, what was found; then a first forecast."""

import streamlit as st

from stcore import words
from stcore.plots import curves, gaps
from stcore.ui import columns, findings, frame, opening, parts, pickers, state
from stcore.ui.opened import Opened, opened, value_map


def first_look(data: Opened, feature: str, place: str) -> str | None:
    """The map of means, the readings present, and one place's last days; id of the place that was clicked."""
    theme, panel = parts.theme(), data.panel
    clicked = None
    left, right = st.columns([1, 1.25], gap="small") if data.has_map else (None, st.container())
    if left is not None:
        legend = parts.legend(data.scale(feature), data.unit(feature))
        with left, parts.panel(f"Mean by {data.place}", data.quantity(feature), legend, key="map"):
            clicked = value_map(data, feature, data.means(feature), place, "mean of all readings")
    with right:
        key = parts.join([parts.key("some", "some missing"), parts.key("none", "none")])
        with parts.panel("Readings present", f"One row a {data.place}. What is complete stays quiet.", key, key="gaps"):
            there = panel.mask[:, :, panel.features.index(feature)]
            parts.chart(
                gaps.gaps(there, panel.time, list(panel.locations.index), theme), "gaps", findings.presence(there)
            )
            time, values = data.series(feature, place, data.first_day)
            parts.heading(
                f"{words.sentence(data.place)} {words.place_name(panel.locations, place)}", data.quantity(feature)
            )
            parts.chart(
                curves.series(time, values, theme, data.unit(feature)), f"curve-{feature}",
                f"{data.quantity(feature)} of {words.short(place)} from {words.day(time[0])} to {words.day(time[-1])}",
            )  # fmt: skip
    return clicked


def meanings_and_findings(data: Opened) -> bool:
    """The columns with their meanings, the findings; whether zeros are to be taken as missing."""
    left, right = st.columns([1, 1.25], gap="small")
    with (
        left,
        parts.panel("What the columns mean", "Found from names and values. Change what is wrong.", key="columns"),
    ):
        roles = columns.chooser(data.report, key=f"meaning-{data.row.id}")
        if roles is not None:
            opening.read_again(data.row, roles)
    with right, parts.panel(findings.title(data.report), findings.intro(data.report), key="findings"):
        findings.show(data.report)
        zeros = findings.has(data.report, "zeros") and st.checkbox("Treat zeros as missing", key=f"zeros-{data.row.id}")
        parts.text(findings.summary(data.report), small=True)
    return zeros


def refused(token: str) -> None:
    """A file that could not be read: why, what to do, and the columns where choosing them helps."""
    source = opening.source_of(token)
    frame.header("Load", facts=f"{words.short(source.name, 60)}, {words.size(source.stat().st_size)}")
    problem = opening.problem(token)
    parts.error(problem.message, problem.hint, heading="This file cannot be read yet")
    if st.button("Drop another file", key="another"):
        state.forget("upload")
        state.go("home")
    report = opening.look(token)
    if report is not None:
        with parts.panel(
            "What the columns mean", "Say which column is the time and which are the values.", key="columns"
        ):
            roles = columns.chooser(report, key=f"meaning-{token}")
            if roles is not None and st.button("Read with these", type="primary", key="read"):
                opening.read_kept(token, roles)


def loaded() -> None:
    """A saved data set."""
    row = pickers.dataset("Load")
    data = opened(row)
    buttons = frame.header("Load", facts=findings.facts(data))
    findings.verdict(data)
    feature = data.panel.features[0]
    place = pickers.current_place(data.panel.locations, data.first_place)
    clicked = first_look(data, feature, place)
    zeros = meanings_and_findings(data)
    if buttons.button("Save only", key="save"):
        state.go("explore")
    if buttons.button("Forecast this", type="primary", key="forecast"):
        opening.forecast(row.id, zeros)
    if clicked is not None and clicked != place:
        state.choose("place", clicked)
        st.rerun()


waiting = state.chosen("upload")
if waiting is not None and state.chosen("dataset") is None:
    refused(waiting)
else:
    loaded()
