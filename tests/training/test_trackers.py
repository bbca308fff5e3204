"""Epochs in TensorBoard files, MLflow and Weights & Biases: the same numbers, after a resume too; failures end nothing."""

from __future__ import annotations

import math
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import pytest
from tensorboard.backend.event_processing.event_file_loader import RawEventFileLoader
from tensorboard.compat.proto.event_pb2 import Event

import stcore
from stcore.errors import Cancelled
from stcore.experiment import RunConfig
from stcore.training import trackers
from stcore.training.trackers import TAGS, tracked
from stcore.workflow.run import run
from tests.panels import daily_wave

MODEL = {"name": "stid", "training": {"epochs": 3, "steps_per_epoch": 2}}
RUN = RunConfig(windows={"lookback": 12, "horizon": 4}, targets=["value_0"], model=MODEL, seed=4)
LOSS = "loss/train"


@pytest.fixture(autouse=True)
def nothing_configured(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("MLFLOW_TRACKING_URI", "MLFLOW_EXPERIMENT_NAME", "WANDB_MODE", "WANDB_PROJECT"):
        monkeypatch.delenv(name, raising=False)


def epoch(number: int, loss: float = 1.0) -> dict[str, Any]:
    return {"event": "epoch", "epoch": number, "train_loss": loss, "validation_loss": math.nan, "learning_rate": 0.01}


def told(folder: Path) -> dict[str, dict[int, float]]:
    """Tag -> step -> value of all event files of a folder, read back by TensorBoard itself."""
    found: dict[str, dict[int, float]] = {}
    for file in sorted(folder.glob("events.out.tfevents.*")):
        for raw in RawEventFileLoader(str(file)).Load():
            event = Event.FromString(raw)
            for value in event.summary.value:
                found.setdefault(value.tag, {})[event.step] = value.simple_value
    return found


def stopped(folder: Path, events: list[dict[str, Any]], progress: trackers.Progress) -> None:
    """A training that was stopped after these events."""

    def train() -> None:
        with tracked(folder, "stid", RUN, progress) as tell:
            for event in events:
                tell(event)
            raise Cancelled("Stopped.", "Retry.")

    with pytest.raises(Cancelled):
        train()


def test_every_run_leaves_its_curves(tmp_path: Path) -> None:
    events: list[Mapping[str, Any]] = []
    experiment = {"windows": {"lookback": 12, "horizon": 4}, "models": ["ridge", {**MODEL, "refit": True}], "seed": 4}
    result = run(experiment, tmp_path, daily_wave(steps=300), progress=events.append, exports=False)
    history = result.history("stid")
    assert [path.name for path in (tmp_path / "tensorboard").iterdir()] == ["stid"]  # ridge has no epochs
    curves = told(tmp_path / "tensorboard" / "stid")
    assert set(curves) == set(TAGS.values())
    for column, tag in TAGS.items():
        assert list(curves[tag]) == [1, 2, 3]
        assert list(curves[tag].values()) == pytest.approx(list(history[column]), rel=1e-6)
    assert min(told(tmp_path / "tensorboard" / "stid" / "refit")[LOSS]) == 1
    assert sum(event["event"] == "epoch" for event in events) > 3
    run(experiment, tmp_path, daily_wave(steps=300), exports=False)  # anew: its curves take the place of the old ones
    assert len(list((tmp_path / "tensorboard" / "stid").glob("events.*"))) == 1


def test_a_resumed_training_goes_on_in_its_curves(tmp_path: Path) -> None:
    stopped(tmp_path, [epoch(1, 3.0), epoch(2, 2.0)], lambda event: None)
    with tracked(tmp_path, "stid", RUN, lambda event: None) as tell:
        tell({"event": "resumed", "epoch": 2, "history": []})
        tell(epoch(3, 1.0))
    assert told(tmp_path / "tensorboard" / "stid")[LOSS] == {1: 3.0, 2: 2.0, 3: 1.0}


def test_a_tracker_that_fails_is_left_out_with_one_remark(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    class Full:
        def __init__(self, *given: Any) -> None:
            self.count = 0

        def epoch(self, number: int, values: Mapping[str, float]) -> None:
            raise OSError(28, "No space left on device")

        def close(self, failed: bool) -> None:
            raise AssertionError("it was left out")

    monkeypatch.setattr(trackers, "TensorBoard", Full)
    events: list[Mapping[str, Any]] = []
    with tracked(tmp_path, "stid", RUN, events.append) as tell:
        tell(epoch(1))
        tell(epoch(2))
    assert [event["event"] for event in events] == ["epoch", "note", "epoch"]
    assert "No space left" in events[1]["message"]


def test_a_folder_that_cannot_be_written_ends_nothing(tmp_path: Path) -> None:
    (tmp_path / "tensorboard").write_text("not a folder")
    events: list[Mapping[str, Any]] = []
    with tracked(tmp_path, "stid", RUN, events.append) as tell:
        tell(epoch(1))
    assert [event["event"] for event in events] == ["epoch", "note"]


def test_without_being_asked_nobody_else_is_told(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(trackers, "find_spec", lambda name: name)
    for name in ("MLflow", "WeightsAndBiases"):
        monkeypatch.setattr(trackers, name, pytest.fail)
    monkeypatch.setenv("WANDB_MODE", "disabled")
    with tracked(tmp_path, "stid", RUN, lambda event: None) as tell:
        tell(epoch(1))


def test_mlflow_gets_the_same_and_goes_on_after_a_resume(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    pytest.importorskip("mlflow")
    from mlflow.tracking import MlflowClient

    monkeypatch.setenv("MLFLOW_ALLOW_FILE_STORE", "true")
    monkeypatch.setenv("MLFLOW_TRACKING_URI", (tmp_path / "mlruns").as_uri())
    events: list[Mapping[str, Any]] = []
    stopped(tmp_path, [epoch(1, 3.0)], events.append)
    with tracked(tmp_path, "stid", RUN, events.append) as tell:
        tell(epoch(2, 2.0))
    assert [event["event"] for event in events] == ["epoch", "epoch"], events
    client = MlflowClient()
    (found,) = client.search_runs([client.get_experiment_by_name("Fieldcast").experiment_id])
    assert (found.info.run_name, found.info.status) == (f"{tmp_path.name}/stid", "FINISHED")
    assert [(each.step, each.value) for each in client.get_metric_history(found.info.run_id, LOSS)] == [
        (1, 3.0),
        (2, 2.0),
    ]
    assert found.data.params["training.epochs"] == "3"
    assert "loss/validation" not in found.data.metrics  # there was none


def test_weights_and_biases_gets_the_same(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    wandb = pytest.importorskip("wandb")
    monkeypatch.setenv("WANDB_MODE", "offline")
    logged: list[tuple[int, dict[str, float]]] = []
    log = wandb.Run.log

    def note(self: Any, data: dict[str, float], step: int) -> None:
        logged.append((step, data))
        log(self, data, step=step)

    monkeypatch.setattr(wandb.Run, "log", note)
    events: list[Mapping[str, Any]] = []
    with tracked(tmp_path, "stid", RUN, events.append) as tell:
        tell(epoch(1, 3.0))
        tell(epoch(2, 2.0))
    assert [event["event"] for event in events] == ["epoch", "epoch"], events
    assert [(step, data[LOSS]) for step, data in logged] == [(1, 3.0), (2, 2.0)]
    (file,) = (tmp_path / "tensorboard" / "stid").glob("wandb/offline-run-*/run-*.wandb")
    assert file.stat().st_size > 0


def test_curves_do_not_change_the_numbers(tmp_path: Path) -> None:
    panel = daily_wave(steps=300)
    with tracked(tmp_path, "stid", RUN, lambda event: None) as tell:
        fitted = stcore.fit(panel, RUN, progress=tell)
    alone = stcore.fit(panel, RUN)
    assert list(fitted.history["train_loss"]) == list(alone.history["train_loss"])
