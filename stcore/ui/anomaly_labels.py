"""What people say about anomalies: confirm, reject, name anew, mark a span, bring labels in and take them out."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from functools import partial
from typing import Any

import pandas as pd
import streamlit as st

from stcore import anomaly, words
from stcore.anomaly.labels import COLUMNS, with_verdict
from stcore.errors import StcoreError
from stcore.operations import labelled
from stcore.operations.store import DatasetRow
from stcore.ui import anomaly_view, cached, parts, pickers, state
from stcore.ui.anomaly_view import View
from stcore.ui.markup import Column

OTHER = "anomaly"
MARKING, MARKED = "anomalies-marking", "anomalies-marked"
MOST_ROWS = 8
SAID = {"confirm": "strange", "reject": "nothing", "relabel": "named anew"}


def of(row: DatasetRow) -> pd.DataFrame:
    """All labels of a data set; shared by all sessions: look, never write."""
    return _labels(row.id, row.digest, labelled.stamp(row), row, state.owner())


@st.cache_resource(max_entries=8, ttl="2h", show_spinner=False)
def _labels(dataset_id: str, digest: str, stamp: float, _row: DatasetRow, owner: str) -> pd.DataFrame:
    return labelled.labels(_row, cached.panel(dataset_id, owner))


def verdicts(shown: View, event: pd.Series) -> None:
    """The buttons under the open event, and what was said about it."""
    said = anomaly_view.said_of(shown, event)
    with st.container(horizontal=True, vertical_alignment="center", gap="small"):
        st.button("Confirm", key="label-confirm", on_click=_say, args=(shown, event, "confirm"), help="It was strange.")
        st.button("Reject", key="label-reject", on_click=_say, args=(shown, event, "reject"), help="It was nothing.")
        with st.popover("Name anew", key="label-anew"):
            kind = st.selectbox("What it was", kinds(shown), format_func=kind_words, key="label-kind")
            st.button("Save", key="label-relabel", on_click=_say, args=(shown, event, "relabel", kind))
        if said:
            parts.text(f"{words.sentence(said)}.", small=True)


def kinds(shown: View) -> list[str]:
    """Kinds a label can have: those of events, any that were used before, and the plain word."""
    used = [kind for kind in dict.fromkeys(shown.labels["kind"].astype(str)) if kind not in anomaly.KINDS]
    return [*(kind for kind in anomaly.KINDS if kind != "single"), *used[:20], *([OTHER] if OTHER not in used else [])]


def kind_words(kind: str) -> str:
    """A kind of label in words."""
    return anomaly.KINDS.get(kind, words.sentence(words.short(kind, 30)))


def _say(shown: View, event: pd.Series, verdict: Any, kind: str | None = None) -> None:
    """Write one more verdict; runs before the page does."""
    same = ["start", "end", "location", "kind", "by", "verdict"]

    def added(labels: pd.DataFrame) -> pd.DataFrame:
        return with_verdict(labels, event, verdict, state.who(), now(), kind).drop_duplicates(same, keep="last")

    change(shown.row, added)


def change(row: DatasetRow, how: Any) -> bool:
    """Write the labels as ``how`` makes them; whether it went well, else ``problem`` tells."""
    try:
        labelled.change(row, cached.panel(row.id, state.owner()), how)
    except StcoreError as error:
        state.keep("label-error", (error.message, error.hint))
        return False
    return True


def now() -> pd.Timestamp:
    """When something is said."""
    return pd.Timestamp.now("UTC").floor("s")


def problem() -> None:
    """Say once what went wrong when a label was written."""
    told = state.kept("label-error")
    if told:
        state.drop("label-error")
        parts.error(*told)


def span(shown: View, place: str) -> None:
    """A popover to label a span of time: entered, or taken from what was marked on the curve."""
    marked = state.kept(MARKED) or {}
    time = shown.found.time
    with st.popover("Label a span", key="label-span"):
        parts.text("Drag over the curve to fill in start and end, or write them.", small=True)
        st.toggle("Mark on the curve", key=MARKING)
        ids = ["", *shown.found.locations.index[: pickers.MOST_OPTIONS]]
        said = pickers.words_of(shown.found.locations)
        at = st.selectbox(
            words.sentence(shown.word), ids, ids.index(place) if place in ids else 0, key=f"label-where-{place}"[:200],
            format_func=lambda one: said(one) if one else f"All {words.plural(shown.word)}",
        )  # fmt: skip
        ends = [_moment(marked.get(name), time[len(time) // 2]) for name in ("start", "end")]
        slot = f"{ends[0]}-{ends[1]}"
        low, high = time[0].tz_localize(None).to_pydatetime(), time[-1].tz_localize(None).to_pydatetime()
        start = st.datetime_input("Start", ends[0], low, high, key=f"label-start-{slot}", step=_step(shown))
        end = st.datetime_input("End", ends[1], low, high, key=f"label-end-{slot}", step=_step(shown))
        kind = st.selectbox("What it was", kinds(shown), format_func=kind_words, key="label-span-kind")
        if end < start:
            parts.text("The end lies before the start.", small=True)
        st.button(
            "Save label", key="label-add", on_click=_add, args=(shown, at, (start, end), kind), disabled=bool(end < start)
        )  # fmt: skip


def _step(shown: View) -> int:
    """Seconds between times on offer: the step of the data, a minute to a day."""
    from stcore.data import steps

    return int(min(max(steps.typical(shown.found.step).total_seconds(), 60), 82800))


def _moment(value: Any, other: pd.Timestamp) -> Any:
    """A time of the wall clock for the widget."""
    moment = other.tz_localize(None) if value is None else pd.Timestamp(value)
    return moment.to_pydatetime()


def _add(shown: View, place: str, ends: tuple[Any, Any], kind: str) -> None:
    clock = shown.found.clock
    start, end = (pd.Timestamp(each).tz_localize(clock, ambiguous=True, nonexistent="shift_forward") for each in ends)
    rows = pd.DataFrame([(start, end, place or None, kind, state.who(), "confirm", now())], columns=list(COLUMNS))
    change(shown.row, lambda labels: pd.concat([labels, rows], ignore_index=True) if len(labels) else rows)
    state.drop(MARKED)


def marked(event: Mapping[str, Any] | None, time: pd.DatetimeIndex) -> None:
    """Remember what was dragged over on the curve: the nearest steps to its ends, as the clock on the wall shows them."""
    boxes = ((event or {}).get("selection") or {}).get("box") or []
    if not boxes or not len(time):
        return
    wall = time.tz_localize(None).as_unit("ns")
    ends = sorted(pd.Timestamp(str(each)).as_unit("ns") for each in boxes[0]["x"])
    first, last = (wall[int(abs((wall - each).asi8).argmin())] for each in (ends[0], ends[-1]))
    found = {"start": str(first), "end": str(last)}
    if found != state.kept(MARKED):
        state.keep(MARKED, found)
        st.rerun()


def exchange(shown: View) -> None:
    """A popover that brings labels in from a file and takes them out."""
    with st.popover("Import, export", key="label-files"):
        given = st.file_uploader(
            "CSV with start and end, or JSON (NAB)", ["csv", "json"], key="label-upload", max_upload_size=20
        )
        if given is not None and st.button("Add these labels", key="label-import"):
            _take_in(shown, given.getvalue(), given.name)
        if len(shown.labels):
            for suffix, kind in ((".csv", "text/csv"), (".json", "application/json")):
                st.download_button(
                    f"Labels as {suffix[1:].upper()}", partial(labelled.as_file, shown.labels, suffix),
                    f"labels{suffix}", kind, on_click="ignore", key=f"label-export{suffix}",
                )  # fmt: skip


def _take_in(shown: View, content: bytes, name: str) -> None:
    """Add the labels of a file, or say why it cannot be read."""
    panel = cached.panel(shown.row.id, state.owner())
    try:
        table = labelled.taken_in(content, name, panel)
        table = table.assign(
            by=table["by"].where(table["by"].astype(bool), state.who()), when=table["when"].fillna(now())
        )
        labelled.change(
            shown.row, panel, lambda labels: pd.concat([labels, table], ignore_index=True) if len(labels) else table
        )
    except StcoreError as error:
        parts.error(error.message, error.hint)
        return
    st.rerun()


def listed(shown: View) -> None:
    """The newest labels: who said what, when, about which span."""
    if shown.labels.empty:
        parts.text(
            "Nobody said anything yet. Confirm or reject the open event, label a span, or import labels.", small=True
        )
        return
    labels = together(shown.labels)
    rows = [_row(shown, label) for _, label in labels.iloc[::-1].head(MOST_ROWS).iterrows()]
    columns = [
        Column("Said"), Column("Where"), Column("Start", number=True), Column("What", minor=True), Column("By", minor=True),
    ]  # fmt: skip
    parts.table(columns, rows, caption="Labels, newest first")
    if len(labels) > MOST_ROWS:
        parts.text(f"The newest of {words.count(len(labels), 'label')}; export has them all.", small=True)


def together(labels: pd.DataFrame) -> pd.DataFrame:
    """Labels in the order in which they were said, those of several places that were said at once as one: location is a list."""
    return labels.groupby(
        ["start", "end", "kind", "by", "verdict", "when"], sort=False, dropna=False, as_index=False
    ).agg({"location": list})


def where(shown: View, locations: Sequence[str | None]) -> str:
    """The places of a label in words."""
    places = [str(place) for place in locations if place is not None]
    if not places:
        return f"All {words.plural(shown.word)}"
    return words.short(places[0], 20) if len(places) == 1 else words.count(len(places), shown.word)


def _row(shown: View, label: pd.Series) -> list[object]:
    """A label as a row of the table; places that were labelled together are one."""
    when = "" if pd.isna(label["when"]) else words.day(pd.Timestamp(label["when"]))
    tone = {"confirm": "good", "reject": "bad"}.get(label["verdict"], "muted")
    return [
        parts.chip(SAID[label["verdict"]], tone), where(shown, label["location"]),
        words.moment(label["start"], shown.found.step), kind_words(str(label["kind"])),
        ", ".join(part for part in (words.short(str(label["by"]), 20), when) if part),
    ]  # fmt: skip
