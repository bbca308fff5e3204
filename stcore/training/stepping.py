"""Which windows each optimiser step sees, and how fast it learns: drawn from the seed, the same after a resume."""

from __future__ import annotations

import math
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

import torch
from torch import Tensor

from stcore.data.windows import Windows
from stcore.experiment import TrainingConfig
from stcore.models.nets.forecaster import Forecaster

Source = Sequence[tuple[Windows, Tensor]]
_FEWEST_ORIGINS = 8
_FEWEST_STEPS, _SMALLEST_BATCH = 20, 64
_VALIDATION_WINDOWS = 60_000
_RISE = 0.2  # share of all steps in which the rate of one cycle climbs
_LEAST = 1e-3


@dataclass(frozen=True)
class Step:
    """One optimiser step: origins int64 [B] of a panel's windows, at some of its places int64 [N] (None: at all)."""

    windows: Windows
    origins: Tensor
    locations: Tensor | None

    @property
    def count(self) -> int:
        """Windows it sees."""
        return len(self.origins) * (self.windows.locations if self.locations is None else len(self.locations))


def steps_of(source: Source, module: Forecaster, options: TrainingConfig, seed: int, epoch: int) -> Iterator[Step]:
    """The steps of one epoch: at most ``steps_per_epoch`` groups of origins (and, of many locations, a sample)."""
    draw = torch.Generator().manual_seed((seed * 7_919 + epoch) % 2**63)
    groups: list[tuple[Windows, Tensor, int]] = []
    for windows, origins in source:
        places = _places_a_step(windows, module, options)
        size = max(1, min(round(options.batch_windows / places), _small_enough(len(origins), places)))
        shuffled = origins[torch.randperm(len(origins), generator=draw)]
        groups += [(windows, part, places) for part in shuffled.split(size)]
    order = torch.randperm(len(groups), generator=draw)[: options.steps_per_epoch]
    for number in order.tolist():
        windows, origins, places = groups[number]
        some = places < windows.locations
        locations = _some_places(windows, places, module.near, draw).to(windows.device) if some else None
        yield Step(windows, origins.to(windows.device), locations)


def _small_enough(origins: int, places: int) -> int:
    """Origins of a step that leave a small data set enough steps an epoch."""
    return max(math.ceil(origins / _FEWEST_STEPS), math.ceil(_SMALLEST_BATCH / places))


def _places_a_step(windows: Windows, module: Forecaster, options: TrainingConfig) -> int:
    """How many places a step sees: as many as leave it some origins; models of a grid see the whole of it."""
    if module.sees == "grid":
        return windows.locations
    return min(windows.locations, max(1, options.batch_windows // _FEWEST_ORIGINS))


def _some_places(windows: Windows, count: int, near: Tensor | None, draw: torch.Generator) -> Tensor:
    """Places of a step: any, or a patch of the network that holds together, so that neighbours are seen with each other."""
    if near is None:
        return torch.randperm(windows.locations, generator=draw)[:count]
    order = near.cpu() - windows.recipe.first_location
    order = order[(order >= 0) & (order < windows.locations)]
    start = int(torch.randint(windows.locations, (1,), generator=draw))
    return order.roll(-start)[:count].sort().values


def thinned(source: Source) -> list[tuple[Windows, Tensor]]:
    """Every n-th origin, so that one check of the unseen error stays cheap."""
    found = []
    for windows, origins in source:
        stride = max(1, math.ceil(len(origins) * windows.locations / _VALIDATION_WINDOWS))
        if len(origins):
            found.append((windows, origins[::stride]))
    return found


def rate(options: TrainingConfig, step: int, planned: int) -> float:
    """Learning rate of a step.

    one_cycle: up over the first 20 % of steps, then down along a cosine (L. Smith, N. Topin, "Super-Convergence", arXiv
    1708.07120); cosine: down from the start (I. Loshchilov, F. Hutter, "SGDR", ICLR 2017); constant.
    """
    if options.schedule == "constant":
        return options.learning_rate
    rise = max(1.0, _RISE * planned) if options.schedule == "one_cycle" else 0.0
    if step < rise:
        share = min(1.0, (step + 1) / rise)
    else:
        share = 0.5 * (1 + math.cos(math.pi * (step - rise) / max(planned - rise, 1)))
    return options.learning_rate * max(share, _LEAST)


def leads_seen(options: TrainingConfig, step: int, planned: int, horizon: int) -> int:
    """How many of the steps ahead count in the loss: few at first where the settings say so (Y. Bengio et al., "Curriculum
    Learning", ICML 2009)."""
    whole = options.curriculum * planned
    return horizon if step >= whole else max(1, math.ceil(horizon * (step + 1) / whole))
