"""Windows by index: one contiguous tensor a panel on the training device, and batches gathered from it.

Axis letters: B origins of a batch, L lookback, H horizon, N locations, F features, T targets, G known-ahead covariates,
C calendar cycles. There is no DataLoader and no Python a window.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field, replace

import numpy as np
import pandas as pd
import torch
from torch import Tensor

from stcore.data import steps
from stcore.data.panel import Panel
from stcore.data.prepare import gaps
from stcore.data.prepare.features import Profile, calendar
from stcore.data.prepare.pipeline import Pipeline
from stcore.data.prepare.scale import Scaler
from stcore.data.steps import Cycle


@dataclass(frozen=True, eq=False)
class Batch:
    """Some windows, scaled. Nothing in it but ``target`` and ``target_mask`` lies after the origin, known-ahead apart.

    Attributes:
        past: [B, L, N, F] values, gaps as the pipeline filled them, others with the last value before them (0 = the train
            mean where there is none).
        past_mask: [B, L, N, F] True where observed.
        last: [B, N, T] value of each target at the origin, as in ``past``.
        season: [B, H, N, T] value one season (or more) before each target time; the last value where there is none.
        profile: [B, H, N, T] usual value at each target time, from the train part.
        network: [B, L, T] mean over the locations observed at that time (over all of them where none was).
        calendar: [B, H, C] phase of each target time.
        future: [B, H, N, G] known-ahead covariates at the target times.
        location: [N] position of each location in the embedding tables.
        target, target_mask: [B, H, N, T] truth and where it is observed, or None.
    """

    past: Tensor
    past_mask: Tensor
    last: Tensor
    season: Tensor
    profile: Tensor
    network: Tensor
    calendar: Tensor
    future: Tensor
    location: Tensor
    target: Tensor | None = None
    target_mask: Tensor | None = None

    @property
    def truth(self) -> tuple[Tensor, Tensor]:
        """target and target_mask of a batch that was gathered with them."""
        if self.target is None or self.target_mask is None:
            raise ValueError("this batch was gathered without its target")
        return self.target, self.target_mask

    def part(self, origins: slice, locations: slice) -> Batch:
        """Views of some of its origins and locations."""

        def cut(tensor: Tensor | None) -> Tensor | None:
            return None if tensor is None else tensor[origins][..., locations, :]

        return Batch(
            past=self.past[origins][:, :, locations], past_mask=self.past_mask[origins][:, :, locations],
            last=self.last[origins][:, locations], season=self.season[origins][:, :, locations],
            profile=self.profile[origins][:, :, locations], network=self.network[origins],
            calendar=self.calendar[origins], future=self.future[origins][:, :, locations],
            location=self.location[locations], target=cut(self.target), target_mask=cut(self.target_mask),
        )  # fmt: skip


@dataclass(frozen=True, eq=False)
class Recipe:
    """What was fitted on the train part of one panel; enough to make windows of another stretch of it.

    Attributes:
        features: all values a model sees, targets first.
        targets: names of the targets.
        known_ahead: names of covariates known for the future.
        season: period in steps of the seasonal baseline; ``season_words`` as people say it.
        first_location: where this panel's locations start in the embedding tables.
        pipeline: how gaps are filled before.
    """

    features: tuple[str, ...]
    targets: tuple[str, ...]
    known_ahead: tuple[str, ...]
    step: str
    lookback: int
    horizon: int
    cycles: tuple[Cycle, ...]
    scaler: Scaler
    profile: Profile
    season: int
    season_words: str
    locations: tuple[str, ...]
    first_location: int = 0
    pipeline: Pipeline = field(default_factory=Pipeline)

    @property
    def target_scaler(self) -> Scaler:
        """Scaler of the targets [location, target]."""
        return self.scaler.select(list(range(len(self.targets))))


class Windows:
    """The windows of one panel on one device.

    Memory: about (1.25 x features + targets + known-ahead) x steps x locations x 4 bytes; where gaps are filled, targets
    more; where they are filled from both sides, 2 x features more.
    """

    def __init__(
        self, panel: Panel, recipe: Recipe, device: torch.device, rows: int | None = None, train_rows: int = 0
    ) -> None:
        """Args:
        rows: only the first ``rows`` steps count as past or truth (later ones are known-ahead covariates only).
        train_rows: the rows the profile was fitted on, when windows of them are to be fitted on.
        """
        self.recipe = recipe
        self.device = device
        self.rows = len(panel.time) if rows is None else rows
        panel = panel.select(recipe.features)
        scaled = recipe.scaler.transform(panel.values)
        filled, mask = _fill_forward(scaled[: self.rows])
        if panel.observed is not None:
            mask &= panel.observed[: self.rows]
        self.filled = torch.from_numpy(filled).to(device)
        self.mask = torch.from_numpy(mask).to(device)
        self.carried, self.known = self._as_measured(scaled, mask)
        self.future = torch.from_numpy(self._future(scaled)).to(device)
        times = _extended(panel.time, self.rows + recipe.horizon, recipe.step)
        self.calendar = torch.from_numpy(calendar(times, recipe.cycles)).to(device)
        count = len(recipe.targets)
        usual = recipe.profile.usual(times)
        if train_rows:
            train = np.where(mask[:train_rows, :, :count], scaled[:train_rows, :, :count], np.float32(np.nan))
            usual[:train_rows] = recipe.profile.leave_one_out(train, times[:train_rows])
        self.usual = torch.from_numpy(usual).to(device)
        known = self.filled if self.known is None else self.carried
        self.network = _network(known[..., :count], self.mask[..., :count])

    def _as_measured(self, scaled: np.ndarray, mask: np.ndarray) -> tuple[Tensor, Tensor | None]:
        """The last *measured* value [rows, N, F or T] (targets alone where that is enough), and the row from which on a
        filled value is known int32 [rows, N, F], or None where every fill is known at its own time."""
        pipeline = self.recipe.pipeline
        if pipeline.filler is None:
            return self.filled, None
        count = scaled.shape[-1] if pipeline.ends else len(self.recipe.targets)
        measured = np.where(mask, scaled[: self.rows], np.float32(np.nan))[..., :count]
        carried = torch.from_numpy(_fill_forward(measured)[0]).to(self.device)
        return carried, torch.from_numpy(gaps.known_from(mask, pipeline.ends)).to(
            self.device
        ) if pipeline.ends else None

    @property
    def locations(self) -> int:
        """Number of locations."""
        return int(self.filled.shape[1])

    def _future(self, scaled: np.ndarray) -> np.ndarray:
        """Known-ahead covariates [rows + H, N, G], gaps and the end filled with the last value."""
        recipe = self.recipe
        which = [recipe.features.index(name) for name in recipe.known_ahead]
        length = self.rows + recipe.horizon
        known = scaled[:length, :, which]
        missing = length - len(known)
        if missing > 0:
            known = np.concatenate([known, np.full((missing, *known.shape[1:]), np.nan, np.float32)])
        return _fill_forward(known)[0] if which else np.ascontiguousarray(known, np.float32)

    def batch(self, origins: Tensor, locations: Tensor | None = None, with_target: bool = True) -> Batch:
        """Gather the windows of some origins (int64 rows [B]) at some locations (int64 [N]; None = all)."""
        recipe = self.recipe
        count = len(recipe.targets)
        back = origins[:, None] + torch.arange(1 - recipe.lookback, 1, device=self.device)
        ahead = origins[:, None] + torch.arange(1, recipe.horizon + 1, device=self.device)
        past, mask = self._take(self.filled, back, locations), self._take(self.mask, back, locations)
        if self.known is not None:
            told = self._take(self.known, back, locations) <= origins[:, None, None, None]
            past = torch.where(told, past, self._take(self.carried, back, locations))
        last = past[:, -1, :, :count]
        every = torch.arange(self.locations, device=self.device) if locations is None else locations
        batch = Batch(
            past=past, past_mask=mask, last=last, season=self._season(ahead, origins, locations, last),
            profile=self._take(self.usual, ahead, locations), network=self.network[back],
            calendar=self.calendar[ahead], future=self._take(self.future, ahead, locations),
            location=every + recipe.first_location,
        )  # fmt: skip
        if not with_target:
            return batch
        truth, seen = self._take(self.filled, ahead, locations), self._take(self.mask, ahead, locations)
        return replace(batch, target=truth[..., :count], target_mask=seen[..., :count])

    def naive(self, batch: Batch, origins: Tensor) -> tuple[Tensor, Tensor]:
        """Last measured value [B, N, T] and the one a season before each target time [B, H, N, T], whatever models see."""
        if self.carried is self.filled:
            return batch.last, batch.season
        last = self.carried[origins][..., : len(self.recipe.targets)]
        ahead = origins[:, None] + torch.arange(1, self.recipe.horizon + 1, device=self.device)
        return last, self._season(ahead, origins, None, last)

    @staticmethod
    def _take(source: Tensor, rows: Tensor, locations: Tensor | None) -> Tensor:
        return source[rows] if locations is None else source[rows[:, :, None], locations[None, None, :]]

    def _season(self, ahead: Tensor, origins: Tensor, locations: Tensor | None, last: Tensor) -> Tensor:
        """Value a whole number of seasons before each target time, at or before the origin."""
        period = self.recipe.season
        count = len(self.recipe.targets)
        lead = ahead - origins[:, None]
        rows = ahead - period * ((lead + period - 1) // period)
        values = self._take(self.filled, rows.clamp(min=0), locations)[..., :count]
        seen = self._take(self.mask, rows.clamp(min=0), locations)[..., :count] & (rows >= 0)[:, :, None, None]
        return torch.where(seen, values, last[:, None])


def make_recipe(
    panel: Panel, train_rows: int, targets: Sequence[str], lookback: int, horizon: int,
    cycles: tuple[Cycle, ...], scale: str, season: tuple[int, str], first_location: int = 0,
    pipeline: Pipeline | None = None,
) -> Recipe:  # fmt: skip
    """Fit scaler and profile on the first ``train_rows`` steps: nothing later is looked at."""
    known = tuple(
        name for name in panel.features if name not in targets and _reaches(panel.schema[name].known_ahead, horizon)
    )
    features = (*targets, *(name for name in panel.features if name not in targets))
    train = panel.select(features).measured(train_rows)
    scaler = Scaler.fit(train, scale)
    scaled = scaler.transform(train)[:, :, : len(targets)]
    profile = Profile.fit(scaled, panel.time[:train_rows], cycles)
    return Recipe(
        features=features, targets=tuple(targets), known_ahead=known, step=panel.step, lookback=lookback,
        horizon=horizon, cycles=cycles, scaler=scaler, profile=profile, season=season[0], season_words=season[1],
        locations=tuple(panel.locations.index), first_location=first_location, pipeline=pipeline or Pipeline(),
    )  # fmt: skip


def _reaches(known_ahead: bool | int, horizon: int) -> bool:
    """Whether a covariate is known for all steps ahead; one that is known for some of them counts as past only."""
    return known_ahead if isinstance(known_ahead, bool) else known_ahead >= horizon


def _fill_forward(scaled: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Last value carried forward over time (0 before the first) and the mask, float32 and bool [time, N, F]."""
    mask = ~np.isnan(scaled)
    if mask.all():
        return np.ascontiguousarray(scaled, np.float32), mask
    rows = np.where(mask, np.arange(len(scaled), dtype=np.int32)[:, None, None], -1)
    np.maximum.accumulate(rows, axis=0, out=rows)
    filled = np.take_along_axis(scaled, np.maximum(rows, 0), axis=0)
    filled[rows < 0] = 0
    return np.ascontiguousarray(filled, np.float32), mask


def _network(filled: Tensor, mask: Tensor) -> Tensor:
    """Mean over locations [time, N, T] -> [time, T]; where nothing was observed, of the values carried forward."""
    count = mask.sum(1)
    observed = (filled * mask).sum(1) / count.clamp(min=1)
    return torch.where(count > 0, observed, filled.mean(1))


def _extended(times: pd.DatetimeIndex, length: int, step: str) -> pd.DatetimeIndex:
    """The first ``length`` times, continued beyond the end where needed."""
    if length <= len(times):
        return times[:length]
    return times.append(steps.following(times[-1], length - len(times), step))
