"""The kind that trains: from a saved data set to a folder of results, and what it says on the way."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest

from stcore.data.dataset import save
from stcore.data.panel import Panel
from stcore.operations import jobs, store
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
