"""Cleaning and filling on the way through a run: what counts, what is said, what stays the same."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest

import stcore
from stcore.data.panel import Panel
from stcore.data.prepare.fill import FILLERS
from stcore.errors import ConfigError
from stcore.experiment import RunConfig
from stcore.training.planning import plan
from tests.panels import daily_wave


def run(model: Any = "ridge", **prepare: Any) -> RunConfig:
    return RunConfig(model=model, windows={"lookback": 12, "horizon": 4}, prepare=prepare, seed=1)


@pytest.mark.parametrize("fill", ["none", *FILLERS])
def test_a_run_is_kept_with_how_it_was_prepared(fill: str, tmp_path: Path) -> None:
    panel = daily_wave(500, gaps=0.2)
    fitted = stcore.fit(panel, run(fill=fill))
    fitted.save(tmp_path)
    opened = stcore.load(tmp_path)
    for first, second in ((stcore.backtest(fitted, panel), stcore.backtest(opened, panel)),
                          (stcore.forecast(fitted, panel), stcore.forecast(opened, panel))):  # fmt: skip
        np.testing.assert_array_equal(first.values, second.values)
    assert stcore.evaluate(stcore.backtest(fitted, panel))["skill"].iloc[0] > 0.3


@pytest.mark.parametrize("fill", FILLERS)
def test_filled_values_are_neither_truth_nor_baseline(fill: str) -> None:
    panel = daily_wave(500, gaps=0.3)
    plain, filled = (stcore.backtest(stcore.fit(panel, run(fill=each)), panel) for each in ("none", fill))
    np.testing.assert_array_equal(plain.truth, filled.truth)
    for name, baseline in plain.baselines.items():
        np.testing.assert_array_equal(baseline, filled.baselines[name])
    alone = stcore.backtest(stcore.fit(panel, run("persistence", fill=fill)), panel)
    np.testing.assert_array_equal(alone.values, plain.baselines["persistence"])


def test_test_truth_that_is_set_aside_counts_nowhere_and_is_told() -> None:
    panel = daily_wave(500)
    values = panel.values.copy()
    values[[50, 450, 460], 1] = 500
    wrong = replace(panel, values=values)
    config = run(clean={"limits": {"value_0": [None, 100]}})
    (told,) = [finding for finding in plan(wrong, config).findings if finding.code == "set_aside"]
    assert told.count == 3
    assert told.severity == "look"
    assert "3 out of range" in told.message
    assert "2 of them lie in the test part" in told.message
    tested = stcore.backtest(stcore.fit(wrong, config), wrong)
    assert np.isnan(tested.truth).sum() == 2 * 4
    assert np.nanmax(tested.truth) < 100


def test_a_name_that_is_not_there_is_refused_before_anything_starts() -> None:
    with pytest.raises(ConfigError, match="valu_0"):
        stcore.check(daily_wave(300), run(clean={"jump": {"valu_0": 3}}))


def test_places_that_are_missing_later_are_filled_too() -> None:
    """A forecast from fewer places than were trained on."""
    panel = daily_wave(500, places=4)
    fitted = stcore.fit(panel, run(fill="low_rank"))
    three = Panel.from_arrays(panel.values[:, [0, 1, 3]], panel.time, ["1", "2", "4"], panel.features)
    found = stcore.forecast(fitted, three)
    assert found.values.shape[2] == 4
    assert np.isfinite(found.values).all()
