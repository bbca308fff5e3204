"""The code of lstm_cnn_lstm: see ``stcore.models.lstm_cnn_lstm`` for what it is, when to use it and its source."""

from __future__ import annotations

from torch import Tensor, nn

from stcore.data.windows import Batch
from stcore.models.contract import Shapes
from stcore.models.lstm_cnn_lstm import LstmCnnLstmSettings
from stcore.models.nets.encoded import Encoded


class LstmCnnLstm(Encoded):
    """Recurrent reader, convolution over its states, recurrent reader."""

    def __init__(self, settings: LstmCnnLstmSettings, shapes: Shapes) -> None:
        super().__init__(settings, shapes, settings.hidden)
        self.first = nn.LSTM(2 * shapes.features, settings.hidden, batch_first=True)
        self.filters = nn.Conv1d(settings.hidden, settings.hidden, 3, padding="same")
        self.last = nn.LSTM(settings.hidden, settings.hidden, batch_first=True)

    def encode(self, sequence: Tensor, batch: Batch) -> Tensor:
        """[B, N, hidden]."""
        states: Tensor = self.first(sequence.flatten(0, 1))[0]
        found = self.filters(states.transpose(1, 2)).relu().transpose(1, 2)
        hidden: Tensor = self.last(found)[0]
        return hidden[:, -1].unflatten(0, sequence.shape[:2])
