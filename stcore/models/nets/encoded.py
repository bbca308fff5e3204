"""What most networks share: a reader of the recent past, then one perceptron that also sees who, when and what is ahead."""

from __future__ import annotations

import torch
from torch import Tensor, nn

from stcore.data.windows import Batch
from stcore.models.contract import Shapes
from stcore.models.nets.forecaster import Forecaster
from stcore.models.nets.layers import Identity, from_change, outlook, outlook_width, relative_past, zeroed
from stcore.models.switches import NetSettings


class Encoded(Forecaster):
    """A network that is told apart by how it reads the past: subclasses say ``encode``.

    Args:
        width: D of what ``encode`` returns.
        embedding: width of each identity.
        middle: width of the perceptron.
    """

    def __init__(
        self, settings: NetSettings, shapes: Shapes, width: int, embedding: int = 16, middle: int = 128
    ) -> None:
        super().__init__()
        self.shapes, self.from_last = shapes, settings.from_last_value
        self.identity = Identity(shapes, embedding, settings.location_embedding, settings.time_embedding)
        seen = width + self.identity.width + outlook_width(shapes)
        self.middle = nn.Sequential(nn.Linear(seen, middle), nn.ReLU())
        self.outlet = zeroed(nn.Linear(middle, shapes.horizon * shapes.targets * shapes.outputs))

    def encode(self, sequence: Tensor, batch: Batch) -> Tensor:
        """What the past says of each place, [B, N, D].

        Args:
            sequence: [B, N, L, 2F] past values (the targets' counted from the last value) and where they were observed.
        """
        raise NotImplementedError

    def forward(self, batch: Batch) -> Tensor:
        """[B, H, N, T, Q]."""
        observed = batch.past_mask.transpose(1, 2).to(batch.past.dtype)
        sequence = torch.cat([relative_past(batch, self.from_last), observed], dim=-1)
        hidden = self.encode(sequence, batch)
        seen = torch.cat([hidden, self.identity(batch), outlook(batch, self.from_last)], dim=-1)
        return from_change(self.outlet(self.middle(seen)), batch, self.shapes, self.from_last)
