"""The code of gru: see ``stcore.models.gru`` for what it is, when to use it and its source."""

from __future__ import annotations

from torch import Tensor, nn

from stcore.data.windows import Batch
from stcore.models.contract import Shapes
from stcore.models.gru import GruSettings
from stcore.models.nets.encoded import Encoded


class Gru(Encoded):
    """Recurrent reader of the past; its state at the origin is what the past says."""

    def __init__(self, settings: GruSettings, shapes: Shapes) -> None:
        super().__init__(settings, shapes, settings.hidden, middle=2 * settings.hidden)
        self.reader = nn.GRU(2 * shapes.features, settings.hidden, settings.layers, batch_first=True)

    def encode(self, sequence: Tensor, batch: Batch) -> Tensor:
        """[B, N, hidden]."""
        hidden: Tensor = self.reader(sequence.flatten(0, 1))[0]
        return hidden[:, -1].unflatten(0, sequence.shape[:2])
