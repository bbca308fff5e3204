"""How good the alarms are by the labels, each number beside what chance and alarming always would reach."""

from __future__ import annotations

from typing import Any

import pandas as pd
import streamlit as st

from stcore import anomaly, words
from stcore.anomaly import Judgement
from stcore.anomaly.chance import always, by_chance
from stcore.anomaly.labels import truth
from stcore.errors import StcoreError
from stcore.operations import labelled
from stcore.records import Detection
from stcore.ui import anomaly_threshold, parts, state
from stcore.ui.anomaly_view import View
from stcore.ui.markup import Column

COMPLETE = "anomalies-complete"


def draw(shown: View) -> None:
    """The table of measures and the button that sets the threshold; nothing before something was confirmed."""
    if shown.labels.empty or not truth(shown.labels, shown.found).any():
        if len(shown.labels):
            parts.text(
                f"No label says what was strange in {shown.judge.whole}; confirm an event to see how good the alarms are.",
                small=True,
            )
        return
    found = shown.found
    key = (*shown.judge.token, found.threshold, found.hysteresis, found.least_steps, labelled.stamp(shown.row))
    now, chance, every = _judgements(key, found, shown.labels)
    parts.heading(
        "How good the alarms are",
        f"By {words.count(now.events, 'labelled event')} in {shown.judge.whole}; what is not labelled counts as usual",
    )
    parts.table(
        [Column("Measure"), Column("Now", number=True), Column("By chance", number=True), Column("Always alarm", number=True)],
        rows(now, chance, every), caption="Measures by the labels",
    )  # fmt: skip
    parts.text("By chance: the same alarms, moved to other times.", small=True)
    with st.container(horizontal=True, vertical_alignment="center", gap="small"):
        st.button("Set threshold from labels", key="label-threshold", on_click=_set, args=(shown,))
        st.toggle(
            "Everything strange is labelled", key=COMPLETE, help="Off: only events you rejected count as false ones."
        )


def rows(now: Judgement, chance: Judgement, every: Judgement) -> list[list[str]]:
    """One row a measure: its name in words, and the three numbers."""
    three = (now, chance, every)

    def share(name: str) -> list[str]:
        return [_percent(getattr(one, name)) for one in three]

    def plain(name: str) -> list[str]:
        return [words.fixed(getattr(one, name), 2) for one in three]

    delays = [
        words.DASH if one.delay is None else "none" if not one.delay else words.lasting(one.delay.total_seconds())
        for one in three
    ]
    return [
        ["Labelled events found (event recall)", *share("event_recall")],
        ["Alarmed steps that were strange (precision)", *share("precision")],
        ["Strange steps with an alarm (recall)", *share("recall")],
        ["Both in one (F1, 0 to 1)", *plain("f1")],
        ["False events a day", *(words.number(one.false_a_day, 2) for one in (now, chance)), "without end"],
        ["Delay of the first alarm (median)", *delays],
        ["Ranking at any threshold (VUS-PR)", *plain("vus_pr")],
    ]


def _percent(value: float | None) -> str:
    return words.DASH if value is None else words.percent(value)


@st.cache_data(max_entries=32, ttl="2h", show_spinner=False)
def _judgements(
    key: tuple[Any, ...], _found: Detection, _labels: pd.DataFrame
) -> tuple[Judgement, Judgement, Judgement]:
    return anomaly.judged(_found, _labels), by_chance(_found, _labels), always(_found, _labels)


def _set(shown: View) -> None:
    """Move the slider to the threshold that the labels speak for; runs before the page does."""
    try:
        threshold = anomaly.threshold_from(shown.judge.preset, shown.labels, complete=bool(state.kept(COMPLETE, False)))
    except StcoreError as error:
        state.keep("label-error", (error.message, error.hint))
        return
    anomaly_threshold.set_to(shown.judge, threshold)
