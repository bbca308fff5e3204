"""The code of cnn3d: see ``stcore.models.cnn3d`` for what it is, when to use it and its source."""

from __future__ import annotations

from torch import Tensor, nn

from stcore.data.windows import Batch
from stcore.models.cnn3d import Cnn3dSettings
from stcore.models.contract import Shapes
from stcore.models.nets.around import Cells, Field
from stcore.models.nets.encoded import Encoded
from stcore.models.surroundings import Surroundings


class Cnn3d(Encoded):
    """Convolutions over time, rows and columns; then, with time laid flat, over rows and columns far around each cell."""

    def __init__(self, settings: Cnn3dSettings, shapes: Shapes, around: Surroundings) -> None:
        super().__init__(settings, shapes, settings.hidden)
        self.cells = Cells(around, shapes.locations)
        hidden, depth = settings.hidden, max(2, settings.hidden // 3)
        layers: list[nn.Module] = []
        for number in range(settings.layers):
            layers += [nn.Conv3d(2 * shapes.features + 1 if number == 0 else depth, depth, 3, padding=1), nn.ReLU()]
        self.volume = nn.Sequential(*layers)
        self.field = Field(depth * shapes.lookback, hidden)

    def encode(self, sequence: Tensor, batch: Batch) -> Tensor:
        """[B, N, hidden]."""
        grid = self.cells.history(sequence, batch.location)
        found = self.volume(grid.transpose(1, 2)).flatten(1, 2)
        return self.cells.back_to_places(self.field(found), batch.location)
