"""The training loop: what it lowers, and what it tells."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import numpy as np
import pytest
import torch

import stcore
from stcore.experiment import RunConfig
from stcore.training.fit import job_of
from stcore.training.planning import plan
from stcore.training.stepping import rate, steps_of
from tests.panels import daily_wave

MODEL: dict[str, Any] = {"name": "stid", "training": {"epochs": 2, "steps_per_epoch": 10, "batch_windows": 256}}


@pytest.mark.parametrize("factor", [2.0**-40, 2.0**20, 2.0**70], ids=str)
def test_the_unit_of_the_values_changes_nothing(factor: float) -> None:
    """Grams learn like tonnes: forecasts scale with the values, and so do the losses that are told."""
    panel = daily_wave(600)
    scaled = replace(panel, values=panel.values * np.float32(factor))
    run = RunConfig(model=MODEL, windows={"lookback": 12, "horizon": 4}, seed=1)
    first, second = stcore.fit(panel, run), stcore.fit(scaled, run)
    values = stcore.backtest(first, panel).values
    np.testing.assert_allclose(stcore.backtest(second, scaled).values / np.float32(factor), values, rtol=1e-3)
    for column in ("train_loss", "validation_loss", "baseline_loss"):
        np.testing.assert_allclose(second.history[column] / factor, first.history[column], rtol=1e-3)


def test_losses_are_told_in_the_unit_of_the_values() -> None:
    panel = daily_wave(600)
    run = RunConfig(model=MODEL, windows={"lookback": 12, "horizon": 4}, seed=1)
    fitted = stcore.fit(panel, run)
    first_half = fitted.validation.select(origins=slice(0, 27))
    last_value = np.abs(first_half.baselines["persistence"] - first_half.truth).mean()
    assert fitted.history["baseline_loss"].iloc[0] == pytest.approx(last_value, rel=1e-3)
    best = fitted.history["validation_loss"].min()
    assert np.abs(first_half.values - first_half.truth).mean() == pytest.approx(best, rel=0.02)


def losses_by_hand(run: RunConfig) -> np.ndarray:
    """Loss of each epoch in units, on the processor: AdamW (Loshchilov, Hutter 2019) with the gradient cut to its length."""
    job = job_of(plan(daily_wave(600), run))
    module, options, source = job.fresh().train(), job.plan.training, job.source("fit")
    weights = list(module.parameters())
    first, second = ([torch.zeros_like(each) for each in weights] for _ in range(2))
    spread, count, out = job._weights(), 0, []
    usual = spread.mean()
    epochs = [list(steps_of(source, module, options, run.seed, number)) for number in range(options.epochs)]
    for steps in epochs:
        losses = []
        for step in steps:
            batch = step.windows.batch(step.origins, step.locations)
            truth, mask = batch.truth
            missed = (module(batch)[..., 0] - truth).abs() * spread / usual
            loss = (missed * mask).sum() / mask.sum()
            gradients = torch.autograd.grad(loss, weights)
            length = torch.sqrt(sum(each.square().sum() for each in gradients))  # type: ignore[arg-type]
            speed = rate(options, count, len(steps) * options.epochs)
            count += 1
            with torch.no_grad():
                for each, raw, m, v in zip(weights, gradients, first, second, strict=True):
                    cut = raw * min(1.0, options.clip / float(length))
                    m.mul_(0.9).add_(0.1 * cut)
                    v.mul_(0.999).add_(0.001 * cut.square())
                    each.mul_(1 - speed * options.weight_decay)
                    each.sub_(speed * m / (1 - 0.9**count) / ((v / (1 - 0.999**count)).sqrt() + 1e-8))
            losses.append(float(loss.detach() * usual))
        out.append(np.mean(losses))
    return np.array(out)


CUDA = pytest.mark.skipif(not torch.cuda.is_available(), reason="no graphics card")


@pytest.mark.parametrize(
    ("device", "close"), [("cpu", 1e-4), pytest.param("cuda", 0.03, marks=[pytest.mark.cuda, CUDA])]
)
def test_every_device_takes_the_steps_of_the_book(device: str, close: float) -> None:
    """A graphics card reckons in half precision, so that its losses are close and not the same."""
    training = {"epochs": 3, "steps_per_epoch": 5, "batch_windows": 256, "device": device}
    model = {"name": "stid", "settings": {"dropout": 0.0}, "training": training}
    run = RunConfig(model=model, windows={"lookback": 12, "horizon": 4}, seed=1)
    fitted = stcore.fit(daily_wave(600), run)
    assert fitted.device.startswith(device)
    losses = fitted.history["train_loss"].to_numpy()
    assert losses[-1] < 0.8 * losses[0]
    on_the_processor = run.model_copy(
        update={"model": run.model.model_copy(update={"training": {**training, "device": "cpu"}})}
    )
    np.testing.assert_allclose(losses, losses_by_hand(on_the_processor), rtol=close)
