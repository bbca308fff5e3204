"""The code of st_resnet: see ``stcore.models.st_resnet`` for what it is, when to use it and its source."""

from __future__ import annotations

import torch
from torch import Tensor, nn

from stcore.data.windows import Batch
from stcore.models.contract import Shapes
from stcore.models.nets.around import Cells
from stcore.models.nets.encoded import Encoded
from stcore.models.st_resnet import StResnetSettings
from stcore.models.surroundings import Surroundings


class StResnet(Encoded):
    """Closeness, period and trend, each through residual blocks of its own, added with weights of each cell's features."""

    def __init__(self, settings: StResnetSettings, shapes: Shapes, around: Surroundings) -> None:
        super().__init__(settings, shapes, settings.hidden)
        self.cells = Cells(around, shapes.locations)
        ahead = shapes.horizon * shapes.targets
        inputs = {"closeness": shapes.lookback * 2 * shapes.features, "period": ahead, "trend": ahead}
        self.pictures = nn.ModuleDict({name: _Picture(size + 1, settings) for name, size in inputs.items()})
        self.weights = nn.Parameter(torch.ones(len(inputs), settings.hidden, 1, 1))

    def encode(self, sequence: Tensor, batch: Batch) -> Tensor:
        """[B, N, hidden]."""
        last = batch.last[:, None] if self.from_last else 0
        given = {
            "closeness": sequence.flatten(2), "period": (batch.season - last).transpose(1, 2).flatten(2),
            "trend": (batch.profile - last).transpose(1, 2).flatten(2),
        }  # fmt: skip
        found = [
            weight * self.pictures[name](self.cells.picture(each, batch.location))
            for (name, each), weight in zip(given.items(), self.weights, strict=True)
        ]
        return self.cells.back_to_places(torch.stack(found).sum(0).relu(), batch.location)


class _Picture(nn.Module):
    """Residual blocks over rows and columns: [B, C, R, K] -> [B, hidden, R, K]."""

    def __init__(self, inputs: int, settings: StResnetSettings) -> None:
        super().__init__()
        hidden = settings.hidden
        self.inlet = nn.Conv2d(inputs, hidden, 3, padding=1)
        self.blocks = nn.ModuleList(
            nn.Sequential(
                nn.ReLU(), nn.Conv2d(hidden, hidden, 3, padding=1), nn.ReLU(), nn.Conv2d(hidden, hidden, 3, padding=1)
            )
            for _ in range(settings.layers)
        )

    def forward(self, picture: Tensor) -> Tensor:
        found = self.inlet(picture)
        for block in self.blocks:
            found = found + block(found)
        return found
