"""The running mean of a network's weights, which errs less than the last ones where training is noisy."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from contextlib import contextmanager

import torch
from torch import Tensor, nn


class Average:
    """Exponential mean of the weights; the first steps count less, so that the start is soon forgotten.

    Source: B. Polyak, A. Juditsky, "Acceleration of Stochastic Approximation by Averaging", SIAM J. Control 30 (4), 1992.

    Args:
        decay: share of the mean that stays at a step; 0: no averaging.
    """

    def __init__(self, module: nn.Module, decay: float) -> None:
        self.module, self.decay, self.steps = module, decay, 0
        self.mean = {name: each.detach().clone() for name, each in module.named_parameters()} if decay else {}

    @torch.no_grad()
    def step(self) -> None:
        """Take in the weights after an optimiser step."""
        if not self.decay:
            return
        self.steps += 1
        share = 1 - min(self.decay, (1 + self.steps) / (10 + self.steps))
        for name, each in self.module.named_parameters():
            self.mean[name].lerp_(each.detach(), share)

    @contextmanager
    def used(self) -> Iterator[None]:
        """The module with the mean weights; its own come back afterwards."""
        own = {name: each.detach().clone() for name, each in self.module.named_parameters()} if self.decay else {}
        self._put(self.mean)
        try:
            yield
        finally:
            self._put(own)

    def restore(self, mean: Mapping[str, Tensor], steps: int) -> None:
        """Go on from a checkpoint."""
        for name, each in mean.items():
            self.mean[name].copy_(each)
        self.steps = steps

    @torch.no_grad()
    def _put(self, weights: Mapping[str, Tensor]) -> None:
        for name, each in self.module.named_parameters():
            if name in weights:
                each.copy_(weights[name])
