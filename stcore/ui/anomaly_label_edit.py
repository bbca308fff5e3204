"""One label of the list: named anew or deleted, and taken back."""

from __future__ import annotations

import pandas as pd
import streamlit as st

from stcore import words
from stcore.anomaly.labels import exchanged
from stcore.ui import anomaly_labels, parts, state
from stcore.ui.anomaly_view import View

UNDO = "label-undo-rows"
MOST_LABELS = 100


def edit(shown: View) -> None:
    """A popover with one label to name anew or delete."""
    if not shown.labels.empty:
        with st.popover("Change a label", key="label-edit"):
            _choose(shown)


def undo(shown: View) -> None:
    """What was changed last, and the button that takes it back."""
    undone = state.kept(UNDO)
    if undone is None or undone[0] != shown.row.id:
        return
    with st.container(horizontal=True, vertical_alignment="center", gap="small"):
        parts.text(undone[1], small=True)
        st.button("Undo", key="label-undo", type="tertiary", on_click=_undo, args=(shown,))


def _choose(shown: View) -> None:
    """Which label, what it was, and the two buttons."""
    groups = anomaly_labels.together(shown.labels).iloc[::-1].head(MOST_LABELS)
    names = [_name(shown, label) for _, label in groups.iterrows()]
    at = st.selectbox("Label", range(len(names)), format_func=lambda row: names[row], key=f"label-which-{len(names)}")
    label = groups.iloc[at or 0]
    kinds = anomaly_labels.kinds(shown)
    place = kinds.index(str(label["kind"])) if str(label["kind"]) in kinds else 0
    slot = f"{label['start']}-{label['when']}-{label['kind']}"[:100]
    kind = st.selectbox(
        "What it was", kinds, place, format_func=anomaly_labels.kind_words, key=f"label-new-kind-{slot}"
    )
    with st.container(horizontal=True, gap="small"):
        st.button("Save", key="label-save", on_click=_rename, args=(shown, label, kind))
        st.button("Delete", key="label-delete", on_click=_delete, args=(shown, label))


def _name(shown: View, label: pd.Series) -> str:
    """“640, Mon 9 Mar, 08:00: nothing”; short enough for the box."""
    where, said = anomaly_labels.where(shown, label["location"]), anomaly_labels.SAID[label["verdict"]]
    return f"{where}, {words.moment(label['start'], shown.found.step)}: {said}"


def _rows(label: pd.Series) -> pd.DataFrame:
    """The rows of a label, one a place."""
    return pd.DataFrame([label.to_dict() | {"location": place} for place in label["location"]])


def _rename(shown: View, label: pd.Series, kind: str) -> None:
    new = _rows(label).assign(kind=kind, verdict="relabel", by=state.who(), when=anomaly_labels.now())
    _exchange(shown, _rows(label), new, "The label was named anew.")


def _delete(shown: View, label: pd.Series) -> None:
    _exchange(shown, _rows(label), _rows(label).iloc[:0], "The label was deleted.")


def _exchange(shown: View, old: pd.DataFrame, new: pd.DataFrame, told: str) -> None:
    """Write the change and remember how to take it back."""
    if anomaly_labels.change(shown.row, lambda labels: exchanged(labels, old, new)):
        state.keep(UNDO, (shown.row.id, told, old, new))


def _undo(shown: View) -> None:
    _, _, old, new = state.kept(UNDO)
    if anomaly_labels.change(shown.row, lambda labels: exchanged(labels, new, old)):
        state.drop(UNDO)
