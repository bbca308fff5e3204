"""Looking for anomalies: which detector, its settings, the job that does it, and the page before anything was found."""

from __future__ import annotations

from collections.abc import Mapping
from importlib.util import find_spec
from typing import Any

import pandas as pd
import streamlit as st

from stcore import anomaly, words
from stcore.operations import detections, jobs
from stcore.operations.store import DatasetRow, Job
from stcore.plots import pictures
from stcore.ui import cached, forms, frame, opening, parts, pickers, state
from stcore.ui import jobs as job_card
from stcore.ui.results import Work

PAGE = "Anomalies"
AWAITED = "anomalies-awaited"
LEARN_SHARE = 0.7  # as much as a model trains on


def look(
    row: DatasetRow, detector: str = "auto", settings: Mapping[str, Any] | None = None, fit_end: str | None = None
) -> None:
    """Start a detector in the background; the page opens what it finds.

    Args:
        fit_end: last time that teaches what is usual, as ISO; None: all the data.
    """
    title = f"{anomaly.spec(detector).title}: anomalies in {words.short(row.name, 50)}"
    state.keep(AWAITED, detections.key_of(detector, settings or {}, fit_end))
    payload = {"dataset": row.id, "detector": detector, "settings": dict(settings or {})}
    jobs.submit("detect", payload | ({} if fit_end is None else {"fit_end": fit_end}), title, state.owner())


def open_awaited(row: DatasetRow) -> None:
    """Once what was looked for is found, it is what the page shows."""
    key, job = state.kept(AWAITED), detections.job_of(row, "detect", state.owner())
    if key is None or job is None or job.active:
        return
    state.drop(AWAITED)
    if key in {each.key for each in detections.kept(row)}:
        state.choose("judge", key)


def card(row: DatasetRow) -> Job | None:
    """The card of a search that runs or failed; its job."""
    job = detections.job_of(row, "detect", state.owner())
    if job is not None:
        job_card.card(job, watch=False, slot="detect")
    return job


def begin(row: DatasetRow, work: Work | None) -> None:
    """The page of a data set that nothing was looked for in: one button, or the job under way. The page ends here."""
    frame.header(PAGE, row.name)
    if work is not None and work.active and work.job is not None:
        parts.verdict("The first forecasts are being made; their errors will be judged here.")
        job_card.card(work.job)
    job = detections.job_of(row, "detect", state.owner())
    if job is not None and job.active:
        parts.verdict("Anomalies are being looked for; this takes seconds to minutes.")
    card(row)
    if job is None or not job.active:
        line = (
            "A detector learns what is usual from the data themselves and marks what is not; no forecast is needed. The "
            "errors of a trained model can judge as well."
        )
        heading = f"Nothing was looked for in {words.short(row.name, 40)} yet"
        if parts.empty(heading, line, pictures.empty_anomalies, "Look for anomalies"):
            look(row)
            st.rerun()
        with st.container(horizontal=True, gap="small"):
            another(row, first=True)
            if (work is None or not work.active) and st.button(
                "Forecast this", key="anomalies-forecast", type="tertiary"
            ):
                opening.forecast(row.id)
    st.stop()


def another(row: DatasetRow, first: bool = False) -> None:
    """A popover with every detector, when to use it, its settings, and the button that starts it."""
    with st.popover("Choose a detector" if first else "Other detectors", key="anomalies-detectors"):
        known = anomaly.list_detectors()
        usable = [name for name, spec in known.items() if spec.package is None or find_spec(spec.package)]
        name = st.selectbox("Detector", usable, format_func=lambda one: known[one].title, key="anomalies-detector")
        parts.text(known[name].summary, small=True)
        with st.expander("Settings", key="anomalies-detector-settings"):
            settings = forms.edit(known[name].settings, f"anomalies-{name}", columns=1, folded=False)
        fit_end = _learn_from(row)
        running = detections.job_of(row, "detect", state.owner())
        busy = running is not None and running.active
        if st.button(
            "Look for anomalies", key="anomalies-look", type="secondary" if first else "primary", disabled=busy
        ):
            look(row, name, settings, fit_end)
            st.rerun()


def _learn_from(row: DatasetRow) -> str | None:
    """Which part of the data teaches what is usual: None for all of it, else its last time as ISO."""
    options = {"all": "All the data", "until": "The data up to"}
    if pickers.segmented("Learn what is usual from", options, "anomalies-learn") == "all":
        return None
    time = cached.panel(row.id, state.owner()).time.tz_localize(None)
    low, high = time[0].to_pydatetime(), time[-1].to_pydatetime()
    proposed = time[max(0, int(LEARN_SHARE * len(time)) - 1)].to_pydatetime()
    end = st.datetime_input("Last time to learn from", proposed, low, high, key=f"anomalies-learn-until-{row.id}")
    parts.text("What comes later is judged but teaches nothing. Choose a time before things went wrong.", small=True)
    return None if end is None else pd.Timestamp(end).isoformat()
