"""Windows by index, against the numbers of the panel they are gathered from."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import numpy as np
import pandas as pd
import pytest
import torch

from stcore.data.panel import Panel
from stcore.data.prepare.features import calendar_cycles
from stcore.data.prepare.pipeline import Pipeline
from stcore.data.prepare.recipe import Recipe, make_recipe
from stcore.data.windows import Windows
from stcore.experiment import RunConfig
from stcore.preparation import PrepareConfig
from tests.panels import daily_wave

CPU = torch.device("cpu")


def windows(panel: Panel, horizon: int = 3, rows: int | None = None) -> Windows:
    return Windows(panel, recipe_of(panel, horizon), CPU, rows)


def recipe_of(panel: Panel, horizon: int = 3, gap: int = 0, pipeline: Pipeline | None = None, **prepare: Any) -> Recipe:
    run = RunConfig(
        targets=list(panel.features[:1]), windows={"lookback": 4, "horizon": horizon, "gap": gap},
        prepare={"scale": "none", **prepare},
    )  # fmt: skip
    return make_recipe(panel, 60, run, calendar_cycles(panel.step), pipeline=pipeline)


def test_past_target_last_and_season_stand_at_their_rows() -> None:
    panel = daily_wave(96, places=2)
    batch = windows(panel).batch(torch.tensor([40, 50]))
    values = panel.values
    np.testing.assert_array_equal(batch.past[1], values[47:51])
    np.testing.assert_array_equal(batch.truth[0][1], values[51:54])
    np.testing.assert_array_equal(batch.last[0], values[40])
    np.testing.assert_array_equal(batch.season[0], values[41 - 24 : 44 - 24])
    np.testing.assert_allclose(batch.network[1], values[47:51].mean(axis=1), rtol=1e-6)


def test_a_long_horizon_takes_the_season_before_the_origin() -> None:
    panel = daily_wave(120, places=1)
    batch = windows(panel, horizon=30).batch(torch.tensor([60]))
    np.testing.assert_array_equal(batch.season[0, 29], panel.values[60 + 30 - 48])


def test_the_network_carries_on_where_nothing_was_observed() -> None:
    """One sensor with a gap: its own last value, not the zero that stands for “average”."""
    panel = daily_wave(96, places=1)
    values = panel.values.copy()
    values[48:50] = np.nan
    batch = windows(replace(panel, values=values)).batch(torch.tensor([49]))
    np.testing.assert_array_equal(batch.network[0, -2:], values[[47, 47], :, 0])


def test_filled_values_are_seen_but_not_learnt_from() -> None:
    panel = daily_wave(96, places=1)
    observed = np.ones(panel.shape, dtype=bool)
    observed[41:43] = False
    batch = windows(replace(panel, observed=observed)).batch(torch.tensor([40, 44]))
    assert batch.truth[1][0].ravel().tolist() == [False, False, True]
    assert batch.past_mask[1].ravel().tolist() == [False, False, True, True]
    np.testing.assert_array_equal(batch.past[1], panel.values[41:45])


@pytest.mark.parametrize(("known_ahead", "taken"), [(False, 0), (True, 1), (3, 1), (2, 0)], ids=str)
def test_a_covariate_known_for_too_few_steps_is_past_only(known_ahead: bool | int, taken: int) -> None:
    """Its true value three steps ahead would not be known at the origin."""
    panel = daily_wave(96, places=1, features=2)
    ahead = panel.schema["value_1"].model_copy(update={"known_ahead": known_ahead})
    source = windows(replace(panel, schema={**panel.schema, "value_1": ahead}))
    assert source.batch(torch.tensor([40])).future.shape[-1] == taken


def test_rows_after_the_known_ones_are_covariates_only() -> None:
    panel = daily_wave(96, places=1, features=2)
    ahead = panel.schema["value_1"].model_copy(update={"known_ahead": True})
    panel = replace(panel, schema={**panel.schema, "value_1": ahead})
    source = windows(panel, rows=50)
    batch = source.batch(torch.tensor([49]), with_target=False)
    assert len(source.filled) == 50
    np.testing.assert_array_equal(batch.future[0, :, 0, 0], panel.values[50:53, 0, 1])


def test_times_go_on_beyond_the_panel() -> None:
    panel = daily_wave(96, places=1)
    batch = windows(panel).batch(torch.tensor([95]), with_target=False)
    hours = pd.date_range(panel.time[-1], periods=4, freq="h")[1:].hour
    assert batch.calendar[0, :, 0].tolist() == hours.tolist()


def test_a_fill_from_both_sides_is_seen_once_the_gap_is_over() -> None:
    """A gap in rows 41 to 43: an origin inside it sees the last value, one behind it the line."""
    values = np.arange(96, dtype=np.float32).reshape(-1, 1, 1) ** 2
    values[41:44] = np.nan
    panel = Panel.from_arrays(values, pd.date_range("2024", periods=96, freq="h"))
    pipeline = Pipeline.fit(panel, 60, PrepareConfig(fill="linear"))
    source = Windows(pipeline.apply(panel), recipe_of(pipeline.apply(panel), pipeline=pipeline), CPU)
    batch = source.batch(torch.tensor([42, 44]))
    np.testing.assert_allclose(batch.past[0].ravel(), [39**2, 40**2, 40**2, 40**2])
    np.testing.assert_allclose(batch.past[1].ravel(), [1684, 1768, 1852, 44**2])
    assert batch.past_mask[1].ravel().tolist() == [False, False, False, True]
    assert batch.truth[1][0].ravel().tolist() == [False, True, True]
    np.testing.assert_allclose(source.naive(batch, torch.tensor([42, 44]))[0].ravel(), [40**2, 44**2])


@pytest.mark.parametrize("gap", [0, 2, 5])
def test_steps_left_out_lie_between_the_history_and_the_forecast(gap: int) -> None:
    panel = daily_wave(96, places=1)
    source = Windows(panel, recipe_of(panel, 3, gap), CPU)
    batch = source.batch(torch.tensor([40]))
    np.testing.assert_array_equal(batch.past[0], panel.values[37:41])
    np.testing.assert_array_equal(batch.truth[0][0], panel.values[41 + gap : 44 + gap])
    np.testing.assert_array_equal(batch.season[0], panel.values[41 + gap - 24 : 44 + gap - 24])
    end = source.batch(torch.tensor([95]), with_target=False)
    hours = pd.date_range(panel.time[-1], periods=4 + gap, freq="h")[1 + gap :].hour
    assert end.calendar[0, :, 0].tolist() == hours.tolist()


# changes instead of values ----------------------------------------------------------------------------------------


def test_first_changes_count_from_the_last_value() -> None:
    panel = daily_wave(96, places=2)
    source = Windows(panel, recipe_of(panel, difference="first"), CPU)
    batch = source.batch(torch.tensor([40]))
    values, spread = panel.values, source.recipe.changes
    np.testing.assert_allclose(batch.past[0], (values[37:41] - values[36:40]) / spread, rtol=1e-4, atol=1e-5)
    np.testing.assert_allclose(batch.truth[0][0], values[41:44] - values[40], rtol=1e-5, atol=1e-5)
    assert not batch.last.any()
    np.testing.assert_allclose(batch.season[0], values[17:20] - values[40], rtol=1e-5, atol=1e-5)
    last, season = source.naive(batch, torch.tensor([40]))
    np.testing.assert_array_equal(last[0], values[40])
    np.testing.assert_array_equal(season[0], values[17:20])


def test_seasonal_changes_count_from_the_value_a_season_before() -> None:
    panel = daily_wave(120, places=2)
    source = Windows(panel, recipe_of(panel, horizon=30, difference="season"), CPU)
    batch = source.batch(torch.tensor([80]))
    values = panel.values
    np.testing.assert_allclose(batch.past[0], values[77:81] - values[53:57], rtol=1e-5, atol=1e-5)
    np.testing.assert_allclose(batch.last[0], values[80] - values[56], rtol=1e-5, atol=1e-5)
    np.testing.assert_allclose(batch.truth[0][0, :24], values[81:105] - values[57:81], rtol=1e-5, atol=1e-5)
    np.testing.assert_allclose(batch.truth[0][0, 24:], values[105:111] - values[57:63], rtol=1e-5, atol=1e-5)
    np.testing.assert_allclose(batch.season[0, 0], values[57] - values[33], rtol=1e-5, atol=1e-5)
    early = source.batch(torch.tensor([22]), with_target=False)
    assert not early.past_mask.any()


@pytest.mark.parametrize("difference", ["first", "season"])
def test_changes_added_up_are_the_values_again(difference: str) -> None:
    panel = daily_wave(120, places=3, gaps=0.2)
    plain = Windows(panel, recipe_of(panel, horizon=30), CPU).batch(torch.arange(30, 80))
    changed = Windows(panel, recipe_of(panel, horizon=30, difference=difference), CPU).batch(torch.arange(30, 80))
    np.testing.assert_array_equal(changed.truth[1], plain.truth[1])
    seen = plain.truth[1]
    np.testing.assert_allclose(changed.level(changed.truth[0])[seen], plain.truth[0][seen], rtol=1e-4)
    part = changed.part(slice(3, 9), slice(1, 3))
    np.testing.assert_array_equal(part.level(part.truth[0]), changed.level(changed.truth[0])[3:9, :, 1:3])
