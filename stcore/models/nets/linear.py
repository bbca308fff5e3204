"""The code of linear: see ``stcore.models.linear`` for what it is, when to use it and its source."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import asdict, dataclass, replace
from typing import Any

import numpy as np
import torch
from torch import Tensor

from stcore.data import arrays
from stcore.data.windows import Batch, Windows
from stcore.errors import Diverged
from stcore.models.contract import Shapes
from stcore.models.linear import RidgeSettings
from stcore.models.nets.forecaster import Forecaster, mean_error
from stcore.models.nets.inputs import Inputs
from stcore.models.surroundings import Surroundings

_CHUNK_NUMBERS = 4_000_000
_STARTS = 64  # starts that are summed together, where there are many places
_SOLVED_NUMBERS = 4_000_000
_MOMENT_BYTES = 2e9
_LOOKS = 60_000  # windows that one look at the unseen error takes at most
_COMMON = 1e9
_LARGEST = 1e15  # of an input; its square is a number still
_OWN_ROWS = (3000.0, 1000.0, 100.0, 10.0)
_NEAR_BEST, _MOST_KEPT = 1.03, 16


@dataclass(frozen=True)
class Strength:
    """What is chosen on unseen rows.

    Attributes:
        pooled_rows: rows' worth of pull of the common weights toward 0.
        own_rows: rows' worth of pull of a series' weights toward the common ones.
        lags: steps of history that are used.
        over: whether targets share the common weights.
    """

    pooled_rows: float = 100.0
    own_rows: float = 1000.0
    lags: int = 0
    over: str = "target"


@dataclass
class Moments:
    """Sums over windows of one panel, float64; N = 1 where all places have the same weights.

    Inputs are of two kinds: those that are the same for every lead (c of them), and those of each lead (a of them).

    Attributes:
        square: [N, T, c, c];   rows: [N, T] windows, by the share of their leads that was observed.
        mixed: [H, N, T, c, a + 1] with the inputs of the lead, and with what is to be said.
        ahead: [H, N, T, a, a + 1] the same for the inputs of the lead.
        seen: [H, N, T] windows whose truth was observed.
    """

    square: Tensor
    rows: Tensor
    mixed: Tensor
    ahead: Tensor
    seen: Tensor

    def pooled(self, over: str) -> Moments:
        """Sums over all places, and over the targets where ``over`` says so."""
        dims = (1, 2) if over == "all" else (1,)

        def summed(array: Tensor, first: int) -> Tensor:
            return array.sum([dim - 1 + first for dim in dims], keepdim=True)

        return Moments(
            summed(self.square, 0), summed(self.rows, 0), summed(self.mixed, 1), summed(self.ahead, 1), summed(self.seen, 1)
        )  # fmt: skip

    def at(self, places: slice | Tensor) -> Moments:
        """Those of some places."""
        return Moments(
            self.square[places], self.rows[places], self.mixed[:, places], self.ahead[:, places], self.seen[:, places]
        )

    def cut(self, count: int) -> Moments:
        """Without the common inputs from ``count`` on."""
        return Moments(self.square[..., :count, :count], self.rows, self.mixed[..., :count, :], self.ahead, self.seen)


class Ridge(Forecaster):
    """change(h) = w_h . [1, network, neighbours, covariates, lags; profile(h), season(h), known-ahead(h)], relative to the last value.

    Weights [H, N, T, P] in a buffer; N = 1 where they are common to all places: when the settings say so, or when the
    equations of every place apart would not fit into ``_MOMENT_BYTES``.
    """

    weights: Tensor

    def __init__(self, settings: RidgeSettings, shapes: Shapes, around: Surroundings) -> None:
        super().__init__()
        self.settings, self.shapes = settings, shapes
        self.inputs = Inputs(shapes, around, settings.neighbours)
        self.common, self.leadwise = self.inputs.common, self.inputs.ahead
        equations = (
            shapes.locations * shapes.targets * self.common * (self.common + shapes.horizon * (self.leadwise + 1)) * 8
        )
        self.apart = settings.own_weights and shapes.locations * shapes.targets > 1 and equations <= _MOMENT_BYTES
        places = shapes.locations if self.apart else 1
        size = (shapes.horizon, places, shapes.targets, self.common + self.leadwise)
        self.register_buffer("weights", torch.zeros(size))

    def forward(self, batch: Batch) -> Tensor:
        """[B, H, N, T, 1]."""
        some = self.apart and len(batch.location) < self.weights.shape[1]
        own = self.weights[:, batch.location] if some else self.weights
        return (_apply(own, self.inputs.of_past(batch), self.inputs.of_leads(batch)) + batch.last[:, None])[..., None]

    def solve(
        self, source: Sequence[tuple[Windows, Tensor]], choose: Sequence[tuple[Windows, Tensor]]
    ) -> Mapping[str, Any]:
        """Normal equations summed over chunks of origins; strengths and history by the error on ``choose``.

        What is kept is the mean of the weights of all that come within 3 % of the best: it errs less than the best alone.
        """
        moments = [self._moments(windows, origins) for windows, origins in source]
        if not any(len(origins) for _, origins in choose):
            plain = Strength(lags=self.shapes.lookback - 1)
            self._take(moments, [plain])
            return {"strengths": [asdict(plain)], "chosen_on": "default"}
        looks = [_thinned(windows, origins) for windows, origins in choose if len(origins)]
        errors = self._errors(moments, looks, self._first_tries())
        if self.apart:
            best = min(errors, key=errors.__getitem__)
            errors |= self._errors(moments, looks, [replace(best, own_rows=rows) for rows in _OWN_ROWS])
        least = min(errors.values())
        kept = sorted((each for each in errors if errors[each] <= _NEAR_BEST * least), key=errors.__getitem__)[
            :_MOST_KEPT
        ]
        self._take(moments, kept)
        return {"strengths": [asdict(each) for each in kept], "chosen_on": "validation", "error_scaled": least}

    def _first_tries(self) -> list[Strength]:
        """Pulls of the common weights, histories down to a quarter, targets apart or together."""
        whole = self.shapes.lookback - 1
        lags = sorted({whole, *(lag for lag in (whole // 2, whole // 4) if lag >= 8)}, reverse=True)
        overs = ("target", "all") if self.shapes.targets > 1 else ("target",)
        return [Strength(rows, _COMMON, lag, over) for over in overs for lag in lags for rows in (3.0, 100.0, 3000.0)]

    def solve_with(self, source: Sequence[tuple[Windows, Tensor]], chosen: Mapping[str, Any]) -> None:
        """Solve on ``source`` with the strengths chosen before."""
        moments = [self._moments(windows, origins) for windows, origins in source]
        self._take(moments, [Strength(**each) for each in chosen["strengths"]])

    def _errors(
        self, moments: Sequence[Moments], looks: Sequence[tuple[Windows, Tensor]], tried: Sequence[Strength]
    ) -> dict[Strength, float]:
        """The unseen error of each strength."""
        errors = {}
        for strength in tried:
            self._take(moments, [strength])
            errors[strength] = self._error(looks)
        return errors

    def _chunks(self, windows: Windows, origins: Tensor) -> Iterator[Batch]:
        width = windows.locations * (self.shapes.lookback * self.shapes.features + self.shapes.horizon * 6)
        size = max(1, _CHUNK_NUMBERS // max(1, width))
        for part in origins.split(size):
            yield windows.batch(part)

    def _moments(self, windows: Windows, origins: Tensor) -> Moments:
        """Sums over all windows of a panel. Of many places some are summed at a time, over many starts each: the sums of all
        of them are too large to be added to a few starts at a time."""
        blocks = self._blocks(windows)
        if len(blocks) == 1:
            return self._sums(windows, origins, None)
        parts = ((block, self._sums(windows, origins, block)) for block in blocks)
        if not self.apart:
            return _added([part for _, part in parts])
        out = self._empty(windows.locations, windows.in_files)
        for block, part in parts:
            for name in ("square", "rows"):
                getattr(out, name)[block] = getattr(part, name)
            for name in ("mixed", "ahead", "seen"):
                getattr(out, name)[:, block] = getattr(part, name)
        return out

    def _blocks(self, windows: Windows) -> Sequence[Tensor]:
        """Places of a panel that are summed together, neighbours beside each other: int64, increasing."""
        width = max(
            1, _CHUNK_NUMBERS // (_STARTS * (self.shapes.lookback * self.shapes.features + self.shapes.horizon * 6))
        )
        order = torch.arange(windows.locations, device=self.weights.device)
        if self.near is not None:
            mine = self.near.to(order) - windows.recipe.first_location
            order = mine[(mine >= 0) & (mine < windows.locations)]
        return [
            block.sort().values for block in order.split(width if windows.locations > 2 * width else windows.locations)
        ]

    def _empty(self, places: int, in_files: bool = False) -> Moments:
        """Sums of nothing; ``in_files``: in temporary files."""
        shapes, c, a = self.shapes, self.common, self.leadwise
        size = (places if self.apart else 1, shapes.targets)
        leads = (shapes.horizon, *size)

        def zeros(*shape: int) -> Tensor:
            room = torch.from_numpy(arrays.spacious(shape, np.float64, in_file=in_files))
            return room.zero_().to(self.weights.device)

        return Moments(
            zeros(*size, c, c), zeros(*size), zeros(*leads, c, a + 1), zeros(*leads, a, a + 1), zeros(*leads)
        )  # fmt: skip

    def _sums(self, windows: Windows, origins: Tensor, block: Tensor | None) -> Moments:
        """Sums over the windows of some places (None: of all)."""
        first = windows.recipe.first_location
        around = None if block is None else self.inputs.with_neighbours(block + first) - first
        own = slice(None) if block is None or around is None else torch.searchsorted(around, block)
        places = windows.locations if around is None else len(around)
        out = self._empty(windows.locations if block is None else len(block))
        width = places * (self.shapes.lookback * self.shapes.features + self.shapes.horizon * 6)
        for part in origins.split(max(1, _CHUNK_NUMBERS // max(1, width))):
            self._add(out, windows.batch(part, around), own)
        return out

    def _add(self, out: Moments, batch: Batch, own: slice | Tensor) -> None:
        """Add the windows of the places at the positions ``own``."""
        target, mask = (each[:, :, own] for each in batch.truth)
        x, seen = self.inputs.of_past(batch)[:, own].clamp(-_LARGEST, _LARGEST), mask.float()
        change = (target - batch.last[:, None, own])[..., None]
        said = torch.cat([self.inputs.of_leads(batch)[:, :, own], change], dim=-1)
        said = said.clamp(-_LARGEST, _LARGEST) * seen[..., None]
        weight = seen.mean(1)[..., None]
        letters = "bntp,bntq->ntpq" if self.apart else "bntp,bntq->tpq"
        out.square += torch.einsum(letters, x * weight, x).view(out.square.shape)
        wise = said.permute(0, 2, 3, 1, 4).flatten(3)
        mixed = torch.einsum(letters, x, wise).view(*out.rows.shape, self.common, self.shapes.horizon, -1)
        out.mixed += mixed.permute(3, 0, 1, 2, 4)
        places = "hntpq" if self.apart else "htpq"
        out.ahead += torch.einsum(f"bhntp,bhntq->{places}", said[..., :-1], said).view(out.ahead.shape)
        counted = seen.sum(0) if self.apart else seen.sum((0, 2))[:, None]
        out.seen += counted
        out.rows += counted.mean(0)

    def _take(self, moments: Sequence[Moments], strengths: Sequence[Strength]) -> None:
        """The mean of the weights that the strengths lead to."""
        total = torch.zeros_like(self.weights)
        for strength in strengths:
            for places, common, ahead in self._weights(moments, strength):
                total[:, places, :, : common.shape[-1]] += common.float() / len(strengths)
                total[:, places, :, self.common :] += ahead.float() / len(strengths)
        self.weights.copy_(total)

    def _weights(self, moments: Sequence[Moments], strength: Strength) -> Iterator[tuple[slice, Tensor, Tensor]]:
        """Weights of one strength, some places at a time: which, those of the common inputs that it uses, and those of the inputs
        of each lead, both [H, N or 1, T, .]."""
        count = self.inputs.fixed + min(strength.lags, self.shapes.lookback - 1)
        parts = [each.cut(count) for each in moments]
        pools = [part.pooled(strength.over) for part in parts]
        whole = _added(pools)
        scales = _scales(whole)
        pooled = _solved(whole, scales, strength.pooled_rows, None)
        if not self.apart or strength.own_rows >= _COMMON:
            yield slice(None), *pooled
            return
        first = 0
        for part in parts:  # each place its own equations, drawn toward the common weights
            each = max(1, _SOLVED_NUMBERS // max(1, part.square[:1].numel() + part.mixed[:, :1].numel()))
            for start in range(0, len(part.square), each):
                block = part.at(slice(start, start + each))
                places = slice(first + start, first + start + len(block.square))
                yield places, *_solved(block, scales, strength.own_rows, pooled)
            first += len(part.square)

    def _error(self, looks: Sequence[tuple[Windows, Tensor]]) -> float:
        """Mean absolute scaled error over the origins of ``looks``."""
        return mean_error(self, (batch for windows, origins in looks for batch in self._chunks(windows, origins)))


def _added(parts: Sequence[Moments]) -> Moments:
    """Sums of several panels or blocks, of one shape."""
    names = ("square", "rows", "mixed", "ahead", "seen")
    return Moments(*(sum((getattr(part, name) for part in parts[1:]), getattr(parts[0], name)) for name in names))


def _scales(whole: Moments) -> tuple[Tensor, Tensor]:
    """Mean square of each input: common [N, T, c], of each lead [H, N, T, a]."""
    common = whole.square.diagonal(dim1=-2, dim2=-1) / whole.rows.clamp(min=1)[..., None]
    ahead = whole.ahead[..., :-1].diagonal(dim1=-2, dim2=-1) / whole.seen.clamp(min=1)[..., None]
    return common.clamp(min=1e-6), ahead.clamp(min=1e-6)


def _solved(
    part: Moments, scales: tuple[Tensor, Tensor], rows: float, prior: tuple[Tensor, Tensor] | None
) -> tuple[Tensor, Tensor]:
    """Weights of the common inputs [H, N, T, c] and of those of each lead [H, N, T, a], with ``rows`` rows' worth of ``prior``.

    The large block is the same for all leads: it is factored once, and each lead costs what its own few inputs cost (Schur
    complement).
    """
    pull, pull_ahead = rows * scales[0], rows * scales[1]
    factor = _factored(part.square + torch.diag_embed(pull))
    right = part.mixed.clone()
    said = part.ahead[..., -1].clone()
    if prior is not None:
        right[..., -1] += pull * prior[0]
        said += pull_ahead * prior[1]
    horizon, width = right.shape[0], right.shape[-1]
    flat = right.permute(1, 2, 3, 0, 4).flatten(3)
    known = torch.cholesky_solve(flat, factor).unflatten(3, (horizon, width)).permute(3, 0, 1, 2, 4)
    cross = right[..., :-1].transpose(-1, -2)
    left = part.ahead[..., :-1] + torch.diag_embed(pull_ahead) - cross @ known[..., :-1]
    ahead = torch.linalg.solve(left, (said[..., None] - cross @ known[..., -1:]))
    return (known[..., -1:] - known[..., :-1] @ ahead)[..., 0], ahead[..., 0]


def _factored(square: Tensor) -> Tensor:
    """Cholesky factor [N, T, c, c]; where rounding has spoilt a matrix, of one with a little more on its diagonal."""
    size = square.diagonal(dim1=-2, dim2=-1).amax(-1)
    for share in (0.0, 1e-10, 1e-8, 1e-6, 1e-4, 1e-2):
        more = (share * size)[..., None].expand(square.shape[:-1])
        factor, wrong = torch.linalg.cholesky_ex(square + torch.diag_embed(more))
        if not wrong.any():
            return factor
    raise Diverged(
        "The values are so unlike in size that the regression cannot be solved.",
        "Set outliers aside under Prepare, or scale the values.",
    )


def _thinned(windows: Windows, origins: Tensor) -> tuple[Windows, Tensor]:
    """Every n-th origin, so that one look stays cheap."""
    return windows, origins[:: max(1, -(-len(origins) * windows.locations // _LOOKS))]


def _apply(weights: Tensor, common: Tensor, ahead: Tensor) -> Tensor:
    """Change [B, H, N, T] from weights [H, N or 1, T, P]."""
    split = common.shape[-1]
    weights = weights.expand(-1, common.shape[1], -1, -1)
    return torch.einsum("bntp,hntp->bhnt", common, weights[..., :split]) + torch.einsum(
        "bhntp,hntp->bhnt", ahead, weights[..., split:]
    )
