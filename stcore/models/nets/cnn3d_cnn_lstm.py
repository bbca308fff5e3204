"""The code of cnn3d_cnn_lstm: see ``stcore.models.cnn3d_cnn_lstm`` for what it is, when to use it and its source."""

from __future__ import annotations

from torch import Tensor, nn

from stcore.data.windows import Batch
from stcore.models.cnn3d_cnn_lstm import Cnn3dCnnLstmSettings
from stcore.models.contract import Shapes
from stcore.models.nets.around import Cells
from stcore.models.nets.encoded import Encoded
from stcore.models.surroundings import Surroundings


class Cnn3dCnnLstm(Encoded):
    """Fields of the past through two kinds of filters; a recurrent network reads what they found at each place."""

    def __init__(self, settings: Cnn3dCnnLstmSettings, shapes: Shapes, around: Surroundings) -> None:
        hidden = settings.hidden
        super().__init__(settings, shapes, 2 * hidden)
        self.cells = Cells(around, shapes.locations)
        self.volume = nn.Conv3d(2 * shapes.features + 1, hidden, 3, padding=1)
        self.plane = nn.Sequential(
            nn.Conv2d(hidden, hidden, 5, padding=2), nn.ReLU(), nn.Conv2d(hidden, hidden, 5, padding=2)
        )
        self.reader = nn.LSTM(hidden, 2 * hidden, batch_first=True)

    def encode(self, sequence: Tensor, batch: Batch) -> Tensor:
        """[B, N, 2 hidden]."""
        grid = self.cells.history(sequence, batch.location)
        found = self.volume(grid.transpose(1, 2)).relu().transpose(1, 2)
        planes = self.plane(found.flatten(0, 1)).relu().unflatten(0, found.shape[:2])
        course = self.cells.back_to_places(planes, batch.location).transpose(1, 2)
        hidden: Tensor = self.reader(course.flatten(0, 1))[0]
        return hidden[:, -1].unflatten(0, sequence.shape[:2])
