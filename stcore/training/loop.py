"""The one training loop: windows by index, masked loss, one-cycle rate, a checkpoint every epoch, the best epoch kept."""

from __future__ import annotations

import math
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import torch
from torch import Tensor

from stcore.data.prepare.augment import augment
from stcore.data.windows import Batch, Windows
from stcore.errors import Cancelled, Diverged, OutOfMemory
from stcore.experiment import TrainingConfig
from stcore.models.nets.forecaster import Forecaster
from stcore.models.nets.heads import ClassHead, Head
from stcore.preparation import AugmentConfig
from stcore.training import checkpoint as checkpoints

Source = Sequence[tuple[Windows, Tensor]]
_VALIDATION_WINDOWS = 60_000
_FEWEST_ORIGINS = 8


@dataclass(frozen=True)
class Hooks:
    """How the loop talks to whoever started it.

    Attributes:
        progress: gets one JSON-able mapping an epoch.
        should_stop: read every step.
        folder: where checkpoints go; None = none.
        run_hash: identity of the run the checkpoints belong to.
    """

    progress: Callable[[Mapping[str, Any]], None] = lambda event: None
    should_stop: Callable[[], bool] = lambda: False
    folder: Path | None = None
    run_hash: str = ""


@dataclass
class State:
    """What is known after an epoch.

    Attributes:
        history: one mapping an epoch (see ``Fitted.history``).
        best_epoch: epoch with the lowest validation loss (the last one where there is no validation), 1-based.
        best: module state of that epoch.
    """

    epoch: int = 0
    best_epoch: int = 0
    best_loss: float = math.inf
    history: list[dict[str, float]] = field(default_factory=list)
    best: dict[str, Tensor] = field(default_factory=dict)


class Trainer:
    """Trains one module; use once.

    Args:
        weights: [location, target] spread of the values: an error counts by its size in units. Of several targets each is
            measured by its own mean spread. Gradients never see the unit itself, so that metres learn like millimetres;
            the losses that are told have it back where there is one target.
        total_epochs: epochs the rate is planned for; a refit stops before.
    """

    def __init__(
        self, module: Forecaster, head: Head, options: TrainingConfig, weights: Tensor, seed: int, hooks: Hooks
    ) -> None:  # fmt: skip
        self.module, self.head, self.options, self.seed, self.hooks = module, head, options, seed, hooks
        self.device = weights.device
        self.usual = weights.mean(dim=0)
        self.weights = weights / self.usual
        self.unit = float(self.usual[0]) if len(self.usual) == 1 else 1.0
        self.optimiser = torch.optim.AdamW(
            module.parameters(), lr=options.learning_rate, weight_decay=options.weight_decay
        )
        self.scaler = torch.amp.GradScaler("cuda", enabled=self.device.type == "cuda")
        self.state = State()
        self.steps_per_epoch = 1
        self.variations = AugmentConfig()
        self.drawn = 0

    def run(
        self, source: Source, choose: Source, epochs: int | None = None, variations: AugmentConfig | None = None
    ) -> State:
        """Train on ``source``; keep the best epoch on ``choose`` (empty: the last one). Resumes from a checkpoint.

        Args:
            epochs: stop after so many although the rate is planned for ``options.epochs`` (a refit).
            variations: how training windows are varied; None: not at all.

        Raises:
            Cancelled, Diverged, OutOfMemory
        """
        last = epochs or self.options.epochs
        self.variations = variations or self.variations
        self.steps_per_epoch = len(list(self._plan(source, 0)))
        check = [(windows, _thin(windows, origins)) for windows, origins in choose if len(origins)]
        self._resume()
        while self.state.epoch < last and not self._finished(bool(check)):
            self._epoch(source, check, last)
        if self.state.best:
            self.module.load_state_dict(self.state.best)
        self.module.eval()
        return self.state

    def _finished(self, checked: bool) -> bool:
        """True when the unseen error has not improved for ``patience`` epochs."""
        return checked and self.state.epoch - self.state.best_epoch >= self.options.patience and self.state.epoch > 0

    def _epoch(self, source: Source, check: Source, last: int) -> None:
        begin, cpu = time.perf_counter(), time.process_time()
        number = self.state.epoch
        torch.manual_seed((self.seed * 1_000_003 + number) % 2**63)
        self.module.train()
        total = torch.zeros((), device=self.device)
        windows_seen = 0
        for step, (windows, origins, locations) in enumerate(self._plan(source, number)):
            if self.hooks.should_stop():
                raise Cancelled(
                    f"Stopped in epoch {number + 1} of {last}.", "Retry the job to go on from the last checkpoint."
                )
            self.drawn = number * self.steps_per_epoch + step
            self._set_rate(self.drawn)
            total += self._step(windows, origins, locations)
            windows_seen += len(origins) * (windows.locations if locations is None else len(locations))
        train_loss = float(total) / self.steps_per_epoch * (self.unit if self.head.by_size else 1)
        if not math.isfinite(train_loss):
            raise Diverged(
                f"The loss stopped being a number in epoch {number + 1} (learning rate {self.options.learning_rate:g}).",
                f"Try a learning rate of {self.options.learning_rate / 4:g}.",
            )
        validation = self.evaluate(check) if check else (train_loss, math.nan)
        seconds = time.perf_counter() - begin
        row = {
            "epoch": number + 1, "train_loss": train_loss, "validation_loss": validation[0] if check else math.nan,
            "baseline_loss": validation[1], "seconds": seconds, "windows_per_s": windows_seen / max(seconds, 1e-9),
            "steps_per_s": self.steps_per_epoch / max(seconds, 1e-9), "cpu_s": time.process_time() - cpu,
        }  # fmt: skip
        self._record(row, validation[0] if check else -float(number))
        unseen = {"validation_mae": validation[0], "baseline_mae": validation[1]} if check else {}
        told = {name: value for name, value in {**row, **unseen}.items() if math.isfinite(value)}
        self.hooks.progress({"event": "epoch", **told, "epochs": last, "seconds_left": self._left(last)})

    def _record(self, row: dict[str, float], loss: float) -> None:
        state = self.state
        state.epoch += 1
        state.history.append(row)
        if loss < state.best_loss:
            state.best_loss, state.best_epoch = loss, state.epoch
            state.best = {name: tensor.detach().clone() for name, tensor in self.module.state_dict().items()}
        self._save()

    def _left(self, last: int) -> float:
        """Seconds left if no epoch is saved by stopping early."""
        recent = [row["seconds"] for row in self.state.history[-5:]]
        return sum(recent) / len(recent) * (last - self.state.epoch)

    def _plan(self, source: Source, epoch: int) -> Iterator[tuple[Windows, Tensor, Tensor | None]]:
        """The steps of one epoch: at most ``steps_per_epoch`` groups of origins (and, of many locations, a sample)."""
        draw = torch.Generator().manual_seed((self.seed * 7_919 + epoch) % 2**63)
        groups: list[tuple[Windows, Tensor, int]] = []
        for windows, origins in source:
            places = self._places_a_step(windows)
            size = max(1, round(self.options.batch_windows / places))
            shuffled = origins[torch.randperm(len(origins), generator=draw)]
            groups += [(windows, part, places) for part in shuffled.split(size)]
        order = torch.randperm(len(groups), generator=draw)[: self.options.steps_per_epoch]
        for number in order.tolist():
            windows, origins, places = groups[number]
            locations = None
            if places < windows.locations:
                locations = self._some_places(windows, places, draw).to(self.device)
            yield windows, origins.to(self.device), locations

    def _places_a_step(self, windows: Windows) -> int:
        """How many places a step sees: as many as leave it some origins; models of a grid see the whole of it."""
        if self.module.sees == "grid":
            return windows.locations
        return min(windows.locations, max(1, self.options.batch_windows // _FEWEST_ORIGINS))

    def _some_places(self, windows: Windows, count: int, draw: torch.Generator) -> Tensor:
        """Places of a step: any, or a patch of the network that holds together, so that neighbours are seen with each other."""
        if self.module.near is None:
            return torch.randperm(windows.locations, generator=draw)[:count]
        first = windows.recipe.first_location
        order = self.module.near.cpu() - first
        order = order[(order >= 0) & (order < windows.locations)]
        start = int(torch.randint(windows.locations, (1,), generator=draw))
        return order.roll(-start)[:count].sort().values

    def _step(self, windows: Windows, origins: Tensor, locations: Tensor | None) -> Tensor:
        """One optimiser step; in chunks of sequences with gradients added up where the options say so."""
        self.optimiser.zero_grad(set_to_none=True)
        total = torch.zeros((), device=self.device)
        try:
            batch = augment(windows.batch(origins, locations), self.variations, self.seed * 104_729 + self.drawn)
            count = self.head.asked(batch)[1].sum().clamp(min=1)
            for part in self._chunks(batch):
                with torch.autocast(self.device.type, enabled=self.device.type == "cuda"):
                    loss = self._sum(part) / count
                self.scaler.scale(loss).backward()
                total += loss.detach()
        except torch.OutOfMemoryError as error:
            raise OutOfMemory(
                f"The memory of {self.device} was full at {len(origins):,} start times a step.",
                f"Retry with a batch of {max(1, self.options.batch_windows // 2):,} windows, or on the processor.",
            ) from error
        self.scaler.unscale_(self.optimiser)
        torch.nn.utils.clip_grad_norm_(self.module.parameters(), self.options.clip)
        self.scaler.step(self.optimiser)
        self.scaler.update()
        return total

    def _chunks(self, batch: Batch) -> Iterator[Batch]:
        """Parts of about ``chunk`` sequences each (0 = all at once)."""
        origins, places = batch.last.shape[:2]
        chunk = self.options.chunk
        if not chunk or chunk >= origins * places:
            yield batch
            return
        rows, width = max(1, chunk // places), places if self.module.sees != "own" else min(chunk, places)
        for row in range(0, origins, rows):
            for place in range(0, places, width):
                yield batch.part(slice(row, row + rows), slice(place, place + width))

    def _sum(self, batch: Batch) -> Tensor:
        """Sum of the weighted loss over observed cells."""
        target, mask = self.head.asked(batch)
        out = self.module(batch)
        loss = self.head.loss(out.float(), target, batch.location, self.options.loss)
        if self.head.by_size:
            loss = loss * self.weights[batch.location]
        return (loss * mask).sum()

    def _set_rate(self, step: int) -> None:
        """One-cycle rate: up over the first 20 % of steps, then down along a cosine.

        Source: L. Smith, N. Topin, "Super-Convergence", arXiv 1708.07120.
        """
        planned = max(1, self.options.epochs * self.steps_per_epoch)
        rise = max(1.0, 0.2 * planned)
        share = (
            min(1.0, (step + 1) / rise)
            if step < rise
            else 0.5 * (1 + math.cos(math.pi * (step - rise) / (planned - rise)))
        )
        for group in self.optimiser.param_groups:
            group["lr"] = self.options.learning_rate * max(share, 1e-3)

    @torch.no_grad()
    def evaluate(self, source: Source) -> tuple[float, float]:
        """Mean absolute error of the point forecast and of the last value over observed cells, in units (one target).

        Of classes: the mean surprise (cross-entropy), and that of the usual shares.
        """
        self.module.eval()
        total = torch.zeros(3, dtype=torch.float64, device=self.device)
        for windows, origins in source:
            size = max(1, self.options.batch_windows * 2 // windows.locations)
            for part in origins.to(self.device).split(size):
                batch = windows.batch(part)
                mask = self.head.asked(batch)[1]
                missed, naive = self._beside_naive(windows, batch, part)
                total += torch.stack([(missed * mask).sum(), (naive * mask).sum(), mask.sum()]).double()
        sums, count = total[:2].tolist(), max(float(total[2]), 1.0)
        unit = 1.0 if isinstance(self.head, ClassHead) else self.unit
        return unit * sums[0] / count, unit * sums[1] / count

    def _beside_naive(self, windows: Windows, batch: Batch, origins: Tensor) -> tuple[Tensor, Tensor]:
        """Errors of the forecast and of the last value, a cell; of classes the surprise, beside that of the usual shares."""
        out = self.module(batch).float()
        if isinstance(self.head, ClassHead):
            return self.head.surprise(out, self.head.asked(batch)[0])
        truth, last = batch.level(batch.truth[0]), windows.naive(batch, origins)[0][:, None]
        said = batch.level(self.head.point(out, batch.location))
        return self._missed(windows, batch, said, truth), self._missed(windows, batch, last, truth)

    def _missed(self, windows: Windows, batch: Batch, said: Tensor, truth: Tensor) -> Tensor:
        """Absolute errors [B, H, N, T] by their size in units, in the usual spread of each target."""
        scaler = windows.recipe.target_scaler
        if scaler.transform is None:
            return (said - truth).abs() * self.weights[batch.location]
        values = (torch.from_numpy(scaler.inverse(each.cpu().numpy())) for each in (said, truth))
        return (next(values) - next(values)).abs().to(self.device) / self.usual

    def _save(self) -> None:
        if self.hooks.folder is None:
            return
        tensors = {f"module.{name}": tensor for name, tensor in self.module.state_dict().items()}
        tensors |= {f"best.{name}": tensor for name, tensor in self.state.best.items()}
        for number, slots in self.optimiser.state_dict()["state"].items():
            tensors |= {f"optimiser.{number}.{name}": torch.as_tensor(value) for name, value in slots.items()}
        state = self.state
        about = {
            "run_hash": self.hooks.run_hash, "best_epoch": state.best_epoch, "best_loss": state.best_loss,
            "history": state.history, "scaler": self.scaler.state_dict(),
        }  # fmt: skip
        checkpoints.write(self.hooks.folder, state.epoch, tensors, about)

    def _resume(self) -> None:
        found = checkpoints.read(self.hooks.folder, self.hooks.run_hash) if self.hooks.folder else None
        if found is None:
            return
        tensors, about = found
        self.module.load_state_dict(_under(tensors, "module."))
        slots: dict[int, dict[str, Tensor]] = {}
        for name, tensor in _under(tensors, "optimiser.").items():
            number, _, key = name.partition(".")
            slots.setdefault(int(number), {})[key] = tensor
        whole = self.optimiser.state_dict()
        self.optimiser.load_state_dict({"state": slots, "param_groups": whole["param_groups"]})
        if about["scaler"]:
            self.scaler.load_state_dict(about["scaler"])
        self.state = State(
            epoch=about["epoch"], best_epoch=about["best_epoch"], best_loss=about["best_loss"],
            history=about["history"], best={k: v.to(self.device) for k, v in _under(tensors, "best.").items()},
        )  # fmt: skip
        self.hooks.progress({"event": "resumed", "epoch": self.state.epoch, "history": self.state.history})


def _under(tensors: Mapping[str, Tensor], prefix: str) -> dict[str, Tensor]:
    return {name.removeprefix(prefix): tensor for name, tensor in tensors.items() if name.startswith(prefix)}


def _thin(windows: Windows, origins: Tensor) -> Tensor:
    """Every n-th origin, so that one check of the unseen error stays cheap."""
    stride = max(1, math.ceil(len(origins) * windows.locations / _VALIDATION_WINDOWS))
    return origins[::stride]
