"""Recent work: every data set with where it stands, its result, and the next step."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, datetime
from urllib.parse import urlencode

from stcore import words
from stcore.operations import jobs, store
from stcore.ui import markup, results
from stcore.ui.markup import Column, Markup

COLUMNS = (
    Column("Data"), Column("State"), Column("Result", minor=True), Column("Changed", minor=True), Column("", number=True),
)  # fmt: skip


@dataclass(frozen=True)
class Work:
    """One data set and the newest run on it.

    Attributes:
        state, tone: words and colour of the chip.
        result: one short sentence; may be empty.
        changed: when, UTC.
        step: words of the link to the next step, with its page and ids.
    """

    name: str
    state: str
    tone: str
    result: str | Markup
    changed: datetime
    step: str
    page: str
    ids: dict[str, str]


def work(owner: str, most: int = 8) -> list[Work]:
    """The owner's data sets, the one worked on last first."""
    newest: dict[str, store.Run] = {}
    for run in store.recent_runs(owner, limit=100):
        newest.setdefault(run.dataset, run)
    found = [_of(row, newest.get(row.id), owner) for row in store.datasets(owner)]
    return sorted(found, key=lambda item: item.changed, reverse=True)[:most]


def _of(row: store.DatasetRow, run: store.Run | None, owner: str) -> Work:
    ids = {"dataset": row.id}
    if run is None:
        return Work(row.name, "Data read", "muted", _sentence(row), row.created, "Forecast it", "load", ids)
    ids["run"] = run.id
    work = results.work(run)
    changed = (work.job and (work.job.ended or work.job.started)) or run.created
    if work.active and work.job is not None:
        return Work(row.name, *_running(work.job, owner), datetime.now(UTC), "Watch", "train", ids)
    if work.best is not None:
        result = markup.join([markup.judged(work.skill(work.best)), " than the last value"])
        return Work(row.name, "Forecast ready", "good", result, changed, "Look at it", "forecast", ids)
    why = str((work.job.error or {}).get("message", "")) if work.job else ""
    state, tone = ("Stopped", "muted") if run.state == "cancelled" else ("Failed", "bad")
    return Work(row.name, state, tone, words.short(why, 90), changed, "Look at it", "train", ids)


def _sentence(row: store.DatasetRow) -> str:
    return words.short(str(row.about.get("sentence", "")), 90)


def _running(job: store.Job, owner: str) -> tuple[str, str, str]:
    """State, tone and result of work that waits or runs."""
    progress = jobs.progress(job.id, owner)
    if job.status == store.Status.QUEUED or progress.model is None:
        return "Waiting" if job.status == store.Status.QUEUED else "Training", "action", progress.note
    where = f"epoch {progress.epoch} of {progress.epochs}" if progress.epochs else "being fitted"
    left = f", about {words.lasting(progress.seconds_left)} left" if progress.seconds_left else ""
    return f"Training {results.title(progress.model.model)}", "action", where + left


def cells(item: Work, now: datetime | None = None) -> list[object]:
    """The row of a table: data, state, result, when, link."""
    age = ((now or datetime.now(UTC)) - item.changed).total_seconds()
    address = f"/{item.page}?{urlencode(item.ids)}"
    name = markup.strong(words.short(item.name, 48))
    return [name, markup.chip(item.state, item.tone), item.result, words.ago(age), markup.link(item.step, address)]
