"""The self-test on the page: what a detector would catch in these very data, from what size on, at what rate of alarms."""

from __future__ import annotations

from typing import Any

import streamlit as st

from stcore import anomaly, words
from stcore.anomaly import SelfTest
from stcore.anomaly.planting import KIND_WORDS
from stcore.operations import detections, jobs
from stcore.operations.store import DatasetRow
from stcore.ui import cached, parts, state
from stcore.ui import jobs as job_card
from stcore.ui.anomaly_judges import Looked
from stcore.ui.anomaly_view import View
from stcore.ui.markup import Column

LINE = "Anomalies of known kind and size are planted into a copy of your data, and those that are caught are counted."


def draw(shown: View) -> None:
    """The result of the self-test, or the button that starts it; above it the card of its job while that runs."""
    judge = shown.judge
    name, settings = (judge.kept.detector, dict(judge.kept.settings)) if isinstance(judge, Looked) else ("auto", {})
    title, job = anomaly.spec(name).title, detections.job_of(shown.row, "self_test", state.owner())
    found = SelfTest.load(detections.path_of_test(shown.row, _key(shown.row, name, settings)))
    if job is not None and (job.active or found is None):
        job_card.card(job, watch=False, slot="self-test")
    with parts.panel("What would be caught", f"Detector: {title}. {LINE}", key="anomalies-trust"):
        if found is not None:
            _told(found[0], found[1], shown.word)
        elif job is not None and job.active:
            parts.text("The answer will stand here.", small=True)
        elif st.button("Test it", key="self-test-start"):
            _start(shown, name, settings, title)


def _start(shown: View, name: str, settings: dict[str, Any], title: str) -> None:
    payload = {"dataset": shown.row.id, "detector": name, "settings": settings}
    jobs.submit("self_test", payload, f"Self-test of {title} on {words.short(shown.row.name, 50)}", state.owner())
    st.rerun()


def _key(row: DatasetRow, detector: str, settings: dict[str, Any]) -> str:
    return _cached_key(row.id, row.digest, detector, settings, state.owner())


@st.cache_data(max_entries=64, ttl="2h", show_spinner=False)
def _cached_key(dataset_id: str, digest: str, detector: str, settings: dict[str, Any], owner: str) -> str:
    part = detections.part_to_test(cached.panel(dataset_id, owner))
    return anomaly.self_test_key(part, detector, settings)


def _told(found: SelfTest, about: dict[str, Any], word: str) -> None:
    """One row a kind: from what size on four in five are caught; then how often it alarms anyway."""
    sizes, rows = found.caught_from(), []
    for kind, size in sizes.items():
        table = found.table[found.table["kind"] == kind].sort_values("size")
        largest = words.percent(float(table["recall"].iloc[-1]))
        whole = f"{int(table['caught'].sum())} of {int(table['planted'].sum())}"
        rows.append([KIND_WORDS.get(kind, kind), _from(kind, size, table, largest), whole])
    parts.table(
        [Column("Kind"), Column("Caught from"), Column("Caught", number=True)],
        rows,
        caption="What would be caught",
    )
    a_week = words.number(found.false_a_week, 2)
    where = f"the newest {about.get('steps', 0):,} steps of {words.count(int(about.get('locations', 0)), word)}"
    parts.text(
        f"Without anything planted it alarms {a_week} times a week at each {word}; true anomalies may be among these. Planted into {where}.",
        small=True,
    )  # fmt: skip


def _from(kind: str, size: float | None, table: Any, largest: str) -> str:
    """“4 × the usual change”, “1 h”, or how many of the largest."""
    if size is None:
        return f"missed ({largest} of the largest)"
    lasts = table.loc[table["size"] == size, "lasts"].iloc[0]
    return lasts or f"{words.number(size)} × the usual change"
