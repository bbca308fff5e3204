"""The code of patchtst: see ``stcore.models.patchtst`` for what it is, when to use it and its source."""

from __future__ import annotations

import torch
from torch import Tensor, nn

from stcore.data.windows import Batch
from stcore.models.contract import Shapes
from stcore.models.nets.encoded import Encoded
from stcore.models.patchtst import PatchtstSettings

_HEADS, _SMALLEST = 4, 4


class Patchtst(Encoded):
    """Overlapping patches of the past as tokens of a transformer; all of them together say what the past says."""

    def __init__(self, settings: PatchtstSettings, shapes: Shapes) -> None:
        hidden = max(_HEADS, settings.hidden // _HEADS * _HEADS)
        super().__init__(settings, shapes, 2 * hidden)
        wanted = settings.patch or max(_SMALLEST, shapes.lookback // 8)
        self.patch = min(wanted, shapes.lookback)
        self.stride = max(1, self.patch // 2)
        tokens = (shapes.lookback - self.patch) // self.stride + 1
        self.inlet = nn.Linear(self.patch * 2 * shapes.features, hidden)
        self.position = nn.Parameter(0.02 * torch.randn(tokens, hidden))
        layer = nn.TransformerEncoderLayer(
            hidden, _HEADS, 2 * hidden, settings.dropout, batch_first=True, norm_first=True, activation="gelu"
        )
        self.layers = nn.TransformerEncoder(layer, settings.layers, enable_nested_tensor=False)
        self.join = nn.Linear(tokens * hidden, 2 * hidden)

    def encode(self, sequence: Tensor, batch: Batch) -> Tensor:
        """[B, N, 2 hidden]; where patches do not fill the history, its oldest steps are left out."""
        flat = sequence.flatten(0, 1)
        first = (flat.shape[1] - self.patch) % self.stride
        patches = flat[:, first:].unfold(1, self.patch, self.stride).flatten(2)
        found: Tensor = self.layers(self.inlet(patches) + self.position)
        return self.join(found.flatten(1)).relu().unflatten(0, sequence.shape[:2])
