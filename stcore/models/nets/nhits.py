"""The code of nhits: see ``stcore.models.nhits`` for what it is, when to use it and its source."""

from __future__ import annotations

import torch
from torch import Tensor, nn
from torch.nn import functional

from stcore.data.windows import Batch
from stcore.models.contract import Shapes
from stcore.models.nets.forecaster import Forecaster
from stcore.models.nets.layers import Identity, from_change, outlook, outlook_width, relative_past, zeroed
from stcore.models.nhits import NhitsSettings

_PACES = (4, 2, 1)


class Nhits(Forecaster):
    """Stacks from slow to fast: each takes away what it explains of the past and adds its part of the forecast."""

    def __init__(self, settings: NhitsSettings, shapes: Shapes) -> None:
        super().__init__()
        self.shapes, self.from_last = shapes, settings.from_last_value
        self.identity = Identity(shapes, 16, settings.location_embedding, settings.time_embedding)
        beside = self.identity.width + outlook_width(shapes)
        self.stacks = nn.ModuleList(_Stack(shapes, pace, beside, settings, pace != _PACES[-1]) for pace in _PACES)

    def forward(self, batch: Batch) -> Tensor:
        """[B, H, N, T, Q]."""
        past = relative_past(batch, self.from_last)
        beside = torch.cat([self.identity(batch), outlook(batch, self.from_last)], dim=-1)
        raw = past.new_zeros(())
        for stack in self.stacks:
            explained, ahead = stack(past, beside)
            past, raw = past if explained is None else past - explained, raw + ahead
        return from_change(raw, batch, self.shapes, self.from_last)


class _Stack(nn.Module):
    """One perceptron on the pooled past; it says few points of past and future, between which lines are drawn."""

    def __init__(self, shapes: Shapes, pace: int, beside: int, settings: NhitsSettings, more: bool) -> None:
        super().__init__()
        self.shapes = shapes
        self.pool = min(pace, shapes.lookback)
        pooled = -(-shapes.lookback // self.pool)
        self.back, self.ahead = max(1, shapes.lookback // pace), max(1, shapes.horizon // pace)
        self.inner = nn.Sequential(
            nn.Linear(pooled * shapes.features + beside, settings.hidden), nn.ReLU(), nn.Dropout(settings.dropout),
            nn.Linear(settings.hidden, settings.hidden), nn.ReLU(),
        )  # fmt: skip
        self.explained = zeroed(nn.Linear(settings.hidden, self.back * shapes.features)) if more else None
        self.said = zeroed(nn.Linear(settings.hidden, self.ahead * shapes.targets * shapes.outputs))

    def forward(self, past: Tensor, beside: Tensor) -> tuple[Tensor | None, Tensor]:
        """What it explains of the past [B, N, L, F] (None for the last one), and its part of the raw forecast [B, N, H * T * Q]."""
        flat = past.flatten(0, 1).transpose(1, 2)
        pooled = functional.max_pool1d(flat, self.pool, ceil_mode=True).flatten(1).unflatten(0, past.shape[:2])
        hidden = self.inner(torch.cat([pooled, beside], dim=-1))
        explained = None
        if self.explained is not None:
            explained = _between(self.explained(hidden), self.back, self.shapes.lookback)
        return explained, _between(self.said(hidden), self.ahead, self.shapes.horizon).flatten(2)


def _between(points: Tensor, count: int, length: int) -> Tensor:
    """Lines between ``count`` points in time: [B, N, count * D] -> [B, N, length, D]."""
    shaped = points.flatten(0, 1).unflatten(1, (count, -1)).transpose(1, 2)
    if count < length:
        shaped = functional.interpolate(shaped, size=length, mode="linear", align_corners=False)
    return shaped.transpose(1, 2).unflatten(0, points.shape[:2])
