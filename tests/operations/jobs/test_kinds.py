"""The kind that trains: from a saved data set to a folder of results, and what it says on the way."""

from __future__ import annotations

from pathlib import Path
from types import SimpleNamespace

import numpy as np
import pandas as pd
import pytest

from stcore.data.dataset import save
from stcore.data.ingest import STAGES
from stcore.data.panel import Panel
from stcore.errors import Cancelled, NotFound
from stcore.operations import jobs, store, uploads
from stcore.operations.intake import take_in
from stcore.operations.jobs.kinds import KINDS, JobContext
from stcore.workflow.result import Result


@pytest.fixture
def dataset_id(monkeypatch: pytest.MonkeyPatch) -> str:
    """A noisy daily curve at three places, saved."""
    monkeypatch.setenv("FIELDCAST_EXECUTOR", "inline")
    step = np.arange(600)[:, None, None]
    noise = np.random.default_rng(0).normal(0, 1, (600, 3, 1))
    values = (50 + 10 * np.sin(step / 24 * 2 * np.pi) + noise).astype(np.float32)
    return save(Panel.from_arrays(values, pd.date_range("2024-01-01", periods=600, freq="1h")), "Curve").id


def test_a_training_fills_its_run_and_tells_of_every_model(dataset_id: str) -> None:
    experiment = {"windows": {"lookback": 24, "horizon": 6}, "models": ["ridge"]}
    run, job = jobs.submit_training(dataset_id, experiment, "Ridge on Curve")
    assert (jobs.get(job).status, jobs.get(job).error) == ("done", None)
    assert (store.run(run).state, store.run(run).dataset, store.run(run).name) == ("done", dataset_id, "Ridge on Curve")
    result = Result.open(store.run_folder(run))
    assert result.done
    assert set(result.models) == {"persistence", "seasonal_naive", "ridge"}
    assert result.metrics["ridge"]["mae"] < result.metrics["persistence"]["mae"]
    told = jobs.progress(job)
    assert {label: model.state for label, model in told.models.items()} == dict.fromkeys(result.models, "done")
    assert told.models["ridge"].metrics["mae"] == result.metrics["ridge"]["mae"]
    assert (told.fraction, told.current) == (1.0, None)


def test_settings_that_cannot_work_fail_with_numbers_and_hint(dataset_id: str) -> None:
    run, job = jobs.submit_training(dataset_id, {"windows": {"lookback": 5000, "horizon": 6}, "models": ["ridge"]})
    error = jobs.get(job).error
    assert store.run(run).state == "failed"
    assert error["code"] in {"settings", "data"}
    assert "5000" in error["message"].replace(",", "").replace(" ", "")
    assert error["hint"]


TABLE = "time,station,level\n" + "\n".join(
    f"2026-03-{day:02d} {hour:02d}:00,S{station},{day + hour / 24 + station}"
    for day in range(1, 6)
    for hour in range(24)
    for station in range(3)
)


def test_reading_a_file_makes_a_listed_data_set_and_tells_its_stages(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("FIELDCAST_EXECUTOR", "inline")
    token = uploads.keep([TABLE.encode()], "levels.csv", "anna")
    job = jobs.submit("ingest", {"upload": token, "name": "levels.csv"}, "Reading levels.csv", "anna")
    told = jobs.progress(job, "anna")
    assert (jobs.get(job, "anna").status, jobs.get(job, "anna").error) == ("done", None)
    (row,) = store.datasets("anna")
    assert (row.id, row.name, row.about["place"]) == (told.dataset, "levels.csv", "station")
    assert (told.stage, told.fraction) == ("Saving", 1.0)
    assert store.datasets("ben") == []
    with pytest.raises(NotFound):
        uploads.source_of(token)


def test_a_file_that_cannot_be_read_fails_in_words_and_stays(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("FIELDCAST_EXECUTOR", "inline")
    token = uploads.keep([b"a,b\nx,y\n" * 30], "words.csv")
    job = jobs.get(jobs.submit("ingest", {"upload": token, "name": "words.csv"}, "Reading words.csv"))
    assert job.status == "failed"
    assert job.error["message"]
    assert job.error["hint"]
    assert store.datasets() == []
    assert uploads.source_of(token).name == "words.csv"


def test_reading_stops_between_stages_and_keeps_nothing(home: Path) -> None:
    token = uploads.keep([TABLE.encode()], "levels.csv")
    stages: list[str] = []
    context = JobContext(
        progress=lambda event: stages.append(str(event.get("stage"))),
        should_stop=lambda: "Finding the columns" in stages,
    )
    job = SimpleNamespace(payload={"upload": token, "name": "levels.csv"}, owner="local")
    with pytest.raises(Cancelled):
        KINDS["ingest"](job, context)  # type: ignore[arg-type]
    assert stages[-1] == "Finding the columns"
    assert list((home / "datasets").iterdir()) == []
    assert uploads.source_of(token).exists()


def test_every_stage_is_known_and_they_only_go_forward() -> None:
    token = uploads.keep([TABLE.encode()], "levels.csv")
    told: list[str] = []
    take_in(uploads.source_of(token), "levels.csv", {}, tell=told.append)
    assert told == list(STAGES)
    assert sorted(STAGES.values()) == list(STAGES.values())
