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
from stcore.training.trial import Picked, fastest, pick
from tests.panels import daily_wave

TRAINING = {"epochs": 2, "steps_per_epoch": 3, "batch_windows": 600}


def settled(name: str = "lstm", **training: Any) -> Any:
    model = {"name": name, "settings": {"hidden": 8}, "training": {**TRAINING, "chunk": 0, **training}}
    return plan(daily_wave(), {"windows": {"lookback": 12, "horizon": 4}, "model": model})


def test_a_short_training_is_not_tried() -> None:
    assert pick(job_of(settled())) == Picked()
    assert pick(job_of(settled(chunk=96, threads=2))) == Picked(96, 2)


def test_the_fastest_portion_is_picked_and_said(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(trial, "_LONG", 1)
    monkeypatch.setattr(trial, "idle_cores", lambda: 0)
    times = {0: 1.0, 256: 0.5}
    monkeypatch.setattr(trial, "_seconds", lambda job, way: times[way.chunk])
    found = pick(job_of(settled()))
    assert found.chunk == 256
    assert found.why == "Trial: portions of 256 sequences taken (500 ms a step, 1000 ms without)."
    times[256] = 0.95
    again = pick(job_of(settled()))
    assert again.chunk == 256  # kept for this machine: the same run, the same numbers
    assert again.why == "As an earlier trial found: chunk 256."
    times[256] = 0.9
    assert pick(job_of(settled(batch_windows=640))).chunk == 0


def test_threads_are_tried_where_cores_are_idle(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(trial, "_LONG", 1)
    monkeypatch.setattr(trial, "_seconds", lambda job, way: 1 / way.threads)
    monkeypatch.setattr(trial, "idle_cores", lambda: 1)
    assert pick(job_of(settled())).threads == 1
    monkeypatch.setattr(trial, "idle_cores", lambda: 5)
    found = pick(job_of(settled(batch_windows=640)))
    assert found.threads == 4
    assert found.as_settings == {"chunk": 0, "threads": 4}
    assert pick(job_of(settled(batch_windows=660, threads=1))).threads == 1


def test_each_stage_is_tried_with_what_was_taken_before() -> None:
    """As on a graphics card: bfloat16 does not pay, compiling does, on top of the portions."""
    took = {
        "chunk": {0: 4.0, 512: 2.0},
        "precision": {"auto": 0.0, "float32": 3.0},
        "compiled": {"auto": 0.0, "yes": -1.0},
    }
    stages: Any = [
        ("chunk", [512], str), ("precision", ["float32"], str), ("compiled", ["yes"], lambda _: "compiled steps"),
    ]  # fmt: skip
    found = fastest(Picked(), stages, lambda way: sum(took[name][getattr(way, name)] for name in took))
    assert (found.chunk, found.precision, found.compiled) == (512, "auto", "yes")
    assert found.why == (
        "Trial: 512 taken (2000 ms a step, 4000 ms without); float32 not taken (5000 ms a step, 2000 ms without); "
        "compiled steps taken (1000 ms a step, 2000 ms without)."
    )
    assert found.as_settings == {"chunk": 512, "compiled": "yes"}


def test_nothing_is_taken_for_a_small_gain() -> None:
    stages: Any = [("threads", [2], str)]
    assert fastest(Picked(), stages, lambda way: 1.0 if way.threads == 1 else 0.8).threads == 1


def test_a_machine_without_a_compiler_goes_on_without(monkeypatch: pytest.MonkeyPatch) -> None:
    job = job_of(settled())

    def broken(module: Any, hooks: Any = None, rate: Any = None) -> Any:
        raise RuntimeError("no compiler")

    monkeypatch.setattr(job, "trainer", broken)
    assert trial._seconds(job, Picked(compiled="yes")) == float("inf")
    with pytest.raises(RuntimeError, match="no compiler"):
        trial._seconds(job, Picked())


def test_models_of_a_network_take_whole_start_times(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(trial, "_LONG", 1)
    tried: list[int] = []
    monkeypatch.setattr(trial, "_seconds", lambda job, way: float(tried.append(way.chunk) or 1))
    pick(job_of(settled("tgcn")))
    assert all(chunk % 3 == 0 for chunk in tried)
    assert len(tried) > 1


def test_steps_are_really_timed(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(trial, "_LONG", 1)
    found = pick(job_of(settled()))
    assert found.why.startswith("Trial: ")


def test_what_was_picked_is_kept_and_gives_the_same_numbers(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    """The complete settings name the portion; run again, nothing is tried and every number is the same."""
    monkeypatch.setattr(fitting, "pick", lambda job: Picked(30, why="Trial: 30."))
    panel = daily_wave()
    notes: list[str] = []
    first = stcore.fit(panel, settled().run, progress=lambda event: notes.append(str(event.get("message"))))
    assert "Trial: 30." in notes
    assert first.run.model.training["chunk"] == 30
    monkeypatch.undo()
    second = stcore.fit(panel, first.run)
    assert first.hash == second.hash
    np.testing.assert_array_equal(stcore.backtest(first, panel).values, stcore.backtest(second, panel).values)
