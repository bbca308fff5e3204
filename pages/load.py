"""Load: what the file holds, what its columns mean, what was found; then a first forecast."""

import streamlit as st

from stcore import words
from stcore.operations import uploads
from stcore.plots import curves
from stcore.ui import (
    columns,
    data_panels,
    findings,
    frame,
    guard,
    opening,
    parts,
    pickers,
    reading,
    second_files,
    state,
)
from stcore.ui.opened import Opened, opened


def first_look(data: Opened, feature: str, place: str) -> None:
    """The map of means, the readings present, and one place's last days."""
    clicked = None
    left, right = st.columns([1, 1.1], gap="small") if data.has_map else (None, st.container())
    if left is not None:
        legend = parts.legend(data.scale(feature), data.unit(feature))
        with left, parts.panel(f"Mean by {data.place}", data.quantity(feature), legend, key="map"):
            clicked = data_panels.value_map(data, feature, data.means(feature), place, "mean of all readings", 430)
    with right, parts.panel("", key="first"):
        gaps = data_panels.presence(data, feature)
        data_panels.place_title(data, feature, place, clicked)
        time, values = data.series(feature, place, data.first_day)
        drawn = curves.series(time, values, parts.theme(), data.unit(feature), height=220 if gaps else 350)
        parts.chart(drawn, f"curve-{feature}", data.in_words(feature, place, time, values))


def meanings(data: Opened) -> None:
    """The columns with their meanings; a change that fits together reads the file anew."""
    with parts.panel("What the columns mean", "Found from names and values. Change what is wrong.", key="columns"):
        chosen = columns.chooser(data.report, key=f"meaning-{data.row.id}")
        if chosen.changed and chosen.conflict:
            parts.text(chosen.conflict)
        elif chosen.changed:
            with guard.shown():
                opening.read_again(data.row, chosen.roles)


def what_was_found(data: Opened) -> None:
    """The findings, each with a tick box where a setting mends it."""
    with parts.panel(findings.title(data.report), findings.intro(data.report), key="findings"):
        findings.show(data)
        parts.text(findings.summary(data.report), small=True)


def refused(token: str) -> None:
    """A file that could not be read: why, what to do, and the columns where choosing them helps."""
    problem = reading.watch(token) or opening.problem(token)
    source = uploads.source_of(token)
    frame.header("Load", facts=f"{words.short(source.name, 60)}, {words.size(source.stat().st_size)}")
    parts.error(problem.message, problem.hint, heading="This file cannot be read yet")
    report = opening.look(token)
    left, _ = st.columns([1, 1])
    with left:
        if report is not None:
            with parts.panel(
                "What the columns mean", "Say which column is the time and which are the values.", key="columns"
            ):
                chosen = columns.chooser(report, key=f"meaning-{token}")
                parts.text(chosen.conflict, small=True)
                if st.button("Read with these", type="primary", key="read", disabled=bool(chosen.conflict)):
                    opening.read_kept(token, chosen.roles)
        if st.button("Drop another file", key="another"):
            state.forget("upload")
            state.go("home")


def loaded() -> None:
    """A saved data set."""
    reading.watch_again(state.chosen("dataset"))
    row = pickers.dataset("Load")
    data = opened(row)
    buttons = frame.header("Load", row.name, findings.facts(data))
    findings.verdict(data)
    feature = data.panel.features[0]
    place = pickers.current_place(data.panel.locations, data.first_place)
    first_look(data, feature, place)
    left, right = st.columns([1, 1.1], gap="small")
    with left:
        meanings(data)
        second_files.show(data)
    with right:
        what_was_found(data)
    if buttons.button("Save only", key="save"):
        state.go("explore")
    if buttons.button("Forecast this", type="primary", key="forecast"):
        opening.forecast(row.id)


waiting = state.chosen("upload")
if waiting is not None and state.chosen("dataset") is None:
    refused(waiting)
else:
    loaded()
