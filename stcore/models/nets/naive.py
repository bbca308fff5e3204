"""The code of naive: see ``stcore.models.naive`` for what it is, when to use it and its source."""

from __future__ import annotations

import torch
from torch import Tensor

from stcore.data.windows import Batch
from stcore.models.contract import Shapes
from stcore.models.naive import NaiveSettings
from stcore.models.nets.forecaster import Forecaster


class Persistence(Forecaster):
    """Every step ahead is the last value."""

    repeats = "persistence"

    def __init__(self, settings: NaiveSettings, shapes: Shapes) -> None:
        super().__init__()
        self.horizon = shapes.horizon

    def forward(self, batch: Batch) -> Tensor:
        """[B, H, N, T, 1]."""
        last = batch.last[:, None, :, :, None]
        return last.expand(-1, self.horizon, -1, -1, -1)


class SeasonalNaive(Forecaster):
    """Every step ahead is the value one season before it (the last value where there is none)."""

    repeats = "seasonal_naive"

    def __init__(self, settings: NaiveSettings, shapes: Shapes) -> None:
        super().__init__()

    def forward(self, batch: Batch) -> Tensor:
        """[B, H, N, T, 1]."""
        return batch.season[..., None]


class HistoricalAverage(Forecaster):
    """Every step ahead is the usual value at its time."""

    def __init__(self, settings: NaiveSettings, shapes: Shapes) -> None:
        super().__init__()

    def forward(self, batch: Batch) -> Tensor:
        """[B, H, N, T, 1]."""
        return batch.profile[..., None]


class Drift(Forecaster):
    """The last value and so many times the mean change of the history."""

    def __init__(self, settings: NaiveSettings, shapes: Shapes) -> None:
        super().__init__()
        self.shapes = shapes

    def forward(self, batch: Batch) -> Tensor:
        """[B, H, N, T, 1]; the change of a history of one step is 0."""
        first = batch.past[:, 0, :, : self.shapes.targets]
        slope = (batch.last - first) / max(self.shapes.lookback - 1, 1)
        leads = torch.arange(1, self.shapes.horizon + 1, device=slope.device, dtype=slope.dtype)
        return (batch.last[:, None] + leads[:, None, None] * slope[:, None])[..., None]
