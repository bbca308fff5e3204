"""Variations of windows: what each does, and that the same seed gives the same numbers."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
import torch

import stcore
from stcore.data.prepare.augment import augment
from stcore.data.prepare.features import calendar_cycles
from stcore.data.prepare.recipe import make_recipe
from stcore.data.windows import Batch, Windows
from stcore.errors import Cancelled
from stcore.experiment import RunConfig
from stcore.preparation import AugmentConfig
from tests.panels import daily_wave

VARIATIONS = [name for name in AugmentConfig.model_fields if name != "share"]


def batch(difference: str = "none", gaps: float = 0.1) -> Batch:
    panel = daily_wave(400, places=4, features=2, gaps=gaps)
    run = RunConfig(targets=["value_0"], windows={"lookback": 12, "horizon": 3}, prepare={"difference": difference})
    recipe = make_recipe(panel, 300, run, calendar_cycles(panel.step))
    return Windows(panel, recipe, torch.device("cpu")).batch(torch.arange(40, 240))


def varied(before: Batch, seed: int = 1, share: float = 1.0, **strength: float) -> Batch:
    return augment(before, AugmentConfig(share=share, **strength), seed)


def test_nothing_is_varied_by_default() -> None:
    before = batch()
    assert augment(before, AugmentConfig(), 1) is before
    assert augment(before, AugmentConfig(share=0, jitter=1), 1) is before


@pytest.mark.parametrize("name", VARIATIONS)
@pytest.mark.parametrize("difference", ["none", "first", "season"])
def test_every_variation_keeps_shapes_and_is_drawn_from_its_seed(name: str, difference: str) -> None:
    before = batch(difference)
    first, second, other = (varied(before, seed, **{name: 0.3}) for seed in (1, 1, 2))
    for field in ("past", "past_mask", "last", "season", "profile", "network", "target", "target_mask"):
        one, two = getattr(first, field), getattr(second, field)
        assert torch.equal(one, two)
        assert one.shape == getattr(before, field).shape
        assert one.dtype == getattr(before, field).dtype
        assert torch.isfinite(one.float()).all()
    assert not torch.equal(first.past, before.past)
    assert not torch.equal(first.past, other.past)
    follows = difference != "first"
    assert torch.equal(first.last, first.past[:, -1, :, :1]) == follows


@pytest.mark.parametrize("name", VARIATIONS)
def test_windows_that_are_not_chosen_stay(name: str) -> None:
    before = batch()
    after = varied(before, share=0.5, **{name: 0.3})
    moved = (after.past != before.past).flatten(1).any(1)
    assert 0.2 < moved.float().mean() < 0.8
    assert torch.equal(after.truth[0][~moved], before.truth[0][~moved])


def test_jitter_has_the_size_it_says_and_leaves_gaps_alone() -> None:
    before = batch()
    noise = (varied(before, jitter=0.2).past - before.past)[before.past_mask]
    assert float(noise.std()) == pytest.approx(0.2, rel=0.03)
    hidden = ~before.past_mask[:, :-1]
    assert torch.equal(varied(before, jitter=0.2).past[:, :-1][hidden], before.past[:, :-1][hidden])


def test_stretching_stretches_all_that_belongs_to_the_targets_alike() -> None:
    before = batch(gaps=0.0)
    after = varied(before, scaling=0.3)
    factor = (after.last / before.last)[:, :1, :1]
    for name in ("season", "profile", "target"):
        torch.testing.assert_close(getattr(after, name), getattr(before, name) * factor[:, None], rtol=1e-4, atol=1e-5)
    torch.testing.assert_close(after.past[..., 0], before.past[..., 0] * factor, rtol=1e-4, atol=1e-5)
    assert torch.equal(after.past[..., 1], before.past[..., 1])
    assert float(factor.std()) == pytest.approx(0.3, rel=0.2)


def test_hidden_blocks_are_carried_on_and_marked() -> None:
    before = batch(gaps=0.0)
    after = varied(before, masking=0.25)
    assert (after.past_mask.sum(1) == 9).all()  # 3 of 12 steps
    rows, places = 5, 2
    hidden = np.flatnonzero(~after.past_mask[rows, :, places, 0].numpy())
    assert (np.diff(hidden) == 1).all()
    source = before.past[rows, max(hidden[0] - 1, 0), places, 0]
    assert (after.past[rows, hidden, places, 0] == source).all()


def test_dropped_places_are_silent_and_still_to_be_forecast() -> None:
    before = batch(gaps=0.0)
    after = varied(before, drop_places=0.5)
    silent = ~after.past_mask.any(dim=3).any(dim=1)
    assert float(silent.float().mean()) == pytest.approx(0.5, abs=0.1)
    assert not after.past.transpose(1, 2)[silent].any()
    assert torch.equal(after.truth[0], before.truth[0])
    assert torch.equal(after.truth[1], before.truth[1])


def test_warping_keeps_the_end_of_the_history() -> None:
    before = batch(gaps=0.0)
    for name in ("time_warp", "slicing"):
        after = varied(before, **{name: 0.5})
        torch.testing.assert_close(after.past[:, -1], before.past[:, -1])
        low, high = before.past.amin(1, keepdim=True), before.past.amax(1, keepdim=True)
        assert ((after.past >= low - 1e-5) & (after.past <= high + 1e-5)).all()


def test_mixed_windows_lie_between_two_and_learn_where_both_are_known() -> None:
    before = batch()
    after = varied(before, mixup=0.4)
    assert after.truth[1].sum() < before.truth[1].sum()
    assert not (after.truth[1] & ~before.truth[1]).any()
    off = (after.past - before.past).flatten(1).norm(dim=1)
    typical = (before.past[torch.randperm(len(before.past))] - before.past).flatten(1).norm(dim=1)
    assert off.mean() < 0.5 * typical.mean()  # the larger part is its own


def test_a_varied_training_resumes_to_the_same_numbers(tmp_path: Any) -> None:
    panel = daily_wave(400)
    model = {"name": "stid", "training": {"epochs": 3, "steps_per_epoch": 4, "batch_windows": 64}}
    config = RunConfig(
        model=model, windows={"lookback": 12, "horizon": 3}, prepare={"augment": {"jitter": 0.1, "mixup": 0.2, "masking": 0.2}}, seed=1
    )  # fmt: skip
    plain = stcore.fit(panel, config.model_copy(update={"prepare": type(config.prepare)()}))
    whole, seen = stcore.fit(panel, config), []
    assert list(plain.history["train_loss"]) != list(whole.history["train_loss"])

    def note(event: Any) -> None:
        seen.append(event["event"] == "epoch")

    with pytest.raises(Cancelled):
        stcore.fit(panel, config, progress=note, should_stop=lambda: sum(seen) >= 1, checkpoint=tmp_path)
    resumed = stcore.fit(panel, config, checkpoint=tmp_path)
    assert list(whole.history["train_loss"]) == list(resumed.history["train_loss"])
    np.testing.assert_array_equal(stcore.backtest(whole, panel).values, stcore.backtest(resumed, panel).values)
