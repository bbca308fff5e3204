"""The short trial before a long training."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import pytest

import stcore
from stcore.training import fit as fitting
from stcore.training import trial
from stcore.training.fit import job_of
from stcore.training.planning import plan
from stcore.training.trial import Picked, pick
from tests.panels import daily_wave

TRAINING = {"epochs": 2, "steps_per_epoch": 3, "batch_windows": 600}


def settled(name: str = "lstm", **training: Any) -> Any:
    model = {"name": name, "settings": {"hidden": 8}, "training": {**TRAINING, "chunk": 0, **training}}
    return plan(daily_wave(), {"windows": {"lookback": 12, "horizon": 4}, "model": model})


def test_a_short_training_is_not_tried() -> None:
    assert pick(job_of(settled())) == Picked(0)
    assert pick(job_of(settled(chunk=96))) == Picked(96)


def test_the_fastest_portion_is_picked_and_said(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(trial, "_LONG", 1)
    times = {0: 1.0, 256: 0.5}
    monkeypatch.setattr(trial, "_seconds", lambda job, chunk: times[chunk])
    found = pick(job_of(settled()))
    assert found.chunk == 256
    assert "500 ms a step, 1000 ms all at once" in found.why
    times[256] = 0.95
    assert pick(job_of(settled())).chunk == 256  # kept for this machine: the same run, the same numbers
    times[256] = 0.9
    assert pick(job_of(settled(batch_windows=640))).chunk == 0


def test_models_of_a_network_take_whole_start_times(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(trial, "_LONG", 1)
    tried: list[int] = []
    monkeypatch.setattr(trial, "_seconds", lambda job, chunk: float(tried.append(chunk) or 1))
    pick(job_of(settled("tgcn")))
    assert all(chunk % 3 == 0 for chunk in tried)
    assert len(tried) > 1


def test_steps_are_really_timed(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(trial, "_LONG", 1)
    found = pick(job_of(settled()))
    assert found.why.startswith("Trial: ")


def test_what_was_picked_is_kept_and_gives_the_same_numbers(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    """The complete settings name the portion; run again, nothing is tried and every number is the same."""
    monkeypatch.setattr(fitting, "pick", lambda job: Picked(30, "Trial: 30."))
    panel = daily_wave()
    notes: list[str] = []
    first = stcore.fit(panel, settled().run, progress=lambda event: notes.append(str(event.get("message"))))
    assert "Trial: 30." in notes
    assert first.run.model.training["chunk"] == 30
    monkeypatch.undo()
    second = stcore.fit(panel, first.run)
    assert first.hash == second.hash
    np.testing.assert_array_equal(stcore.backtest(first, panel).values, stcore.backtest(second, panel).values)
