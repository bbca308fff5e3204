"""What every registered model keeps to, whatever it is."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch

import stcore
from stcore.data.panel import Panel
from stcore.data.prepare.features import calendar_cycles
from stcore.data.prepare.recipe import make_recipe
from stcore.data.windows import Windows
from stcore.errors import Cancelled
from stcore.experiment import RunConfig, TrainingConfig
from stcore.models import MODELS
from stcore.models.contract import ModelSpec, Shapes
from stcore.models.nets.forecaster import Forecaster
from stcore.models.nets.heads import make_head
from stcore.models.surroundings import Surroundings
from tests.panels import daily_wave as wave

CPU = torch.device("cpu")
GRADIENT = [name for name, spec in MODELS.items() if spec.fitted_by == "gradient"]
HEADS = [(name, head) for name, spec in MODELS.items() for head in spec.heads if head in ("point", "quantiles")]
LOOKBACK, HORIZON = 12, 4
SHORT = {"epochs": 3, "steps_per_epoch": 3, "batch_windows": 64, "chunk": 0}


def daily_wave(**how: Any) -> Panel:
    """Three places with coordinates, so that every model applies."""
    return wave(**how, placed=True)


def around() -> Surroundings:
    """A ring of three places that fill three of the four cells of a grid."""
    pairs, cells = np.array([[0, 1, 2], [1, 2, 0]]), np.array([[0, 1, 3], [0, 1, 2]])
    ones = np.ones(3, np.float32)
    return Surroundings(pairs, ones, np.array([2, 2]), cells, ones, cells[::-1].copy(), ones)


def tiny(name: str, **more: Any) -> dict[str, Any]:
    """Settings of a small network without chance in it."""
    known = MODELS[name].settings.model_fields
    small = {"hidden": 8, "layers": 1, "dropout": 0.0, "trees": 5, "cases": 2000}
    return {key: value for key, value in (small | more).items() if key in known}


def needed(name: str) -> ModelSpec:
    """The spec of a model; the test is skipped where the optional package of the model is not installed."""
    spec = MODELS[name]
    if spec.package:
        pytest.importorskip(spec.package)
    return spec


def windows(panel: Panel, targets: int = 1) -> Windows:
    run = RunConfig(targets=list(panel.features[:targets]), windows={"lookback": LOOKBACK, "horizon": HORIZON})
    recipe = make_recipe(panel, 300, run, calendar_cycles(panel.step))
    return Windows(panel, recipe, CPU)


def module(name: str, source: Windows, head: str = "point", **settings: Any) -> Forecaster:
    torch.manual_seed(0)
    recipe, spec = source.recipe, needed(name)
    shapes = Shapes(
        LOOKBACK, HORIZON, source.locations, len(recipe.features), len(recipe.targets), len(recipe.known_ahead),
        tuple(cycle.slots for cycle in recipe.cycles), make_head(head).outputs, head,
    )  # fmt: skip
    return spec.build(spec.settings.parse(tiny(name, **settings)), shapes, around())


def shaken(built: Forecaster, source: Windows | None = None) -> Forecaster:
    """The module with weights away from their start, where outlets are zero; solved on ``source`` where that is its way."""
    if source is not None and type(built).solve is not Forecaster.solve:
        built.solve([(source, torch.arange(12, 290))], [])
    with torch.no_grad():
        for tensor in built.parameters():
            tensor.add_(0.05 * torch.randn_like(tensor))
    return built.eval()


@pytest.mark.parametrize(("name", "head"), HEADS)
@pytest.mark.parametrize(("features", "targets"), [(1, 1), (3, 1), (3, 2)])
def test_shape_and_finite_with_gaps(name: str, head: str, features: int, targets: int) -> None:
    source = windows(daily_wave(features=features, gaps=0.3), targets)
    built = shaken(module(name, source, head), source)
    out = built(source.batch(torch.tensor([20, 50, 100, 200, 300]), reads=built.reads))
    assert out.shape == (5, HORIZON, 3, targets, make_head(head).outputs)
    assert torch.isfinite(out).all()


@pytest.mark.parametrize(("name", "head"), [pair for pair in HEADS if pair[1] == "quantiles"])
def test_quantiles_never_cross(name: str, head: str) -> None:
    source = windows(daily_wave())
    out = shaken(module(name, source, head))(source.batch(torch.arange(50, 90)))
    assert (out.diff(dim=-1) > 0).all()


@pytest.mark.parametrize("name", GRADIENT)
def test_gradients_reach_all_parameters(name: str) -> None:
    source = windows(daily_wave())
    built = shaken(module(name, source))
    batch = source.batch(torch.arange(30, 400))
    assert batch.target is not None
    (built(batch)[..., 0] - batch.target).square().mean().backward()
    learnt = {key: tensor for key, tensor in built.named_parameters() if tensor.requires_grad}
    idle = [key for key, tensor in learnt.items() if tensor.grad is None or not tensor.grad.abs().sum() > 0]
    assert idle == []


@pytest.mark.parametrize("name", GRADIENT)
def test_overfits_one_batch(name: str) -> None:
    source = windows(daily_wave(noise=2.0))
    built = module(name, source, hidden=16)
    batch = source.batch(torch.arange(40, 60))
    assert batch.target is not None
    optimiser = torch.optim.Adam(built.parameters(), lr=1e-2)
    losses = []
    for _ in range(120):
        optimiser.zero_grad()
        loss = (built(batch)[..., 0] - batch.target).abs().mean()
        loss.backward()
        optimiser.step()
        losses.append(float(loss.detach()))
    assert min(losses) < 0.4 * losses[0]


@pytest.mark.parametrize("name", list(MODELS))
def test_values_behind_the_mask_do_not_leak(name: str) -> None:
    """What stands in an unobserved cell of the file cannot reach the forecast: it never gets into the panel."""
    panel = daily_wave(gaps=0.2)
    hidden = ~panel.mask
    twin = replace(panel, values=np.where(hidden, np.float32(np.nan), panel.values))
    first, second = windows(panel), windows(twin)
    built = shaken(module(name, first), first)
    origins, reads = torch.arange(20, 200), built.reads
    assert torch.equal(built(first.batch(origins, reads=reads)), built(second.batch(origins, reads=reads)))


@pytest.mark.parametrize("name", list(MODELS))
def test_the_future_is_not_read(name: str) -> None:
    """Forecasts from an origin are the same whatever comes after it."""
    panel = daily_wave()
    changed = panel.values.copy()
    changed[351:] += 1000
    first, second = windows(panel), windows(replace(panel, values=changed))
    built = shaken(module(name, first), first)
    before, after = (
        built(each.batch(torch.arange(300, 351), with_target=False, reads=built.reads)) for each in (first, second)
    )
    assert torch.equal(before, after)


@pytest.mark.parametrize(("name", "head"), HEADS)
def test_same_seed_same_numbers_and_saved_equal(name: str, head: str, tmp_path: Path) -> None:
    panel = daily_wave(gaps=0.05)
    run = run_of(name, head=head)
    first, second = stcore.fit(panel, run), stcore.fit(panel, run)
    assert first.hash == second.hash
    forecasts = stcore.backtest(first, panel)
    np.testing.assert_array_equal(forecasts.values, stcore.backtest(second, panel).values)
    first.save(tmp_path / "model")
    opened = stcore.load(tmp_path / "model")
    again = stcore.backtest(opened, panel)
    np.testing.assert_array_equal(forecasts.values, again.values)
    np.testing.assert_array_equal(forecasts.quantile(0.05), again.quantile(0.05))
    np.testing.assert_array_equal(first.validation.values, opened.validation.values)
    assert opened.run == first.run


@pytest.mark.parametrize("name", GRADIENT)
def test_resumed_equals_uninterrupted(name: str, tmp_path: Path) -> None:
    panel = daily_wave()
    run = run_of(name, chunk=7, averaging=0.5)
    whole = stcore.fit(panel, run)
    epochs: list[int] = []

    def note(event: Any) -> None:
        if event["event"] == "epoch":
            epochs.append(event["epoch"])

    with pytest.raises(Cancelled):
        stcore.fit(panel, run, progress=note, should_stop=lambda: len(epochs) >= 2, checkpoint=tmp_path)
    assert epochs == [1, 2]
    resumed = stcore.fit(panel, run, progress=note, checkpoint=tmp_path)
    assert epochs == [1, 2, 3]
    np.testing.assert_array_equal(stcore.backtest(whole, panel).values, stcore.backtest(resumed, panel).values)
    assert list(whole.history["train_loss"]) == list(resumed.history["train_loss"])


@pytest.mark.parametrize("name", GRADIENT)
def test_chunks_change_nothing(name: str) -> None:
    """Gradients added up over chunks are those of the whole batch, up to rounding."""
    from stcore.training.loop import Hooks, Trainer
    from stcore.training.stepping import Step

    source = windows(daily_wave(gaps=0.1))
    steps = []
    for chunk in (0, 5, 2):
        built = module(name, source)
        options = TrainingConfig.parse({**SHORT, "chunk": chunk})
        trainer = Trainer(built, make_head("point"), options, torch.ones(3, 1), 0, Hooks())
        trainer.step(Step(source, torch.arange(40, 60), None))
        steps.append(torch.cat([tensor.grad.flatten() for tensor in built.parameters() if tensor.grad is not None]))
    torch.testing.assert_close(steps[0], steps[1], rtol=1e-4, atol=1e-6)
    torch.testing.assert_close(steps[0], steps[2], rtol=1e-4, atol=1e-6)


@pytest.mark.parametrize("name", list(MODELS))
def test_card_is_complete(name: str) -> None:
    spec = MODELS[name]
    assert spec.title
    assert spec.summary.endswith(".")
    assert spec.source
    for key, field in spec.settings.model_fields.items():
        assert field.title, key
        assert field.description, key


def run_of(name: str, head: str = "point", **training: Any) -> RunConfig:
    needed(name)
    entry: dict[str, Any] = {"name": name, "head": head, "settings": tiny(name)}
    if name in GRADIENT:
        entry["training"] = {**SHORT, **training}
    return RunConfig(windows={"lookback": LOOKBACK, "horizon": HORIZON}, model=entry, seed=3)
