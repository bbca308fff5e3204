"""A round of training as it is watched: which one, and the sentence that says where it stands. Polls only while it runs."""

from __future__ import annotations

import math

import streamlit as st

from stcore import evaluation, words
from stcore.evaluation import advice
from stcore.experiment import BASELINES
from stcore.operations import jobs, store
from stcore.operations.jobs import ModelProgress, Progress
from stcore.operations.store import Job
from stcore.ui import forecast_view, guard, parts, results, state, train_round
from stcore.ui.opened import Opened

EVERY_S = 1.0


def job_of(dataset_id: str) -> Job | None:
    """The round to show: the one in the address, else the one that runs, that waits, that ended last."""
    owner = state.owner()
    chosen = _in_address(dataset_id, owner)
    if chosen is not None:
        return chosen
    of_data = [job for job in jobs.listing(owner) if job.kind == "train" and job.payload.get("dataset") == dataset_id]
    active = [job for job in of_data if job.active]
    return next(
        (job for job in active if job.status == store.Status.RUNNING), next(iter([*active[::-1], *of_data]), None)
    )


def _in_address(dataset_id: str, owner: str) -> Job | None:
    """The round of the run in the address."""
    run = results.in_address()
    if run is None:
        return None
    found = jobs.for_run(run.id, owner) if run.dataset == dataset_id else None
    return found if found is not None and found.kind == "train" else None


def unit(data: Opened, job: Job) -> str:
    """Unit of the errors of a round: that of its only value, else none."""
    targets = _targets(data, job)
    return data.unit(targets[0]) if len(targets) == 1 else ""


def _targets(data: Opened, job: Job) -> list[str]:
    given = dict(job.payload.get("experiment", {})).get("targets")
    schema = data.panel.schema
    named = list(given or [name for name in data.panel.features if not schema[name].known_ahead])
    return [name for name in named if name in data.panel.features] or list(data.panel.features[:1])


@st.fragment(run_every=EVERY_S)
@guard.watched
def live(job_id: str, unit: str) -> None:
    """A round that waits or runs; when it ends the page is drawn anew."""
    job = jobs.get(job_id, state.owner())
    if not job.active:
        st.rerun(scope="app")
    progress = jobs.progress(job.id, state.owner())
    parts.verdict(*sentence(job, progress))
    parts.bar(progress.fraction, job.title)
    train_round.show(job, progress, unit)


def sentence(job: Job, progress: Progress) -> list[object]:
    """“STID is training: **epoch 14 of 40**, about **3 min** left. It already beats the last value by **16 %**.”"""
    model = progress.model
    if job.cancel_asked is not None:
        return ["This round is being stopped; what is finished stays."]
    if model is None:
        waits = job.status == store.Status.QUEUED
        return ["This round waits for a free worker." if waits else "The data are being read; the first model follows."]
    season = train_round.season_of({label: one.metrics for label, one in progress.models.items()})
    name = results.title(model.model, season)
    if not model.epoch:
        return [f"{name} is being fitted."]
    pieces: list[object] = [f"{name} is training: ", parts.strong(f"epoch {model.epoch} of {model.epochs}")]
    left = model.seconds_left
    if left is not None and math.isfinite(left) and left >= 1:
        pieces += [", about ", parts.strong(words.lasting(left)), " left"]
    return [*pieces, ". ", *(_sureness(model) if progress.chances else _against(model))]


def _gain(model: ModelProgress) -> float:
    """How much smaller the error of the best epoch so far is than that of the baseline, on data it did not learn from; NaN unknown."""
    pairs = [
        (e.validation_mae, e.baseline_mae) for e in model.history if e.validation_mae is not None and e.baseline_mae
    ]
    return 1 - min((own / other for own, other in pairs if other), default=math.nan)


def _sureness(model: ModelProgress) -> list[object]:
    """The same of chances of events, whose surprise stands beside that of the usual shares."""
    gain = _gain(model)
    if not math.isfinite(gain):
        return []
    if gain >= 0.005:
        return [
            "Its chances surprise ",
            parts.strong(f"{words.percent(gain)} less", "good"),
            " than always saying the usual share.",
        ]
    return ["So far its chances are no better than always saying the usual share."]


def _against(model: ModelProgress) -> list[object]:
    """How the best epoch so far compares with the last value."""
    skill = _gain(model)
    if not math.isfinite(skill):
        return []
    if skill >= 0.005:
        return ["It already beats the last value by ", parts.strong(words.percent(skill), "good"), "."]
    if skill > -0.005:
        return ["So far it is no better than the last value."]
    return ["So far it is ", parts.strong(f"{words.percent(-skill)} worse", "bad"), " than the last value."]


def outcome(work: results.Work, progress: Progress) -> tuple[list[object], str]:
    """The sentence of a round that ended, and its small print."""
    season = train_round.season_of(work.metrics)
    job = work.job
    if job is not None and job.can_retry:
        last = next(
            (model for model in reversed(list(progress.models.values())) if model.epoch and model.state == "running"),
            None,
        )
        where = f" after epoch {last.epoch} of {last.epochs} of {results.title(last.model)}" if last else ""
        return [
            "This round was stopped",
            parts.strong(where),
            ".",
        ], "What is finished is kept; “Go on” takes it up at its last epoch."
    best = work.best
    if best is None:
        return ["This round ended without a finished model."], ""
    skill = work.skill(best)
    phrase, tone = words.judgement(skill)
    pieces: list[object] = [
        parts.strong(results.title(best, season)),
        " is the best of this round, ",
        parts.strong(phrase, tone),
        " than the last value.",
    ]
    if tone == "plain" and math.isfinite(skill):
        pieces[1] = " is the best of this round and "
    if progress.chances:
        measured = evaluation.measures(work.metrics[best], work.metrics.get("persistence", {}))
        pieces += [" ", *forecast_view.coloured(measured)]
    took = (
        f"Took {words.lasting((job.ended - job.started).total_seconds())}, "
        if job and job.ended and job.started
        else ""
    )
    known = results.recommended(work)
    use = (
        f" {advice(known, {label: results.title(label, season) for label in work.models if label not in BASELINES})}"
        if known
        else ""
    )
    return pieces, f"{took}{words.count(len(work.models), 'model')} on the same test part.{use}"
