"""What is chosen on the Anomalies page: kinds, threshold, day; the open event and the place, by list, bar or map."""

from __future__ import annotations

import pandas as pd
import streamlit as st

from stcore import words
from stcore.records import Detection
from stcore.ui import anomaly_view, parts, pickers, state
from stcore.ui.anomaly_view import FEW_ROWS, View

EVENT, PLACE_OF, EVERY = "anomalies-event", "anomalies-place-of", "anomalies-every"


def threshold() -> float | None:
    """The threshold on the slider; None before it was touched."""
    return state.kept("anomalies-threshold")


def choose(shown: View, learnt: float) -> tuple[list[str], tuple[pd.Timestamp, pd.Timestamp]]:
    """Draw the picker bar: the chosen kinds, and the first and last time that are shown.

    Args:
        shown: the anomalies under the present threshold.
        learnt: the threshold that was learnt before the tested part, the slider's preset.
    """
    found, choices, now = shown.found, anomaly_view.thresholds(learnt), threshold()
    with parts.row():
        kinds = pickers.pills("Kind", shown.kinds, "anomalies-kinds")
        st.select_slider(
            "Unusual from (fewer … more events)", choices, now if now in choices else learnt, width=330,
            format_func=lambda cut: f"{words.number(cut, 2)} × usual", key="anomalies-threshold",
            help="Errors are compared with the usual error of the same place and hour. The preset was learnt before the "
            "tested part.",
        )  # fmt: skip
        day = None
        length = anomaly_view.stretch(found.step)
        if length is not None and found.time[-1] - found.time[0] > length:
            day = st.date_input(
                "Day" if anomaly_view.one_day(found) else "Week from", anomaly_view.first_day(found), width=180,
                min_value=found.time[0].date(), max_value=found.time[-1].date(), key="anomalies-day",
            )  # fmt: skip
    return kinds, anomaly_view.window(found, day)


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
