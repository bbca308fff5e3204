"""Anomalies: what was out of line in the tested part: where on the map, when on the curve, all events of the day."""

import streamlit as st

from stcore import words
from stcore.data import steps
from stcore.plots import curves, instant, lanes, pictures
from stcore.ui import anomaly_choices, anomaly_view, cached, first_forecast, frame, jobs, parts, pickers, results, state

row = pickers.dataset("Anomalies")
heading = f"Nothing to compare {words.short(row.name, 40)} with yet"
line = "Readings are unusual when they are far from their forecast. A first forecast takes about a minute."
work, model = first_forecast.or_begin("Anomalies", row, heading, line, pictures.empty_anomalies)

theme, owner = parts.theme(), state.owner()
shown = anomaly_view.view(work, model, anomaly_choices.threshold(), str(row.about.get("place", "place")))
found, word = shown.found, shown.word
top = st.container()
kinds, between = anomaly_choices.choose(shown, cached.detection(work.run.id, model, owner).threshold)
table = anomaly_view.events(found, between, kinds)
ahead = steps.describe_span(shown.lead, found.step)
with top:
    said = f"{words.count(len(found.locations), word)}, {words.stretch(*between, found.step)}."
    against = f"Compared with {results.title(model, shown.test.season)} forecasts {anomaly_view.leads(shown)} ahead."
    actions = frame.header("Anomalies", row.name, f"{said} {against}")
    parts.verdict(*anomaly_view.sentence(shown, table), small=anomaly_view.small_print(shown))
    if work.job is not None:
        jobs.card(work.job)

event = anomaly_choices.opened(table)
number = None if event is None else int(event["event"])
when = anomaly_view.instant(shown, event, between)
chosen = anomaly_choices.place(found, event)
place = found.locations.index.get_loc(chosen)
position = anomaly_view.main_target(shown, when, place)

left, right = st.columns([1, 1.32])
with left:
    legend = parts.join(parts.key(anomaly_view.MARKS[kind], said.lower()) for kind, said in shown.kinds.items())
    heading = f"Where, at {words.moment(when, found.step)}"
    with parts.panel(heading, f"Grey {words.plural(word)} behave as forecast", legend, key="anomalies-map"):
        marks = anomaly_view.kinds_at(table, when, event)
        ground = cached.place_ground(row.id, row.digest, owner, 490, 480)
        alt = f"Map: {words.count(len(marks), word)} out of line"
        anomaly_choices.clicked(found, parts.kind_map(ground, marks, chosen, "anomalies-places", alt), chosen, number)
with right, parts.panel("", key="anomalies-curve"):
    quantity = anomaly_view.quantity(shown, position)
    with parts.titled():
        heading = words.sentence(f"{word} {words.place_name(found.locations, chosen)}")
        parts.heading(heading, f"{quantity}, with the 90 % band of the forecast {ahead} ahead")
        anomaly_choices.event_box(shown, table, number)
    time, observed, expected = instant.tested_curve(shown.test, shown.lead, place, position, between)
    unit = shown.test.schema[shown.test.targets[position]].unit or ""
    figure = curves.watched(time, observed, expected, anomaly_view.spans(shown, table, chosen, number), theme, unit)
    parts.chart(figure, "anomalies-line", f"{quantity} at {words.short(chosen)} against its forecast")
    if event is not None:
        one_day = anomaly_view.one_day(found)
        parts.heading("Events of the day" if one_day else "Events", anomaly_view.lanes_note(table))
        figure = lanes.lanes(anomaly_view.bars(shown, table), *between, theme, str(number), when)
        alt = f"{words.count(len(table), 'event')} over time"
        parts.chart(figure, "anomalies-lanes", alt, on_select=anomaly_choices.bar_clicked)

with parts.panel("Events, most unusual first", key="anomalies-table"):
    if event is None:
        parts.text("No event of these kinds here. Move the slider to the right to see smaller ones.")
    else:
        rows = anomaly_view.rows(shown, table, anomaly_choices.every(table))
        parts.table(anomaly_view.COLUMNS, rows, list(table["event"]).index(number), "Events, most unusual first")
        anomaly_choices.every_switch(table)

with actions:
    st.download_button(
        "Download CSV", lambda: anomaly_view.csv(shown, table), "events.csv", "text/csv", on_click="ignore"
    )
