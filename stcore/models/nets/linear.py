"""The code of linear: see ``stcore.models.linear`` for what it is, when to use it and its source."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import Any

import torch
from torch import Tensor

from stcore.data.windows import Batch, Windows
from stcore.models.contract import Shapes
from stcore.models.linear import RidgeSettings
from stcore.models.nets.forecaster import Forecaster
from stcore.models.nets.layers import relative_past

_CHUNK_NUMBERS = 4_000_000
_POOLED_ROWS = (3.0, 100.0, 3000.0)
_COMMON = 1e9
_OWN_ROWS = (_COMMON, 1000.0, 100.0)
_MOMENT_BYTES = 2e9


class Ridge(Forecaster):
    """change(h) = w_h . [lags, network, covariates, 1, profile(h), season(h), known-ahead(h)], all relative to the last value.

    Weights [H, N, T, P] in a buffer; N = 1 where they are common to all places: when the settings say so, or when the
    equations of every place apart would not fit into ``_MOMENT_BYTES``.
    """

    weights: Tensor

    def __init__(self, settings: RidgeSettings, shapes: Shapes) -> None:
        super().__init__()
        self.settings, self.shapes = settings, shapes
        self.common = shapes.lookback - 1 + 3 + (shapes.features - shapes.targets) + 1
        width = self.common + 2 + shapes.future
        equations = shapes.horizon * shapes.locations * shapes.targets * width**2 * 8
        self.apart = settings.own_weights and equations <= _MOMENT_BYTES
        places = shapes.locations if self.apart else 1
        self.register_buffer("weights", torch.zeros(shapes.horizon, places, shapes.targets, width))

    def forward(self, batch: Batch) -> Tensor:
        """[B, H, N, T, 1]."""
        own = self.weights[:, batch.location] if self.apart else self.weights
        return (_apply(own, self._common(batch), _ahead(batch)) + batch.last[:, None])[..., None]

    def _common(self, batch: Batch) -> Tensor:
        """Inputs that are the same for every lead: [B, N, T, P]."""
        targets = self.shapes.targets
        past = relative_past(batch)
        lags = past[:, :, :-1, :targets].transpose(2, 3)
        network = batch.network
        back = network[:, max(-4, -network.shape[1])]
        trend = torch.stack([network[:, -1] - network[:, max(-2, -network.shape[1])], network[:, -1] - back], dim=-1)
        level = (network[:, -1, None] - batch.last)[..., None]
        shape = (*level.shape[:3], -1)
        others = past[:, :, -1, None, targets:].expand(shape)
        return torch.cat([lags, level, trend[:, None].expand(shape), others, torch.ones_like(level)], dim=-1)

    def solve(
        self, source: Sequence[tuple[Windows, Tensor]], choose: Sequence[tuple[Windows, Tensor]]
    ) -> Mapping[str, Any]:
        """Normal equations summed over chunks of origins, solved a lead; strength by the error on ``choose``."""
        moments = [self._moments(windows, origins) for windows, origins in source]
        if not choose or not any(len(origins) for _, origins in choose):
            self.weights.copy_(self._weights(moments, _POOLED_ROWS[1], _OWN_ROWS[1]))
            return {"pooled_rows": _POOLED_ROWS[1], "own_rows": _OWN_ROWS[1], "chosen_on": "default"}
        own_options = _OWN_ROWS if self.apart else _OWN_ROWS[:1]
        best, error = (0.0, 0.0), float("inf")
        kept = self.weights.clone()
        for pooled_rows in _POOLED_ROWS:
            for own_rows in own_options:
                self.weights.copy_(self._weights(moments, pooled_rows, own_rows))
                if (found := self._error(choose)) < error:
                    best, error = (pooled_rows, own_rows), found
                    kept = self.weights.clone()
        self.weights.copy_(kept)
        return {"pooled_rows": best[0], "own_rows": best[1], "chosen_on": "validation", "error_scaled": error}

    def solve_with(self, source: Sequence[tuple[Windows, Tensor]], chosen: Mapping[str, Any]) -> None:
        """Solve on ``source`` with the strength chosen before."""
        moments = [self._moments(windows, origins) for windows, origins in source]
        self.weights.copy_(self._weights(moments, chosen["pooled_rows"], chosen["own_rows"]))

    def _chunks(self, windows: Windows, origins: Tensor) -> Iterator[Batch]:
        width = windows.locations * (self.shapes.lookback * self.shapes.features + self.shapes.horizon * 6)
        size = max(1, _CHUNK_NUMBERS // max(1, width))
        for part in origins.split(size):
            yield windows.batch(part)

    def _moments(self, windows: Windows, origins: Tensor) -> tuple[Tensor, Tensor, Tensor]:
        """Sums over windows: X'X [H, N, T, P, P], X'y [H, N, T, P], rows [H, N, T] (float64); N = 1 where not apart."""
        shapes = self.shapes
        width = self.weights.shape[-1]
        size = (shapes.horizon, windows.locations if self.apart else 1, shapes.targets)
        square = torch.zeros(*size, width, width, dtype=torch.float64, device=self.weights.device)
        cross = torch.zeros(*size, width, dtype=torch.float64, device=self.weights.device)
        rows = torch.zeros(*size, dtype=torch.float64, device=self.weights.device)
        c = self.common
        for batch in self._chunks(windows, origins):
            target, mask = batch.truth
            x, ahead, seen = self._common(batch), _ahead(batch), mask.float()
            change = (target - batch.last[:, None]) * seen
            complete = bool(mask.all())
            shared = self._products(x, x) if complete else None
            for lead in range(shapes.horizon):
                weight = seen[:, lead, :, :, None]
                d = ahead[:, lead] * weight
                xw = x if complete else x * weight
                square[lead, ..., :c, :c] += shared if shared is not None else self._products(xw, x)
                mixed = self._products(xw, d)
                square[lead, ..., :c, c:] += mixed
                square[lead, ..., c:, :c] += mixed.transpose(-1, -2)
                square[lead, ..., c:, c:] += self._products(d, ahead[:, lead])
                cross[lead, ..., :c] += self._products(xw, change[:, lead, ..., None])[..., 0]
                cross[lead, ..., c:] += self._products(d, change[:, lead, ..., None])[..., 0]
            rows += seen.sum(0) if self.apart else seen.sum((0, 2))[:, None]
        return square, cross, rows

    def _products(self, left: Tensor, right: Tensor) -> Tensor:
        """left' right, summed over windows [B, N, T, P], [B, N, T, Q] -> [N, T, P, Q]; over all places where not apart."""
        if self.apart:
            return torch.einsum("bntp,bntq->ntpq", left, right)
        return torch.einsum("bntp,bntq->tpq", left, right)[None]

    def _weights(self, moments: Sequence[tuple[Tensor, Tensor, Tensor]], pooled_rows: float, own_rows: float) -> Tensor:
        """Weights [H, N, T, P]: each place's equations plus ``own_rows`` rows' worth of the common weights."""
        out = []
        for lead in range(self.shapes.horizon):
            square = torch.cat([m[0][lead] for m in moments])
            cross = torch.cat([m[1][lead] for m in moments])
            rows = torch.cat([m[2][lead] for m in moments])
            total, total_rows = square.sum(0), rows.sum(0).clamp(min=1)
            scale = (total.diagonal(dim1=-2, dim2=-1) / total_rows[:, None]).clamp(min=1e-6)
            pooled = torch.linalg.solve(total + torch.diag_embed(scale * pooled_rows), cross.sum(0)[..., None])[..., 0]
            if not self.apart:
                out.append(pooled[None])
            elif own_rows >= _COMMON:
                out.append(pooled[None].expand(len(square), -1, -1))
            else:
                prior = scale * own_rows
                out.append(
                    torch.linalg.solve(square + torch.diag_embed(prior), (cross + prior * pooled)[..., None])[..., 0]
                )
        return torch.stack(out).float()

    @torch.no_grad()
    def _error(self, choose: Sequence[tuple[Windows, Tensor]]) -> float:
        """Mean absolute scaled error over the origins of ``choose``."""
        total = count = 0.0
        for windows, origins in choose:
            for batch in self._chunks(windows, origins):
                target, mask = batch.truth
                miss = (self.forward(batch)[..., 0] - target).abs() * mask
                total, count = total + float(miss.sum()), count + float(mask.sum())
        return total / max(count, 1.0)


def _ahead(batch: Batch) -> Tensor:
    """Inputs of each lead: profile, season, known-ahead covariates: [B, H, N, T, 2 + G]."""
    last = batch.last[:, None]
    own = torch.stack([batch.profile - last, batch.season - last], dim=-1)
    future = batch.future[..., None, :].expand(*own.shape[:4], -1)
    return torch.cat([own, future], dim=-1)


def _apply(weights: Tensor, common: Tensor, ahead: Tensor) -> Tensor:
    """Change [B, H, N, T] from weights [H, N or 1, T, P]."""
    split = common.shape[-1]
    weights = weights.expand(-1, common.shape[1], -1, -1)
    return torch.einsum("bntp,hntp->bhnt", common, weights[..., :split]) + torch.einsum(
        "bhntp,hntp->bhnt", ahead, weights[..., split:]
    )
