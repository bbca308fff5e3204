"""What is chosen on the Anomalies page: kinds, threshold, day; the open event and the place, by list, bar or map."""

from __future__ import annotations

from collections.abc import Mapping

import pandas as pd
import streamlit as st

from stcore import words
from stcore.data import steps
from stcore.records import Detection
from stcore.ui import anomaly_judges, anomaly_search, anomaly_threshold, anomaly_view, parts, pickers, state
from stcore.ui.anomaly_judges import Judge
from stcore.ui.anomaly_view import FEW_ROWS, Filter, View

EVENT, PLACE_OF, EVERY = "anomalies-event", "anomalies-place-of", "anomalies-every"


def choose(shown: View, judges: Mapping[str, Judge]) -> tuple[Filter, tuple[pd.Timestamp, pd.Timestamp]]:
    """Draw the picker bar: which events are listed, and the first and last time that are shown.

    Args:
        shown: the anomalies under the present threshold.
        judges: slot -> everything that can judge.
    """
    found = shown.found
    with parts.row():
        _judge(shown.judge, judges)
        anomaly_threshold.slider(shown.judge, shown.word)
        day = None
        length = anomaly_view.stretch(found.step)
        if length is not None and found.time[-1] - found.time[0] > length:
            day = st.date_input(
                "Day" if anomaly_view.one_day(found) else "Week from", anomaly_view.first_day(found), width=150,
                min_value=found.time[0].date(), max_value=found.time[-1].date(), key=f"anomalies-day-{shown.judge.slot}",
            )  # fmt: skip
        with st.popover("Filter", key="anomalies-filter"):
            wanted = _filter(shown)
        with st.popover("More settings", key="anomalies-more"):
            anomaly_threshold.more(shown.judge)
        anomaly_search.another(shown.row)
    return wanted, anomaly_view.window(found, day)


def _judge(now: Judge, judges: Mapping[str, Judge]) -> None:
    """Who judges; the widget's key changes with the choice, as that of every box that is also set elsewhere."""
    name = f"anomalies-judge-{now.slot}"

    def changed() -> None:
        anomaly_judges.choose(state.kept(name), judges)

    st.selectbox(
        "Judged by", list(judges), list(judges).index(now.slot), lambda slot: judges[slot].title, key=name, width=200,
        on_change=changed,
    )  # fmt: skip


def _filter(shown: View) -> Filter:
    """Kind, place and least length of the events that are listed."""
    kinds = pickers.pills("Kind", shown.kinds, "anomalies-kinds")
    ids = ["", *shown.found.locations.index[: pickers.MOST_OPTIONS]]
    said = pickers.words_of(shown.found.locations)
    place = st.selectbox(
        words.sentence(shown.word), ids, format_func=lambda one: said(one) if one else f"Any {shown.word}",
        key="anomalies-at",
    )  # fmt: skip
    lengths = (1, 2, 3, 6, 12, 24, 48)
    least = st.select_slider(
        "At least this long",
        lengths,
        key="anomalies-least",
        format_func=lambda n: steps.describe_span(n, shown.found.step),
    )
    return Filter(kinds, place or None, int(least))


def opened(table: pd.DataFrame) -> pd.Series | None:
    """The open event: the one that was chosen, else the most unusual one; None when there is none."""
    if not len(table):
        return None
    chosen = table[table["event"] == state.kept(EVENT)]
    return (chosen if len(chosen) else table).iloc[0]


def place(found: Detection, event: pd.Series | None) -> str:
    """The place of the curve: where the open event is strongest, unless another was clicked since it was opened."""
    first = str(event["where"]) if event is not None else str(found.locations.index[0])
    number = None if event is None else int(event["event"])
    return pickers.current_place(found.locations, first) if state.kept(PLACE_OF, -1) == number else first


def clicked(found: Detection, identity: str | None, chosen: str, number: int | None) -> None:
    """Show the place that was clicked on the map."""
    if identity is not None and identity != chosen and identity in found.locations.index:
        state.choose("place", identity)
        state.keep(PLACE_OF, number)
        st.rerun()


def event_box(shown: View, table: pd.DataFrame, number: int | None) -> None:
    """The events as a list, for those who do not click on bars."""
    if number is None:
        return
    numbers = [int(event) for event in table["event"]]
    names = {int(event["event"]): anomaly_view.name(event, shown) for _, event in table.iterrows()}
    pickers.box(EVENT, numbers, number, "Event", lambda event: names.get(event, ""), width=230)


def bar_clicked() -> None:
    """Open the event whose bar was clicked; runs before the page does."""
    selection = (state.kept("anomalies-lanes") or {}).get("selection") or {}
    for point in selection.get("points", []):
        event = point.get("customdata")
        event = event[0] if isinstance(event, list | tuple) else event
        if event is not None and str(event).isdigit():
            state.keep(EVENT, int(event))


def every(table: pd.DataFrame) -> bool:
    """All rows of the table are wanted."""
    return len(table) > FEW_ROWS and bool(state.kept(EVERY, False))


def every_switch(table: pd.DataFrame) -> None:
    """The switch for all rows, where a dozen is not all."""
    if len(table) > FEW_ROWS:
        st.toggle(f"Show all {words.count(len(table), 'event')}", key=EVERY)
