"""The open event in full: its sentence, its numbers, what it was made of, what it looked like beside usual times, what was like it."""

from __future__ import annotations

import numpy as np
import pandas as pd
import streamlit as st

from stcore import anomaly, words
from stcore.anomaly.describe import main_value
from stcore.anomaly.naming import NEIGHBOURS, neighbour_table
from stcore.anomaly.nearest import nearest_usual, window_of
from stcore.data import steps
from stcore.data.schema import readable
from stcore.plots import bars, stretches
from stcore.ui import anomaly_view, parts, state
from stcore.ui.anomaly_view import Filter, View
from stcore.ui.markup import Column, Metric

MOST_BARS, MOST_LISTED = 8, 100


def facts(shown: View, event: pd.Series) -> None:
    """The event in a sentence, and start, end, footprint and peak as numbers."""
    found = shown.found
    parts.text(anomaly.tell_event(event, found, shown.word))
    length = steps.typical(found.step) * int(event["steps"])
    share = len(event["locations"]) / max(len(found.locations), 1)
    parts.metrics(
        Metric("Start", words.moment(event["start"], found.step), "", "first alarm"),
        Metric("End", words.moment(event["end"], found.step), "", f"lasted {words.lasting(length.total_seconds())}"),
        Metric("Footprint", f"{len(event['locations']):,}", "", f"{words.percent(share)} of {words.count(len(found.locations), shown.word)}"),
        Metric("Peak", anomaly_view.times(float(event["peak"])), "", f"the usual; alarm from {words.number(found.threshold, 2)}×"),
    )  # fmt: skip


def made_of(shown: View, event: pd.Series) -> None:
    """Shares of the values in the score, where there are several; and how far each place and neighbour was out."""
    values, places = value_shares(shown, event), place_peaks(shown, event)
    if len(values) > 1:
        parts.heading("What was out of line", "Share of the score, %")
        told = ", ".join(f"{name} {words.number(share, 2)} %" for name, share in list(values.items())[:3])
        parts.chart(
            bars.ranked(values, parts.theme(), "%", MOST_BARS), "anomalies-values", f"Share of each value: {told}"
        )
    if len(places) > 1:
        parts.heading("Here and at the neighbours", "Highest score during the event, × usual")
        told = ", ".join(f"{name} {words.number(peak, 2)}" for name, peak in list(places.items())[:3])
        figure = bars.ranked(places, parts.theme(), "×", MOST_BARS)
        parts.chart(figure, "anomalies-neighbours", f"Highest scores: {told}")
    if len(values) <= 1 and len(places) <= 1:
        parts.text("One value at one place, without neighbours: there is nothing to compare it with.", small=True)


def value_shares(shown: View, event: pd.Series) -> dict[str, float]:
    """Value in words -> its share of the event's alarms in percent, largest first."""
    shares, targets = shown.found.contributions, shown.judge.targets
    if shares is None or shares.shape[2] != len(targets):
        return {}
    rows = shown.found.time.slice_indexer(event["start"], event["end"])
    cells = np.nan_to_num(shares[rows][:, shown.found.locations.index.get_indexer(event["locations"])])
    weights = np.asarray(shown.found.heights[rows])[:, shown.found.locations.index.get_indexer(event["locations"])]
    total = (cells * np.maximum(weights, 0)[..., None]).sum(axis=(0, 1))
    whole = float(total.sum())
    found = (
        {words.sentence(readable(name)): 100 * float(part) / whole for name, part in zip(targets, total, strict=True)}
        if whole > 0
        else {}
    )
    return dict(sorted(found.items(), key=lambda item: -item[1]))


def place_peaks(shown: View, event: pd.Series) -> dict[str, float]:
    """Name -> highest score during the event, of its places and the neighbours of the strongest, largest first."""
    found, ids = shown.found, shown.found.locations.index
    around = neighbour_table(found.edges, ids, NEIGHBOURS)[ids.get_loc(event["where"])]
    members = ids.get_indexer(event["locations"])
    places = np.unique(np.concatenate([members, around[around >= 0]]))
    rows = found.time.slice_indexer(event["start"], event["end"])
    peaks = np.asarray(found.heights[rows][:, places]).max(axis=0)
    order = np.argsort(-peaks, kind="stable")[:MOST_BARS]
    names = {
        words.place_name(found.locations, str(ids[places[one]]), 18): max(round(float(peaks[one]), 1), 0.0)
        for one in order
    }
    return names


def beside_usual(shown: View, event: pd.Series) -> None:
    """The strange stretch over the usual ones of the same place that come nearest to it."""
    found, place = shown.found, shown.found.locations.index.get_loc(event["where"])
    position = main_value(event, found, len(shown.judge.targets))
    time, values, _ = shown.judge.curve(place, position, (found.time[0], found.time[-1]))
    first, last = (int(time.get_indexer([event[side]], method="nearest")[0]) for side in ("start", "end"))
    hours = round(pd.Timedelta(hours=6) / steps.typical(found.step))
    start, end = window_of(first, last, max(12, min(hours, 300)), len(values))
    rows = found.time.get_indexer(time)
    usual = (rows >= 0) & ~np.asarray((found.heights[:, place] > found.threshold)[np.maximum(rows, 0)])
    nearest = nearest_usual(values, (start, end), usual)
    target = shown.judge.targets[position]
    parts.heading(
        "Beside the nearest usual stretches",
        f"{anomaly_view.quantity(shown, position)} at {words.short(str(event['where']))}",
    )
    if not nearest:
        parts.text("There is no usual stretch of this length to hold it against.", small=True)
        return
    size = end - start
    like = [
        (words.moment(time[one.first], found.step).split(",")[0], values[one.first : one.first + size])
        for one in nearest
    ]
    figure = stretches.over_usual(
        time[start:end], values[start:end], like, (first - start, last - start), parts.theme(),
        anomaly_view.MARKS[event["kind"]], shown.judge.unit(target),
    )  # fmt: skip
    off = words.measure(nearest[0].distance, shown.judge.unit(target))
    told = f"The nearest usual stretch, {words.moment(time[nearest[0].first], found.step)}, is {off} away on average"
    parts.chart(figure, "anomalies-usual", told)
    others = [words.moment(time[one.first], found.step) for one in nearest[1:]]
    parts.text(f"{told}. Also in grey: {'; '.join(others)}." if others else f"{told}.", small=True)


def past(shown: View, event: pd.Series) -> None:
    """Earlier events like this one, each with a button that opens it."""
    like = anomaly.similar_past(shown.found.events, int(event["event"]))
    parts.heading("Seen before", "Same kind, places, length, strength and hour")
    if like.empty:
        parts.text("No earlier event was like this one.", small=True)
        return
    rows = [
        [
            words.moment(row["start"], shown.found.step),
            anomaly_view.name(row, shown),
            words.percent(float(row["likeness"])),
        ]
        for _, row in like.iterrows()
    ]
    parts.table(
        [Column("Start"), Column("Where"), Column("Alike", number=True)], rows, caption="Earlier events like this one"
    )
    with st.container(horizontal=True, gap="small"):
        for _, row in like.iterrows():
            label = f"Open {words.moment(row['start'], shown.found.step)}"
            st.button(label, key=f"past-{int(row['event'])}", type="tertiary", on_click=_open, args=(shown, row))


def go_to(shown: View, wanted: Filter) -> None:
    """A box with the most unusual events of all days, which opens one on its own day."""
    found = shown.found
    table = anomaly_view.events(found, (found.time[0], found.time[-1]), wanted).head(MOST_LISTED)
    said = {
        int(row["event"]): f"{words.moment(row['start'], found.step)}: {anomaly_view.name(row, shown)}"
        for _, row in table.iterrows()
    }
    if len(said) < 2:
        return
    by_number = {int(row["event"]): row for _, row in table.iterrows()}

    def go() -> None:
        number = state.kept("anomalies-go")
        if number in by_number:
            _open(shown, by_number[number])
            state.keep("anomalies-go", None)

    st.selectbox(
        "Any day", list(said), None, lambda number: said.get(number, ""), key="anomalies-go", on_change=go, width=320,
        placeholder="Go to an event of any day", label_visibility="collapsed",
    )  # fmt: skip


def _open(shown: View, row: pd.Series) -> None:
    """Open another event, on its own day; runs before the page does."""
    state.keep("anomalies-event", int(row["event"]))
    length = anomaly_view.stretch(shown.found.step)
    if length is not None and shown.found.time[-1] - shown.found.time[0] > length:
        state.keep(f"anomalies-day-{shown.judge.slot}", anomaly_view.day_of(shown.found, row).date())
