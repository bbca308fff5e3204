"""The code of cnn_lstm: see ``stcore.models.cnn_lstm`` for what it is, when to use it and its source."""

from __future__ import annotations

from torch import Tensor, nn

from stcore.data.windows import Batch
from stcore.models.cnn_lstm import CnnLstmSettings
from stcore.models.contract import Shapes
from stcore.models.nets.encoded import Encoded


class CnnLstm(Encoded):
    """A convolution over time, then a recurrent reader of what it found."""

    def __init__(self, settings: CnnLstmSettings, shapes: Shapes) -> None:
        super().__init__(settings, shapes, settings.hidden)
        self.filters = nn.Conv1d(2 * shapes.features, settings.hidden, 3, padding="same")
        self.reader = nn.LSTM(settings.hidden, settings.hidden, batch_first=True)

    def encode(self, sequence: Tensor, batch: Batch) -> Tensor:
        """[B, N, hidden]."""
        shapes_found = self.filters(sequence.flatten(0, 1).transpose(1, 2)).relu().transpose(1, 2)
        hidden: Tensor = self.reader(shapes_found)[0]
        return hidden[:, -1].unflatten(0, sequence.shape[:2])
