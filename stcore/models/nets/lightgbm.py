"""The code of lightgbm: see ``stcore.models.lightgbm`` for what it is, when to use it and its source."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any

import numpy as np
import torch
from torch import Tensor

from stcore.data.middle import mostly_one_value
from stcore.data.windows import Batch, Windows
from stcore.errors import ModelError
from stcore.models.contract import Shapes
from stcore.models.lightgbm import TreesSettings
from stcore.models.nets.forecaster import Forecaster, Source
from stcore.models.nets.inputs import Inputs
from stcore.models.surroundings import Surroundings
from stcore.settings import settings as limits

if TYPE_CHECKING:
    import lightgbm

_GROUPS = 12  # of leads, a booster each
_EVERY_LAG, _LAGS = 12, 24
_UNSEEN = 0.25  # cases of unseen rows for each one learnt from
_PATIENCE = 10
_CHUNK_NUMBERS = 4_000_000
_SPREAD = 256  # starts that the cases come from at least
_BINNING = {"max_bin": 63, "bin_construct_sample_cnt": 20_000, "verbose": -1}  # a third faster than 255, errors alike


@dataclass(frozen=True, eq=False)
class Cases:
    """Drawn cases, a window of one target each; of every group of leads one lead is drawn.

    Attributes:
        past: float32 [case, c] inputs that are the same for every lead.
        ahead: float32 [group, case, a] inputs of the drawn lead.
        change: float32 [group, case] what is to be said: value at that lead less the last one; NaN where not observed.
        squares: whether squared errors are to be lowered (most values are one and the same), not their sizes.
    """

    past: np.ndarray
    ahead: np.ndarray
    change: np.ndarray
    squares: bool

    def of(self, group: int) -> tuple[np.ndarray, np.ndarray]:
        """Inputs [case, c + a] and answers [case] of a group, observed ones only."""
        known = np.isfinite(self.change[group])
        return np.hstack([self.past[known], self.ahead[group, known]]), self.change[group, known]


class Trees(Forecaster):
    """change(h) = sum of trees on the inputs of a lead; a booster a group of leads, places and targets together.

    The boosters are kept as their own text in a byte buffer, which saves and loads like weights.
    """

    columns: Tensor
    text: Tensor

    def __init__(self, settings: TreesSettings, shapes: Shapes, around: Surroundings) -> None:
        super().__init__()
        self.settings, self.shapes = settings, shapes
        self.inputs = Inputs(shapes, around, settings.neighbours)
        columns = np.concatenate([np.arange(1, self.inputs.fixed), self.inputs.fixed + _looked_at(shapes.lookback - 1)])
        self.register_buffer("columns", torch.from_numpy(columns), persistent=False)
        self._last = len(columns)  # where the last value stands among the inputs
        self.groups = np.array_split(np.arange(shapes.horizon), min(_GROUPS, shapes.horizon))
        self.register_buffer("text", torch.zeros(0, dtype=torch.uint8))
        self._boosters: list[lightgbm.Booster] | None = None

    def _load_from_state_dict(self, state_dict: Any, prefix: str, *rest: Any) -> None:
        """Text of any length."""
        found = state_dict.get(f"{prefix}text")
        if found is not None:
            self.text, self._boosters = found.new_empty(found.shape), None
        super()._load_from_state_dict(state_dict, prefix, *rest)

    def forward(self, batch: Batch) -> Tensor:
        """[B, H, N, T, 1]."""
        size = (*batch.last.shape,)
        past = self._past(batch).flatten(0, 2).cpu().numpy()
        ahead = self._leads(batch, torch.arange(self.shapes.horizon, device=batch.last.device))
        out = np.empty((self.shapes.horizon, len(past)), np.float32)
        for group, booster in zip(self.groups, self.boosters(), strict=True):
            for lead in group:
                wise = ahead[:, lead].flatten(0, 2).cpu().numpy()
                out[lead] = booster.predict(np.hstack([past, wise]), num_threads=limits().threads)
        change = torch.from_numpy(out).to(batch.last).view(-1, *size).transpose(0, 1)
        return (change + batch.last[:, None])[..., None]

    def boosters(self) -> list[lightgbm.Booster]:
        """One a group of leads; read from the text where they are not at hand."""
        if self._boosters is None:
            library, text = _library(), self.text.cpu().numpy().tobytes().decode()
            found = [library.Booster(model_str=f"tree{part}") for part in text.split("\0tree")[1:]]
            self._boosters = found if found else [_Still()] * len(self.groups)  # type: ignore[list-item]
        return self._boosters

    def solve(self, source: Source, choose: Source) -> Mapping[str, Any]:
        """Trees grown on drawn cases of ``source``, as many as help on drawn cases of ``choose``."""
        seen = self._cases(source, self.settings.cases, 0)
        unseen = self._cases(choose, max(1, int(_UNSEEN * self.settings.cases)), 1)
        judged = unseen is not None and all(np.isfinite(each).any() for each in unseen.change)
        found = [self._grown(seen, group, unseen if judged else None) for group in range(len(self.groups))]
        self._keep(found)
        trees = [booster.current_iteration() for booster in found]
        squares = seen is not None and seen.squares
        return {"trees": trees, "squares": squares, "chosen_on": "validation" if judged else "default"}

    def solve_with(self, source: Source, chosen: Mapping[str, Any]) -> None:
        """Trees grown on drawn cases of ``source``, as many as were chosen before."""
        seen = self._cases(source, self.settings.cases, 0)
        seen = seen and replace(seen, squares=bool(chosen["squares"]))
        self._keep([self._grown(seen, group, None, trees) for group, trees in enumerate(chosen["trees"])])

    def _keep(self, boosters: Sequence[lightgbm.Booster]) -> None:
        text = "".join(f"\0{booster.model_to_string()}" for booster in boosters).encode()
        self.text = torch.frombuffer(bytearray(text), dtype=torch.uint8).to(self.text.device)
        self._boosters = None

    def _grown(self, seen: Cases | None, group: int, unseen: Cases | None, trees: int = 0) -> lightgbm.Booster:
        library = _library()
        inputs, change = seen.of(group) if seen else (np.zeros((0, 1)), np.zeros(0))
        if seen is None or not len(change):
            raise ModelError("No window has an observed value to learn trees from.", "Use data with fewer gaps.")
        learn = library.Dataset(inputs, change, params=_BINNING, free_raw_data=True)
        options = _BINNING | {
            "objective": "regression" if seen.squares else "regression_l1", "learning_rate": self.settings.rate, "num_leaves": self.settings.leaves,
            "min_data_in_leaf": max(1, min(self.settings.least, len(change) // 20)),
            "num_threads": limits().threads, "deterministic": True, "force_col_wise": True, "seed": 0,
        }  # fmt: skip
        if unseen is None:
            return library.train(options, learn, trees or self.settings.trees)
        checked = learn.create_valid(*unseen.of(group))
        stop = library.early_stopping(_PATIENCE, verbose=False)
        found = library.train(options, learn, self.settings.trees, valid_sets=[checked], callbacks=[stop])
        return library.Booster(model_str=found.model_to_string(num_iteration=found.best_iteration))

    def _past(self, batch: Batch) -> Tensor:
        """Inputs that are the same for every lead: a selection of the common ones, the last value, the place: [B, N, T, c]."""
        common = self.inputs.of_past(batch)[..., self.columns]
        place = batch.location.to(common)[:, None].expand(common.shape[:3])
        target = torch.arange(common.shape[2], device=common.device).expand(common.shape[:3])
        return torch.cat([common, torch.stack([batch.last, place, target.to(common)], dim=-1)], dim=-1)

    def _leads(self, batch: Batch, leads: Tensor) -> Tensor:
        """Inputs of some leads: usual value, season, known-ahead, calendar, the lead itself: [B, leads, N, T, a]."""
        own = self.inputs.of_leads(batch)[:, leads]
        phase = batch.calendar[:, leads].to(own)[:, :, None, None].expand(*own.shape[:4], -1)
        lead = leads.to(own)[:, None, None, None].expand(*own.shape[:4], 1)
        return torch.cat([own, phase, lead], dim=-1)

    def _cases(self, source: Source, count: int, seed: int) -> Cases | None:
        """About ``count`` cases drawn from all panels alike; None where there is no window."""
        total = sum(len(origins) * windows.locations for windows, origins in source)
        if not total:
            return None
        draw = torch.Generator().manual_seed(seed)
        parts = [
            self._drawn(batch, places, draw)
            for windows, origins in source
            for batch, places in self._chunks(windows, origins, count / total / self.shapes.targets, draw)
        ]
        past, ahead, change = (
            np.concatenate(each, axis=-2 if n < 2 else -1) for n, each in enumerate(zip(*parts, strict=True))
        )
        return Cases(past, ahead, change, mostly_one_value(change + past[:, self._last]))

    def _chunks(
        self, windows: Windows, origins: Tensor, share: float, draw: torch.Generator
    ) -> Iterator[tuple[Batch, int]]:
        """Batches of drawn starts, and how many places of each count."""
        wanted = min(1.0, share) * len(origins) * windows.locations
        starts = min(len(origins), max(_SPREAD, round(wanted / windows.locations)))
        places = max(1, min(windows.locations, round(wanted / max(starts, 1))))
        width = windows.locations * (self.shapes.lookback * self.shapes.features + self.shapes.horizon * 6)
        chosen = origins[torch.randperm(len(origins), generator=draw)[:starts]].to(windows.device)
        for part in chosen.split(max(1, _CHUNK_NUMBERS // max(1, width))):
            yield windows.batch(part), places

    def _drawn(self, batch: Batch, places: int, draw: torch.Generator) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
        """Inputs and answers of some places of a batch, one lead a group."""
        target, mask = batch.truth
        some = torch.randperm(target.shape[2], generator=draw)[:places].to(target.device)
        leads = torch.tensor([group[int(torch.randint(len(group), (1,), generator=draw))] for group in self.groups])
        leads = leads.to(target.device)
        change = torch.where(mask, target - batch.last[:, None], torch.nan)[:, leads][:, :, some]
        ahead = self._leads(batch, leads)[:, :, some]
        return (
            self._past(batch)[:, some].flatten(0, 2).cpu().numpy(),
            ahead.transpose(0, 1).flatten(1, 3).cpu().numpy(),
            change.transpose(0, 1).flatten(1, 3).cpu().numpy(),
        )


def _looked_at(lags: int) -> np.ndarray:
    """Which of the lags are inputs: all of the latest, then ever fewer: int64, increasing."""
    near = np.arange(min(lags, _EVERY_LAG))
    if lags <= _EVERY_LAG:
        return near
    return np.union1d(near, np.geomspace(_EVERY_LAG, lags, _LAGS - _EVERY_LAG).astype(np.int64) - 1)


class _Still:
    """What a booster says before there is one: no change."""

    def predict(self, inputs: np.ndarray, num_threads: int) -> np.ndarray:
        return np.zeros(len(inputs), np.float32)


def _library() -> Any:
    """The package, after torch: torch brings the OpenMP library that it asks for.

    Raises:
        ModelError: it cannot be loaded on this machine.
    """
    try:
        import lightgbm
    except (ImportError, OSError) as error:
        raise ModelError(
            f"Boosted trees need the package lightgbm, which cannot be loaded here ({error}).",
            "Install it with `pip install lightgbm` (and libgomp1 on Linux), or leave this model out.",
        ) from error
    return lightgbm
