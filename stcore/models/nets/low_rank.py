"""The code of low_rank: see ``stcore.models.low_rank`` for what it is, when to use it and its source."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import torch
from torch import Tensor

from stcore.data.windows import Batch, Windows
from stcore.models.contract import Shapes
from stcore.models.low_rank import LowRankSettings
from stcore.models.nets.forecaster import Forecaster, Source, mean_error
from stcore.models.surroundings import Surroundings

_CHUNK_NUMBERS = 4_000_000
_WEIGHTS = 20_000_000  # of the shared inputs at most; above, fewer lags are looked at
_ROWS, _PASSES = 2000, 4
_STARTS = 64  # starts that are summed together, where there are many places
_LOOKS = 400  # starts that one look at the unseen error takes
_PULLS = (10.0, 100.0, 1000.0, 10_000.0)
_OWN = 4  # inputs of the place itself
_OWN_PULL = 10.0


@dataclass(frozen=True, eq=False)
class Sums:
    """Sums over the windows of one panel, float64: p inputs that all places share, k of each place itself.

    Attributes:
        shared: [p, p];   cross: [p, H, N, T, k];   own: [H, N, T, k, k].
        said: [p, H, N, T] shared inputs with what is to be said;   mine: [H, N, T, k] own inputs with it.
        rows: windows.
    """

    shared: Tensor
    cross: Tensor
    own: Tensor
    said: Tensor
    mine: Tensor
    rows: float


class LowRank(Forecaster):
    """value(h) = usual(h) + shared(h) . [1, lags of the patterns] + own(h) . [own deviation: last, mean,
    last change, a season before].

    Patterns are the principal directions of the deviations from the usual value. ``shared`` [p, H, N, T] and ``own`` [H, N, T, k]
    are solved together: the large block is the same for all places and leads and is factored once, and each place costs what its
    own few inputs cost (Schur complement).
    """

    reads = frozenset({"profile", "season", "before"})
    patterns: Tensor
    own: Tensor
    shared: Tensor

    def __init__(self, settings: LowRankSettings, shapes: Shapes, around: Surroundings) -> None:
        super().__init__()
        self.shapes = shapes
        places = (shapes.locations, shapes.targets)
        answers = shapes.horizon * shapes.locations * shapes.targets
        self.count = min(settings.patterns, shapes.locations * shapes.targets)
        self.lags = min(settings.lags, shapes.lookback, max(1, _WEIGHTS // (self.count * answers)))
        self.register_buffer("patterns", torch.zeros(*places, self.count))
        self.register_buffer("own", torch.zeros(shapes.horizon, *places, _OWN))
        self.register_buffer("shared", torch.zeros(1 + self.count * self.lags, shapes.horizon, *places))

    def forward(self, batch: Batch) -> Tensor:
        """[B, H, N, T, 1]."""
        deviation = _deviation(batch)
        some = len(batch.location) < self.shared.shape[2]  # of all places the weights are not copied
        weights = self.shared[:, :, batch.location] if some else self.shared
        shared = torch.einsum("bp,phnt->bhnt", self._shared(batch, deviation), weights)
        own = torch.einsum("bhntk,hntk->bhnt", _own(batch, deviation), self.own[:, batch.location])
        return (batch.profile + shared + own)[..., None]

    def _shared(self, batch: Batch, deviation: Tensor) -> Tensor:
        """Inputs that all places share [B, 1 + patterns x lags]; the first pattern's lags come first."""
        found = torch.einsum("blnt,ntk->bkl", deviation[:, -self.lags :], self.patterns[batch.location])
        return torch.nn.functional.pad(found.flatten(1), (1, 0), value=1.0)

    def solve(self, source: Source, choose: Source) -> Mapping[str, Any]:
        """Patterns, then the weights; number of patterns and strength by the error on ``choose``."""
        sums = self._learn(source)
        whole = {"patterns": self.count, "pull": 1000.0}
        looks = [(windows, _some(origins, _LOOKS)) for windows, origins in choose if len(origins)]
        if not looks:
            self._take(sums, whole)
            return whole | {"chosen_on": "default"}
        counts = sorted({0, *(count for count in (1, 4, 8, self.count) if count <= self.count)})
        errors: dict[tuple[int, float], float] = {}
        for pull in _PULLS:
            # without patterns only the level is shared, so one strength is enough
            tried = counts if pull == _PULLS[0] else counts[1:]
            solved = [_solved(each, [self._used(count) for count in tried], pull) for each in sums]
            for count, weights in zip(tried, zip(*solved, strict=True), strict=True):
                self._set(weights)
                errors[count, pull] = self._error(looks)
        best = min(errors, key=errors.__getitem__)
        chosen = {"patterns": best[0], "pull": best[1]}
        self._take(sums, chosen)
        return chosen | {"chosen_on": "validation", "error_scaled": errors[best]}

    def solve_with(self, source: Source, chosen: Mapping[str, Any]) -> None:
        """The same with what was chosen before."""
        self._take(self._learn(source), chosen)

    def _chunks(self, windows: Windows, origins: Tensor, places: Tensor | None = None) -> Iterator[Batch]:
        width = (windows.locations if places is None else len(places)) * (
            self.shapes.lookback * self.shapes.features + self.shapes.horizon * 8
        )
        for part in origins.to(windows.device).split(max(1, _CHUNK_NUMBERS // max(1, width))):
            yield windows.batch(part, places, reads=self.reads)

    def _learn(self, source: Source) -> list[Sums]:
        """Patterns from drawn rows, then the sums over all windows, a panel each."""
        found = []
        for windows, origins in source:
            drawn = [_deviation(batch)[:, -1] for batch in self._chunks(windows, _some(origins, _ROWS))]
            if drawn:
                rows = torch.cat(drawn)
                self.patterns[_span(windows)] = _directions(rows.flatten(1), self.count).view(*rows.shape[1:], -1)
            found.append(self._sums(windows, origins))
        return found

    def _sums(self, windows: Windows, origins: Tensor) -> Sums:
        """A place whose truth is often missing counts as if every window had been like those that were seen.

        Of many places some are summed at a time, over many starts each.
        """
        inputs = [self._shared(batch, _deviation(batch)) for batch in self._chunks(windows, origins)]
        shared = sum(((each.T @ each).double() for each in inputs), self.shared.new_zeros(1).double())
        width = _CHUNK_NUMBERS // (_STARTS * (self.shapes.lookback * self.shapes.features + self.shapes.horizon * 8))
        places = torch.arange(windows.locations, device=windows.device)
        blocks = places.split(max(1, width)) if windows.locations > 2 * width else (None,)
        parts = [self._of_places(windows, origins, torch.cat([*inputs, self.shared.new_zeros(0, len(self.shared))]), block)
                 for block in blocks]  # fmt: skip
        cross, own, said, mine = (torch.cat([part[n] for part in parts], dim) for n, dim in enumerate((2, 1, 2, 1)))
        return Sums(shared, cross, own, said, mine, float(max(len(origins), 1)))

    def _of_places(
        self, windows: Windows, origins: Tensor, inputs: Tensor, block: Tensor | None
    ) -> tuple[Tensor, Tensor, Tensor, Tensor]:
        """cross, own, said and mine of ``Sums`` over the windows of some places (None: of all).

        Args:
            inputs: [origin, p] that all places share.
        """
        count = windows.locations if block is None else len(block)
        leads, zero = (self.shapes.horizon, count, self.shapes.targets), self.shared.new_zeros
        cross, own, said = (
            zero(len(self.shared), *leads, _OWN),
            zero(*leads, _OWN, _OWN),
            zero(len(self.shared), *leads),
        )
        mine, seen, begin = zero(*leads, _OWN), zero(leads), 0
        for batch in self._chunks(windows, origins, block):
            rows = inputs[begin : begin + len(batch.last)]
            begin += len(rows)
            target, mask = batch.truth
            of_place = _own(batch, _deviation(batch))
            ahead = (target - batch.profile) * mask
            cross += torch.einsum("bp,bhntk->phntk", rows, of_place)
            own += torch.einsum("bhntk,bhntq->hntkq", of_place, of_place)
            said += torch.einsum("bp,bhnt->phnt", rows, ahead)
            mine += torch.einsum("bhntk,bhnt->hntk", of_place, ahead)
            seen += mask.sum(0)
        share = (max(len(origins), 1) / seen.clamp(min=1)).clamp(max=10)
        return cross, own, said * share, mine * share[..., None]

    def _take(self, sums: Sequence[Sums], chosen: Mapping[str, Any]) -> None:
        """Weights of a number of patterns and a strength (rows' worth of pull of the shared weights toward none)."""
        used = self._used(int(chosen["patterns"]))
        self._set([_solved(each, [used], float(chosen["pull"]))[0] for each in sums])

    def _used(self, patterns: int) -> int:
        """Shared inputs of a number of patterns."""
        return 1 + patterns * self.lags

    def _set(self, weights: Sequence[tuple[Tensor, Tensor]]) -> None:
        """Keep the weights of each panel: shared [used, H, N, T], own [H, N, T, k]."""
        shared = torch.cat([each for each, _ in weights], dim=2)
        self.shared.zero_()
        self.shared[: len(shared)] = shared
        self.own.copy_(torch.cat([own for _, own in weights], dim=1))

    def _error(self, looks: Source) -> float:
        """Mean absolute scaled error over the origins of ``looks``."""
        return mean_error(self, (batch for windows, origins in looks for batch in self._chunks(windows, origins)))


def _deviation(batch: Batch) -> Tensor:
    """How far the history lay from its usual values [B, L, N, T]."""
    assert batch.before is not None
    return batch.past[..., : batch.last.shape[-1]] - batch.before


def _own(batch: Batch, deviation: Tensor) -> Tensor:
    """Inputs of each place itself [B, H, N, T, k]: its deviation at last, on the mean, its last change, a season before."""
    last, before = deviation[:, -1], deviation[:, max(-2, -deviation.shape[1])]
    now = torch.stack([last, deviation.mean(1), last - before], dim=-1)[:, None]
    season = (batch.season - batch.profile)[..., None]
    return torch.cat([now.expand(*season.shape[:4], -1), season], dim=-1)


def _solved(sums: Sums, used: Sequence[int], pull: float) -> list[tuple[Tensor, Tensor]]:
    """Weights of the first shared inputs [used, H, N, T] and of the own ones [H, N, T, k], for each of the increasing numbers ``used``.

    The factor of fewer inputs is a corner of that of all, so one factor and one substitution serve all numbers of inputs.
    """
    square = sums.shared[: used[-1], : used[-1]]
    scale = (square.diagonal() / sums.rows).clamp(min=1e-6)
    factor = torch.linalg.cholesky(square + torch.diag(pull * scale)).float()
    each = max(1, _CHUNK_NUMBERS // max(1, used[-1] * sums.own[:, :1, ..., 0].numel()))
    places = [slice(start, start + each) for start in range(0, sums.own.shape[1], each)]
    found = [_solved_at(sums, used, factor, part) for part in places]
    return [
        (torch.cat([shared for shared, _ in parts], 2), torch.cat([own for _, own in parts], 1))
        for parts in zip(*found, strict=True)
    ]


def _solved_at(sums: Sums, used: Sequence[int], factor: Tensor, places: slice) -> list[tuple[Tensor, Tensor]]:
    """``_solved`` of some places, with the lower Cholesky factor of the shared inputs' equations."""
    own_square, right = sums.own[:, places], sums.mine[:, places].clone()
    own_scale = (own_square.diagonal(dim1=-2, dim2=-1) / sums.rows).clamp(min=1e-4)
    left = own_square + torch.diag_embed(_OWN_PULL * own_scale)
    said, cross = (_forward(each[: used[-1], :, places], factor) for each in (sums.said, sums.cross))
    found, begin = [], 0
    for count in used:
        more = slice(begin, count)
        left = left - torch.einsum("phntk,phntq->hntkq", cross[more], cross[more])
        right = right - torch.einsum("phntk,phnt->hntk", cross[more], said[more])
        own = torch.linalg.solve(left.double(), right.double()[..., None])[..., 0].float()
        rest = said[:count] - torch.einsum("phntk,hntk->phnt", cross[:count], own)
        shared = torch.linalg.solve_triangular(factor[:count, :count].T, rest.flatten(1), upper=True)
        found.append((shared.view_as(rest), own))
        begin = count
    return found


def _forward(sums: Tensor, factor: Tensor) -> Tensor:
    """Forward substitution of [p, ...] by the lower factor [p, p]."""
    return torch.linalg.solve_triangular(factor, sums.flatten(1), upper=False).view(sums.shape)


def _directions(rows: Tensor, count: int) -> Tensor:
    """Principal directions [series, count] of rows [row, series]; 0 beyond as many as there are."""
    drawn = min(count + 8, *rows.shape)
    with torch.random.fork_rng(devices=[]):
        torch.manual_seed(0)
        found = torch.svd_lowrank(rows - rows.mean(0), q=drawn, niter=_PASSES)[2][:, :count]
    return torch.nn.functional.pad(found, (0, count - found.shape[1]))


def _span(windows: Windows) -> slice:
    """Where the places of a panel stand among those of all panels."""
    first = windows.recipe.first_location
    return slice(first, first + windows.locations)


def _some(origins: Tensor, count: int) -> Tensor:
    """Every n-th origin, about ``count`` of them."""
    return origins[:: max(1, len(origins) // count)]
