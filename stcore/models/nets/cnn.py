"""The code of cnn: see ``stcore.models.cnn`` for what it is, when to use it and its source."""

from __future__ import annotations

from itertools import pairwise

from torch import Tensor, nn

from stcore.data.windows import Batch
from stcore.models.cnn import CnnSettings
from stcore.models.contract import Shapes
from stcore.models.nets.encoded import Encoded
from stcore.models.nets.layers import ends


class Cnn(Encoded):
    """Convolutions over time; their last step and their mean are what the past says."""

    def __init__(self, settings: CnnSettings, shapes: Shapes) -> None:
        super().__init__(settings, shapes, 2 * settings.hidden)
        widths = [2 * shapes.features] + settings.layers * [settings.hidden]
        layers: list[nn.Module] = []
        for before, after in pairwise(widths):
            layers += [nn.Conv1d(before, after, settings.kernel, padding="same"), nn.ReLU()]
        self.filters = nn.Sequential(*layers)

    def encode(self, sequence: Tensor, batch: Batch) -> Tensor:
        """[B, N, 2 hidden]."""
        return ends(self.filters(sequence.flatten(0, 1).transpose(1, 2))).unflatten(0, sequence.shape[:2])
