"""The curve of a place with its highlighted spans, and the swim lanes below it, by event or by place."""

from __future__ import annotations

import pandas as pd

from stcore import words
from stcore.plots import curves, labelled, lanes
from stcore.ui import anomaly_choices, anomaly_labels, anomaly_view, parts, pickers, state
from stcore.ui.anomaly_judges import Between
from stcore.ui.anomaly_view import View


def curve(
    shown: View, table: pd.DataFrame, chosen: str, number: int | None, when: pd.Timestamp, between: Between
) -> None:
    """The measured curve against what was expected, the events of the place in the colour of their kind."""
    found = shown.found
    place = found.locations.index.get_loc(chosen)
    position = anomaly_view.main_target(shown, when, place)
    quantity = anomaly_view.quantity(shown, position)
    with parts.titled():
        heading = words.sentence(f"{shown.word} {words.place_name(found.locations, chosen)}")
        parts.heading(heading, f"{quantity}, {shown.judge.band()}")
        anomaly_choices.event_box(shown, table, number)
    time, observed, expected = shown.judge.curve(place, position, between)
    unit = shown.judge.unit(shown.judge.targets[position])
    spans = anomaly_view.spans(shown, table, chosen, number)
    band = "90 % band" if "band" in shown.judge.band() else "usual range"
    figure = curves.watched(time, observed, expected, spans, parts.theme(), unit, band)
    said = anomaly_view.said_at(shown, chosen, between)
    labelled.at_the_foot(figure, said, parts.theme())
    alt = f"{quantity} at {words.short(chosen)}, {words.count(len(spans), 'event')} highlighted{_said(len(said))}"
    if not state.kept(anomaly_labels.MARKING):
        parts.chart(figure, "anomalies-line", alt)
        return
    figure.update_layout(dragmode="select", selectdirection="h")
    anomaly_labels.marked(parts.chart(figure, "anomalies-mark", alt, "rerun", "box"), time)


def _said(amount: int) -> str:
    return f", {words.count(amount, 'label')}" if amount else ""


def swim_lanes(
    shown: View, table: pd.DataFrame, chosen: str, number: int, when: pd.Timestamp, between: Between
) -> None:
    """One bar an event over the time axis of the curve, in a lane of its own or in those of its places."""
    by = state.kept("anomalies-lanes-by", "event")
    with parts.titled():
        title = "Events of the day" if anomaly_view.one_day(shown.found) else "Events"
        places = words.plural(shown.word)
        note = (
            anomaly_view.lanes_note(table)
            if by == "event"
            else f"The {places} that the most unusual events reached; hatched: labelled, dotted: rejected"
        )
        parts.heading(title, note)
        options = {"event": "By event", "place": f"By {words.short(shown.word, 12)}"}
        by = pickers.segmented("Lanes", options, "anomalies-lanes-by")
    if by == "event":
        figure = lanes.lanes(anomaly_view.bars(shown, table), *between, parts.theme(), str(number), when)
        said = anomaly_view.said_at(shown, chosen, between)
        labelled.in_own_lane(figure, said, parts.theme())
    else:
        stretches, ids = anomaly_view.place_lanes(shown, table)
        names = [words.place_name(shown.found.locations, place, 14) for place in ids]
        figure = lanes.by_place(stretches, names, *between, parts.theme(), str(number), when)
        said = [one for lane, place in enumerate(ids) for one in anomaly_view.said_at(shown, place, between, lane)]
        labelled.over_lanes(figure, said, len(ids), parts.theme())
    alt = f"{words.count(len(table), 'event')} over time, by {by}{_said(len(said))}"
    parts.chart(figure, "anomalies-lanes", alt, on_select=anomaly_choices.bar_clicked)
