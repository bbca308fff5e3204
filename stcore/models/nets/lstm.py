"""The code of lstm: see ``stcore.models.lstm`` for what it is, when to use it and its source."""

from __future__ import annotations

import torch
from torch import Tensor, nn

from stcore.data.windows import Batch
from stcore.models.contract import Shapes
from stcore.models.lstm import LstmSettings
from stcore.models.nets.forecaster import Forecaster
from stcore.models.nets.layers import Identity, from_change, outlook, outlook_width, relative_past, state_at_origin


class Lstm(Forecaster):
    """Recurrent reader of the past, then one layer that also sees identities and the outlook."""

    def __init__(self, settings: LstmSettings, shapes: Shapes) -> None:
        super().__init__()
        self.shapes = shapes
        self.identity = Identity(shapes, settings.embedding, settings.location_embedding, settings.time_embedding)
        self.reader = nn.LSTM(2 * shapes.features, settings.hidden, settings.layers, batch_first=True)
        width = settings.hidden + self.identity.width + shapes.targets + shapes.features + outlook_width(shapes)
        self.middle = nn.Sequential(nn.Linear(width, 2 * settings.hidden), nn.ReLU())
        self.outlet = nn.Linear(2 * settings.hidden, shapes.horizon * shapes.targets * shapes.outputs)
        nn.init.zeros_(self.outlet.weight)
        nn.init.zeros_(self.outlet.bias)

    def forward(self, batch: Batch) -> Tensor:
        """[B, H, N, T, Q]."""
        observed = batch.past_mask.transpose(1, 2).float()
        sequence = torch.cat([relative_past(batch), observed], dim=-1).flatten(0, 1)
        hidden = self.reader(sequence)[0][:, -1].unflatten(0, batch.last.shape[:2])
        seen = torch.cat([hidden, self.identity(batch), state_at_origin(batch), outlook(batch)], dim=-1)
        return from_change(self.outlet(self.middle(seen)), batch, self.shapes)
