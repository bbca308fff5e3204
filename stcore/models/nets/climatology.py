"""The code of climatology: see ``stcore.models.climatology`` for what it is, when to use it and its source."""

from __future__ import annotations

import math
from collections.abc import Iterator, Mapping, Sequence
from typing import Any

import torch
from torch import Tensor

from stcore.data.windows import Batch, Windows
from stcore.models.climatology import ClimatologySettings
from stcore.models.contract import Shapes
from stcore.models.nets.forecaster import Forecaster, Source, mean_error

_ORIGINS = 2048
_PULL = 1.0  # rows' worth of pull toward the mean


class Climatology(Forecaster):
    """value = w . [1, cos and sin of a few waves of each calendar cycle]; weights [N, T, P] in a buffer.

    How many cycles count, from the shortest on, is chosen on unseen rows: a year's course from half a year misleads.
    """

    reads = frozenset({"calendar"})
    weights: Tensor

    def __init__(self, settings: ClimatologySettings, shapes: Shapes) -> None:
        super().__init__()
        self.slots = shapes.slots
        self.waves = [min(settings.harmonics, (slots - 1) // 2) for slots in shapes.slots]
        self.register_buffer("weights", torch.zeros(shapes.locations, shapes.targets, 1 + 2 * sum(self.waves)))

    def forward(self, batch: Batch) -> Tensor:
        """[B, H, N, T, 1]."""
        found = torch.einsum("bhp,ntp->bhnt", self._course(batch.calendar), self.weights[batch.location])
        return found[..., None]

    def _course(self, calendar: Tensor) -> Tensor:
        """[..., C] phases -> [..., P]."""
        parts = [torch.ones_like(calendar[..., :1], dtype=torch.float32)] if self.slots else []
        for number, (slots, waves) in enumerate(zip(self.slots, self.waves, strict=True)):
            turn = 2 * math.pi * calendar[..., number, None] / slots
            angles = turn * torch.arange(1, waves + 1, device=calendar.device)
            parts += [angles.cos(), angles.sin()]
        if not parts:
            return calendar.new_ones((*calendar.shape[:-1], 1), dtype=torch.float32)
        return torch.cat(parts, dim=-1)

    def solve(self, source: Source, choose: Source) -> Mapping[str, Any]:
        """Least squares a place; the number of cycles by the error on ``choose`` (all of them where it is empty)."""
        moments = [self._moments(windows, origins) for windows, origins in source]
        every = len(self.slots)
        if not any(len(origins) for _, origins in choose) or not every:
            self._take(moments, every)
            return {"cycles": every, "chosen_on": "default"}
        errors = []
        for count in range(every + 1):
            self._take(moments, count)
            errors.append(self._error(choose))
        best = min(range(every + 1), key=errors.__getitem__)
        self._take(moments, best)
        return {"cycles": best, "chosen_on": "validation", "error_scaled": errors[best]}

    def solve_with(self, source: Source, chosen: Mapping[str, Any]) -> None:
        """Least squares with as many cycles as were chosen before."""
        self._take([self._moments(windows, origins) for windows, origins in source], int(chosen["cycles"]))

    def _batches(self, windows: Windows, origins: Tensor) -> Iterator[Batch]:
        size = max(1, _ORIGINS * 64 // max(64, windows.locations))
        for part in origins.to(windows.device).split(size):
            yield windows.batch(part, reads=self.reads)

    def _moments(self, windows: Windows, origins: Tensor) -> tuple[Tensor, Tensor]:
        """Sums over the first lead, which meets every row once: [N, T, P, P] and [N, T, P], float64."""
        size = (windows.locations, *self.weights.shape[1:])
        square = self.weights.new_zeros((*size, size[-1]), dtype=torch.float64)
        mixed = self.weights.new_zeros(size, dtype=torch.float64)
        for batch in self._batches(windows, origins):
            target, seen = (each[:, 0] for each in batch.truth)
            course = self._course(batch.calendar[:, 0])
            square += torch.einsum("bp,bq,bnt->ntpq", course, course, seen.float())
            mixed += torch.einsum("bp,bnt->ntp", course, target * seen)
        return square, mixed

    def _take(self, moments: Sequence[tuple[Tensor, Tensor]], cycles: int) -> None:
        used = 1 + 2 * sum(self.waves[:cycles])
        weights = []
        for square, mixed in moments:
            pull = _PULL * torch.eye(used, dtype=torch.float64, device=square.device)
            solved = torch.linalg.solve(square[..., :used, :used] + pull, mixed[..., :used, None])[..., 0]
            weights.append(torch.nn.functional.pad(solved, (0, self.weights.shape[-1] - used)).float())
        self.weights.copy_(torch.cat(weights))

    def _error(self, looks: Source) -> float:
        """Mean absolute scaled error over the origins of ``looks``."""
        return mean_error(self, (batch for windows, origins in looks for batch in self._batches(windows, origins)))
