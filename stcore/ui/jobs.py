"""The long-job card: what runs, where it stands, the error beside its baseline, Watch and Stop. Polls only while it runs."""

from __future__ import annotations

import math

import streamlit as st

from stcore import evaluation, words
from stcore.operations import jobs
from stcore.operations.jobs import Progress
from stcore.operations.store import Job
from stcore.ui import guard, markup, parts, results, state

EVERY_S = 1.0


def card(job: Job, watch: bool = True, slot: str = "job") -> None:
    """A job's card. While it is active it renews itself and reloads the page when another model is ready or it ends.

    Args:
        job: as read at the start of this page run.
        watch: offer the way to the Train page.
        slot: start of the widgets' keys, where a page shows several cards.
    """
    if job.active:
        _polling(job.id, _finished(jobs.progress(job.id, state.owner())), watch, slot)
    else:
        _ended(job, slot)


@st.fragment(run_every=EVERY_S)
@guard.watched
def _polling(job_id: str, finished: int, watch: bool, slot: str) -> None:
    """The card of an active job; ``finished`` is the number of models ready when the page was drawn."""
    job = jobs.get(job_id, state.owner())
    progress = jobs.progress(job_id, state.owner())
    if not job.active or _finished(progress) > finished:
        st.rerun(scope="app")
    with parts.panel("", key=slot, fill=False), st.container(gap="xsmall"):
        with st.container(horizontal=True, vertical_alignment="center", gap="small"):
            parts.heading(job.title, f"{_where(job, progress)}. {sentence(progress)} You can close this tab.")
            st.html(parts.chip(_word(job), "action"), width="content")
            if watch and st.button("Watch", key=f"{slot}-watch"):
                state.go("train")
            if st.button("Stop", key=f"{slot}-stop", type="tertiary", disabled=job.cancel_asked is not None):
                jobs.cancel(job.id, state.owner())
                st.rerun(scope="app")
        running = progress.model
        parts.bar(running.fraction if running is not None and running.epochs else progress.fraction, job.title)


def _ended(job: Job, slot: str) -> None:
    """The card of a job that failed or was stopped; a finished one needs no card."""
    if not job.can_retry:
        return
    tone = "bad" if job.status == "failed" else "muted"
    with parts.panel(job.title, "", parts.chip(_word(job), tone), key=slot, fill=False):
        error = job.error or {}
        if error:
            parts.error(
                str(error.get("message", "")), str(error.get("hint", "")), str(error.get("reference", "")), True
            )
        else:
            parts.text("It was stopped. What was finished is kept.", small=True)
        if st.button("Go on", key=f"{slot}-retry"):
            jobs.retry(job.id, state.owner())
            st.rerun()


def sentence(progress: Progress) -> str:
    """Where a job stands: “STID: epoch 14 of 40, about 3 min left. Error 2.77, last value 3.31.”"""
    model = progress.model
    if model is None:
        return progress.note or (f"{progress.stage}." if progress.stage else "Waiting for a free worker.")
    name = results.title(model.model)
    if not model.epochs or not model.epoch:
        return f"{name} is being fitted."
    left = model.seconds_left
    tail = f", about {words.lasting(left)} left" if left is not None and math.isfinite(left) and left > 0 else ""
    head = f"{name}: epoch {model.epoch} of {model.epochs}{tail}."
    last = model.last
    if last is None or last.validation_mae is None:
        return head
    what, beside = evaluation.unseen_words(progress.chances)
    against = f", {beside} {words.number(last.baseline_mae)}" if last.baseline_mae is not None else ""
    return f"{head} {what} on unseen data {words.number(last.validation_mae)}{against}."


def _where(job: Job, progress: Progress) -> str:
    """Second line: how many models are done, which share of the start times is used."""
    if not progress.models:
        return "Waits for its turn" if job.status == "queued" else "Under way" if progress.stage else "Reads the data"
    done = _finished(progress)
    line = f"{words.sentence(words.in_words(done)) if done else 'None'} of {words.in_words(len(progress.models))} models ready"
    return line + share_words(progress.share)


def share_words(share: float | None) -> str:
    """“, learning from 40 % of the start times”; empty when all are used or it is not known."""
    if share is None or share >= 0.995:
        return ""
    return f", learning from {words.percent(share)} of the start times"


def _finished(progress: Progress) -> int:
    return sum(model.state in ("done", "failed") for model in progress.models.values())


def _word(job: Job) -> str:
    if job.cancel_asked is not None and job.active:
        return "stopping"
    return {"queued": "waiting", "running": "running", "done": "done", "failed": "failed", "cancelled": "stopped"}[
        job.status
    ]


def chip(job: Job) -> markup.Markup:
    """A job's state as a chip, for tables."""
    tone = {"queued": "muted", "running": "action", "done": "good", "failed": "bad", "cancelled": "muted"}[job.status]
    return parts.chip(_word(job), tone)
