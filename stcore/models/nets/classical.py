"""What classical models share: one series at a time is estimated by statsmodels, all windows are forecast at once.

A series here is the scaled difference of a place's target from its usual value. Its parameters are estimated on the train rows;
every forecast starts anew from the history of its window, so that nothing after the origin is read.
"""

from __future__ import annotations

import warnings
from collections.abc import Callable, Iterator, Mapping, Sequence
from typing import Any

import numpy as np
import torch
from torch import Tensor

from stcore.data.windows import Batch, Windows
from stcore.models.contract import Shapes
from stcore.models.nets.forecaster import Forecaster, Source, mean_error

_CHUNK_NUMBERS = 4_000_000
_LOOKS = 300  # starts that one look at the unseen error takes
_TRIED = 8  # series on which the kinds are tried


class Classical(Forecaster):
    """Coefficients [N, T, P] in a buffer; which kind of model they belong to is kept beside them as a number.

    A subclass names its ``kinds``, estimates the parameters of one series, and runs them over windows.
    """

    reads = frozenset({"profile", "before"})
    kinds: Sequence[Any] = ()
    coefficients: Tensor
    kind: Tensor

    def __init__(self, shapes: Shapes, count: int, series: int, rows: int) -> None:
        super().__init__()
        self.shapes, self.series, self.rows = shapes, series, rows
        self.register_buffer("coefficients", torch.zeros(shapes.locations, shapes.targets, count))
        self.register_buffer("kind", torch.zeros((), dtype=torch.int64))

    def estimate(self, series: np.ndarray, kind: int) -> np.ndarray | None:
        """Parameters [P] of one series float64 [time] without gaps; None where none can be found."""
        raise NotImplementedError

    def run(self, parameters: Tensor, values: Tensor, seen: Tensor, kind: int) -> Tensor:
        """Forecasts [B, H, N, T] from histories [B, L, N, T] and where they were observed."""
        raise NotImplementedError

    def forward(self, batch: Batch) -> Tensor:
        """[B, H, N, T, 1]."""
        assert batch.before is not None
        targets = self.shapes.targets
        history, seen = batch.past[..., :targets] - batch.before, batch.past_mask[..., :targets]
        found = self.run(self.coefficients[batch.location], history, seen, int(self.kind))
        return (found + batch.profile)[..., None]

    def solve(self, source: Source, choose: Source) -> Mapping[str, Any]:
        """The kind that errs least on ``choose`` with the middle parameters of a few series; then all series."""
        looks = [(windows, origins[:: max(1, len(origins) // _LOOKS)]) for windows, origins in choose if len(origins)]
        kinds = list(range(len(self.kinds)))
        errors = []
        for kind in kinds if looks and len(kinds) > 1 else ():
            self._take(source, kind, _TRIED)
            errors.append(self._error(looks))
        best = kinds[min(range(len(errors)), key=errors.__getitem__)] if errors else kinds[0]
        self._take(source, best, self.series)
        return {"kind": best, "chosen_on": "validation" if errors else "default"}

    def solve_with(self, source: Source, chosen: Mapping[str, Any]) -> None:
        """The same kind on other rows."""
        self._take(source, int(chosen["kind"]), self.series)

    def _take(self, source: Source, kind: int, series: int) -> None:
        self.kind.fill_(kind)
        for windows, origins in source:
            if len(origins):
                values = self._values(windows, int(origins.max()) + self.shapes.horizon + 1)
                first = windows.recipe.first_location
                found = _of_all(values, series, lambda each: self.estimate(each, kind), self.coefficients.shape[-1])
                size = (windows.locations, self.shapes.targets, -1)
                self.coefficients[first : first + windows.locations] = torch.from_numpy(found).view(size)

    def _values(self, windows: Windows, end: int) -> np.ndarray:
        """Differences from the usual value [time, series], gaps carried forward; the last ``rows`` before ``end``."""
        rows = slice(max(0, end - self.rows), end)
        targets = self.shapes.targets
        filled = windows.filled if windows.change is None else windows.change
        usual = windows.usual[rows][: len(filled[rows])] if windows.change is None else 0
        values: np.ndarray = (filled[rows, :, :targets] - usual).flatten(1).cpu().double().numpy()
        return values

    def _chunks(self, windows: Windows, origins: Tensor) -> Iterator[Batch]:
        width = windows.locations * (self.shapes.lookback * self.shapes.features * 2 + self.shapes.horizon * 6)
        for part in origins.to(windows.device).split(max(1, _CHUNK_NUMBERS // max(1, width))):
            yield windows.batch(part, reads=self.reads)

    def _error(self, looks: Source) -> float:
        """Mean absolute scaled error over the origins of ``looks``."""
        return mean_error(self, (batch for windows, origins in looks for batch in self._chunks(windows, origins)))


def _of_all(
    values: np.ndarray, series: int, estimate: Callable[[np.ndarray], np.ndarray | None], count: int
) -> np.ndarray:
    """Parameters float32 [series, P]: estimated for some, evenly spread; the middle of those for the others."""
    out = np.full((values.shape[1], count), np.nan, np.float32)
    some = np.unique(np.linspace(0, values.shape[1] - 1, min(series, values.shape[1])).astype(int))
    for number in some:
        if np.ptp(values[:, number]) > 0:
            with warnings.catch_warnings():
                warnings.simplefilter("ignore")  # of the estimator about starts and convergence; results are checked
                found = estimate(values[:, number])
            if found is not None and np.isfinite(found).all():
                out[number] = found
    known = np.asarray(np.isfinite(out).all(axis=1))
    middle = np.median(out[known], axis=0) if known.any() else np.zeros(count, np.float32)
    return np.asarray(np.where(known[:, None], out, middle), np.float32)
