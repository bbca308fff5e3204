"""A large file while it is read: its stage, a bar, a way to stop; then its data set, or what is wrong with it."""

from __future__ import annotations

import streamlit as st

from stcore import words
from stcore.errors import DataError, StcoreError
from stcore.operations import jobs, uploads
from stcore.operations.store import Job
from stcore.ui import frame, guard, opening, parts, state

EVERY_S = 0.7
_TOLD = "reread_told"


def watch(token: str) -> StcoreError | None:
    """The page of a kept file that a job reads; opens the data set when there is one.

    Returns:
        What is wrong with the file, once that is known; None where no job reads it.
    """
    job = opening.reading(token)
    if job is None:
        return None
    made = jobs.progress(job.id, state.owner()).dataset
    if job.status == jobs.Status.DONE and made is not None:
        state.go("load", dataset=made)
    if job.active:
        _header(token)
        _card(job.id)
        st.stop()
    if job.status == jobs.Status.CANCELLED:
        _stopped(token, job)
        st.stop()
    error = job.error or {}
    return DataError(str(error.get("message", "The file could not be read.")), str(error.get("hint") or "Try again."))


def watch_again(dataset: str | None) -> None:
    """The page of a data set whose file a job reads anew; opens what it became, and says once why it could not be."""
    job = opening.rereading(dataset) if dataset else None
    if job is None:
        return
    if job.active:
        frame.header("Load", facts="The data stay as they are until the file has been read again.")
        _card(job.id)
        st.stop()
    made = jobs.progress(job.id, state.owner()).dataset
    if job.status == jobs.Status.DONE and made not in (None, dataset):
        state.go("load", dataset=made)
    if job.error and st.session_state.get(_TOLD) != job.id:
        parts.error(job.error["message"], job.error["hint"], heading="The file could not be read so")
        if st.button("All right", key="reread-told"):
            st.session_state[_TOLD] = job.id
            st.rerun()


def _header(token: str) -> None:
    source = uploads.source_of(token)
    frame.header("Load", facts=f"{words.short(source.name, 60)}, {words.size(source.stat().st_size)}")


@st.fragment(run_every=EVERY_S)
@guard.watched
def _card(job_id: str) -> None:
    job, progress = jobs.get(job_id, state.owner()), jobs.progress(job_id, state.owner())
    if not job.active:
        st.rerun(scope="app")
    with parts.panel(job.title, "You can close this tab; the data set will stand on Home.", key="reading", fill=False):
        parts.bar(progress.fraction, job.title)
        with st.container(horizontal=True, vertical_alignment="center", horizontal_alignment="distribute"):
            parts.text(f"{progress.stage or 'Starting'}.", small=True)
            if st.button("Stop", key="reading-stop", disabled=job.cancel_asked is not None):
                jobs.cancel(job.id, state.owner())
                st.rerun(scope="app")


def _stopped(token: str, job: Job) -> None:
    _header(token)
    line = "It was stopped; nothing was saved. The file is still here."
    with parts.panel(job.title, line, key="reading", fill=False), st.container(horizontal=True, gap="small"):
        if st.button("Read it again", type="primary", key="reading-retry"):
            jobs.retry(job.id, state.owner())
            st.rerun()
        if st.button("Drop another file", key="reading-another"):
            state.forget("upload")
            state.go("home")
