"""Who should judge, by the labels: every model's errors and every detector side by side, each at its best threshold."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import pandas as pd
import streamlit as st

from stcore import anomaly, words
from stcore.anomaly import Judgement
from stcore.anomaly.chance import by_chance
from stcore.anomaly.labels import truth
from stcore.errors import StcoreError
from stcore.operations import labelled
from stcore.ui import anomaly_judges, anomaly_threshold, parts, state
from stcore.ui.anomaly_judges import Judge
from stcore.ui.anomaly_measures import COMPLETE
from stcore.ui.anomaly_view import View
from stcore.ui.markup import Column

Best = dict[str, tuple[float, Judgement]]


def draw(shown: View, judges: Mapping[str, Judge]) -> None:
    """The table of judges, the best first, and a button that lets it judge; nothing with one judge or without labels."""
    if len(judges) < 2 or shown.labels.empty or not truth(shown.labels, shown.found).any():
        return
    complete = bool(state.kept(COMPLETE, False))
    key = (*(judge.token for judge in judges.values()), labelled.stamp(shown.row), complete)
    try:
        best, chance = _best(key, judges, shown.labels, complete)
    except StcoreError as error:
        parts.text(f"{error.message} {error.hint}", small=True)
        return
    parts.heading("Who finds them best", "Each at the threshold your labels speak for, over the time that all judged")
    names = list(best)
    parts.table(
        [Column("Judged by"), Column("Events found", number=True), Column("False a day", number=True), Column("VUS-PR", number=True)],
        rows(best, judges, chance), names.index(shown.judge.slot) if shown.judge.slot in names else -1,
        caption="Who finds the labelled events best",
    )  # fmt: skip
    parts.text(
        "VUS-PR: how well scores put labelled steps first, at any threshold; 1 is perfect. "
        "By chance: the alarms of the first, moved to other times.", small=True,
    )  # fmt: skip
    if names[0] != shown.judge.slot:
        st.button(
            f"Judge by: {judges[names[0]].title}", key="label-judge", on_click=_choose, args=(names[0], judges, best)
        )


def rows(best: Best, judges: Mapping[str, Judge], chance: Judgement) -> list[list[str]]:
    """One row a judge, in the order of ``best``, and what chance reaches."""
    told = [(judges[slot].title, found) for slot, (_, found) in best.items()]
    return [
        [
            title, words.DASH if found.event_recall is None else words.percent(found.event_recall),
            words.number(found.false_a_day, 2), words.fixed(found.vus_pr, 2),
        ]
        for title, found in [*told, ("By chance", chance)]
    ]  # fmt: skip


def _choose(slot: str, judges: Mapping[str, Judge], best: Best) -> None:
    anomaly_threshold.set_to(judges[slot], best[slot][0])
    anomaly_judges.choose(slot, judges)


@st.cache_data(max_entries=32, ttl="2h", show_spinner=False)
def _best(
    key: tuple[Any, ...], _judges: Mapping[str, Judge], _labels: pd.DataFrame, complete: bool
) -> tuple[Best, Judgement]:
    best = anomaly.by_labels({slot: judge.preset for slot, judge in _judges.items()}, _labels, complete)
    slot, (cut, _) = next(iter(best.items()))
    return best, by_chance(_judges[slot].preset.rethreshold(cut), _labels)
