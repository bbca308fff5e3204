"""The code of cnn3d: see ``stcore.models.cnn3d`` for what it is, when to use it and its source."""

from __future__ import annotations

from torch import Tensor, nn

from stcore.data.windows import Batch
from stcore.models.cnn3d import Cnn3dSettings
from stcore.models.contract import Shapes
from stcore.models.nets.around import Field
from stcore.models.nets.on_grid import OnGrid
from stcore.models.surroundings import Surroundings


class Cnn3d(OnGrid):
    """Convolutions over time, rows and columns; then, with time laid flat, over rows and columns far around each cell."""

    def __init__(self, settings: Cnn3dSettings, shapes: Shapes, around: Surroundings) -> None:
        super().__init__(settings, shapes, around, settings.hidden)
        depth = max(2, settings.hidden // 4)
        layers: list[nn.Module] = []
        for number in range(settings.layers):
            layers += [nn.Conv3d(self.channels if number == 0 else depth, depth, 3, padding=1), nn.ReLU()]
        self.volume = nn.Sequential(*layers)
        self.field = Field(depth * shapes.lookback, settings.hidden)

    def read(self, fields: Tensor, batch: Batch) -> Tensor:
        """[B, hidden, R, K]."""
        found: Tensor = self.field(self.volume(fields.transpose(1, 2)).flatten(1, 2))
        return found
