"""The executor ``ray``: the same numbers as ``local``, models side by side, failures and a stop as elsewhere."""

from __future__ import annotations

import json
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from stcore.data.dataset import save
from stcore.errors import Cancelled, StcoreError
from stcore.operations import jobs, store
from stcore.operations.jobs import progress_file, ray_jobs
from stcore.operations.jobs.kinds import JobContext
from stcore.operations.jobs.locks import FileLock
from stcore.operations.jobs.runner import StopFlag, run_claimed
from stcore.operations.jobs.worker import claim
from stcore.workflow.result import Result
from tests.panels import daily_wave

TWO = [{"Alive": True, "Resources": {"CPU": 4.0, "GPU": 2.0}}, {"Alive": False, "Resources": {"CPU": 64.0}}]


@pytest.mark.parametrize(
    ("threads", "device", "share"),
    [("1", "auto", (1, 1)), ("8", "auto", (4, 1)), ("2", "cpu", (2, 0))],
)
def test_a_model_never_asks_for_more_than_there_is(
    threads: str, device: str, share: tuple[float, float], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("FIELDCAST_THREADS", threads)
    monkeypatch.setenv("FIELDCAST_DEVICE", device)
    assert tuple(ray_jobs._share(TWO).values()) == share


def test_no_password_goes_through_ray(monkeypatch: pytest.MonkeyPatch, home: Path) -> None:
    monkeypatch.setenv("FIELDCAST_DATABASE_URL", "postgresql+psycopg://user:secret@host/name")
    told = ray_jobs._environment()
    assert not any("secret" in value for value in told.values())
    assert told["FIELDCAST_HOME"] == str(home)


ray = pytest.importorskip("ray")

SHORT = {"epochs": 2, "steps_per_epoch": 3}
EXPERIMENT: dict[str, Any] = {
    "windows": {"lookback": 12, "horizon": 4}, "ensemble": {"method": "weighted"}, "seed": 3,
    "models": ["ridge", {"name": "stid", "training": SHORT}, {"name": "gru", "training": SHORT, "settings": {"hidden": 8}}],
}  # fmt: skip
WALL = ("seconds", "cpu_s")


@pytest.fixture
def two_processes(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """A Ray of two processes that stays for a whole test, so that starting it is paid once."""
    monkeypatch.setenv("RAY_USAGE_STATS_ENABLED", "0")
    started = ray.init

    def init(*given: Any, **more: Any) -> Any:
        return started(*given, **(more | {"num_cpus": 2}))

    monkeypatch.setattr(ray, "init", init)
    yield
    ray.shutdown()


def done(executor: str, experiment: dict[str, Any], monkeypatch: pytest.MonkeyPatch) -> tuple[Result, store.Job]:
    """The result of a training with an executor, done by this process as a worker does it."""
    monkeypatch.setenv("FIELDCAST_EXECUTOR", executor)
    data = save(daily_wave(steps=300), f"Wave {executor}").id
    run, job = jobs.submit_training(data, experiment)
    claimed = claim(job)
    assert claimed is not None
    ended = run_claimed(claimed, StopFlag())
    assert ended is not None
    return Result.open(store.run_folder(run)), ended


def numbers(result: Result) -> dict[str, Any]:
    """metrics.json without what a clock says."""
    return {label: {k: v for k, v in row.items() if k not in WALL} for label, row in result.metrics.items()}


@pytest.mark.usefixtures("two_processes")
def test_the_same_numbers_to_the_last_digit(monkeypatch: pytest.MonkeyPatch) -> None:
    here, _ = done("local", EXPERIMENT, monkeypatch)
    there, job = done("ray", EXPERIMENT, monkeypatch)
    assert job.status == "done", job.error
    assert json.dumps(numbers(there), sort_keys=True) == json.dumps(numbers(here), sort_keys=True)
    for label in ("ridge", "stid", "gru", "ensemble"):
        np.testing.assert_array_equal(there.prediction(label).values, here.prediction(label).values)
    told = jobs.progress(job.id)
    assert {label: model.state for label, model in told.models.items()} == dict.fromkeys(there.models, "done")
    assert [epoch.epoch for epoch in told.models["gru"].history] == [1, 2]


@pytest.mark.usefixtures("two_processes")
def test_a_stop_ends_every_model_at_a_checkpoint_and_a_refusal_is_told(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("FIELDCAST_EXECUTOR", "ray")
    data = save(daily_wave(steps=300), "Wave").id
    long = {"epochs": 5000, "steps_per_epoch": 3, "patience": 5000}
    models = [{"name": name, "training": long} for name in ("stid", "gru")]
    _, job = jobs.submit_training(data, {**EXPERIMENT, "models": models})
    claimed = claim(job)
    assert claimed is not None

    def both_began() -> bool:
        return sum(model.epoch > 0 for model in progress_file.read(job).models.values()) == 2

    with pytest.raises(Cancelled):
        list(ray_jobs.side_by_side(claimed, JobContext(lambda event: None, both_began), ["stid", "gru"]))
    assert not ray.is_initialized()
    kept = store.run_folder(str(claimed.payload["run"])) / "checkpoints"
    for label in ("stid", "gru"):
        lock = FileLock(progress_file.job_folder(job) / f"{label}.lock")
        assert lock.take()
        lock.let_go()
        assert list((kept / label).glob("epoch-*.safetensors"))

    lost = replace(claimed, payload={**claimed.payload, "dataset": "gone"})
    ((label, error),) = ray_jobs.side_by_side(lost, JobContext(lambda event: None, lambda: False), ["stid"])
    assert label == "stid"
    assert isinstance(error, StcoreError)
    assert "gone" in error.message
