"""The code of resnet: see ``stcore.models.resnet`` for what it is, when to use it and its source."""

from __future__ import annotations

from itertools import pairwise

from torch import Tensor, nn

from stcore.data.windows import Batch
from stcore.models.contract import Shapes
from stcore.models.nets.encoded import Encoded
from stcore.models.nets.layers import ends
from stcore.models.resnet import ResnetSettings

_LENGTHS = (7, 5, 3)


class Resnet(Encoded):
    """Residual blocks of three convolutions each; the last step and the mean are what the past says."""

    def __init__(self, settings: ResnetSettings, shapes: Shapes) -> None:
        super().__init__(settings, shapes, 2 * settings.hidden)
        widths = [2 * shapes.features] + settings.layers * [settings.hidden]
        self.blocks = nn.Sequential(*(_Block(*pair) for pair in pairwise(widths)))

    def encode(self, sequence: Tensor, batch: Batch) -> Tensor:
        """[B, N, 2 hidden]."""
        return ends(self.blocks(sequence.flatten(0, 1).transpose(1, 2))).unflatten(0, sequence.shape[:2])


class _Block(nn.Module):
    def __init__(self, before: int, after: int) -> None:
        super().__init__()
        layers: list[nn.Module] = []
        for number, length in enumerate(_LENGTHS):
            layers += [
                nn.Conv1d(before if number == 0 else after, after, length, padding="same"),
                nn.GroupNorm(1, after),
            ]
            layers += [nn.ReLU()] if number < len(_LENGTHS) - 1 else []
        self.inner = nn.Sequential(*layers)
        self.around = nn.Conv1d(before, after, 1)

    def forward(self, past: Tensor) -> Tensor:
        """[sequence, after, L]."""
        return (self.inner(past) + self.around(past)).relu()
