"""A round of training in pictures and numbers: its curve, its speed, its models, its log."""

from __future__ import annotations

import math
from collections.abc import Mapping
from datetime import UTC, datetime
from typing import Any
from zoneinfo import ZoneInfo

import numpy as np
import streamlit as st

from stcore import evaluation, words
from stcore.experiment import Experiment
from stcore.operations import jobs, store
from stcore.operations.jobs import ModelProgress, Progress
from stcore.operations.jobs.progress_file import Epoch
from stcore.operations.store import Job
from stcore.plots import curves
from stcore.plots.theme import is_baseline
from stcore.ui import markup, parts, pickers, results, state
from stcore.ui.markup import Column, Markup, Metric

_STATES = {"waiting": "waits", "running": "training", "done": "done", "failed": "failed"}


def show(job: Job, progress: Progress, unit: str) -> None:
    """Curve, numbers and log on the left; the models of the round on the right."""
    left, right = st.columns([1.65, 1], gap="small")
    model = _drawn(progress, not job.active)
    unit = "" if progress.chances else unit
    error = "surprise" if progress.chances else "mean error"
    of = f"{results.title(model.model)}: {error}" if model else words.sentence(error)
    alone = _single(job) or progress.chances
    measured = f", {unit}" if unit else "" if alone else " of all values, each in its own usual spread"
    with (
        left,
        parts.panel(
            f"{evaluation.unseen_words(progress.chances)[0]} after each epoch",
            f"{of}{measured}, on the parts to learn from and to tune on. Lower is better.",
            key="train-curve",
        ),
    ):
        if not job.active:
            _choice(progress)
        _curve(model, progress.chances)
        parts.metrics(*numbers(job, progress, model, unit))
        with st.expander("Log", key="train-log"):
            st.code(log(job, progress) or "Nothing yet.", language=None, height=220)
    with right, parts.panel("This round", _second(progress), key="train-round"):
        season = season_of({model.model: model.metrics for model in progress.models.values()})
        table(job, progress, unit, season)
        if not alone and progress.models and not unit:
            parts.text("Values in unlike units have no common error; skill is the mean of theirs.", small=True)
        if job.active:
            parts.text("You can close this tab. Training goes on, and the result waits under Jobs.", small=True)
            more = waiting(job)
            if more:
                parts.text(more, small=True)


def _single(job: Job) -> bool:
    """Whether a round forecasts one value."""
    return len(dict(job.payload.get("experiment", {})).get("targets") or [""]) == 1


def _drawn(progress: Progress, ended: bool) -> ModelProgress | None:
    """The model whose curve is shown: the one in training, else the last one with epochs; in a round that ended, the chosen."""
    trained = {label: model for label, model in progress.models.items() if model.epochs and model.history}
    if ended and len(trained) > 1:
        wanted = st.session_state.get("train-shown")
        return trained.get(str(wanted), next(iter(trained.values())))
    running = progress.model
    return running if running and running.model in trained else next(reversed(trained.values()), running)


def _choice(progress: Progress) -> None:
    """Which model's curve, where several have one."""
    trained = [label for label, model in progress.models.items() if model.epochs and model.history]
    if len(trained) > 1:
        pickers.segmented("Model", {label: results.title(label) for label in trained}, "train-shown")


def _curve(model: ModelProgress | None, chances: bool) -> None:
    if model is None or not model.history or not model.epochs:
        parts.text("The curve begins after the first epoch; models that are solved at once have none.", small=True)
        return
    unseen = _column(model, "validation_mae")
    seen = _column(model, "train_loss")
    known = np.isfinite(unseen).any()
    what, beside = evaluation.unseen_words(chances)
    best = (
        f"best {what.lower()} on unseen data {words.number(float(np.nanmin(unseen)))}"
        if known
        else "no unseen data to judge by"
    )
    baseline = _column(model, "baseline_mae")
    epochs = curves.Epochs(
        seen if _alike(seen, unseen) or not known else np.full(len(seen), np.nan),
        unseen if known else np.full(len(seen), np.nan),
        model.epochs,
        float(baseline[-1]) if len(baseline) else math.nan,
        baseline_label=words.sentence(beside),
    )
    parts.chart(
        curves.training(epochs, parts.theme()),
        "train-epochs",
        f"{results.title(model.model)} after {model.epoch} of {model.epochs} epochs: {best}",
    )


def _column(model: ModelProgress, name: str) -> np.ndarray:
    """One number an epoch, [epochs so far], NaN where it was not told; epochs before a resume keep their place."""
    values = np.full(model.epoch, np.nan)
    for epoch in model.history:
        value = getattr(epoch, name)
        values[epoch.epoch - 1] = np.nan if value is None else value
    return values


def _alike(seen: np.ndarray, unseen: np.ndarray) -> bool:
    """Whether the training loss can stand on the axis of the error (a squared loss cannot)."""
    with np.errstate(invalid="ignore"):
        ratio = np.nanmedian(seen / unseen) if np.isfinite(seen * unseen).any() else np.nan
    return bool(0.2 < ratio < 5)


def numbers(job: Job, progress: Progress, model: ModelProgress | None, unit: str) -> list[Metric]:
    """Speed, time, share of the data, error on unseen data."""
    last = model.last if model else None
    speed = last.steps_per_s if last else None
    share = progress.share
    used, _, percent = words.percent(share).partition(words.NBSP)
    error = last.validation_mae if last else None
    baseline = last.baseline_mae if last else None
    what, beside = evaluation.unseen_words(progress.chances)
    return [
        Metric("Speed", words.number(speed), "steps/s", _device(progress.note, last)),
        Metric("Elapsed", *_elapsed(job)),
        Metric(
            "Share of data used",
            used,
            percent,
            "drawn at random" if share is not None and share < 0.995 else "all start times",
        ),
        Metric(
            f"Unseen {what.lower()}",
            words.number(error),
            unit,
            f"{beside} {words.number(baseline)}"
            if baseline
            else "after the first epoch"
            if job.active
            else "of models with epochs",
        ),
    ]


def _device(note: str, last: Epoch | None) -> str:
    """“processor, 0.6 GB, rate 0.004” from the remark a fit begins with and the newest epoch."""
    name = note.removeprefix("Device: ").split(" ")[0] if note.startswith("Device: ") else ""
    said = [{"cpu": "processor"}.get(name, name)]
    if last is not None and last.memory_mb is not None:
        said.append(f"{words.number(last.memory_mb / 1000)} GB")
    if last is not None and last.learning_rate is not None:
        said.append(f"rate {last.learning_rate:.1g}")
    return ", ".join(each for each in said if each)


def _elapsed(job: Job) -> tuple[str, str, str]:
    """Time since the start, or from start to end: number, unit, when it began."""
    if job.started is None:
        return words.DASH, "", "waits"
    length = ((job.ended or datetime.now(UTC)) - job.started).total_seconds()
    note = f"started {moment(job.started)}"
    if length < 60:
        return f"{length:.0f}", "s", note
    if length < 3600:
        return f"{int(length) // 60}:{int(length) % 60:02d}", "min", note
    return f"{int(length) // 3600}:{int(length) % 3600 // 60:02d}", "h", note


def _second(progress: Progress) -> str:
    if not progress.models:
        return "The models are listed once the data are read"
    count = words.count(len(progress.models), "model")
    return f"{count}, same windows; {'Brier scores' if progress.chances else 'errors'} on the test part"


def table(job: Job, progress: Progress, unit: str, season: str) -> None:
    """Every model of the round: its state, its error on the tested part (of chances their Brier score), its skill."""
    error = "Brier" if progress.chances else f"Error, {unit}" if unit else "Error"
    columns = [Column("Model"), Column("State", wide=True), Column(error, number=True), Column("Skill", number=True)]
    rows = [_row(model, job, season, progress.chances) for model in progress.models.values()]
    if not rows:
        entries = Experiment.parse(job.payload["experiment"]).runs() if job.kind == "train" else []
        rows = [
            [results.title(entry.model.label, season), markup.muted("waits"), words.DASH, words.DASH]
            for entry in entries
        ]
    running = next((row for row, model in enumerate(progress.models.values()) if model.state == "running"), -1)
    parts.table(columns, rows, running, "Models of this round")


def _row(model: ModelProgress, job: Job, season: str, chances: bool) -> list[object]:
    skill = model.metrics.get("skill")
    so_far: object = evaluation.score(model.metrics, "brier") if chances else words.number(model.metrics.get("mae"))
    if model.state == "running" and model.last is not None and model.last.validation_mae is not None:
        what = "surprise " if chances else ""
        so_far = markup.muted(f"{what}{words.number(model.last.validation_mae)} so far")
    shown = words.DASH if is_baseline(model.model) and model.model == "persistence" else words.percent(skill, sign=True)
    return [results.title(model.model, season), _state(model, job), so_far, shown]


def _state(model: ModelProgress, job: Job) -> Markup:
    """“done”, “waits”, a bar, or why it failed."""
    if model.state == "running" and job.active and model.epochs:
        return markup.progress(model.fraction, model.model)
    if model.state == "failed":
        return markup.strong(words.short(model.message or "failed", 160), "bad")
    if not job.active and model.state in ("running", "waiting"):
        return markup.muted(f"stopped after epoch {model.epoch}" if model.epoch else "not begun")
    return markup.muted(_STATES.get(model.state, model.state))


def log(job: Job, progress: Progress) -> str:
    """The end of the job's log, then one line an epoch."""
    lines = [jobs.log_tail(job.id, 60, state.owner()).rstrip()]
    for model in progress.models.values():
        for epoch in model.history[-40:]:
            error = f", unseen {words.number(epoch.validation_mae)}" if epoch.validation_mae is not None else ""
            lines.append(
                f"{model.model} epoch {epoch.epoch} of {model.epochs}: seen {words.number(epoch.train_loss)}{error}"
            )
    return "\n".join(line for line in lines if line)


def waiting(job: Job) -> str:
    """How many rounds wait behind this one, as a sentence; empty when none does."""
    behind = sum(each.status == store.Status.QUEUED and each.id != job.id for each in jobs.listing(state.owner()))
    return (
        f"{words.sentence(words.in_words(behind))} more {'waits' if behind == 1 else 'wait'} in the queue."
        if behind
        else ""
    )


def moment(time: datetime) -> str:
    """A time of this product (not of the data) on the viewer's clock: “16:41”, “Mon 9 Mar, 16:41”."""
    zone = getattr(st.context, "timezone", None)
    local = time.astimezone(ZoneInfo(zone)) if isinstance(zone, str) and zone else time.astimezone()
    today = datetime.now(local.tzinfo).date() == local.date()
    return f"{local:%H:%M}" if today else f"{local:%a} {local.day} {local:%b}, {local:%H:%M}"


def season_of(metrics: Mapping[str, Mapping[str, Any]]) -> str:
    """Words of the seasonal baseline, from the numbers of a run."""
    return str(next((one["season"] for one in metrics.values() if one.get("season")), ""))
