"""The code of nlinear: see ``stcore.models.nlinear`` for what it is, when to use it and its source."""

from __future__ import annotations

from torch import Tensor, nn

from stcore.data.windows import Batch
from stcore.models.contract import Shapes
from stcore.models.nets.forecaster import Forecaster
from stcore.models.nets.layers import Beside, each_target, from_change, targets_past, zeroed
from stcore.models.nlinear import NlinearSettings


class Nlinear(Forecaster):
    """One linear map of the past, the same for every place and target, and linear maps of who, when, what is ahead and other values beside it."""

    def __init__(self, settings: NlinearSettings, shapes: Shapes) -> None:
        super().__init__()
        self.shapes, self.from_last = shapes, settings.from_last_value
        self.past = zeroed(nn.Linear(shapes.lookback, shapes.horizon * shapes.outputs))
        self.beside = Beside(shapes, settings)
        self.reads = self.beside.reads

    def forward(self, batch: Batch) -> Tensor:
        """[B, H, N, T, Q]."""
        raw = each_target(self.past(targets_past(batch, self.from_last)), self.shapes)
        return from_change(self.beside(raw, batch), batch, self.shapes, self.from_last)
