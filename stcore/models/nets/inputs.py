"""What regressions look at: the recent past of a place beside its neighbours and the network, and what is known of each lead.

Everything is told relative to the last value, so that a level never seen in training is no surprise.
"""

from __future__ import annotations

import torch
from torch import Tensor, nn

from stcore.data.windows import Batch
from stcore.models.contract import Shapes
from stcore.models.nets.around import closest
from stcore.models.nets.layers import relative_past
from stcore.models.surroundings import Surroundings

_FIRST = 4  # a one, the network's level, its last change, its change over three steps


class Inputs(nn.Module):
    """Inputs of a regression.

    Attributes:
        fixed: inputs of ``common`` before the lags.
        common: c, all that are the same for every lead; the last ``lookback - 1`` of them are lags, the latest first.
        ahead: a, those of each lead.
    """

    beside: Tensor

    def __init__(self, shapes: Shapes, around: Surroundings, neighbours: int) -> None:
        super().__init__()
        self.targets = shapes.targets
        self.register_buffer("beside", closest(around, shapes.locations, neighbours), persistent=False)
        self.fixed = _FIRST + (shapes.features - shapes.targets) + 2 * self.beside.shape[1]
        self.common, self.ahead = self.fixed + shapes.lookback - 1, 2 + shapes.future

    def of_past(self, batch: Batch) -> Tensor:
        """Inputs that are the same for every lead: [B, N, T, c]."""
        past = relative_past(batch)
        lags = past[:, :, :-1, : self.targets].transpose(2, 3).flip(-1)
        network = batch.network
        back = network[:, max(-4, -network.shape[1])]
        trend = torch.stack([network[:, -1] - network[:, max(-2, -network.shape[1])], network[:, -1] - back], dim=-1)
        level = (network[:, -1, None] - batch.last)[..., None]
        shape = (*level.shape[:3], -1)
        others = past[:, :, -1, None, self.targets :].expand(shape)
        fixed = [torch.ones_like(level), level, trend[:, None].expand(shape), others, self._neighbours(batch)]
        return torch.cat([*fixed, lags], dim=-1)

    def _neighbours(self, batch: Batch) -> Tensor:
        """Last value of each neighbour beside the own one, and its last change: [B, N, T, 2 K].

        Of a batch with some of the places only, one that is not in it counts as the place itself.
        """
        beside = self._positions(batch.location)
        before = batch.past[:, max(-2, -batch.past.shape[1]), :, : self.targets]
        last, change = batch.last[:, beside], (batch.last - before)[:, beside]
        return torch.cat([last - batch.last[:, :, None], change], dim=2).transpose(2, 3)

    def _positions(self, location: Tensor) -> Tensor:
        """Where the neighbours of each place stand in a batch of these (increasing) places: int64 [N, K]."""
        beside, own = self.beside[location], torch.arange(len(location), device=location.device)[:, None]
        found = torch.searchsorted(location, beside).clamp(max=len(location) - 1)
        return torch.where(location[found] == beside, found, own)

    def with_neighbours(self, location: Tensor) -> Tensor:
        """Some places together with their neighbours, increasing: int64 [N]."""
        return torch.cat([location, self.beside[location].flatten()]).unique()

    @staticmethod
    def of_leads(batch: Batch) -> Tensor:
        """Inputs of each lead: usual value, value a season before, known-ahead covariates: [B, H, N, T, a]."""
        last = batch.last[:, None]
        own = torch.stack([batch.profile - last, batch.season - last], dim=-1)
        future = batch.future[..., None, :].expand(*own.shape[:4], -1)
        return torch.cat([own, future], dim=-1)
