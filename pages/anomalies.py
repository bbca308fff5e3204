"""Anomalies: what was out of line in the tested part: where on the map, when on the curve, all events of the day."""

import pandas as pd
import streamlit as st

from stcore import words
from stcore.data import steps
from stcore.data.schema import readable
from stcore.plots import curves, instant, lanes, pictures
from stcore.ui import anomaly_view, cached, frame, jobs, opening, parts, pickers, results, state

row = pickers.dataset("Anomalies")
work = results.current(row.id)
model = work.shown() if work is not None else None
if work is None or model is None:
    frame.header("Anomalies", row.name)
    if work is not None and work.job is not None:
        jobs.card(work.job)
    if not (work is not None and work.active) and parts.empty(
        f"Nothing to compare {words.short(row.name, 40)} with yet",
        "Readings are unusual when they are far from their forecast. A first forecast takes about a minute.",
        pictures.empty_anomalies, "Forecast this",
    ):  # fmt: skip
        opening.forecast(row.id)
    st.stop()

theme, owner = parts.theme(), state.owner()
word = str(row.about.get("place", "place"))
learnt = cached.detection(work.run.id, model, owner).threshold
threshold = st.session_state.get("anomalies-threshold")
shown = anomaly_view.view(work, model, threshold, word)
found = shown.found

top = st.container()
with parts.row():
    kinds = pickers.pills("Kind", shown.kinds, "anomalies-kinds")
    choices = anomaly_view.thresholds(learnt)
    st.select_slider(
        "Unusual from (fewer … more events)", choices, learnt if threshold not in choices else threshold, width=330,
        format_func=lambda cut: f"{words.number(cut, 2)} × usual", key="anomalies-threshold",
        help="Errors are compared with the usual error of the same place and hour. The preset was learnt before the tested part.",
    )  # fmt: skip
    day = None
    length = anomaly_view.stretch(found.step)
    if length is not None and found.time[-1] - found.time[0] > length:
        day = st.date_input(
            "Day" if length == pd.Timedelta(days=1) else "Week from", anomaly_view.first_day(found),
            min_value=found.time[0].date(), max_value=found.time[-1].date(), key="anomalies-day", width=180,
        )  # fmt: skip

between = anomaly_view.window(found, day)
table = anomaly_view.events(found, between, kinds)
with top:
    ahead = steps.describe_span(shown.lead, found.step)
    said = words.count(len(found.locations), word)
    actions = frame.header(
        "Anomalies", row.name,
        f"{said}, {words.stretch(*between, found.step)}. "
        f"Compared with the {results.title(model, shown.test.season)} forecast {ahead} ahead.",
    )  # fmt: skip
    parts.verdict(*anomaly_view.sentence(shown, table), small=anomaly_view.small_print(shown))
    if work.job is not None:
        jobs.card(work.job)

numbers = list(table["event"])
opened = st.session_state.get("anomalies-event")
opened = opened if opened in numbers else (numbers[0] if numbers else None)
event = table[table["event"] == opened].iloc[0] if opened is not None else None
when = anomaly_view.instant(shown, event, between)
first = str(event["where"]) if event is not None else found.locations.index[0]
chosen = pickers.current_place(found.locations, first) if st.session_state.get("anomalies-place") == opened else first

left, right = st.columns([1, 1.32])
with left:
    legend = parts.join(parts.key(mark, shown.kinds[kind].lower()) for kind, mark in anomaly_view.MARKS.items())
    with parts.panel(
        f"Where, at {words.moment(when, found.step)}", f"Grey {word}s behave as forecast", legend, key="anomalies-map"
    ):
        marks = anomaly_view.kinds_at(table, when, event)
        ground = cached.place_ground(row.id, row.digest, owner, 490, 480)
        clicked = parts.kind_map(
            ground, marks, chosen, "anomalies-places", f"Map: {words.count(len(marks), word)} out of line"
        )
        if clicked is not None and clicked != chosen and clicked in found.locations.index:
            state.choose("place", clicked)
            st.session_state["anomalies-place"] = opened
            st.rerun()
with right, parts.panel("", key="anomalies-curve"):
    place = found.locations.index.get_loc(chosen)
    position = anomaly_view.main_target(shown, when, place)
    target = shown.test.targets[position]
    unit = shown.test.schema[target].unit
    quantity = words.sentence(readable(target)) + (f", {unit}" if unit else "")
    with st.container(horizontal=True, vertical_alignment="bottom", horizontal_alignment="distribute"):
        parts.heading(
            words.sentence(f"{word} {words.place_name(found.locations, chosen)}"),
            f"{quantity}, with the 90 % band of the forecast {ahead} ahead",
        )
        if numbers:
            names = {
                number: anomaly_view.name(one, shown)
                for number, (_, one) in zip(numbers, table.iterrows(), strict=True)
            }
            pickers.box("anomalies-event", numbers, opened, "Event", lambda number: names.get(number, ""), width=230)
    time, observed, expected = instant.tested_curve(shown.test, shown.lead, place, position, between)
    parts.chart(
        curves.watched(time, observed, expected, anomaly_view.spans(shown, table, chosen, opened), theme, unit or ""),
        key="anomalies-line", alt=f"{quantity} at {words.short(chosen)} against its forecast",
    )  # fmt: skip
    if numbers:
        parts.heading(
            "Events of the day" if day and length == pd.Timedelta(days=1) else "Events", anomaly_view.lanes_note(table)
        )
        figure = lanes.lanes(anomaly_view.bars(shown, table), *between, theme, str(opened), when)
        parts.chart(
            figure,
            "anomalies-lanes",
            f"{words.count(len(table), 'event')} over time",
            on_select=anomaly_view.open_clicked,
        )

with parts.panel("Events, most unusual first", key="anomalies-table"):
    if numbers:
        every = len(table) > anomaly_view.FEW_ROWS and st.session_state.get("anomalies-all", False)
        parts.table(
            anomaly_view.COLUMNS,
            anomaly_view.rows(shown, table, every),
            numbers.index(opened),
            "Events, most unusual first",
        )
        if len(table) > anomaly_view.FEW_ROWS:
            st.toggle(f"Show all {words.count(len(table), 'event')}", key="anomalies-all")
    else:
        parts.text("No event of these kinds here. Move the slider to the right to see smaller ones.")

with actions:
    st.download_button(
        "Download CSV", lambda: anomaly_view.csv(shown, table), "events.csv", "text/csv", on_click="ignore"
    )
