"""The code of stid: see ``stcore.models.stid`` for what it is, when to use it and its source."""

from __future__ import annotations

import torch
from torch import Tensor, nn

from stcore.data.windows import Batch
from stcore.models.contract import Shapes
from stcore.models.nets.forecaster import Forecaster
from stcore.models.nets.layers import (
    Identity,
    ResidualBlock,
    from_change,
    outlook,
    outlook_width,
    relative_past,
    zeroed,
)  # fmt: skip
from stcore.models.stid import StidSettings


class Stid(Forecaster):
    """Perceptron with identities; every location goes through the same weights."""

    def __init__(self, settings: StidSettings, shapes: Shapes) -> None:
        super().__init__()
        self.shapes, self.from_last = shapes, settings.from_last_value
        self.identity = Identity(shapes, settings.hidden, settings.location_embedding, settings.time_embedding)
        seen = shapes.lookback * shapes.features + outlook_width(shapes)
        self.inlet = nn.Linear(seen, settings.hidden)
        width = settings.hidden + self.identity.width
        self.blocks = nn.Sequential(*(ResidualBlock(width, settings.dropout) for _ in range(settings.layers)))
        self.outlet = zeroed(nn.Linear(width, shapes.horizon * shapes.targets * shapes.outputs))

    def forward(self, batch: Batch) -> Tensor:
        """[B, H, N, T, Q]."""
        past = relative_past(batch, self.from_last).flatten(2)
        seen = torch.cat([past, outlook(batch, self.from_last)], dim=-1)
        hidden = torch.cat([self.inlet(seen), self.identity(batch)], dim=-1)
        return from_change(self.outlet(self.blocks(hidden)), batch, self.shapes, self.from_last)
