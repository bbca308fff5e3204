"""A panel whose windows are larger than memory may be trains to the same numbers, and leaves no file behind."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

import stcore
from stcore.data import dataset
from stcore.data.panel import Panel
from stcore.data.windows import Windows
from stcore.errors import Diverged
from stcore.training import fit
from stcore.training.loop import Trainer
from tests.panels import daily_wave


def run(model: str, **prepare: object) -> dict[str, object]:
    training = {} if model == "ridge" else {"epochs": 1, "steps_per_epoch": 4}
    return {
        "windows": {"lookback": 6, "horizon": 3}, "prepare": prepare, "seed": 1,
        "model": {"name": model, "training": training},
    }  # fmt: skip


def panel() -> Panel:
    return daily_wave(2000, places=60, gaps=0.02)


def in_files(monkeypatch: pytest.MonkeyPatch) -> list[bool]:
    """From here on windows may take one megabyte; says of each that is made whether it lies in files."""
    made: list[bool] = []
    usual = Windows.__init__

    def watched(self: Windows, *given: object, **named: object) -> None:
        usual(self, *given, **named)  # type: ignore[arg-type]
        made.append(self.in_files)

    monkeypatch.setattr(Windows, "__init__", watched)
    monkeypatch.setenv("FIELDCAST_MEMORY_MB", "1")
    return made


@pytest.mark.parametrize(("model", "prepare"), [("nlinear", {}), ("ridge", {}), ("stid", {"fill": "linear"})])
def test_the_same_numbers_come_out(
    model: str, prepare: dict[str, object], home: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    data = panel()
    whole = stcore.backtest(stcore.fit(data, run(model, **prepare)), data).values
    made = in_files(monkeypatch)
    again = daily_wave(2000, places=60, gaps=0.02)
    fitted = stcore.fit(again, run(model, **prepare))
    np.testing.assert_array_equal(stcore.backtest(fitted, again).values, whole)
    assert made
    assert all(made)
    assert list((home / "scratch").iterdir()) == []


def test_no_file_is_left_where_training_fails(home: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    made = in_files(monkeypatch)

    def fails(*_: object) -> None:
        raise Diverged("No number.", "Try again.")

    monkeypatch.setattr(Trainer, "step", fails)
    with pytest.raises(Diverged):
        stcore.fit(panel(), run("nlinear"))
    assert made == [True]
    assert list((home / "scratch").iterdir()) == []


def test_it_is_said_before(monkeypatch: pytest.MonkeyPatch) -> None:
    assert "in_files" not in {found.code for found in stcore.check(panel(), run("nlinear"))}
    monkeypatch.setenv("FIELDCAST_MEMORY_MB", "1")
    found = {each.code: each for each in stcore.check(panel(), run("nlinear"))}
    assert "1 MB" in found["in_files"].message
    assert "FIELDCAST_MEMORY_MB" in found["in_files"].suggestion


def test_a_saved_panel_is_learnt_from_its_curves_without_a_copy(home: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("stcore.data.panel_files.CURVES_FROM", 1)
    saved = dataset.save(panel(), "wave").panel()
    assert isinstance(saved, Panel)
    assert saved.curves is not None
    one, other = (fit.job_of(fit.plan(each, run("ridge"))).recipes for each in (saved, panel()))
    for name in one:
        np.testing.assert_array_equal(one[name].scaler.centre, other["panel"].scaler.centre)
        np.testing.assert_array_equal(one[name].profile.table, other["panel"].profile.table)
