"""The last step of a network: what its raw numbers mean. The width of a network comes from its head, not from the model."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import torch
from torch import Tensor
from torch.nn import functional

QUANTILE_LEVELS = (0.05, 0.25, 0.5, 0.75, 0.95)

Loss = Callable[[Tensor, Tensor], Tensor]


@dataclass(frozen=True)
class Head:
    """Meaning of the last axis Q of a forecaster's output.

    Attributes:
        name: point or quantiles.
        levels: quantile levels, empty for a point.
    """

    name: str
    levels: tuple[float, ...] = ()

    @property
    def outputs(self) -> int:
        """Q."""
        return len(self.levels) or 1

    def point(self, out: Tensor) -> Tensor:
        """Point forecast [B, H, N, T] of an output [B, H, N, T, Q]: the median, or the only number."""
        return out[..., self.outputs // 2]

    def loss(self, out: Tensor, target: Tensor, error: str) -> Tensor:
        """Loss a cell [B, H, N, T]: pinball for quantiles (Koenker, Bassett 1978), else mae, mse or huber."""
        if self.levels:
            level = torch.tensor(self.levels, device=out.device, dtype=out.dtype)
            miss = target[..., None] - out
            return 2 * torch.maximum(level * miss, (level - 1) * miss).mean(-1)
        miss = out[..., 0] - target
        if error == "mse":
            return miss.square()
        if error == "huber":
            return functional.huber_loss(out[..., 0], target, reduction="none")
        return miss.abs()


def make_head(name: str) -> Head:
    """The head of a name: point or quantiles."""
    return Head(name, QUANTILE_LEVELS if name == "quantiles" else ())


def ordered(raw: Tensor) -> Tensor:
    """Quantiles that cannot cross, from raw numbers [..., Q] (Q odd): the middle one, and positive steps away from it."""
    outputs = raw.shape[-1]
    if outputs == 1:
        return raw
    middle = outputs // 2
    gaps = functional.softplus(raw)
    above = raw[..., middle : middle + 1] + gaps[..., middle + 1 :].cumsum(-1)
    below = raw[..., middle : middle + 1] - gaps[..., :middle].flip(-1).cumsum(-1).flip(-1)
    return torch.cat([below, raw[..., middle : middle + 1], above], dim=-1)
