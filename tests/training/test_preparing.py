"""Cleaning and filling on the way through a run: what counts, what is said, what stays the same."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest

import stcore
from stcore.data.panel import Panel
from stcore.data.prepare.fill import FILLERS
from stcore.data.prepare.holiday import holiday
from stcore.errors import ConfigError
from stcore.experiment import RunConfig, WindowsConfig
from stcore.records import Prediction
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


# transforms, scales, differences, a gap ---------------------------------------------------------------------------

NET: dict[str, Any] = {"name": "stid", "training": {"epochs": 3, "steps_per_epoch": 20, "batch_windows": 256}}
WAYS: list[dict[str, Any]] = [
    {"transform": "log"}, {"transform": "box_cox", "transform_over": "place"}, {"transform": "yeo_johnson", "scale": "robust"},
    {"scale": "min_max", "scale_over": "all"}, {"difference": "first"}, {"difference": "season"},
    {"difference": "season", "transform": "log", "fill": "linear"},
]  # fmt: skip


@pytest.mark.parametrize("way", WAYS, ids=str)
@pytest.mark.parametrize("model", ["ridge", {**NET, "head": "quantiles"}], ids=["ridge", "stid"])
def test_forecasts_come_back_in_the_unit_of_the_values(way: dict[str, Any], model: Any, tmp_path: Path) -> None:
    """Whatever a model sees, it beats the last value in the value's own unit, its band holds, and it can be kept."""
    panel = daily_wave(1500, noise=0.5, gaps=0.05)
    fitted = stcore.fit(panel, run(model, **way))
    tested = stcore.backtest(fitted, panel)
    table = stcore.evaluate(tested, ("skill", "coverage"))
    assert table["skill"].iloc[0] > 0.5
    assert 0.8 < table["coverage"].iloc[0] < 0.98
    assert (tested.quantile(0.05) <= tested.values).all()
    plain = stcore.backtest(stcore.fit(panel, run("persistence")), panel)
    for name, baseline in plain.baselines.items():
        np.testing.assert_allclose(tested.baselines[name], baseline, rtol=1e-4)
    fitted.save(tmp_path)
    np.testing.assert_array_equal(stcore.backtest(stcore.load(tmp_path), panel).values, tested.values)


def test_losses_of_bent_values_are_told_in_their_unit() -> None:
    panel = daily_wave(1500, noise=0.5)
    fitted = stcore.fit(panel, run(NET, transform="box_cox"))
    half = (len(fitted.validation.origins) - 3) // 2
    first = fitted.validation.select(origins=slice(0, half))
    best = fitted.history["validation_loss"].min()
    assert np.nanmean(np.abs(first.truth - first.values)) == pytest.approx(best, rel=0.05)
    last = np.nanmean(np.abs(first.truth - first.baselines["persistence"]))
    assert fitted.history["baseline_loss"].iloc[0] == pytest.approx(last, rel=0.05)


def test_a_logarithm_learns_what_multiplies() -> None:
    """Bursts over four powers of ten that fade by a tenth a step: alike in the logarithm, unlike in values."""
    draw = np.random.default_rng(0)
    level = np.zeros((3000, 4))
    for t in range(1, 3000):
        level[t] = 0.9 * level[t - 1] + draw.normal(0, 0.8, 4)
    panel = Panel.from_arrays(np.exp(level), pd.date_range("2024", periods=3000, freq="37min"))
    plain, bent = (
        stcore.evaluate(stcore.backtest(stcore.fit(panel, run(transform=way)), panel))["mae"].iloc[0]
        for way in ("none", "log")
    )
    assert bent < 0.95 * plain


def test_a_season_that_is_not_there_is_refused() -> None:
    panel = Panel.from_arrays(np.arange(300.0), pd.date_range("2024", periods=300, freq="37min"))
    with pytest.raises(ConfigError, match="seasonal changes"):
        stcore.check(panel, run(difference="season"))


@pytest.mark.parametrize("gap", [1, 3])
def test_steps_left_out_after_the_origin(gap: int, tmp_path: Path) -> None:
    """Times, truth, baselines and leads stand where they belong, and no part shares a target step with another."""
    panel = daily_wave(600)
    config = run().model_copy(update={"windows": WindowsConfig(lookback=12, horizon=4, gap=gap)})
    each = plan(panel, config).panels["panel"]
    reach = gap + 4
    assert each.fit.max() + reach == each.parts.train_end - 1
    assert each.choose.min() + gap + 1 == each.parts.train_end
    assert each.choose.max() + reach == each.parts.validation_half - 1
    assert each.test.max() + reach == 599
    fitted = stcore.fit(panel, config)
    tested = stcore.backtest(fitted, panel)
    frame = tested.to_frame()
    assert sorted(frame["lead"].unique()) == list(range(gap + 1, gap + 5))
    assert (frame["time"] == frame["origin"] + pd.to_timedelta(frame["lead"], unit="h")).all()
    rows = panel.time.get_indexer(frame["time"])
    places = panel.locations.index.get_indexer(frame["location"])
    np.testing.assert_array_equal(frame["truth"], panel.values[rows, places, 0])
    assert stcore.evaluate(tested, by=("lead",))["lead"].tolist() == list(range(gap + 1, gap + 5))
    assert stcore.evaluate(tested)["skill"].iloc[0] > 0.5
    tested.save(tmp_path)
    assert Prediction.load(tmp_path).times(1)[0] == tested.times(1)[0]
    future = stcore.forecast(fitted, panel)
    assert future.times(1)[0] == panel.time[-1] + pd.Timedelta(hours=gap + 1)


def test_known_ahead_reaches_over_the_gap() -> None:
    """A covariate that is known four steps ahead is not known for steps 2 to 5."""
    panel = daily_wave(400, features=2)
    ahead = panel.schema["value_1"].model_copy(update={"known_ahead": 4})
    panel = replace(panel, schema={**panel.schema, "value_1": ahead})
    for gap, known in ((0, ("value_1",)), (1, ())):
        config = RunConfig(targets=["value_0"], model="ridge", windows={"lookback": 12, "horizon": 4, "gap": gap})
        assert stcore.fit(panel, config).panel_fit(None).recipe.known_ahead == known


# features ---------------------------------------------------------------------------------------------------------

LONGER: dict[str, Any] = {"training": {"epochs": 5, "steps_per_epoch": 25, "batch_windows": 256, "chunk": 0}}
LEARNERS: list[Any] = ["ridge", {"name": "stid", **LONGER}, {"name": "lstm", "settings": {"hidden": 24}, **LONGER}]


def error(panel: Panel, model: Any, **prepare: Any) -> float:
    config = RunConfig(
        model=model, windows={"lookback": 6, "horizon": 2}, targets=[panel.features[0]], prepare=prepare, seed=1
    )
    tested = stcore.backtest(stcore.fit(panel, config), panel)
    return float(stcore.evaluate(tested, ("mae",))["mae"].iloc[0])


def names(learner: Any) -> str:
    return learner if isinstance(learner, str) else str(learner["name"])


@pytest.mark.parametrize("model", LEARNERS, ids=names)
def test_what_neighbours_say_is_used(model: Any) -> None:
    """A ring in which every place takes over the value of the one before it: its own past says nothing."""
    draw = np.random.default_rng(0)
    values = np.zeros((700, 20))
    for t in range(1, len(values)):
        values[t] = 0.95 * np.roll(values[t - 1], 1) + draw.normal(0, 0.3, 20)
    ids = [str(number) for number in range(20)]
    ring = pd.DataFrame({"from": ids, "to": np.roll(ids, 1)})
    panel = Panel.from_arrays(values, pd.date_range("2024", periods=700, freq="37min"), ids, adjacency=ring)
    assert error(panel, model, derived={"neighbours_mean": True}) < 0.75 * error(panel, model)


@pytest.mark.parametrize("model", LEARNERS, ids=names)
def test_what_is_known_ahead_is_used(model: Any) -> None:
    """Demand halves on holidays, which no series tells in advance."""
    time = pd.date_range("2018-01-01", periods=2200, freq="D")
    free = holiday(time, "1D", ("DE",))
    values = 100 + 10 * np.sin(2 * np.pi * np.arange(2200)[:, None] / 7) - 60 * free
    noise = np.random.default_rng(0).normal(0, 1, (2200, 3))
    panel = Panel.from_arrays(values + noise, time)
    told, untold = (error(panel, model, derived={"holidays": on, "country": "DE", "trend": on}) for on in (True, False))
    assert told < 0.9 * untold


@pytest.mark.parametrize("model", ["ridge", NET], ids=names)
def test_a_lag_that_is_known_ahead_is_used(model: Any) -> None:
    """A rhythm of 100 steps, far longer than the history and no cycle of the calendar."""
    draw = np.random.default_rng(0)
    course = np.tile(draw.normal(0, 5, (100, 3)), (15, 1))
    panel = Panel.from_arrays(
        course + draw.normal(0, 0.5, course.shape), pd.date_range("2024", periods=1500, freq="37min")
    )
    assert error(panel, model, derived={"lags": [100]}) < 0.4 * error(panel, model)


def test_forecasts_beyond_the_end_know_what_the_clock_says(tmp_path: Path) -> None:
    """Nobody needs to hand over a table of waves, and the model comes back with them."""
    panel = daily_wave(600, features=2)
    ahead = panel.schema["value_1"].model_copy(update={"known_ahead": True})
    panel = replace(panel, schema={**panel.schema, "value_1": ahead})
    config = run(derived={"waves": 2, "phase": True, "lags": [24]}).model_copy(update={"targets": ["value_0"]})
    fitted = stcore.fit(panel, config)
    assert fitted.panel_fit(None).recipe.given == ("value_0", "value_1")
    hours = np.arange(600, 604) + 3  # value_1 of the middle place runs three hours before the first place's value_0
    table = pd.DataFrame(
        {
            "time": pd.date_range(panel.time[-1], periods=5, freq="h")[1:],
            "value_1": 20 + 5 * np.sin(2 * np.pi * hours / 24),
        }
    )
    first = stcore.forecast(fitted, panel, future=table)
    assert first.origins[0] == panel.time[-1]
    usual = 20 + 5 * np.sin(2 * np.pi * (np.arange(600, 604)[:, None] + np.arange(3)) / 24)
    np.testing.assert_allclose(first.values[0, :, :, 0], usual, atol=1)
    fitted.save(tmp_path)
    np.testing.assert_array_equal(stcore.forecast(stcore.load(tmp_path), panel, future=table).values, first.values)


def test_panels_of_unlike_cycles_are_refused_in_words() -> None:
    panels = {"a": daily_wave(600), "b": daily_wave(180)}
    with pytest.raises(ConfigError, match="features worked out for “b”"):
        stcore.check(panels, run(derived={"waves": 1}))


def test_several_panels_each_have_what_was_learnt_from_them(tmp_path: Path) -> None:
    panels = {"a": daily_wave(400, gaps=0.2), "b": daily_wave(420, places=2, gaps=0.2, seed=1)}
    fitted = stcore.fit(panels, run(fill="seasonal", transform="yeo_johnson", derived={"lags": [24], "trend": True}))
    tables = [fit.recipe.pipeline.arrays()["filler.table"] for fit in fitted.panels.values()]
    assert tables[0].shape[1] == 3
    assert tables[1].shape[1] == 2
    fitted.save(tmp_path)
    first, second = stcore.forecast(fitted, panels), stcore.forecast(stcore.load(tmp_path), panels)
    for name in panels:
        np.testing.assert_array_equal(first[name].values, second[name].values)
