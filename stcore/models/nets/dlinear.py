"""The code of dlinear: see ``stcore.models.dlinear`` for what it is, when to use it and its source."""

from __future__ import annotations

from torch import Tensor, nn
from torch.nn import functional

from stcore.data.windows import Batch
from stcore.models.contract import Shapes
from stcore.models.dlinear import DlinearSettings
from stcore.models.nets.forecaster import Forecaster
from stcore.models.nets.layers import Beside, each_target, from_change, targets_past, zeroed


class Dlinear(Forecaster):
    """Linear maps of the running mean and of the rest, and of who, when, what is ahead and other values beside them."""

    def __init__(self, settings: DlinearSettings, shapes: Shapes) -> None:
        super().__init__()
        self.shapes, self.from_last = shapes, settings.from_last_value
        self.reach = min(settings.kernel, shapes.lookback) // 2
        size = shapes.lookback, shapes.horizon * shapes.outputs
        self.trend, self.rest = zeroed(nn.Linear(*size)), zeroed(nn.Linear(*size, bias=False))
        self.beside = Beside(shapes, settings)
        self.reads = self.beside.reads

    def forward(self, batch: Batch) -> Tensor:
        """[B, H, N, T, Q]."""
        past = targets_past(batch, self.from_last)
        trend = self._mean(past)
        raw = each_target(self.trend(trend) + self.rest(past - trend), self.shapes)
        return from_change(self.beside(raw, batch), batch, self.shapes, self.from_last)

    def _mean(self, past: Tensor) -> Tensor:
        """Centred running mean over time [B, N, T, L]; both ends are carried on."""
        padded = functional.pad(past.flatten(0, 1), (self.reach, self.reach), mode="replicate")
        return functional.avg_pool1d(padded, 2 * self.reach + 1, stride=1).unflatten(0, past.shape[:2])
