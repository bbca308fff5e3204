"""Fitting, bands, backtests, forecasts, ensembles, saved models."""

from __future__ import annotations

import json
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest

import stcore
from stcore.data.panel import Panel
from stcore.errors import ConfigError, DataError, Diverged, ModelError, StoreError
from stcore.experiment import RunConfig
from stcore.records import Prediction
from stcore.training import checkpoint
from stcore.training.intervals import calibrate, calibration_origins
from tests.panels import daily_wave


def run(model: Any = "ridge", **more: Any) -> RunConfig:
    return RunConfig(**{"model": model, "windows": {"lookback": 24, "horizon": 6}, "seed": 1, **more})


def autoregressive(steps: int = 3000) -> Panel:
    """x(t) = 0.8 x(t-1) + noise of variance 1; a step without a calendar cycle of whole steps."""
    draw = np.random.default_rng(1)
    x = np.zeros(steps)
    for t in range(1, steps):
        x[t] = 0.8 * x[t - 1] + draw.normal()
    return Panel.from_arrays(x, pd.date_range("2024", periods=steps, freq="37min"))


def test_ridge_solves_an_autoregression() -> None:
    """The best forecast of lead h is 0.8^h x: ridge comes within 2 % of its error on the same cells."""
    panel = autoregressive()
    prediction = stcore.backtest(stcore.fit(panel, run(windows={"lookback": 6, "horizon": 3})), panel)
    found = stcore.evaluate(prediction, ["rmse"], by=["lead"])["rmse"]
    last = prediction.baselines["persistence"]
    best = [np.sqrt(np.mean((prediction.truth[:, h] - 0.8 ** (h + 1) * last[:, h]) ** 2)) for h in range(3)]
    np.testing.assert_allclose(found, best, rtol=0.02)


@pytest.mark.parametrize("model", ["ridge", "stid", "lstm"])
def test_a_daily_rhythm_is_learnt(model: str) -> None:
    entry = (
        {"name": model}
        if model == "ridge"
        else {"name": model, "training": {"epochs": 8, "steps_per_epoch": 20, "batch_windows": 256}}
    )
    panel = daily_wave(1200, noise=0.3)
    prediction = stcore.backtest(stcore.fit(panel, run(entry)), panel)
    assert stcore.evaluate(prediction)["skill"].iloc[0] > 0.8
    assert stcore.evaluate(prediction, ["skill_seasonal"])["skill_seasonal"].iloc[0] > 0.1


def test_seasonal_naive_repeats_yesterday() -> None:
    panel = daily_wave(600)
    prediction = stcore.backtest(stcore.fit(panel, run("seasonal_naive")), panel)
    assert prediction.season == "same time yesterday"
    rows = panel.time.get_indexer(prediction.origins)
    np.testing.assert_allclose(prediction.values[:, 2, :, 0], panel.values[rows + 3 - 24, :, 0], rtol=1e-5)
    np.testing.assert_allclose(prediction.values, prediction.baselines["seasonal_naive"])


def test_bands_hold_their_share() -> None:
    panel = daily_wave(4000, places=5, noise=1.0)
    for head in ("point", "quantiles"):
        entry = {"name": "stid", "head": head, "training": {"epochs": 3, "steps_per_epoch": 20, "batch_windows": 256}}
        prediction = stcore.backtest(stcore.fit(panel, run(entry)), panel)
        low, high = prediction.interval(90)
        share = ((prediction.truth >= low) & (prediction.truth <= high)).mean()
        assert 0.87 < share < 0.93, head
        assert (prediction.quantile(0.25) <= prediction.quantile(0.75)).all()
        assert (low <= prediction.quantile(0.25)).mean() > 0.999


def test_spread_is_scaled_by_place() -> None:
    """A place that is twice as noisy gets a band twice as wide."""
    draw = np.random.default_rng(0)
    values = np.stack([draw.normal(0, 1, 3000), draw.normal(0, 2, 3000)], axis=1)
    panel = Panel.from_arrays(values, pd.date_range("2024", periods=3000, freq="min"))
    low, high = stcore.backtest(stcore.fit(panel, run("ridge")), panel).interval(90)
    width = (high - low)[..., 0].mean(axis=(0, 1))
    assert width[1] / width[0] == pytest.approx(2, rel=0.15)


def test_bands_follow_the_height_of_the_forecast() -> None:
    """Noise ten times as large by day as by night: the band is wide where the forecast is high, and holds in both."""
    draw = np.random.default_rng(0)
    hours = np.arange(6000)
    day = (hours % 24) >= 12
    values = np.where(day, 50, 10)[:, None] + draw.normal(size=(6000, 4)) * np.where(day, 5.0, 0.5)[:, None]
    panel = Panel.from_arrays(values, pd.date_range("2024", periods=6000, freq="h"))
    prediction = stcore.backtest(stcore.fit(panel, run("ridge", windows={"lookback": 24, "horizon": 2})), panel)
    low, high = prediction.interval(90)
    held = (prediction.truth >= low) & (prediction.truth <= high)
    high_ones = prediction.values > 30
    assert (high - low)[high_ones].mean() > 4 * (high - low)[~high_ones].mean()
    assert held[high_ones].mean() == pytest.approx(0.9, abs=0.05)
    assert held[~high_ones].mean() == pytest.approx(0.9, abs=0.05)


def test_few_rows_have_one_height() -> None:
    fitted = stcore.fit(daily_wave(600), run())
    assert np.isinf(fitted.panel_fit(None).spread.edges).all()


def test_calibration_origins_are_those_of_the_second_half() -> None:
    panel = daily_wave(600)
    fitted = stcore.fit(panel, run("persistence", windows={"lookback": 12, "horizon": 4}))
    assert isinstance(fitted.validation, Prediction)
    recent = fitted.validation.select(calibration_origins(len(fitted.validation.origins), 4))
    assert recent.times(1)[0] == panel.time[450]
    np.testing.assert_array_equal(calibrate(recent).offsets, fitted.panel_fit(None).spread.offsets)


def test_backtest_between_two_times() -> None:
    panel = daily_wave(600)
    fitted = stcore.fit(panel, run())
    whole = stcore.backtest(fitted, panel)
    assert (whole.origins[0], whole.origins[-1]) == (panel.time[479], panel.time[593])
    part = stcore.backtest(fitted, panel, start=panel.time[500], end=panel.time[520], stride=3)
    assert (part.times(1)[0], part.times(6)[-1] <= panel.time[520]) == (panel.time[500], True)
    assert len(part.origins) == 6
    np.testing.assert_allclose(part.values[1], whole.values[23], rtol=1e-4)
    with pytest.raises(ConfigError, match="No whole window"):
        stcore.backtest(fitted, panel, start=panel.time[500], end=panel.time[503])


def test_forecast_goes_beyond_the_data_and_reads_nothing_later() -> None:
    panel = daily_wave(600)
    fitted = stcore.fit(panel, run())
    future = stcore.forecast(fitted, panel)
    assert list(future.origins) == [panel.time[-1]]
    assert future.times(6)[0] == panel.time[-1] + pd.Timedelta(hours=6)
    assert np.isnan(future.truth).all()
    past = stcore.forecast(fitted, panel, origin=panel.time[500])
    cut = stcore.forecast(fitted, panel.between(None, panel.time[500]))
    np.testing.assert_array_equal(past.values, cut.values)
    np.testing.assert_array_equal(past.truth[0, :, :, 0], panel.values[501:507, :, 0])


def test_frame_of_a_prediction() -> None:
    panel = daily_wave(600, places=2)
    frame = stcore.backtest(stcore.fit(panel, run()), panel, start=panel.time[500], end=panel.time[506]).to_frame()
    assert list(frame.columns) == [
        "origin",
        "lead",
        "time",
        "location",
        "target",
        "truth",
        "forecast",
        "lower_90",
        "upper_90",
    ]
    assert len(frame) == 2 * 6 * 2
    row = frame.iloc[3]
    assert row["time"] == row["origin"] + pd.Timedelta(hours=int(row["lead"]))
    assert row["truth"] == panel.values[panel.time.get_loc(row["time"]), 1, 0]


def test_places_are_matched_by_name() -> None:
    panel = daily_wave(600)
    fitted = stcore.fit(panel, run())
    turned = replace(panel, values=panel.values[:, ::-1], locations=panel.locations.iloc[::-1])
    np.testing.assert_allclose(stcore.forecast(fitted, turned).values, stcore.forecast(fitted, panel).values, rtol=1e-5)
    strange = replace(panel, locations=panel.locations.rename(index={"1": "new"}))
    with pytest.raises(ModelError, match="new"):
        stcore.forecast(fitted, strange)
    with pytest.raises(DataError, match="looks back 24"):
        stcore.forecast(fitted, panel.between(None, panel.time[10]))


def test_counts_are_not_forecast_negative() -> None:
    draw = np.random.default_rng(0)
    values = draw.poisson(0.4, (800, 3))
    panel = Panel.from_arrays(values, pd.date_range("2024", periods=800, freq="h"), features=["visits"])
    prediction = stcore.backtest(stcore.fit(panel, run()), panel)
    assert prediction.values.min() >= 0
    assert prediction.quantile(0.05).min() >= 0


def test_constant_and_never_observed_places() -> None:
    panel = daily_wave(600, places=3)
    values = panel.values.copy()
    values[:, 1] = 7
    values[:, 2] = np.nan
    odd = replace(panel, values=values)
    for model in ("ridge", {"name": "stid", "training": {"epochs": 2, "steps_per_epoch": 5}}):
        prediction = stcore.backtest(stcore.fit(odd, run(model)), odd)
        assert np.isfinite(prediction.values).all()
        assert np.abs(prediction.values[:, :, 1] - 7).max() < 1
        assert np.isfinite(stcore.evaluate(prediction)["mae"].iloc[0])


def test_a_loss_that_is_no_number_is_named() -> None:
    model = {"name": "stid", "training": {"learning_rate": 10, "loss": "mse", "epochs": 30, "clip": 1e9}}
    panel = daily_wave(600)
    values = panel.values.copy()
    values[100] = 3e38
    notes: list[str] = []
    with pytest.raises(Diverged) as error:
        stcore.fit(
            replace(panel, values=values), run(model, prepare={"scale": "none"}),
            progress=lambda event: notes.append(str(event.get("message"))),
        )  # fmt: skip
    assert "learning rate" in error.value.hint
    assert any("Once more at a rate of 2.5" in note for note in notes)


def test_a_rate_too_high_is_lowered_once(monkeypatch: pytest.MonkeyPatch) -> None:
    """What diverged is trained again from the start at a quarter of the rate, the refit too."""
    from stcore.training.loop import Trainer

    begun: list[float] = []
    trained = Trainer.run

    def picky(trainer: Trainer, *given: Any, **more: Any) -> Any:
        begun.append(trainer.options.learning_rate)
        if trainer.options.learning_rate > 0.01:
            raise Diverged("The loss stopped being a number.", "Lower the rate.")
        return trained(trainer, *given, **more)

    monkeypatch.setattr(Trainer, "run", picky)
    model = {"name": "stid", "training": {"learning_rate": 0.02, "epochs": 1, "steps_per_epoch": 2}, "refit": True}
    fitted = stcore.fit(daily_wave(600), run(model))
    assert begun == [0.02, 0.005, 0.005]
    assert fitted.chosen["learning_rate"] == 0.005


# ensembles ---------------------------------------------------------------------------------------------------------


def test_weights_prefer_the_better_member_and_sum_to_one(tmp_path: Path) -> None:
    panel = daily_wave(1200)
    members = [stcore.fit(panel, run(model)) for model in ("ridge", "persistence")]
    joined = stcore.combine(members)
    assert sum(joined.weights.values()) == pytest.approx(1)
    assert joined.weights["ridge"] > 0.8
    mean = stcore.combine(members, method="mean")
    assert mean.weights == {"ridge": 0.5, "persistence": 0.5}
    parts = [stcore.backtest(member, panel) for member in members]
    np.testing.assert_allclose(stcore.backtest(mean, panel).values, (parts[0].values + parts[1].values) / 2, rtol=1e-4)
    joined.save(tmp_path / "both")
    opened = stcore.load(tmp_path / "both")
    np.testing.assert_array_equal(stcore.forecast(opened, panel).values, stcore.forecast(joined, panel).values)
    with pytest.raises(ConfigError):
        stcore.combine(members[:1])


# files -------------------------------------------------------------------------------------------------------------


def test_models_of_another_version_or_torn_are_refused(tmp_path: Path) -> None:
    fitted = stcore.fit(daily_wave(600), run())
    fitted.save(tmp_path / "m")
    about = tmp_path / "m" / "model.json"
    text = about.read_text()
    about.write_text(text.replace('"schema_version": 1', '"schema_version": 99', 1))
    with pytest.raises(StoreError, match="schema version 99"):
        stcore.load(tmp_path / "m")
    about.write_text(text)
    weights = tmp_path / "m" / "weights.safetensors"
    body = weights.read_bytes()
    weights.write_bytes(body[: len(body) // 2])
    with pytest.raises(StoreError) as torn:
        stcore.load(tmp_path / "m")
    assert torn.value.hint
    weights.unlink()
    with pytest.raises(StoreError):
        stcore.load(tmp_path / "m")
    assert json.loads(text)["hash"] == fitted.hash


@pytest.mark.parametrize("harm", ["missing", "torn", "version"])
def test_forecasts_that_cannot_be_read_are_refused(harm: str, tmp_path: Path) -> None:
    panel = daily_wave(600)
    stcore.backtest(stcore.fit(panel, run()), panel).save(tmp_path)
    if harm == "missing":
        (tmp_path / "spread_centre.npy").unlink()
    elif harm == "torn":
        (tmp_path / "values.npy").write_bytes(b"\x93NUMPY\x01")
    else:
        about = tmp_path / "prediction.json"
        about.write_text(about.read_text().replace('"schema_version": 1', '"schema_version": 7'))
    with pytest.raises(StoreError) as refused:
        Prediction.load(tmp_path)
    assert refused.value.hint


def test_a_torn_checkpoint_gives_way_to_the_one_before(tmp_path: Path) -> None:
    import torch

    for epoch in (1, 2, 3):
        checkpoint.write(tmp_path, epoch, {"x": torch.full((4,), float(epoch))}, {"run_hash": "h"})
    assert len(list(tmp_path.glob("*.safetensors"))) == 2
    newest = sorted(tmp_path.glob("*.safetensors"))[-1]
    newest.write_bytes(newest.read_bytes()[:-3])
    found = checkpoint.read(tmp_path, "h")
    assert found is not None
    assert found[1]["epoch"] == 2
    assert checkpoint.read(tmp_path, "another run") is None


def test_a_full_disk_at_a_checkpoint_is_said(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    import errno

    import torch

    def full(*args: Any, **more: Any) -> None:
        raise OSError(errno.ENOSPC, "No space left on device")

    checkpoint.write(tmp_path, 1, {"x": torch.zeros(2)}, {"run_hash": "h"})
    monkeypatch.setattr(checkpoint, "save_file", full)
    with pytest.raises(StoreError, match="disk is full"):
        checkpoint.write(tmp_path, 2, {"x": torch.zeros(2)}, {"run_hash": "h"})
    assert checkpoint.read(tmp_path, "h") is not None
