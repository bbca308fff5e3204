"""What a run will do, and what it refuses before anything starts."""

from __future__ import annotations

import re
import subprocess
import sys
from dataclasses import replace
from typing import Any

import numpy as np
import pandas as pd
import pytest

import stcore
from stcore.data.panel import Panel
from stcore.data.splits import split
from stcore.errors import ConfigError, DataError, StcoreError
from stcore.experiment import RunConfig, SplitConfig
from stcore.training.planning import plan
from tests.panels import daily_wave


def config(**more: Any) -> RunConfig:
    return RunConfig(**{"model": "ridge", "windows": {"lookback": 12, "horizon": 4}, **more})


def test_parts_end_where_the_contract_says() -> None:
    parts = split(2016, SplitConfig())
    assert (parts.train_end, parts.validation_end, parts.steps) == (1411, 1612, 2016)


def test_origins_of_each_part() -> None:
    each = plan(daily_wave(600), config()).panels["panel"]
    assert (each.parts.train_end, each.parts.validation_end) == (420, 480)
    assert (each.fit[0], each.fit[-1]) == (11, 415)
    assert (each.choose[0], each.choose[-1]) == (419, 445)
    assert (each.calibrate[0], each.calibrate[-1]) == (449, 475)
    assert (each.test[0], each.test[-1]) == (479, 595)


def test_short_validation_takes_steps_from_train() -> None:
    settled = plan(daily_wave(200), config(windows={"lookback": 12, "horizon": 15}))
    parts = settled.panels["panel"].parts
    assert (parts.train_end, parts.validation_end) == (130, 160)
    assert "validation_widened" in {finding.code for finding in settled.findings}


@pytest.mark.parametrize(
    ("windows", "hint"),
    [
        ({"lookback": 500, "horizon": 4}, "Use a history of at most 416 steps."),
        ({"lookback": 12, "horizon": 500}, "Forecast at most 120 steps ahead."),
        ({"lookback": 500, "horizon": 500}, "Forecast at most 120 steps ahead with a history of at most 300."),
    ],
)
def test_the_way_out_of_windows_that_do_not_fit_works(windows: dict[str, int], hint: str) -> None:
    with pytest.raises(ConfigError) as refused:
        plan(daily_wave(600), config(windows=windows))
    assert refused.value.hint == hint
    told = [int(number) for number in re.findall(r"\d+", hint)]
    ahead = told[0] if hint.startswith("Forecast") else windows["horizon"]
    history = told[-1] if "history" in hint else windows["lookback"]
    assert plan(daily_wave(600), config(windows={"lookback": history, "horizon": ahead}))


def test_counts_of_one_are_said_as_one() -> None:
    said = [finding.message for finding in plan(daily_wave(12), config(windows={"lookback": 4, "horizon": 1})).findings]
    assert any("the 1 step ahead" in message and "takes 1 step from" in message for message in said), said


@pytest.mark.parametrize(
    ("windows", "numbers"),
    [
        ({"lookback": 500, "horizon": 4}, ["500", "504", "420"]),
        ({"lookback": 12, "horizon": 200}, ["200", "120"]),
    ],
)
def test_windows_that_do_not_fit_are_refused_with_numbers(windows: dict[str, int], numbers: list[str]) -> None:
    with pytest.raises(ConfigError) as refused:
        stcore.check(daily_wave(600), config(windows=windows))
    assert refused.value.hint
    for number in numbers:
        assert number in refused.value.message


@pytest.mark.parametrize(
    "wrong",
    [
        {"windows": {"lookback": 0}}, {"windows": {"horizon": 0}}, {"windows": {"horizn": 3}},
        {"split": {"train": 0.9, "validation": 0.2, "test": 0.2}}, {"model": {"name": "stidd"}},
        {"model": {"name": "stid", "settings": {"hiden": 3}}}, {"model": {"name": "stid", "training": {"epochs": 0}}},
        {"model": {"name": "ridge", "head": "quantiles"}}, {"targets": ["speed"]}, {"seed": -1}, {"colour": "red"},
    ],
    ids=str,
)  # fmt: skip
def test_wrong_settings_are_refused_with_a_hint(wrong: dict[str, Any]) -> None:
    with pytest.raises(StcoreError) as refused:
        stcore.check(daily_wave(300), RunConfig.of({"model": {"name": "ridge"}, **wrong}))
    assert refused.value.hint
    assert len(refused.value.message) > 15


def test_unknown_setting_names_the_nearest() -> None:
    with pytest.raises(ConfigError) as refused:
        RunConfig.of({"windows": {"horizn": 3}})
    assert "windows.horizn" in refused.value.message
    assert "horizon" in refused.value.hint


@pytest.mark.parametrize(
    ("steps", "freq", "expected"),
    [(5000, "5min", (12, 12)), (2000, "h", (48, 24)), (1000, "D", (28, 7)), (300, "MS", (24, 6)), (30, "D", (10, 2))],
)
def test_suggested_windows(steps: int, freq: str, expected: tuple[int, int]) -> None:
    panel = Panel.from_arrays(
        np.random.default_rng(0).normal(size=steps), pd.date_range("1990", periods=steps, freq=freq)
    )
    settled = plan(panel, RunConfig(model="ridge"))
    assert (settled.lookback, settled.horizon) == expected


def test_all_missing_target_is_refused() -> None:
    panel = daily_wave(100)
    with pytest.raises(DataError, match="no value at all"):
        stcore.check(replace(panel, values=np.full_like(panel.values, np.nan)), config())


def test_a_train_part_without_a_value_is_refused() -> None:
    panel = daily_wave(300, features=2)
    values = panel.values.copy()
    values[:220, :, 0] = np.nan
    settled = plan(replace(panel, values=values), config())
    assert [f.where for f in settled.findings if f.code == "nothing_to_learn"] == ["value_0"]
    with pytest.raises(DataError, match="no value in the train part"):
        stcore.check(replace(panel, values=values), config(targets=["value_0"]))


@pytest.mark.parametrize("half", ["choose", "calibrate"])
def test_a_half_of_validation_without_a_value_is_none(half: str) -> None:
    """An outage over half of the validation part chooses no epoch and makes no band."""
    panel = daily_wave(600)
    start, end = plan(panel, config()).panels["panel"].parts.span(half)
    values = panel.values.copy()
    values[start:end] = np.nan
    settled = plan(replace(panel, values=values), config())
    each = settled.panels["panel"]
    assert "no_validation" in {finding.code for finding in settled.findings}
    assert not len(each.choose)
    assert each.calibrate.max() < each.parts.train_end


def test_check_says_what_it_costs() -> None:
    cost = {f.code: f for f in stcore.check(daily_wave(600), config(model="stid"))}["cost"]
    assert cost.count == plan(daily_wave(600), config()).windows
    assert "processor time" in cost.message


def test_known_ahead_rows_do_not_count_as_data() -> None:
    panel = daily_wave(300, features=2)
    values = panel.values.copy()
    values[280:, :, 0] = np.nan
    schema = {**panel.schema, "value_1": panel.schema["value_1"].model_copy(update={"known_ahead": True})}
    settled = plan(replace(panel, values=values, schema=schema), config())
    assert settled.panels["panel"].rows == 280
    assert settled.run.targets == ["value_0"]


def test_sampling_is_said() -> None:
    model = {"name": "stid", "training": {"epochs": 1, "steps_per_epoch": 1, "batch_windows": 60}}
    settled = plan(daily_wave(600), config(model=model))
    assert settled.share == pytest.approx(60 / settled.windows)
    assert "sampled" in {finding.code for finding in settled.findings}


def test_check_needs_no_torch() -> None:
    code = (
        "import sys, stcore, numpy as np, pandas as pd\n"
        "p = stcore.Panel.from_arrays(np.random.rand(300, 2), pd.date_range('2024', periods=300, freq='h'))\n"
        "stcore.check(p, stcore.RunConfig(model='stid'))\n"
        "sys.exit('torch' in sys.modules)"
    )
    assert subprocess.run([sys.executable, "-c", code], check=False, timeout=60).returncode == 0


def test_zeros_that_mean_missing_are_those_of_measured_numbers() -> None:
    panel = daily_wave(300, features=2)
    values = panel.values.copy()
    values[5] = 0
    schema = {**panel.schema, "value_1": panel.schema["value_1"].model_copy(update={"known_ahead": True})}
    settled = plan(replace(panel, values=values, schema=schema), config(prepare={"zeros_are_missing": True}))
    kept = settled.panels["panel"].panel.values
    assert np.isnan(kept[5, :, 0]).all()
    assert (kept[5, :, 1] == 0).all()


@pytest.mark.parametrize(
    ("steps", "lookback", "horizon", "train"), [(48, 40, 3, 33), (48, 6, 40, 33), (10, 7, 7, 7), (3, 9, 9, 2)]
)
def test_what_a_refusal_proposes_fits_into_the_train_part(steps: int, lookback: int, horizon: int, train: int) -> None:
    with pytest.raises(ConfigError, match=f"train part has {train} of {steps}") as refused:
        plan(daily_wave(steps), config(windows={"lookback": lookback, "horizon": horizon}))
    ahead = re.search(r"Forecast at most (\d+)", refused.value.hint)
    history = re.search(r"history of at most (\d+)", refused.value.hint)
    fits = int(history[1]) if history else lookback, int(ahead[1]) if ahead else horizon
    assert min(fits) >= 1
    assert sum(fits) <= train


def test_data_too_short_for_any_window_need_more() -> None:
    with pytest.raises(ConfigError) as refused:
        plan(daily_wave(2), config(windows={"lookback": 1, "horizon": 1}))
    assert refused.value.hint.startswith("Give more")


def test_the_loss_is_chosen_by_the_train_part_alone() -> None:
    """Zeros after the train part change nothing; mostly zeros in it ask for squared errors."""

    def loss(first: int, last: int) -> str:
        panel = daily_wave(400)
        values = panel.values.copy()
        values[first:last] = 0
        given = {"windows": {"lookback": 12, "horizon": 60}, "model": {"name": "stid"}}
        return str(plan(replace(panel, values=values), given).training.loss)

    assert loss(130, 400) == "mae"  # 70 of 200 rows: validation has taken 80 steps of the 280 that are 70 %
    assert loss(0, 120) == "mse"
