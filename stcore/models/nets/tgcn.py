"""The code of tgcn: see ``stcore.models.tgcn`` for what it is, when to use it and its source."""

from __future__ import annotations

import torch
from torch import Tensor, nn

from stcore.data.windows import Batch
from stcore.models.contract import Shapes
from stcore.models.nets.around import Neighbours
from stcore.models.nets.encoded import Encoded
from stcore.models.surroundings import Surroundings
from stcore.models.tgcn import TgcnSettings


class Tgcn(Encoded):
    """Recurrent reader whose gates see a place and the mean of its neighbours."""

    def __init__(self, settings: TgcnSettings, shapes: Shapes, around: Surroundings) -> None:
        super().__init__(settings, shapes, settings.hidden)
        self.hidden = settings.hidden
        self.around = Neighbours(around, shapes.locations)
        width = 2 * (2 * shapes.features + settings.hidden)
        self.gates, self.candidate = nn.Linear(width, 2 * settings.hidden), nn.Linear(width, settings.hidden)

    def encode(self, sequence: Tensor, batch: Batch) -> Tensor:
        """[B, N, hidden]."""
        state = sequence.new_zeros(*sequence.shape[:2], self.hidden)
        for step in sequence.unbind(2):
            reset, update = self.gates(self._seen(step, state, batch)).sigmoid().chunk(2, dim=-1)
            new = self.candidate(self._seen(step, reset * state, batch)).tanh()
            state = update * state + (1 - update) * new
        return state

    def _seen(self, step: Tensor, state: Tensor, batch: Batch) -> Tensor:
        """A place's own values and memory, and those of its neighbours [B, N, D]."""
        own = torch.cat([step, state], dim=-1)
        return torch.cat([own, self.around(own, batch.location)], dim=-1)
