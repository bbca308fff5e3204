"""The code of lstm: see ``stcore.models.lstm`` for what it is, when to use it and its source."""

from __future__ import annotations

from torch import Tensor, nn

from stcore.data.windows import Batch
from stcore.models.contract import Shapes
from stcore.models.lstm import LstmSettings
from stcore.models.nets.encoded import Encoded


class Lstm(Encoded):
    """Recurrent reader of the past; its state at the origin is what the past says."""

    def __init__(self, settings: LstmSettings, shapes: Shapes) -> None:
        super().__init__(settings, shapes, settings.hidden, settings.embedding, 2 * settings.hidden)
        self.reader = nn.LSTM(2 * shapes.features, settings.hidden, settings.layers, batch_first=True)

    def encode(self, sequence: Tensor, batch: Batch) -> Tensor:
        """[B, N, hidden]."""
        _, (hidden, _) = self.reader(sequence.flatten(0, 1))
        at_origin: Tensor = hidden[-1]
        return at_origin.unflatten(0, sequence.shape[:2])
