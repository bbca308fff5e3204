"""Nothing that is fitted or chosen has seen what it must not: each part of the data is changed, and we look what moves."""

from __future__ import annotations

from dataclasses import fields, replace
from functools import cache

import numpy as np
import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st

import stcore
from stcore.data.panel import Panel
from stcore.data.prepare.fill import FILLERS
from stcore.data.windows import Batch, Windows
from stcore.experiment import RunConfig, SplitConfig
from stcore.records import Prediction
from stcore.training.backtest import align
from stcore.training.fitted import Fitted
from stcore.training.planning import plan
from tests.panels import daily_wave

STEPS = 600
NET = {"name": "stid", "training": {"epochs": 3, "steps_per_epoch": 5, "batch_windows": 128}}


def run(model: object, **more: object) -> RunConfig:
    return RunConfig(windows={"lookback": 12, "horizon": 4}, model=model, seed=1, **more)


def changed(panel: Panel, start: int, end: int) -> Panel:
    """The panel with other values in rows [start, end)."""
    values = panel.values.copy()
    values[start:end] = 3 * values[start:end][::-1] + 100
    return replace(panel, values=values)


def weights(fitted: Fitted) -> dict[str, np.ndarray]:
    assert fitted.module is not None
    return {name: tensor.numpy().copy() for name, tensor in fitted.module.state_dict().items()}


def same(left: dict[str, np.ndarray], right: dict[str, np.ndarray]) -> bool:
    return all(np.array_equal(left[name], right[name]) for name in left)


@pytest.mark.parametrize("model", ["persistence", "seasonal_naive", "ridge", NET], ids=str)
def test_the_test_part_moves_nothing(model: object) -> None:
    panel = daily_wave(STEPS)
    test = plan(panel, run(model)).panels["panel"].parts.span("test")
    first = stcore.fit(panel, run(model))
    second = stcore.fit(changed(panel, *test), run(model))
    assert same(weights(first), weights(second))
    mine, other = first.panel_fit(None), second.panel_fit(None)
    np.testing.assert_array_equal(mine.recipe.scaler.centre, other.recipe.scaler.centre)
    np.testing.assert_array_equal(mine.recipe.profile.table, other.recipe.profile.table)
    assert mine.recipe.season == other.recipe.season
    np.testing.assert_array_equal(mine.spread.offsets, other.spread.offsets)
    np.testing.assert_array_equal(mine.spread.scale, other.spread.scale)
    np.testing.assert_array_equal(first.validation.values, second.validation.values)


@pytest.mark.parametrize("model", ["ridge", NET], ids=str)
def test_validation_moves_the_choice_but_not_scaler_or_profile(model: object) -> None:
    panel = daily_wave(STEPS)
    parts = plan(panel, run(model)).panels["panel"].parts
    first = stcore.fit(panel, run(model))
    second = stcore.fit(changed(panel, *parts.span("validation")), run(model))
    mine, other = first.panel_fit(None), second.panel_fit(None)
    np.testing.assert_array_equal(mine.recipe.scaler.spread, other.recipe.scaler.spread)
    np.testing.assert_array_equal(mine.recipe.profile.table, other.recipe.profile.table)
    assert not np.array_equal(mine.spread.offsets, other.spread.offsets)


@pytest.mark.parametrize("model", ["ridge", NET], ids=str)
def test_the_second_half_of_validation_chooses_nothing(model: object) -> None:
    panel = daily_wave(STEPS)
    parts = plan(panel, run(model)).panels["panel"].parts
    first = stcore.fit(panel, run(model))
    second = stcore.fit(changed(panel, *parts.span("calibrate")), run(model))
    assert same(weights(first), weights(second))


def test_residuals_come_from_the_second_half_alone() -> None:
    """A change in the first half moves no residual of a model that chooses nothing there."""
    panel = daily_wave(STEPS)
    parts = plan(panel, run("persistence")).panels["panel"].parts
    start, end = parts.span("choose")
    first = stcore.fit(panel, run("persistence"))
    # The very last step of the first half is the origin of the first forecast into the second.
    second = stcore.fit(changed(panel, start, end - 1), run("persistence"))
    np.testing.assert_array_equal(first.panel_fit(None).spread.offsets, second.panel_fit(None).spread.offsets)


@pytest.mark.parametrize("model", ["ridge", NET], ids=str)
def test_refit_sees_validation_but_neither_test_nor_new_scaler(model: object) -> None:
    entry = {**(model if isinstance(model, dict) else {"name": model}), "refit": True}
    panel = daily_wave(STEPS)
    parts = plan(panel, run(entry)).panels["panel"].parts
    plain, refitted = stcore.fit(panel, run(model)), stcore.fit(panel, run(entry))
    assert not same(weights(plain), weights(refitted))
    np.testing.assert_array_equal(plain.validation.values, refitted.validation.values)
    np.testing.assert_array_equal(plain.panel_fit(None).spread.offsets, refitted.panel_fit(None).spread.offsets)
    moved = stcore.fit(changed(panel, *parts.span("test")), run(entry))
    assert same(weights(refitted), weights(moved))


def test_ensemble_weights_do_not_see_the_test_part() -> None:
    panel = daily_wave(STEPS)
    parts = plan(panel, run("ridge")).panels["panel"].parts
    found = []
    for data in (panel, changed(panel, *parts.span("test"))):
        members = [stcore.fit(data, run(model)) for model in ("ridge", "seasonal_naive", "persistence")]
        found.append(stcore.combine(members).weights)
    assert found[0] == found[1]


def test_no_validation_holds_out_train_windows() -> None:
    """Without a whole window in both halves, residuals come from the last train windows, which the fit left out."""
    panel = daily_wave(STEPS)
    config = run("ridge", split=SplitConfig(train=0.8, validation=0.0, test=0.2))
    each = plan(panel, config).panels["panel"]
    assert not len(each.choose)
    assert each.fit.max() + 4 <= each.calibrate.min()
    assert each.calibrate.max() + 4 < each.parts.train_end
    first = stcore.fit(panel, config)
    assert "no_validation" in {finding.code for finding in first.findings}
    second = stcore.fit(changed(panel, *each.origins.calibrated_on), config)
    assert same(weights(first), weights(second))
    assert isinstance(first.validation, Prediction)


# preparing --------------------------------------------------------------------------------------------------------

CLEANED = {"limits": {"value_0": [-1e3, 1e3]}, "jump": {"value_0": 40}, "spikes": 5, "stuck": 3}
PREPARED: list[dict[str, object]] = [
    {"clean": CLEANED, "zeros_are_missing": True}, *({"fill": fill, "clean": CLEANED} for fill in FILLERS),
    {"transform": "yeo_johnson", "transform_over": "place", "scale": "robust"}, {"difference": "first", "scale": "min_max"},
    {"difference": "season", "fill": "spline", "transform": "log", "scale_over": "all"},
    {"derived": {"lags": [2, 24], "changes": [1], "rolling": ["mean", "variance", "min", "max"], "waves": 1, "phase": True,
                 "neighbours_mean": True, "holidays": True, "country": "DE", "trend": True}, "fill": "linear"},
]  # fmt: skip


def gappy(seed: int = 0) -> Panel:
    """Two values with gaps, repeats, zeros and spikes."""
    panel, draw = daily_wave(STEPS, places=4, features=2, gaps=0.3, seed=seed), np.random.default_rng(seed)
    values = panel.values.copy()
    values[draw.random(values.shape) < 0.02] = 0
    values[draw.random(values.shape) < 0.02] *= 4
    values[100:120, 1] = values[100, 1]
    return replace(panel, values=values)


def inputs(batch: Batch) -> dict[str, np.ndarray]:
    """All that a model sees."""
    seen = {each.name: getattr(batch, each.name) for each in fields(Batch) if not each.name.startswith("target")}
    return {name: tensor.numpy() for name, tensor in seen.items() if isinstance(tensor, torch.Tensor)}


@cache
def prepared(which: int) -> Fitted:
    """A run with one way of preparing."""
    return stcore.fit(gappy(), run("ridge", targets=["value_0"], prepare=PREPARED[which]))


@settings(max_examples=24, deadline=None)
@given(st.integers(0, len(PREPARED) - 1), st.integers(60, STEPS - 10), st.integers(0, 1000))
def test_what_comes_after_an_origin_changes_no_input(which: int, origin: int, seed: int) -> None:
    """Whatever the settings, values after the origin may be anything: the window that ends there stays the same."""
    fitted, panel = prepared(which), gappy()
    other = panel.values.copy()
    other[origin + 1 :] = 3 * gappy(seed + 1).values[origin + 1 :] + 50
    windows = []
    for values in (panel.values, other):
        fit = fitted.panel_fit(None)
        ready = align(replace(panel, values=values), fit, fitted)
        source = Windows(ready, fit.recipe, torch.device("cpu"))
        origins = torch.tensor([origin - 1, origin])
        batch = source.batch(origins, with_target=False)
        windows.append({**inputs(batch), **dict(enumerate(source.naive(batch, origins)))})
    for name, array in windows[0].items():
        np.testing.assert_array_equal(array, windows[1][name], err_msg=str(name))


@pytest.mark.parametrize("prepare", PREPARED, ids=str)
def test_preparing_learns_from_the_train_part_alone(prepare: dict[str, object]) -> None:
    panel, config = gappy(), run("ridge", targets=["value_0"], prepare=prepare)
    parts = plan(panel, config).panels["panel"].parts
    other = changed(panel, parts.train_end, STEPS - 40)  # the last rows decide how long the series is
    assert plan(other, config).panels["panel"].parts == parts
    first, second = (stcore.fit(each, config).panel_fit(None).recipe for each in (panel, other))
    for name, array in first.pipeline.arrays().items():
        np.testing.assert_array_equal(array, second.pipeline.arrays()[name], err_msg=name)
    scalers = [each.scaler.transform and each.scaler.transform.arrays() for each in (first, second)]
    assert str(scalers[0]) == str(scalers[1])
    np.testing.assert_array_equal(first.scaler.centre, second.scaler.centre)
    np.testing.assert_array_equal(first.scaler.in_units, second.scaler.in_units)
    np.testing.assert_array_equal(first.profile.table, second.profile.table)
    assert first.season == second.season
    assert str(first.changes) == str(second.changes)
