"""The map of the Anomalies page: who is out of line at an instant, and how the open event spread, step by step or played."""

from __future__ import annotations

from typing import Any

import pandas as pd
import streamlit as st

from stcore import words
from stcore.ui import anomaly_view, cached, guard, parts, state
from stcore.ui.anomaly_judges import Between
from stcore.ui.anomaly_view import View

HEIGHT = 430
SECONDS_A_STEP = 0.6
MOST_FRAMES = 120
_PLAYING = "anomalies-playing"


def draw(
    shown: View, table: pd.DataFrame, event: pd.Series | None, chosen: str, between: Between
) -> tuple[Any, str | None]:
    """The map with a slider over the steps of the open event; while it plays, a fragment of its own.

    Returns:
        The instant that is shown, and the place that was clicked or None.
    """
    seen: dict[str, Any] = {}
    if event is None:
        state.keep(_PLAYING, False)
    if state.kept(_PLAYING):
        st.fragment(guard.watched(_frame), run_every=SECONDS_A_STEP)(shown, table, event, chosen, between, seen)
    else:
        _frame(shown, table, event, chosen, between, seen)
    return seen["at"], seen["clicked"]


def _frame(
    shown: View, table: pd.DataFrame, event: pd.Series | None, chosen: str, between: Between, seen: dict[str, Any]
) -> None:
    """One instant: title, map, slider; called again by the fragment it moves on by one step."""
    above = st.container(gap="xsmall")
    at = anomaly_view.instant(shown, event, between)
    if event is not None:
        at = _slider(shown, event, at, again=bool(seen))
    marks = marks_at(table, at, event)
    plural = words.plural(shown.word)
    legend = parts.join(parts.key(anomaly_view.MARKS[kind], said.lower()) for kind, said in shown.kinds.items())
    with above:
        heading = f"Where, {'on' if shown.found.step.endswith('D') else 'at'} {words.moment(at, shown.found.step)}"
        parts.heading(heading, f"Grey {plural} behave as usual", legend)
        ground = cached.place_ground(shown.row.id, shown.row.digest, state.owner(), 490, HEIGHT - 10)
        alt = f"Map, {words.moment(at, shown.found.step)}: {words.count(len(marks), shown.word)} out of line"
        seen["clicked"] = parts.kind_map(ground, marks, chosen, "anomalies-places", alt, HEIGHT)
    seen["at"] = at


def marks_at(table: pd.DataFrame, at: pd.Timestamp, event: pd.Series | None) -> dict[str, str]:
    """Place -> mark at an instant; of the open event only the places it has reached by then."""
    marks = anomaly_view.kinds_at(table, at, event)
    if event is None:
        return marks
    joined = dict(zip(event["spread"], event["delays"], strict=True))
    length = max(int(event["steps"]) - 1, 1)
    done = (at - event["start"]) / max(event["end"] - event["start"], pd.Timedelta(1, "ns")) * length + 1e-6
    return {
        place: mark for place, mark in marks.items() if place not in event["locations"] or joined.get(place, 0) <= done
    }


def _slider(shown: View, event: pd.Series, peak: pd.Timestamp, again: bool) -> pd.Timestamp:
    """Slider over the steps of the event with Play before it; Play is hidden where less motion was asked for (style sheet)."""
    time = shown.found.time
    options = list(time[time.slice_indexer(event["start"], event["end"])])
    options = sorted({*options[:: -(-len(options) // MOST_FRAMES)], peak, options[-1]})
    if len(options) < 2:
        return peak
    slot = f"anomalies-step-{shown.judge.slot}-{int(event['event'])}"
    if state.kept(slot) not in options:
        state.keep(slot, peak)
    if again and state.kept(_PLAYING):
        _advance(slot, options)
    playing = bool(state.kept(_PLAYING))
    with st.container(horizontal=True, vertical_alignment="bottom", gap="small"):
        pressed = st.button("Stop" if playing else "Play", key="play", on_click=_toggle, args=(slot, options), width=72)
        if pressed and not playing:  # it was stopped inside the fragment: the lanes follow
            st.rerun()
        return st.select_slider(
            "How it spread", options, key=slot, format_func=lambda each: words.moment(each, shown.found.step)
        )


def _toggle(slot: str, options: list[pd.Timestamp]) -> None:
    """Play from the start, or stop."""
    play = not state.kept(_PLAYING)
    state.keep(_PLAYING, play)
    if play:
        state.keep(slot, options[0])


def _advance(slot: str, options: list[pd.Timestamp]) -> None:
    """One step on; at the end playing stops and the page is drawn anew."""
    row = options.index(state.kept(slot))
    if row == len(options) - 1:
        state.keep(_PLAYING, False)
        st.rerun()
    state.keep(slot, options[row + 1])
