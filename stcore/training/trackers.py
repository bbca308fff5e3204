"""Epochs told to the tools people look at: TensorBoard files for every run; MLflow and Weights & Biases where asked for.

TensorBoard files lie in the run's folder and stay there. MLflow gets the same when it is installed and MLFLOW_TRACKING_URI is set,
Weights & Biases when it is installed and WANDB_PROJECT or WANDB_MODE is set; nothing else leaves the machine. A tracker that fails
is left out with one remark; the training goes on.
"""

from __future__ import annotations

import json
import logging
import math
import os
import shutil
import socket
import time
import uuid
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from importlib.util import find_spec
from pathlib import Path
from typing import Any, Protocol

from stcore.experiment import RunConfig

Progress = Callable[[Mapping[str, Any]], None]
FOLDER = "tensorboard"
TAGS = {
    "train_loss": "loss/train", "validation_loss": "loss/validation", "baseline_loss": "loss/last value",
    "learning_rate": "learning_rate", "windows_per_s": "windows_per_s",
}  # fmt: skip
_KEY = "run.json"
_PATIENCE = {  # with a server that is not there training waits seconds, not minutes
    "MLFLOW_HTTP_REQUEST_TIMEOUT": "10", "MLFLOW_HTTP_REQUEST_MAX_RETRIES": "1", "MLFLOW_DISABLE_TELEMETRY": "true",
}  # fmt: skip
_log = logging.getLogger(__name__)


class Tracker(Protocol):
    """Somewhere epochs are told to."""

    def epoch(self, number: int, values: Mapping[str, float]) -> None:
        """Values by tag after an epoch (1-based)."""

    def close(self, failed: bool) -> None:
        """No more epochs; ``failed``: the training did not get to its end."""


@contextmanager
def tracked(folder: Path, label: str, run: RunConfig, progress: Progress) -> Iterator[Progress]:
    """A ``progress`` for one model's training that also tells every epoch to the trackers.

    Args:
        folder: of the run; curves of TensorBoard go to ``tensorboard/<label>`` in it, those of a refit to ``refit`` below.
        label: of the model.
        run: what is trained, told to MLflow and Weights & Biases as parameters.
    """
    tracking = _Tracking(folder / FOLDER / label, f"{folder.name}/{label}", run, progress)
    try:
        yield tracking
    except BaseException:
        tracking.close(failed=True)
        raise
    tracking.close(failed=False)


class _Tracking:
    """Passes events on, and epochs to all trackers; those of a fit that starts anew take the place of older ones."""

    def __init__(self, folder: Path, name: str, run: RunConfig, progress: Progress) -> None:
        self.folder, self.name, self.run, self.progress = folder, name, run, progress
        self.trackers: list[Tracker] | None = None
        self.last = 0

    def __call__(self, event: Mapping[str, Any]) -> None:
        self.progress(event)
        if event.get("event") != "epoch":
            return
        number = int(event["epoch"])
        if number <= self.last:  # the second fit, on train + validation
            self.close(failed=False)
            self.folder, self.name = self.folder / "refit", f"{self.name}/refit"
        if self.trackers is None:
            self.trackers = self._opened(anew=number == 1)
        self.last = number
        values = {tag: float(event[key]) for key, tag in TAGS.items() if math.isfinite(event.get(key, math.nan))}
        self._each(lambda tracker: tracker.epoch(number, values))

    def close(self, failed: bool) -> None:
        """Close all trackers; closing twice is no mistake."""
        self._each(lambda tracker: tracker.close(failed))
        self.trackers = None

    def _opened(self, anew: bool) -> list[Tracker]:
        found: list[Tracker] = []
        makers: list[Callable[[Path, str, RunConfig], Tracker]] = [TensorBoard]
        makers += [MLflow] if os.environ.get("MLFLOW_TRACKING_URI") and find_spec("mlflow") else []
        asked = os.environ.get("WANDB_PROJECT") or os.environ.get("WANDB_MODE", "disabled") != "disabled"
        makers += [WeightsAndBiases] if asked and find_spec("wandb") else []
        if anew:
            shutil.rmtree(self.folder, ignore_errors=True)
        for make in makers:
            try:
                found.append(make(self.folder, self.name, self.run))
            except Exception as error:  # noqa: BLE001 - whatever others' tools say, the training goes on
                self._left_out(make.__name__, error)
        return found

    def _each(self, tell: Callable[[Tracker], None]) -> None:
        for tracker in list(self.trackers or ()):
            try:
                tell(tracker)
            except Exception as error:  # noqa: BLE001 - as above
                (self.trackers or []).remove(tracker)
                self._left_out(type(tracker).__name__, error)

    def _left_out(self, name: str, error: Exception) -> None:
        _log.warning("%s gets no epochs of %s: %s", name, self.name, error)
        self.progress(
            {"event": "note", "message": f"{name} gets no epochs: {str(error)[:200] or type(error).__name__}"}
        )


class TensorBoard:
    """An event file, written whole after every epoch; no thread, no TensorFlow."""

    def __init__(self, folder: Path, name: str, run: RunConfig) -> None:
        from tensorboard.compat.proto.event_pb2 import Event
        from tensorboard.summary.writer.record_writer import RecordWriter

        folder.mkdir(parents=True, exist_ok=True)
        file = folder / f"events.out.tfevents.{time.time_ns()}.{socket.gethostname()}.{os.getpid()}"
        self._event, self._writer = Event, RecordWriter(file.open("ab"))
        self._write(file_version="brain.Event:2")

    def epoch(self, number: int, values: Mapping[str, float]) -> None:
        """One scalar a tag."""
        from tensorboard.compat.proto.summary_pb2 import Summary

        scalars = [Summary.Value(tag=tag, simple_value=value) for tag, value in values.items()]
        self._write(step=number, summary=Summary(value=scalars))

    def close(self, failed: bool) -> None:
        """Close the file."""
        self._writer.close()

    def _write(self, **event: Any) -> None:
        self._writer.write(self._event(wall_time=time.time(), **event).SerializeToString())
        self._writer.flush()


class MLflow:
    """A run of MLflow in the experiment MLFLOW_EXPERIMENT_NAME (else “Fieldcast”); a resumed training goes on in its run."""

    def __init__(self, folder: Path, name: str, run: RunConfig) -> None:
        for variable, value in _PATIENCE.items():
            os.environ.setdefault(variable, value)
        from mlflow.tracking import MlflowClient

        self.client = MlflowClient()
        title = os.environ.get("MLFLOW_EXPERIMENT_NAME", "Fieldcast")
        known = self.client.get_experiment_by_name(title)
        experiment = known.experiment_id if known else self.client.create_experiment(title)
        key = _key(folder)
        found = self.client.search_runs([experiment], f"tags.`fieldcast.key` = '{key}'")
        if found:
            self.id = found[0].info.run_id
            self.client.update_run(self.id, "RUNNING")
            return
        self.id = self.client.create_run(experiment, tags={"fieldcast.key": key}, run_name=name).info.run_id
        for parameter, value in parameters(run).items():
            self.client.log_param(self.id, parameter, value)

    def epoch(self, number: int, values: Mapping[str, float]) -> None:
        """One metric a tag."""
        for tag, value in values.items():
            self.client.log_metric(self.id, tag, value, step=number)

    def close(self, failed: bool) -> None:
        """End the run."""
        self.client.set_terminated(self.id, "FAILED" if failed else "FINISHED")


class WeightsAndBiases:
    """A run in the project WANDB_PROJECT (else “fieldcast”), without code, console or facts about the machine."""

    def __init__(self, folder: Path, name: str, run: RunConfig) -> None:
        os.environ.setdefault("WANDB_ERROR_REPORTING", "false")
        import wandb

        quiet = wandb.Settings(
            silent=True, console="off", save_code=False, disable_git=True, disable_code=True, x_disable_meta=True,
            x_disable_stats=True, x_disable_machine_info=True, init_timeout=20,
        )  # fmt: skip
        self.run = wandb.init(
            project=os.environ.get("WANDB_PROJECT", "fieldcast"), name=name, id=_key(folder), resume="allow", dir=str(folder),
            config=parameters(run), reinit="create_new", settings=quiet,
        )  # fmt: skip

    def epoch(self, number: int, values: Mapping[str, float]) -> None:
        """One value a tag."""
        self.run.log(dict(values), step=number)

    def close(self, failed: bool) -> None:
        """End the run."""
        self.run.finish(exit_code=int(failed))


def parameters(run: RunConfig) -> dict[str, Any]:
    """What was asked for, flat: model, lookback, horizon, seed, and all settings of the model and its training."""
    model, windows = run.model, run.windows
    flat: dict[str, Any] = {
        "model": model.name, "head": model.head, "lookback": windows.lookback, "horizon": windows.horizon, "seed": run.seed,
        "targets": ", ".join(run.targets or ()),
    }  # fmt: skip
    for group, values in (("settings", model.settings), ("training", model.training)):
        flat |= {f"{group}.{name}": value for name, value in values.items()}
    return flat


def _key(folder: Path) -> str:
    """The name of this training to other tools, the same after a resume."""
    file = folder / _KEY
    if not file.exists():
        folder.mkdir(parents=True, exist_ok=True)
        file.write_text(json.dumps({"key": uuid.uuid4().hex}), encoding="utf-8")
    key: str = json.loads(file.read_text(encoding="utf-8"))["key"]
    return key
