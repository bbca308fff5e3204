"""The code of stmix: see ``stcore.models.stmix`` for what it is, when to use it and its source."""

from __future__ import annotations

import torch
from torch import Tensor, nn

from stcore.data.windows import Batch
from stcore.models.contract import Shapes
from stcore.models.nets.around import Anchors, Neighbours
from stcore.models.nets.forecaster import Forecaster
from stcore.models.nets.layers import Identity, from_change, outlook, outlook_width, relative_past, zeroed
from stcore.models.stmix import StmixSettings
from stcore.models.surroundings import Surroundings


class Stmix(Forecaster):
    """Perceptron with identities whose blocks mix the places along the network, against it, and through shared patterns."""

    def __init__(self, settings: StmixSettings, shapes: Shapes, around: Surroundings) -> None:
        super().__init__()
        self.shapes, self.from_last = shapes, settings.from_last_value
        self.identity = Identity(shapes, settings.hidden, settings.location_embedding, settings.time_embedding)
        seen = shapes.lookback * shapes.features + outlook_width(shapes)
        self.inlet = nn.Linear(seen, settings.hidden)
        width = settings.hidden + self.identity.width
        self.forth, self.back = (Neighbours(around, shapes.locations, back) for back in (False, True))
        self.blocks = nn.ModuleList(_Block(width, shapes.locations, settings) for _ in range(settings.layers))
        self.outlet = zeroed(nn.Linear(width, shapes.horizon * shapes.targets * shapes.outputs))

    def forward(self, batch: Batch) -> Tensor:
        """[B, H, N, T, Q]."""
        past = relative_past(batch, self.from_last).flatten(2)
        seen = torch.cat([past, outlook(batch, self.from_last)], dim=-1)
        hidden = torch.cat([self.inlet(seen), self.identity(batch)], dim=-1)
        for block in self.blocks:
            hidden = block(hidden, self.forth, self.back, batch.location)
        return from_change(self.outlet(hidden), batch, self.shapes, self.from_last)


class _Block(nn.Module):
    """x + W2 relu(W1 [x, what the others say])."""

    def __init__(self, width: int, locations: int, settings: StmixSettings) -> None:
        super().__init__()
        self.told = nn.Linear(width, settings.hidden)
        self.anchors = Anchors(locations, settings.patterns)
        self.inner = nn.Sequential(
            nn.Linear(width + 3 * settings.hidden, width),
            nn.ReLU(),
            nn.Dropout(settings.dropout),
            nn.Linear(width, width),
        )

    def forward(self, hidden: Tensor, forth: Neighbours, back: Neighbours, location: Tensor) -> Tensor:
        """[B, N, width]."""
        told = self.told(hidden)
        others = [forth(told, location), back(told, location), self.anchors(told, location)]
        return hidden + self.inner(torch.cat([hidden, *others], dim=-1))
