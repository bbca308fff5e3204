"""The Jobs page: what runs and waits, polled by one fragment; what ended, with its log and what can be done about it."""

from __future__ import annotations

import shlex
from datetime import UTC, datetime

import streamlit as st

from stcore import words
from stcore.errors import NotFound
from stcore.operations import detections, jobs, store
from stcore.operations.store import Job, Status
from stcore.ui import guard, parts, state, train_round
from stcore.ui import jobs as job_card

EVERY_S = 1.0
LOG_LINES = 200
FOUND = ("detect", "self_test")
"""Kinds whose result stands on the Anomalies page."""


def sentence(listed: list[Job]) -> list[object]:
    """“**One job is running, two wait.** Four ended, one of them failed.”"""
    count = {status: sum(job.status == status for job in listed) for status in Status}
    running, queued, failed = count[Status.RUNNING], count[Status.QUEUED], count[Status.FAILED]
    ended = len(listed) - running - queued
    now = "Nothing is running"
    if running or queued:
        pieces = [f"{words.in_words(running)} {'job is' if running == 1 else 'jobs are'} running"] if running else []
        pieces += [f"{words.in_words(queued)} {'waits' if queued == 1 else 'wait'}"] if queued else []
        now = words.sentence(", ".join(pieces))
    if not ended:
        return [parts.strong(f"{now}.")]
    rest = f" {words.sentence(words.in_words(ended))} ended"
    bad = [", ", parts.strong(f"{words.in_words(failed)} of them failed", "bad")] if failed else []
    return [parts.strong(f"{now}."), rest, *bad, "."]


@st.fragment(run_every=EVERY_S)
@guard.watched
def active(ids: tuple[str, ...]) -> None:
    """The jobs that run or wait; when one of them changes its list the page is drawn anew."""
    owner = state.owner()
    now = [job for job in jobs.listing(owner) if job.active]
    if tuple(job.id for job in now) != ids:
        st.rerun(scope="app")
    for job in now:
        progress = jobs.progress(job.id, owner)
        with parts.panel(words.short(job.title, 80), _line(job), job_card.chip(job), key=f"job-{job.id}", fill=False):
            parts.bar(progress.fraction, job.title)
            parts.text(job_card.sentence(progress), small=True)
            _buttons(job)


def ended(job: Job) -> None:
    """One job that is over: its state, its error, its log, and what can be done."""
    with parts.panel("", key=f"job-{job.id}", fill=False):
        with st.container(horizontal=True, horizontal_alignment="distribute", vertical_alignment="center", gap="small"):
            with st.container(width="stretch"):
                parts.heading(words.short(job.title, 80), parts.join([job_card.chip(job), " ", _line(job)]))
            _buttons(job)
        if job.error:
            error = job.error
            parts.error(error.get("message", ""), error.get("hint", ""), error.get("reference", ""), changed=True)


def _buttons(job: Job) -> None:
    with st.container(horizontal=True, gap="small", vertical_alignment="center", width="content"):
        if (job.run or (job.kind in FOUND and job.status == Status.DONE)) and st.button(
            "Open" if job.status == Status.DONE else "Watch", key=f"open-{job.id}"
        ):
            _open(job)
        if job.active and st.button(
            "Cancel", key=f"cancel-{job.id}", type="tertiary", disabled=job.cancel_asked is not None
        ):
            jobs.cancel(job.id, state.owner())
            st.rerun(scope="app")
        if job.can_retry and st.button("Retry", key=f"retry-{job.id}"):
            jobs.retry(job.id, state.owner())
            st.rerun(scope="app")
        with st.popover("Log", type="tertiary", key=f"log-{job.id}"):
            text = jobs.log_tail(job.id, LOG_LINES, state.owner()) or "Nothing yet."
            height = 360 if text.count("\n") > 14 else "content"
            st.code(text, language=None, height=height, width=640, wrap_lines=True)  # type: ignore[arg-type]
            folder = jobs.curves(job.id, state.owner())
            if folder is not None:
                parts.text("The curves of the training, in a terminal:", small=True)
                st.code(f"tensorboard --logdir {shlex.quote(str(folder))}", language=None, width=640, wrap_lines=True)
        if not job.active and st.button(
            "Delete", key=f"delete-{job.id}", type="tertiary", help="Forgets the job and its log; what it made stays."
        ):
            jobs.delete(job.id, state.owner())
            st.rerun(scope="app")


def _open(job: Job) -> None:
    """The result of a job, or the page where it is watched."""
    try:
        store.dataset(str(job.payload.get("dataset")), state.owner())
    except NotFound as gone:
        parts.error("The data set of this job was deleted.", gone.hint)
        return
    state.choose("dataset", str(job.payload["dataset"]))
    if job.kind in FOUND:
        key = detections.key_of(
            str(job.payload["detector"]), dict(job.payload.get("settings") or {}), job.payload.get("fit_end")
        )
        state.go("anomalies", judge=key)
    page = "forecast" if job.status == Status.DONE else "train"
    state.go(page, run=str(job.run))


def _line(job: Job) -> str:
    """“City traffic. Started 16:41, took 2 min.”"""
    return f"{_data(job)}. {when(job)}"


def _data(job: Job) -> str:
    try:
        return words.short(store.dataset(str(job.payload.get("dataset")), state.owner()).name, 60)
    except NotFound:
        return "Deleted data set"


def when(job: Job) -> str:
    """When it was asked for, began, and how long it took or has taken."""
    if job.started is None:
        return f"Asked for {train_round.moment(job.created)}."
    length = words.lasting(((job.ended or datetime.now(UTC)) - job.started).total_seconds())
    began = f"Started {train_round.moment(job.started)}"
    return f"{began}, took {length}." if job.ended else f"{began}, {length} ago."
