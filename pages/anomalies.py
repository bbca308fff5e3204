"""Anomalies: what was out of line: where on the map, when on the curve, every event in full, and whether to believe it."""

import streamlit as st

from stcore import words
from stcore.ui import (
    anomaly_best,
    anomaly_choices,
    anomaly_curve,
    anomaly_event,
    anomaly_files,
    anomaly_judges,
    anomaly_label_edit,
    anomaly_labels,
    anomaly_map,
    anomaly_measures,
    anomaly_search,
    anomaly_threshold,
    anomaly_trust,
    anomaly_view,
    frame,
    jobs,
    pages,
    parts,
    pickers,
    results,
    state,
)

row = pickers.dataset("Anomalies")
anomaly_search.open_awaited(row)
work = results.current(row.id)
judges = anomaly_judges.offered(row, work)
judge = anomaly_judges.chosen(judges)
if judge is None:
    anomaly_search.begin(row, work)
    st.stop()

word = str(row.about.get("place", "place"))
shown = anomaly_view.View(row, judge, anomaly_threshold.applied(judge), word, anomaly_labels.of(row))
found = shown.found
top = st.container()
wanted, between = anomaly_choices.choose(shown, judges)
table = anomaly_view.events(found, between, wanted)
with top:
    stretch = words.stretch(*between, found.step)
    actions = frame.header(
        "Anomalies", row.name, f"{words.count(len(found.locations), word)}, {stretch}. {judge.facts()}"
    )
    parts.verdict(*anomaly_view.sentence(shown, table), small=anomaly_view.small_print(shown))
    anomaly_labels.problem()
    if work is not None and work.job is not None:
        jobs.card(work.job)
    anomaly_search.card(row)

event = anomaly_choices.opened(table)
number = None if event is None else int(event["event"])
chosen = anomaly_choices.place(found, event)

left, right = st.columns([1, 1.32])
with left, parts.panel("", key="anomalies-map"):
    when, clicked = anomaly_map.draw(shown, table, event, chosen, between)
    anomaly_choices.clicked(found, clicked, chosen, number)
with right, parts.panel("", key="anomalies-curve"):
    anomaly_curve.curve(shown, table, chosen, number, when, between)
    if number is not None:
        anomaly_curve.swim_lanes(shown, table, chosen, number, when, between)

if event is not None:
    with parts.panel(f"{anomaly_view.name(event, shown)}", key="anomalies-event"):
        anomaly_event.facts(shown, event)
        anomaly_labels.verdicts(shown, event)
    left, right = st.columns([1.32, 1])
    with left, parts.panel("", key="anomalies-usual"):
        anomaly_event.beside_usual(shown, event)
        anomaly_event.past(shown, event)
    with right, parts.panel("", key="anomalies-made-of"):
        anomaly_event.made_of(shown, event)

with parts.panel("", key="anomalies-table"):
    with parts.titled():
        parts.heading("Events, most unusual first", words.stretch(*between, found.step))
        anomaly_event.go_to(shown, wanted)
    if event is None:
        parts.text(
            "No event passes the filter here. Move the slider to the right to see smaller ones, or choose another day."
        )
    else:
        rows = anomaly_view.rows(shown, table, anomaly_choices.every(table))
        parts.table(anomaly_view.COLUMNS, rows, list(table["event"]).index(number), "Events, most unusual first")
        anomaly_choices.every_switch(table)

parts.section("Can it be believed?")
left, right = st.columns([1.32, 1])
with (
    left,
    parts.panel(
        "What people said", "Confirmed, rejected and marked spans, kept beside the data", key="anomalies-labels"
    ),
):
    with st.container(horizontal=True, gap="small"):
        anomaly_labels.span(shown, chosen)
        anomaly_label_edit.edit(shown)
        anomaly_labels.exchange(shown)
    anomaly_labels.listed(shown)
    anomaly_label_edit.undo(shown)
    anomaly_measures.draw(shown)
    anomaly_best.draw(shown, judges)
with right:
    anomaly_trust.draw(shown)

with actions:
    anomaly_files.downloads(shown, anomaly_view.events(found, (found.time[0], found.time[-1]), wanted))
    if pages.exists("live") and st.button("Set an alert", type="primary"):
        state.go("live")
