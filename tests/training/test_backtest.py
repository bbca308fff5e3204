"""Forecasts of a fitted run: which times may be asked for, and what the data must have."""

from __future__ import annotations

from dataclasses import replace
from types import SimpleNamespace
from typing import Any

import numpy as np
import pandas as pd
import pytest

import stcore
from stcore.data.panel import Panel
from stcore.errors import ConfigError, DataError, ModelError, StcoreError
from stcore.experiment import RunConfig
from stcore.training.fitted import Fitted
from tests.panels import daily_wave


@pytest.fixture(scope="module")
def zoned() -> Panel:
    """Hourly values in Berlin's clock over the end of summer time."""
    panel = daily_wave(400)
    time = pd.date_range("2024-10-20", periods=400, freq="h", tz="Europe/Berlin")
    return Panel.from_arrays(panel.values, time, clock="Europe/Berlin")


@pytest.fixture(scope="module")
def fitted(zoned: Panel) -> Fitted:
    return stcore.fit(zoned, RunConfig(model="ridge", windows={"lookback": 6, "horizon": 3}))


def test_days_are_meant_whole_and_in_the_clock(zoned: Panel, fitted: Fitted) -> None:
    """The 27th of October has 25 hours there."""
    part = stcore.backtest(fitted, zoned, start="2024-10-27", end="2024-10-27")
    assert part.times(1)[0] == pd.Timestamp("2024-10-27 00:00", tz="Europe/Berlin")
    assert part.times(3)[-1] == pd.Timestamp("2024-10-27 23:00", tz="Europe/Berlin")
    assert len(part.origins) == 25 - 2


def test_a_time_without_a_zone_is_that_of_the_clock(zoned: Panel, fitted: Fitted) -> None:
    plain = stcore.backtest(fitted, zoned, start=pd.Timestamp("2024-11-01 05:00"))
    aware = stcore.backtest(fitted, zoned, start=pd.Timestamp("2024-11-01 04:00", tz="UTC"))
    assert plain.origins.equals(aware.origins)


@pytest.mark.parametrize("wrong", [{"start": "soon"}, {"end": 7.5j}, {"stride": 0}, {"start": "2024-11-09", "end": "2024-11-01"}], ids=str)  # fmt: skip
def test_what_is_no_time_or_distance_is_refused(zoned: Panel, fitted: Fitted, wrong: dict[str, Any]) -> None:
    with pytest.raises(ConfigError) as refused:
        stcore.backtest(fitted, zoned, **wrong)
    assert refused.value.hint


def test_data_of_another_kind_are_refused(zoned: Panel, fitted: Fitted) -> None:
    plain = Panel.from_arrays(zoned.values, pd.date_range("2024", periods=400, freq="h"))
    for call in (stcore.backtest, stcore.forecast):
        with pytest.raises(ModelError, match="no zone"):
            call(fitted, plain)
        with pytest.raises(StcoreError, match="no panel"):
            call(fitted, pd.DataFrame({"a": [1]}))
    with pytest.raises(ConfigError, match="no time"):
        stcore.forecast(fitted, zoned, origin="soon")


def test_panels_that_are_all_unknown_are_refused() -> None:
    panels = {"a": daily_wave(200), "b": daily_wave(220, seed=1)}
    both = stcore.fit(panels, RunConfig(model="ridge", windows={"lookback": 6, "horizon": 3}))
    assert set(stcore.forecast(both, {"b": panels["b"], "c": panels["a"]})) == {"b"}
    with pytest.raises(ModelError, match="no panel called c"):
        stcore.forecast(both, {"c": panels["a"]})


def test_the_hash_tells_what_is_known_ahead() -> None:
    """The same numbers under another schema are another run."""
    panel = daily_wave(300, features=2)
    ahead = panel.schema["value_1"].model_copy(update={"known_ahead": True})
    twin = replace(panel, schema={**panel.schema, "value_1": ahead})
    renamed = replace(
        panel, schema={**panel.schema, "value_1": panel.schema["value_1"].model_copy(update={"unit": "m"})}
    )
    run = RunConfig(targets=["value_0"], model="ridge", windows={"lookback": 6, "horizon": 3})
    first, second, third = (stcore.fit(each, run) for each in (panel, twin, renamed))
    assert first.hash != second.hash
    assert first.hash == third.hash


def test_no_validation_keeps_the_last_epoch() -> None:
    """Without rows to choose on, all epochs count; the loss of nothing is not zero."""
    model = {"name": "stid", "training": {"epochs": 3, "steps_per_epoch": 3, "batch_windows": 64, "patience": 1}}
    run = RunConfig(
        model=model, windows={"lookback": 6, "horizon": 3}, split={"train": 0.8, "validation": 0, "test": 0.2}
    )
    chosen = stcore.fit(daily_wave(200), run)
    assert chosen.chosen["epochs"] == 3
    assert chosen.history["validation_loss"].isna().all()


# known-ahead covariates of a table of their own -------------------------------------------------------------------


@pytest.fixture(scope="module")
def weather() -> tuple[Panel, Fitted]:
    """Load is twice the temperature, which is known ahead."""
    draw = np.random.default_rng(0).normal(10, 3, (300, 2))
    panel = Panel.from_arrays(
        np.stack([2 * draw, draw], axis=-1), pd.date_range("2024", periods=300, freq="h"), ["x", "y"], ["load", "heat"]
    )
    ahead = panel.schema["heat"].model_copy(update={"known_ahead": True})
    panel = replace(panel, schema={**panel.schema, "heat": ahead})
    run = RunConfig(targets=["load"], model="ridge", windows={"lookback": 4, "horizon": 3})
    return panel, stcore.fit(panel, run)


def table(panel: Panel, **more: Any) -> pd.DataFrame:
    time = pd.date_range(panel.time[-1], periods=6, freq="h")
    return pd.DataFrame({"time": time, "heat": [99.0, 5, 10, 15, 20, 25], **more})


def test_rows_before_and_beyond_what_is_needed_do_no_harm(weather: tuple[Panel, Fitted]) -> None:
    panel, fitted = weather
    values = stcore.forecast(fitted, panel, future=table(panel)).values[0, :, :, 0]
    np.testing.assert_allclose(values, [[10, 10], [20, 20], [30, 30]], atol=0.7)


def test_a_place_of_its_own(weather: tuple[Panel, Fitted]) -> None:
    panel, fitted = weather
    each = pd.concat([table(panel, location="x"), table(panel, location="y").assign(heat=15.0)])
    values = stcore.forecast(fitted, panel, future=each).values[0, :, :, 0]
    np.testing.assert_allclose(values, [[10, 30], [20, 30], [30, 30]], atol=0.7)


def test_steps_between_the_last_target_and_the_end_are_filled(weather: tuple[Panel, Fitted]) -> None:
    panel, fitted = weather
    values = panel.values.copy()
    values[-3:] = np.nan
    late = replace(panel, values=values)
    known = pd.DataFrame({"time": panel.time[-3:], "heat": [5.0, 10, 15]})
    found = stcore.forecast(fitted, late, future=known)
    assert found.origins[0] == panel.time[-4]
    np.testing.assert_allclose(found.values[0, :, 0, 0], [10, 20, 30], atol=0.7)


@pytest.mark.parametrize(
    ("change", "words"),
    [
        (lambda t: t.drop(columns="time"), "lacks time"), (lambda t: t.drop(columns="heat"), "lacks heat"),
        (lambda t: t.assign(heat="warm"), "not numbers"), (lambda t: t.assign(location="z"), "“z”"),
        (lambda t: t.assign(time=t["time"] + pd.Timedelta("7min")), "off the grid"), (lambda t: t.assign(time="soon"), "cannot be read"),
        (lambda t: t[:1], "no time that is needed"), (lambda t: t.assign(time=t["time"].dt.tz_localize("UTC")), "no clock"),
    ],
)  # fmt: skip
def test_a_table_that_does_not_fit_is_refused(weather: tuple[Panel, Fitted], change: Any, words: str) -> None:
    panel, fitted = weather
    with pytest.raises(DataError, match=words) as refused:
        stcore.forecast(fitted, panel, future=change(table(panel)))
    assert refused.value.hint


def test_what_would_not_fit_into_memory_takes_a_stride_and_says_so(monkeypatch: pytest.MonkeyPatch) -> None:
    panel = daily_wave(900)
    runs = [RunConfig(model=model, windows={"lookback": 6, "horizon": 4}) for model in ("ridge", "persistence")]
    whole = [stcore.fit(panel, run) for run in runs]
    monkeypatch.setattr("stcore.training.backtest.settings", lambda: SimpleNamespace(max_prediction_mb=0.006))
    thin = [stcore.fit(panel, run) for run in runs]
    for each, full in zip(thin, whole, strict=True):
        part, all_of_it = each.validation, full.validation
        assert "strided" in {finding.code for finding in part.findings}
        assert 1 < len(all_of_it.origins) / len(part.origins) <= 5
        assert part.origins.isin(all_of_it.origins).all()
        np.testing.assert_allclose(each.panel_fit(None).spread.scale, full.panel_fit(None).spread.scale, rtol=0.5)
    tested = stcore.backtest(stcore.combine(thin), panel)
    assert "strided" in {finding.code for finding in tested.findings}
    assert stcore.evaluate(tested)["skill"].iloc[0] > 0.5
