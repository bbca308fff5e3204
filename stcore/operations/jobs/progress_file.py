"""What a job says about itself: JSON lines in home/jobs/<id>/progress.jsonl, and the picture folded from them.

The writer appends whole lines; the reader leaves out a torn last one. After a resume epochs may come again: an epoch
replaces itself and everything after it.
"""

from __future__ import annotations

import json
import time
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from functools import lru_cache
from pathlib import Path
from typing import Any

from stcore.settings import settings

PROGRESS_FILE = "progress.jsonl"
LOG_FILE = "log.txt"


@dataclass(frozen=True)
class Epoch:
    """One round of training; None where a model does not say.

    Attributes:
        validation_mae, baseline_mae: in units of the target; of chances of events the surprise (log loss) of the model, and
            of the usual shares.
        seconds: since the model started.
        memory_mb: in use, 10^6 bytes.
    """

    epoch: int
    train_loss: float | None = None
    validation_loss: float | None = None
    validation_mae: float | None = None
    baseline_mae: float | None = None
    windows_per_s: float | None = None
    steps_per_s: float | None = None
    seconds: float | None = None
    learning_rate: float | None = None
    memory_mb: float | None = None


@dataclass(frozen=True)
class ModelProgress:
    """How far one model of a job has come.

    Attributes:
        state: waiting, running, done or failed.
        epochs: planned number of epochs; 0 for a model without epochs.
        metrics: of a finished model on the test part.
        message: why it failed.
    """

    model: str
    state: str = "waiting"
    epochs: int = 0
    history: tuple[Epoch, ...] = ()
    seconds: float | None = None
    seconds_left: float | None = None
    metrics: Mapping[str, Any] = field(default_factory=dict)
    message: str = ""

    @property
    def last(self) -> Epoch | None:
        """The newest epoch."""
        return self.history[-1] if self.history else None

    @property
    def epoch(self) -> int:
        """Number of the newest epoch; 0 before the first."""
        return self.history[-1].epoch if self.history else 0

    @property
    def fraction(self) -> float:
        """How much is done, 0..1."""
        if self.state in ("done", "failed"):
            return 1.0
        return min(self.epoch / self.epochs, 1.0) if self.epochs else 0.0


@dataclass(frozen=True)
class Progress:
    """A job's progress as a page shows it.

    Attributes:
        models: by label, in the order in which they run.
        current: label of the running model, or None.
        share: share of the data that training sees, 0..1, or None before the plan.
        chances: its models say chances of events, not values.
        note: the last remark.
        dataset: id of the data set that the job made, or None.
        stage: what a job without models is doing; ``stage_done``: how much of it is done when that begins, 0..1.
        updated: seconds since 1970 of the last line; None before the first.
    """

    models: Mapping[str, ModelProgress] = field(default_factory=dict)
    current: str | None = None
    share: float | None = None
    chances: bool = False
    note: str = ""
    dataset: str | None = None
    stage: str = ""
    stage_done: float = 0.0
    updated: float | None = None

    @property
    def model(self) -> ModelProgress | None:
        """The running model."""
        return self.models.get(self.current) if self.current else None

    @property
    def epoch(self) -> int:
        """Newest epoch of the running model."""
        return self.model.epoch if self.model else 0

    @property
    def epochs(self) -> int:
        """Planned epochs of the running model."""
        return self.model.epochs if self.model else 0

    @property
    def seconds_left(self) -> float | None:
        """Of the running model, by its own estimate."""
        return self.model.seconds_left if self.model else None

    @property
    def fraction(self) -> float:
        """How much of the whole job is done, 0..1; every model counts alike."""
        parts = [model.fraction for model in self.models.values()]
        return sum(parts) / len(parts) if parts else self.stage_done


def job_folder(id: str) -> Path:
    """Where a known job keeps its progress and log."""
    return settings().home / "jobs" / id


class ProgressFile:
    """Appends events to a job's progress, one whole line each. Every write may raise OSError (disk full)."""

    def __init__(self, id: str) -> None:
        job_folder(id).mkdir(parents=True, exist_ok=True)
        self._file = (job_folder(id) / PROGRESS_FILE).open("ab", buffering=0)
        if self._file.tell():
            self._file.write(b"\n")  # ends a line that was torn; an empty line means nothing

    def write(self, event: Mapping[str, Any]) -> None:
        """Append one event with the time."""
        line = json.dumps({"at": round(time.time(), 3), **event}, ensure_ascii=False, default=float)
        self._file.write(line.encode("utf-8", "replace") + b"\n")

    def close(self) -> None:
        """No more events."""
        self._file.close()


def read(id: str) -> Progress:
    """The progress of a known job; empty before its first event."""
    path = job_folder(id) / PROGRESS_FILE
    try:
        size = path.stat().st_size
    except OSError:
        return Progress()
    return _folded(path, size)


def log_tail(id: str, lines: int = 200) -> str:
    """The last lines of a known job's log."""
    return _tail(job_folder(id) / LOG_FILE, lines)


@lru_cache(maxsize=64)
def _folded(path: Path, size: int) -> Progress:
    """Reading again only when the file has grown: every open tab asks once a second."""
    folded = Progress()
    try:
        with path.open("rb") as file:
            text = file.read(size)
    except OSError:
        return folded
    for line in text.split(b"\n"):
        event = _parsed(line)
        if event is not None:
            folded = fold(folded, event)
    return folded


def _parsed(line: bytes) -> Mapping[str, Any] | None:
    try:
        event = json.loads(line)
    except ValueError:
        return None  # empty, or torn by a full disk or a kill
    return event if isinstance(event, dict) else None


def fold(progress: Progress, event: Mapping[str, Any]) -> Progress:
    """The picture after one more event; an event of an unknown kind changes nothing but the time."""
    at = event.get("at")
    progress = replace(progress, updated=at if isinstance(at, int | float) else progress.updated)
    match event.get("event"):
        case "plan":
            known = {label: progress.models.get(label, ModelProgress(label)) for label in event.get("models", ())}
            chances = bool(event.get("chances", progress.chances))
            return replace(progress, models=known, share=event.get("share", progress.share), chances=chances)
        case "model":
            return _with_state(progress, event)
        case "epoch":
            return _with_epoch(progress, event)
        case "dataset":
            return replace(progress, dataset=str(event.get("dataset")), stage_done=1.0)
        case "stage":
            return replace(progress, stage=str(event.get("stage", "")), stage_done=float(event.get("done", 0)))
        case "note":
            return replace(progress, note=str(event.get("message", "")))
    return progress


def _with_state(progress: Progress, event: Mapping[str, Any]) -> Progress:
    label, state = str(event.get("model")), str(event.get("state"))
    model = progress.models.get(label, ModelProgress(label))
    if state == "started":
        model = replace(model, state="running", message="")
        current: str | None = label
    else:
        metrics = event.get("metrics") or {}
        model = replace(
            model, state=state, metrics=metrics, seconds=event.get("seconds", model.seconds), seconds_left=0.0,
            message=str(event.get("message", "")),
        )  # fmt: skip
        current = None if progress.current == label else progress.current
    return replace(progress, models={**progress.models, label: model}, current=current)


def _with_epoch(progress: Progress, event: Mapping[str, Any]) -> Progress:
    label = str(event.get("model"))
    model = progress.models.get(label, ModelProgress(label))
    point = Epoch(**{name: event[name] for name in Epoch.__dataclass_fields__ if name in event})
    kept = model.history
    if kept and kept[-1].epoch >= point.epoch:
        kept = tuple(epoch for epoch in kept if epoch.epoch < point.epoch)
    model = replace(
        model, state="running", epochs=int(event.get("epochs", model.epochs)), history=(*kept, point),
        seconds=event.get("seconds"), seconds_left=event.get("seconds_left"),
    )  # fmt: skip
    return replace(progress, models={**progress.models, label: model}, current=label)


def _tail(path: Path, lines: int, most_bytes: int = 256_000) -> str:
    try:
        with path.open("rb") as file:
            size = file.seek(0, 2)
            file.seek(max(0, size - most_bytes))
            text = file.read().decode("utf-8", "replace")
    except OSError:
        return ""
    return "\n".join(text.splitlines()[-lines:])
