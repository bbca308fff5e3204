"""Windows by index: one contiguous tensor a panel on the training device, and batches gathered from it.

Axis letters: B origins of a batch, L lookback, H horizon, N locations, F features, T targets, G known-ahead covariates,
C calendar cycles. There is no DataLoader and no Python a window.
"""

from __future__ import annotations

from dataclasses import dataclass, replace

import numpy as np
import torch
from torch import Tensor

from stcore.data.memory import limit_bytes
from stcore.data.panel import Panel
from stcore.data.prepare.features import calendar
from stcore.data.prepare.recipe import Recipe
from stcore.data.window_arrays import extended, lay, needed_bytes

_BLOCK_CELLS = 2_000_000


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
        base: [B, H, N, T] what a forecast and ``target`` count from, where they are changes; None: from 0. ``past``, ``last``,
            ``season`` and ``profile`` of the targets are changes then too.
        label: [B, H, N] class of an event at each target time, -1 = not known; None where none is asked for.
        before: [B, L, N, T] usual value at each time of ``past`` (0 where targets are changes); None where not asked for.
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
    base: Tensor | None = None
    label: Tensor | None = None
    before: Tensor | None = None

    def level(self, forecast: Tensor) -> Tensor:
        """Scaled values [B, H, N, T] of a forecast that may be a change."""
        return forecast if self.base is None else forecast + self.base

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
            base=cut(self.base), label=None if self.label is None else self.label[origins][..., locations],
            before=cut(self.before),
        )  # fmt: skip


_ALL = frozenset({"season", "profile", "network", "calendar", "future"})


class Windows:
    """The windows of one panel: on its device, or where they are larger than memory should be in temporary files.

    Memory: about (1.25 x features + targets + known-ahead) x steps x locations x 4 bytes; where gaps are filled, targets
    more; where they are filled from both sides, 2 x features more. In files the numbers are the same, and batches are brought
    to the device; the files have no name and go with the windows, also when a training fails.
    """

    def __init__(
        self, panel: Panel, recipe: Recipe, device: torch.device, rows: int | None = None, train_rows: int = 0,
        in_files: bool | None = None,
    ) -> None:  # fmt: skip
        """Args:
        rows: only the first ``rows`` steps count as past or truth (later ones are known-ahead covariates only).
        train_rows: the rows the profile was fitted on, when windows of them are to be fitted on.
        in_files: whether they lie in temporary files; None: where they would take more than ``memory.limit_bytes()``.

        Raises:
            StoreError: no space for the files on the disk.
        """
        self.recipe = recipe
        self.device = device
        self.rows = len(panel.time) if rows is None else rows
        self.in_files = needed_bytes(panel, recipe) > limit_bytes() if in_files is None else in_files
        self.home = torch.device("cpu") if self.in_files else device
        laid = lay(panel, recipe, self.rows, train_rows, self.in_files)
        self.filled, self.mask = self._kept(laid.filled), self._kept(laid.mask)
        self.carried = self.filled if laid.carried is laid.filled else self._kept(laid.carried)
        self.known = None if laid.known is None else self._kept(laid.known)
        self.future, self.usual = self._kept(laid.future), self._kept(laid.usual)
        self.change = None if laid.change is None else self._kept(laid.change)
        times = extended(panel.time, self.rows + recipe.reach, recipe.step)
        self.calendar = torch.from_numpy(calendar(times, recipe.cycles)).to(device)
        count = len(recipe.targets)
        told = (self.filled if self.known is None else self.carried)[..., :count]
        self.network = _network(told, self.mask[..., :count]).to(device)
        self.labels: Tensor | None = None

    def _kept(self, array: np.ndarray) -> Tensor:
        return torch.from_numpy(array).to(self.home)

    def with_labels(self, labels: np.ndarray) -> Windows:
        """The same, with the class of an event at each time and place: int8 [time, location], -1 = not known."""
        self.labels = torch.from_numpy(labels[: self.rows]).to(self.home)
        return self

    @property
    def locations(self) -> int:
        """Number of locations."""
        return int(self.filled.shape[1])

    def batch(
        self, origins: Tensor, locations: Tensor | None = None, with_target: bool = True, reads: frozenset[str] | None = None
    ) -> Batch:  # fmt: skip
        """Gather the windows of some origins (int64 rows [B]) at some locations (int64 [N]; None = all).

        Args:
            reads: which of season, profile, network, calendar and future are needed; the others stay empty, with no step
                at all. None: all of these; ``before`` comes only where it is named.
        """
        recipe = self.recipe
        count = len(recipe.targets)
        back = origins[:, None] + torch.arange(1 - recipe.lookback, 1, device=self.device)
        ahead = self._ahead(origins)
        past, mask = self._take(self.filled, back, locations), self._take(self.mask, back, locations)
        if self.known is not None:
            told = self._take(self.known, back, locations) <= origins[:, None, None, None]
            past = torch.where(told, past, self._take(self.carried, back, locations))
        last = past[:, -1, :, :count]
        every = torch.arange(self.locations, device=self.device) if locations is None else locations
        wanted = _ALL if reads is None or self.change is not None else reads
        steps_ahead = {name: ahead if name in wanted else ahead[:, :0] for name in _ALL}
        batch = Batch(
            past=past, past_mask=mask, last=last, location=every + recipe.first_location,
            season=self._season(self.filled, steps_ahead["season"], origins, locations, last),
            profile=self._take(self.usual, steps_ahead["profile"], locations),
            network=self.network[back if "network" in wanted else back[:, :0]],
            calendar=self.calendar[steps_ahead["calendar"]], future=self._take(self.future, steps_ahead["future"], locations),
            before=self._take(self.usual, back, locations) if reads is not None and "before" in reads else None,
        )  # fmt: skip
        if with_target:
            truth, seen = self._take(self.filled, ahead, locations), self._take(self.mask, ahead, locations)
            label = None if self.labels is None else self._take(self.labels, ahead, locations).long()
            batch = replace(batch, target=truth[..., :count], target_mask=seen[..., :count], label=label)
        return batch if self.change is None else self._as_changes(batch, origins, locations)

    def _ahead(self, origins: Tensor) -> Tensor:
        """Rows of the target times [B, H]."""
        steps_ahead = torch.arange(1, self.recipe.horizon + 1, device=self.device) + self.recipe.gap
        return origins[:, None] + steps_ahead

    def _as_changes(self, batch: Batch, origins: Tensor, locations: Tensor | None) -> Batch:
        """The same windows with targets as changes: from the last value, or from the value a season before.

        A forecast h steps ahead is the change since then as a whole, so that it comes back by one sum, its quantiles too.
        """
        assert self.change is not None
        lag = 1 if self.recipe.difference == "first" else self.recipe.season
        count, back = (
            len(self.recipe.targets),
            origins[:, None] + torch.arange(1 - self.recipe.lookback, 1, device=self.device),
        )
        past, mask = batch.past.clone(), batch.past_mask.clone()
        past[..., :count] = self._take(self.change, back, locations)
        mask[..., :count] &= (back >= lag)[:, :, None, None]
        network = batch.network
        if self.recipe.difference == "first":
            base = batch.last[:, None].expand(-1, self.recipe.horizon, -1, -1)
            last, season = torch.zeros_like(batch.last), batch.season - base
        else:
            base, last = batch.season, past[:, -1, :, :count]
            season = self._season(self.change, self._ahead(origins), origins, locations, last)
            network = network - self.network[(back - lag).clamp(min=0)]
        target = None if batch.target is None else batch.target - base
        return replace(
            batch, past=past, past_mask=mask, last=last, season=season, profile=batch.profile - base, network=network,
            target=target, base=base, before=None if batch.before is None else torch.zeros_like(batch.before),
        )  # fmt: skip

    def naive(self, batch: Batch, origins: Tensor) -> tuple[Tensor, Tensor]:
        """Last measured value [B, N, T] and the one a season before each target time [B, H, N, T], whatever models see."""
        if self.carried is self.filled and self.change is None:
            return batch.last, batch.season
        last = self._take(self.carried, origins[:, None], None)[:, 0, :, : len(self.recipe.targets)]
        return last, self._season(self.filled, self._ahead(origins), origins, None, last)

    def _take(self, source: Tensor, rows: Tensor, locations: Tensor | None) -> Tensor:
        """Values of some rows [B, L] at some locations, on the device."""
        rows = rows.to(self.home)
        if locations is None:
            return source[rows].to(self.device)
        return source[rows[:, :, None], locations.to(self.home)[None, None, :]].to(self.device)

    def _season(
        self, source: Tensor, ahead: Tensor, origins: Tensor, locations: Tensor | None, last: Tensor
    ) -> Tensor:  # fmt: skip
        """Measured value of ``source`` a whole number of seasons before each target time, at or before the origin."""
        period = self.recipe.season
        count = len(self.recipe.targets)
        lead = ahead - origins[:, None]
        rows = ahead - period * ((lead + period - 1) // period)
        values = self._take(source, rows.clamp(min=0), locations)[..., :count]
        seen = self._take(self.mask, rows.clamp(min=0), locations)[..., :count] & (rows >= 0)[:, :, None, None]
        return torch.where(seen, values, last[:, None])


def _network(told: Tensor, mask: Tensor) -> Tensor:
    """Mean over locations [time, N, T] -> [time, T]; where nothing was observed, of the values carried forward."""
    found = told.new_empty(told.shape[0], told.shape[2])
    size = max(1, _BLOCK_CELLS // max(1, told[:1].numel()))
    for start in range(0, len(told), size):
        part = slice(start, start + size)
        count = mask[part].sum(1)
        observed = (told[part] * mask[part]).sum(1) / count.clamp(min=1)
        found[part] = torch.where(count > 0, observed, told[part].mean(1))
    return found
