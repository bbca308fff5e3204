"""The code of multiscale_cnn: see ``stcore.models.multiscale_cnn`` for what it is, when to use it and its source."""

from __future__ import annotations

import torch
from torch import Tensor, nn

from stcore.data.windows import Batch
from stcore.models.contract import Shapes
from stcore.models.multiscale_cnn import MultiscaleCnnSettings
from stcore.models.nets.encoded import Encoded
from stcore.models.nets.layers import ends

_LENGTHS = (3, 5, 9)


class MultiscaleCnn(Encoded):
    """Parallel convolutions of several lengths, joined by one more."""

    def __init__(self, settings: MultiscaleCnnSettings, shapes: Shapes) -> None:
        super().__init__(settings, shapes, 2 * settings.hidden)
        each = max(1, settings.hidden // len(_LENGTHS))
        self.scales = nn.ModuleList(nn.Conv1d(2 * shapes.features, each, length, padding="same") for length in _LENGTHS)
        self.join = nn.Conv1d(len(_LENGTHS) * each, settings.hidden, 3, padding="same")

    def encode(self, sequence: Tensor, batch: Batch) -> Tensor:
        """[B, N, 2 hidden]."""
        past = sequence.flatten(0, 1).transpose(1, 2)
        found = torch.cat([scale(past) for scale in self.scales], dim=1).relu()
        return ends(self.join(found).relu()).unflatten(0, sequence.shape[:2])
