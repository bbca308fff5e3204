"""Parts that several networks share."""

from __future__ import annotations

from functools import cache

import torch
from torch import Tensor, nn

from stcore.data.windows import Batch
from stcore.models.contract import Shapes
from stcore.models.nets.heads import Head, make_head
from stcore.models.switches import LinearSettings


class Identity(nn.Module):
    """Embeddings of the location and of each calendar cycle at the first step ahead: [B, N, D].

    Source: Z. Shao et al., "Spatial-Temporal Identity: A Simple yet Effective Baseline for Multivariate Time Series
    Forecasting", CIKM 2022, arXiv 2208.05233.
    """

    def __init__(self, shapes: Shapes, width: int, use_location: bool = True, use_calendar: bool = True) -> None:
        super().__init__()
        self.location = nn.Embedding(shapes.locations, width) if use_location else None
        self.cycles = nn.ModuleList(nn.Embedding(slots, width) for slots in shapes.slots if use_calendar)
        for table in (self.location, *self.cycles):
            if table is not None:
                nn.init.normal_(table.weight, std=0.1)
        self.width = width * ((1 if use_location else 0) + len(self.cycles))

    def forward(self, batch: Batch) -> Tensor:
        """[B, N, D]; D is ``self.width`` and may be 0."""
        origins, locations = batch.last.shape[:2]
        parts = [
            table(batch.calendar[:, 0, number])[:, None].expand(-1, locations, -1)
            for number, table in enumerate(self.cycles)
        ]
        if self.location is not None:
            parts.append(self.location(batch.location)[None].expand(origins, -1, -1))
        if not parts:
            return batch.last.new_zeros(origins, locations, 0)
        return torch.cat(parts, dim=-1)


class ResidualBlock(nn.Module):
    """x + W2 relu(W1 x)."""

    def __init__(self, width: int, dropout: float) -> None:
        super().__init__()
        self.inner = nn.Sequential(nn.Linear(width, width), nn.ReLU(), nn.Dropout(dropout), nn.Linear(width, width))

    def forward(self, hidden: Tensor) -> Tensor:
        """The shape of its input."""
        return hidden + self.inner(hidden)


def targets_past(batch: Batch, from_last: bool) -> Tensor:
    """Past of the targets alone, counted from their last value: [B, N, T, L]."""
    past = batch.past[..., : batch.last.shape[-1]].permute(0, 2, 3, 1)
    return past - batch.last[..., None] if from_last else past


def each_target(raw: Tensor, shapes: Shapes) -> Tensor:
    """Raw numbers of every target for itself [B, N, T, H * Q] as those of all together [B, N, H * T * Q]."""
    return raw.unflatten(-1, (shapes.horizon, shapes.outputs)).transpose(2, 3).flatten(2)


class Beside(nn.Module):
    """Linear maps of who, when, what is ahead and what else was measured, added to the raw numbers of a linear model.

    What is ahead of a target goes through the same map for every target; the past of other values has one to each target.

    Attributes:
        reads: fields of a batch that are needed.
    """

    def __init__(self, shapes: Shapes, settings: LinearSettings) -> None:
        super().__init__()
        ahead, others = settings.ahead, shapes.features - shapes.targets if settings.others else 0
        out = shapes.horizon * shapes.targets * shapes.outputs
        self.location = nn.Embedding(shapes.locations, out) if settings.location_embedding else None
        slots = shapes.slots if settings.time_embedding else ()
        self.cycles = nn.ModuleList(nn.Embedding(count, out) for count in slots)
        width = shapes.horizon * (2 + shapes.future)
        self.shapes = shapes
        self.ahead = zeroed(nn.Linear(width, shapes.horizon * shapes.outputs, bias=False)) if ahead else None
        self.others = zeroed(nn.Linear(shapes.lookback * others, out, bias=False)) if others else None
        self.from_last = settings.from_last_value
        for table in (self.location, *self.cycles):
            if table is not None:
                nn.init.zeros_(table.weight)
        read = {"calendar": bool(len(self.cycles)), "season": ahead, "profile": ahead, "future": ahead}
        self.reads = frozenset(name for name, needed in read.items() if needed)

    def forward(self, raw: Tensor, batch: Batch) -> Tensor:
        """[B, N, H * T * Q]."""
        if self.location is not None:
            raw = raw + self.location(batch.location)
        for number, table in enumerate(self.cycles):
            raw = raw + table(batch.calendar[:, 0, number])[:, None]
        if self.others is not None:
            raw = raw + self.others(batch.past[..., self.shapes.targets :].transpose(1, 2).flatten(2))
        if self.ahead is None:
            return raw
        last = batch.last[:, None] if self.from_last else 0
        future = batch.future[..., None, :].expand(*batch.profile.shape, -1)
        own = torch.stack([batch.profile - last, batch.season - last], dim=-1)
        seen = torch.cat([own, future], dim=-1).permute(0, 2, 3, 1, 4).flatten(3)
        return raw + each_target(self.ahead(seen), self.shapes)


def ends(found: Tensor) -> Tensor:
    """Last step and mean of [sequence, D, L]: [sequence, 2 D]."""
    return torch.cat([found[..., -1], found.mean(-1)], dim=-1)


def zeroed(layer: nn.Linear) -> nn.Linear:
    """The layer with all weights 0: a network that begins as the last value."""
    for weight in layer.parameters():
        nn.init.zeros_(weight)
    return layer


def relative_past(batch: Batch, from_last: bool = True) -> Tensor:
    """Past values, the targets' counted from their last one: [B, N, L, F]."""
    targets = batch.last.shape[-1]
    past = batch.past.transpose(1, 2)
    if not from_last:
        return past
    shifted = past[..., :targets] - batch.last[:, :, None]
    return shifted if past.shape[-1] == targets else torch.cat([shifted, past[..., targets:]], dim=-1)


def outlook(batch: Batch, from_last: bool = True) -> Tensor:
    """What is known at the origin beside the past itself: [B, N, T + F + H * (2T + G)].

    Last values, the share of the past that was observed; of the target times, counted from the last value: profile, season,
    known-ahead.
    """
    last = batch.last[:, None] if from_last else 0
    ahead = torch.cat([batch.profile - last, batch.season - last, batch.future], dim=-1)
    return torch.cat([batch.last, batch.past_mask.float().mean(1), ahead.permute(0, 2, 1, 3).flatten(2)], dim=-1)


def outlook_width(shapes: Shapes) -> int:
    """Width of ``outlook``."""
    return shapes.targets + shapes.features + shapes.horizon * (2 * shapes.targets + shapes.future)


def from_change(
    raw: Tensor, batch: Batch, shapes: Shapes, from_last: bool = True, moved: Tensor | None = None
) -> Tensor:
    """Output [B, H, N, T, Q] of a network's raw numbers [B, N, H * T * Q], which say the change from the last value.

    Args:
        moved: [B, H, N, T] a change that is known already and comes on top.
    """
    shaped = raw.unflatten(-1, (shapes.horizon, shapes.targets, shapes.outputs)).permute(0, 2, 1, 3, 4)
    base = batch.last[:, None] if from_last else None
    if base is not None and moved is not None:
        base = base + moved
    return _head(shapes.answer, shapes.shares).formed(shaped, base)


@cache
def _head(answer: str, shares: tuple[float, ...]) -> Head:
    return make_head(answer, shares=torch.tensor(shares))
