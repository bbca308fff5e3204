"""What the numbers of a network mean: likelihoods worked out by other means, and laws every answer keeps."""

from __future__ import annotations

import numpy as np
import pytest
import torch
from scipy import stats

import stcore
from stcore.data.panel import Panel
from stcore.errors import ConfigError, DataError
from stcore.models.nets.heads import QUANTILE_LEVELS, ClassHead, Units, make_head
from stcore.records import Prediction
from tests.panels import daily_wave

PLACES = torch.arange(2)
UNITS = Units(torch.tensor([[10.0], [20.0]]), torch.tensor([[4.0], [5.0]]))
SHORT = {"epochs": 6, "steps_per_epoch": 15, "batch_windows": 256}
WINDOWS = {"lookback": 24, "horizon": 4}
EVENTS = {"rule": "quantile", "levels": [0.7, 0.9]}


def raw(outputs: int, seed: int = 0) -> torch.Tensor:
    """[B, H, N, T, Q] of anything."""
    return torch.randn(3, 2, 2, 1, outputs, generator=torch.Generator().manual_seed(seed))


def test_a_bell_curve_is_judged_by_its_likelihood() -> None:
    head = make_head("gaussian")
    out, target = head.formed(raw(2), torch.zeros(3, 1, 2, 1)), raw(1)[..., 0]
    mean, deviation = out[..., 0].numpy(), out[..., 1].numpy()
    known = -stats.norm.logpdf(target.numpy(), mean, deviation) - 0.5 * np.log(2 * np.pi)
    np.testing.assert_allclose(head.loss(out, target, PLACES).numpy(), known, rtol=1e-4, atol=1e-5)
    quantiles = stats.norm.ppf(np.array(QUANTILE_LEVELS), mean[..., None], deviation[..., None])
    np.testing.assert_allclose(head.bands(out, PLACES).numpy(), quantiles, rtol=1e-4, atol=1e-5)


@pytest.mark.parametrize("name", ["negative_binomial", "zero_inflated"])
def test_counts_are_judged_by_their_likelihood(name: str) -> None:
    head = make_head(name, UNITS)
    out = head.formed(raw(head.outputs), torch.zeros(3, 1, 2, 1))
    count = torch.randint(0, 30, (3, 2, 2, 1), generator=torch.Generator().manual_seed(1)).float()
    count[0] = 0
    target = (count - UNITS.centre) / UNITS.spread
    mean, size = 0.2 * UNITS.spread, 1 / out[..., 1]
    mean = mean * torch.nn.functional.softplus((out[..., 0] * UNITS.spread + UNITS.centre) / mean) + 1e-4
    log = stats.nbinom.logpmf(count.numpy(), size.numpy(), (size / (size + mean)).numpy())
    if name == "zero_inflated":
        extra = out[..., 2].numpy()
        log = np.log(np.where(count.numpy() == 0, extra + (1 - extra) * np.exp(log), (1 - extra) * np.exp(log)))
    np.testing.assert_allclose(head.loss(out, target, PLACES).numpy(), -log, rtol=2e-3, atol=2e-3)


@pytest.mark.parametrize("name", ["negative_binomial", "zero_inflated"])
def test_quantiles_of_counts_are_whole_numbers_that_hold_their_share(name: str) -> None:
    head = make_head(name, UNITS)
    out = head.formed(raw(head.outputs), torch.zeros(3, 1, 2, 1))
    bands = head.bands(out, PLACES) * UNITS.spread[..., None] + UNITS.centre[..., None]
    assert torch.allclose(bands, bands.round(), atol=1e-3)
    assert (bands >= -1e-3).all()
    assert (bands.diff(dim=-1) >= -1e-3).all()
    assert (head.point(out, PLACES) * UNITS.spread + UNITS.centre >= -1e-4).all()


def test_a_network_that_says_nothing_says_the_usual_shares() -> None:
    shares = torch.tensor([0.7, 0.2, 0.1])
    head = make_head("classes", shares=shares)
    assert isinstance(head, ClassHead)
    out = head.formed(torch.zeros(2, 3, 4, 2, 3), None)
    assert out.shape == (2, 3, 4, 1, 3)
    torch.testing.assert_close(head.chances(out)[0, 0, 0, 0], shares)
    torch.testing.assert_close(head.point(out, PLACES), torch.full((2, 3, 4, 1), 0.3))


def test_cross_entropy_focus_and_weights_by_hand() -> None:
    shares = torch.tensor([0.75, 0.25])
    out = torch.log(torch.tensor([0.9, 0.1])).expand(1, 1, 2, 1, 2)
    target = torch.tensor([0, 1]).view(1, 1, 2, 1)
    plain = make_head("classes", shares=shares).loss(out, target, PLACES)
    np.testing.assert_allclose(plain.flatten().numpy(), -np.log([0.9, 0.1]), rtol=1e-5)
    focused = make_head("classes", shares=shares, focal=2.0).loss(out, target, PLACES)
    np.testing.assert_allclose(focused.flatten().numpy(), [-(0.1**2) * np.log(0.9), -(0.9**2) * np.log(0.1)], rtol=1e-4)
    balanced = make_head("classes", shares=shares, balanced=True).loss(out, target, PLACES) / plain
    weight = balanced.flatten().numpy()
    np.testing.assert_allclose(weight[1] / weight[0], 3, rtol=1e-5)  # as rare as 0.25 against 0.75
    np.testing.assert_allclose((weight * shares.numpy()).sum(), 1, rtol=1e-5)  # the whole loss keeps its size


def counts() -> Panel:
    draw = np.random.default_rng(0)
    wave = daily_wave(steps=600)
    values = draw.poisson(np.exp(wave.values / 9)).astype(np.float32)
    return Panel.from_arrays(values, wave.time, features=["visits"])


@pytest.mark.parametrize("head", ["gaussian", "negative_binomial", "zero_inflated"])
def test_an_answer_beats_the_last_value_and_its_band_holds(head: str) -> None:
    panel = counts()
    fitted = stcore.fit(panel, {"windows": WINDOWS, "model": {"name": "stid", "head": head, "training": SHORT}})
    found = stcore.evaluate(stcore.backtest(fitted, panel), ("skill", "coverage")).iloc[0]
    assert found["skill"] > 0.3
    assert 0.82 < found["coverage"] <= 1


def test_chances_of_an_event_beat_what_was_the_case_last() -> None:
    panel = daily_wave(steps=700, noise=1.0)
    run = {"windows": WINDOWS, "prepare": {"events": EVENTS}}
    fitted = stcore.fit(panel, {**run, "model": {"name": "stid", "head": "classes", "training": SHORT}})
    test = stcore.backtest(fitted, panel)
    assert isinstance(test, Prediction)
    assert len(test.classes) == 3
    assert test.probabilities is not None
    np.testing.assert_allclose(test.probabilities.sum(-1), 1, atol=1e-5)
    np.testing.assert_allclose(test.values[..., 0], 1 - test.probabilities[..., 0], atol=1e-6)
    naive = stcore.backtest(stcore.fit(panel, {**run, "model": {"name": "persistence", "head": "classes"}}), panel)
    ours, last = (stcore.evaluate(each, ("log_loss", "accuracy", "f1")).iloc[0] for each in (test, naive))
    assert ours["log_loss"] < 0.5 * last["log_loss"]
    assert ours["accuracy"] > last["accuracy"]
    assert ours["f1"] > last["f1"]


def test_labels_after_the_train_part_change_no_chance() -> None:
    panel = daily_wave(steps=500, noise=1.0)
    changed = panel.values.copy()
    changed[int(0.8 * 500) :] += 100  # all of the test part is an event
    twin = Panel.from_arrays(changed, panel.time, features=panel.features)
    run = {"windows": WINDOWS, "prepare": {"events": EVENTS}, "model": {"name": "stid", "head": "classes", "training": {**SHORT, "epochs": 2}}}  # fmt: skip
    first, second = stcore.fit(panel, run), stcore.fit(twin, run)
    end = panel.time[int(0.8 * 500) - 1]
    start = panel.time[300]
    np.testing.assert_array_equal(
        stcore.backtest(first, panel, start, end).values, stcore.backtest(second, twin, start, end).values
    )


def test_what_cannot_be_answered_is_refused_in_words() -> None:
    panel = daily_wave(steps=300)
    with pytest.raises(ConfigError, match="no event is described"):
        stcore.fit(panel, {"windows": WINDOWS, "model": {"name": "stid", "head": "classes"}})
    with pytest.raises(DataError, match="only one kind of step"):
        stcore.fit(
            panel,
            {
                "windows": WINDOWS, "prepare": {"events": {"rule": "threshold", "levels": [1e6]}},
                "model": {"name": "stid", "head": "classes"},
            },
        )  # fmt: skip
    with pytest.raises(ConfigError, match="counts needs the values as they are"):
        stcore.fit(
            panel,
            {
                "windows": WINDOWS, "prepare": {"transform": "log"},
                "model": {"name": "stid", "head": "negative_binomial"},
            },
        )  # fmt: skip
    with pytest.raises(ConfigError, match="says values where another model says chances"):
        stcore.run({"models": ["ridge", {"name": "stid", "head": "classes"}]}, panel=panel)
