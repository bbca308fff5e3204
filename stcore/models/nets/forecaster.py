"""What every forecaster is to the training room: a torch module from a batch of windows to scaled forecasts."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from typing import Any

import torch
from torch import Tensor, nn

from stcore.data.windows import Batch, Windows
from stcore.models.contract import Sees

Source = Sequence[tuple[Windows, Tensor]]


class Forecaster(nn.Module):
    """Base of all forecasters: ``forward(batch) -> [B, H, N, T, Q]`` in scaled units.

    Attributes:
        sees: which places a forecast of one place draws on (see ``ModelSpec``).
        near: int64 [location], the places in an order in which neighbours stand close; None: any order will do.
        reads: optional fields of a batch that it looks at (see ``Windows.batch``); None: all.
        repeats: the baseline that it is, where it is one: what was the case is said again, classes of events too.
    """

    sees: Sees = "own"
    near: Tensor | None = None
    repeats: str = ""
    reads: frozenset[str] | None = None

    def forward(self, batch: Batch) -> Tensor:
        """Scaled forecasts [B, H, N, T, Q]; finite wherever the batch is finite."""
        raise NotImplementedError

    def solve(self, source: Source, choose: Source) -> Mapping[str, Any]:
        """Fit in closed form on the origins of ``source``, pick the strength on ``choose`` (may be empty).

        Returns:
            What was chosen, JSON-able. Only for models whose spec says ``fitted_by="solving"``.
        """
        raise NotImplementedError(f"{type(self).__name__} is not fitted in closed form")

    def solve_with(self, source: Source, chosen: Mapping[str, Any]) -> None:
        """Fit in closed form on ``source`` with a strength chosen before (a refit)."""
        raise NotImplementedError(f"{type(self).__name__} is not fitted in closed form")


@torch.no_grad()
def mean_error(module: Forecaster, batches: Iterable[Batch]) -> float:
    """Mean absolute scaled error of the forecasts over observed cells; 0 where there is none."""
    total = count = 0.0
    for batch in batches:
        target, mask = batch.truth
        total += float(((module(batch)[..., 0] - target).abs() * mask).sum())
        count += float(mask.sum())
    return total / max(count, 1.0)
