"""Variations of training windows, drawn for each step on the training device from a seed of its own.

What is learnt to be forecast keeps its meaning: where values are stretched or mixed, target, season and usual course are so
too; where only the history is disturbed, the target stays.

Sources: T. Um et al., "Data Augmentation of Wearable Sensor Data", ICMI 2017 (jitter, scaling, magnitude and time warp);
A. Le Guennec et al., "Data Augmentation for Time Series Classification", AALTD 2016 (window slicing); H. Zhang et al.,
"mixup", ICLR 2018.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import replace

import torch
from torch import Tensor
from torch.nn import functional

from stcore.data.windows import Batch
from stcore.preparation import AugmentConfig

_KNOTS = 4


def augment(batch: Batch, config: AugmentConfig, seed: int) -> Batch:
    """The windows of a batch gathered with its target, some of them varied; the same seed, the same numbers.

    Args:
        batch: scaled windows.
        config: how strongly; the batch itself comes back when nothing is on.
        seed: of this step.
    """
    if config.nothing:
        return batch
    draw = torch.Generator(batch.past.device).manual_seed(seed % 2**63)
    for name, vary in _VARIATIONS.items():
        strength = float(getattr(config, name))
        if strength:
            chosen = torch.rand(len(batch.past), generator=draw, device=batch.past.device) < config.share
            batch = _where(chosen, vary(batch, strength, draw), batch)
    return batch


def _where(chosen: Tensor, varied: Batch, plain: Batch) -> Batch:
    """Varied windows where chosen [B], plain ones elsewhere."""
    changes = {}
    for name, (new, old) in _tensors(varied, plain):
        if new is not old:
            changes[name] = torch.where(chosen.reshape(-1, *(1,) * (old.dim() - 1)), new, old)
    return replace(plain, **changes)


def _tensors(first: Batch, second: Batch) -> Iterator[tuple[str, tuple[Tensor, Tensor]]]:
    for name in first.__dataclass_fields__:
        pair = getattr(first, name), getattr(second, name)
        if name != "location" and isinstance(pair[0], Tensor) and isinstance(pair[1], Tensor):
            yield name, pair


def _with_past(batch: Batch, past: Tensor, mask: Tensor | None = None) -> Batch:
    """Another history; the last value follows it, but where forecasts count from it and it is 0."""
    targets = batch.last.shape[-1]
    follows = batch.base is None or torch.equal(batch.last, batch.past[:, -1, :, :targets])
    return replace(
        batch, past=past, past_mask=batch.past_mask if mask is None else mask,
        last=past[:, -1, :, :targets] if follows else batch.last,
    )  # fmt: skip


def _normal(draw: torch.Generator, like: Tensor, *shape: int) -> Tensor:
    return torch.randn(shape, generator=draw, device=like.device, dtype=like.dtype)


def _uniform(draw: torch.Generator, like: Tensor, *shape: int) -> Tensor:
    return torch.rand(shape, generator=draw, device=like.device)


# the history alone ------------------------------------------------------------------------------------------------


def _jitter(batch: Batch, strength: float, draw: torch.Generator) -> Batch:
    """Noise on what was measured."""
    return _with_past(batch, batch.past + strength * _normal(draw, batch.past, *batch.past.shape) * batch.past_mask)


def _time_warp(batch: Batch, strength: float, draw: torch.Generator) -> Batch:
    """A smooth, rising course of time that ends at the origin; the same for all places of a window."""
    speed = (1 + strength * _smooth(draw, batch.past, len(batch.past), batch.past.shape[1])).clamp(min=0.1)
    place = speed.cumsum(1)
    length = batch.past.shape[1]
    return _resampled(batch, (place - place[:, :1]) / (place[:, -1:] - place[:, :1]).clamp(min=1e-6) * (length - 1))


def _slicing(batch: Batch, strength: float, draw: torch.Generator) -> Batch:
    """The end of the history, stretched to its whole length."""
    length = batch.past.shape[1]
    first = strength * _uniform(draw, batch.past, len(batch.past), 1) * (length - 1)
    along = torch.linspace(0, 1, length, device=batch.past.device)
    return _resampled(batch, first + (length - 1 - first) * along)


def _resampled(batch: Batch, place: Tensor) -> Batch:
    """The history read at places [B, L] between its steps."""
    length = batch.past.shape[1]
    left = place.floor().long().clamp(0, length - 1)
    right = (left + 1).clamp(max=length - 1)
    rows = torch.arange(len(place), device=place.device)[:, None]
    share = (place - left)[..., None, None].to(batch.past.dtype)
    past = (1 - share) * batch.past[rows, left] + share * batch.past[rows, right]
    near = torch.where(share[..., 0, 0] < 0.5, left, right)
    return _with_past(batch, past, batch.past_mask[rows, near])


def _drop_places(batch: Batch, strength: float, draw: torch.Generator) -> Batch:
    """Places without a reading: the history is the mean, as at the beginning of a series."""
    origins, _, places, _ = batch.past.shape
    kept = (_uniform(draw, batch.past, origins, places) >= strength)[:, None, :, None]
    return _with_past(batch, batch.past * kept, batch.past_mask & kept)


def _masking(batch: Batch, strength: float, draw: torch.Generator) -> Batch:
    """One block of steps a place without readings: the value before it is carried on."""
    origins, length, places, _ = batch.past.shape
    size = max(1, round(strength * length))
    start = (_uniform(draw, batch.past, origins, places) * (length - size + 1)).long()[:, None]
    rows = torch.arange(length, device=batch.past.device)[None, :, None]
    hidden = (rows >= start) & (rows < start + size)
    before = (start - 1).clamp(min=0)[..., None].expand(-1, -1, -1, batch.past.shape[-1])
    past = torch.where(hidden[..., None], batch.past.gather(1, before), batch.past)
    return _with_past(batch, past, batch.past_mask & ~hidden[..., None])


# history and what is to be forecast -------------------------------------------------------------------------------


def _scaling(batch: Batch, strength: float, draw: torch.Generator) -> Batch:
    """Everything about the targets times one number a window."""
    factor = 1 + strength * _normal(draw, batch.past, len(batch.past), 1)
    return _stretched(batch, factor.expand(-1, batch.past.shape[1] + batch.profile.shape[1]))


def _magnitude_warp(batch: Batch, strength: float, draw: torch.Generator) -> Batch:
    """Everything about the targets times a smooth curve over history and steps ahead."""
    length = batch.past.shape[1] + batch.profile.shape[1]
    return _stretched(batch, 1 + strength * _smooth(draw, batch.past, len(batch.past), length))


def _stretched(batch: Batch, factor: Tensor) -> Batch:
    """Targets times ``factor`` [B, L + H], in the history and ahead; other values stay."""
    length, targets = batch.past.shape[1], batch.last.shape[-1]
    back, ahead = factor[:, :length, None, None], factor[:, length:, None, None]
    past = batch.past.clone()
    past[..., :targets] *= back
    target, _ = batch.truth
    return replace(
        batch, past=past, last=batch.last * back[:, -1], season=batch.season * ahead, profile=batch.profile * ahead,
        network=batch.network * back[..., 0], target=target * ahead,
    )  # fmt: skip


def _mixup(batch: Batch, strength: float, draw: torch.Generator) -> Batch:
    """Each window mixed with another of the batch; calendar and mask stay those of the larger part."""
    count = len(batch.past)
    other = torch.randperm(count, generator=draw, device=batch.past.device)
    share = _beta(strength, count, draw, batch.past)
    share = torch.maximum(share, 1 - share)
    changes = {}
    for name in ("past", "last", "season", "profile", "network", "future", "target", "base"):
        own = getattr(batch, name)
        if isinstance(own, Tensor):
            part = share.reshape(-1, *(1,) * (own.dim() - 1))
            changes[name] = part * own + (1 - part) * own[other]
    _, seen = batch.truth
    return replace(batch, **changes, target_mask=seen & seen[other])


def _beta(strength: float, count: int, draw: torch.Generator, like: Tensor) -> Tensor:
    """Beta(a, a) by Jöhnk's rule (1964), tried often enough that hardly one is left at a half."""
    powers = (_uniform(draw, like, 2, 16, count)).clamp(min=1e-12) ** (1 / strength)
    total = powers.sum(0)
    fits = (total <= 1) & (total > 0)
    first = fits.int().argmax(0)
    picked = (powers[0] / total.clamp(min=1e-30)).gather(0, first[None])[0]
    return torch.where(fits.any(0), picked, torch.full_like(picked, 0.5))


def _smooth(draw: torch.Generator, like: Tensor, count: int, length: int) -> Tensor:
    """Smooth curves [count, length] through a few normal numbers."""
    knots = _normal(draw, like, count, 1, _KNOTS + 2)
    return functional.interpolate(knots, size=max(length, 2), mode="linear", align_corners=True)[:, 0, :length]


_VARIATIONS: dict[str, Callable[[Batch, float, torch.Generator], Batch]] = {
    "slicing": _slicing, "time_warp": _time_warp, "magnitude_warp": _magnitude_warp, "scaling": _scaling, "mixup": _mixup,
    "jitter": _jitter, "masking": _masking, "drop_places": _drop_places,
}  # fmt: skip
"""Setting -> variation, in the order in which they are applied; hidden readings are hidden last."""
