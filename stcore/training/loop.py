"""The one training loop: windows by index, masked loss, one-cycle rate, a checkpoint every epoch, the best epoch kept."""

from __future__ import annotations

import math
import time
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field, replace
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
from stcore.training.averaging import Average
from stcore.training.device import memory_used, precision
from stcore.training.stepping import Source, Step, leads_seen, rate, steps_of, thinned


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

    def aside(self, name: str) -> Hooks:
        """The same for another training of the same run, with checkpoints of its own."""
        folder = self.folder / name if self.folder else None
        return replace(self, folder=folder, run_hash=f"{self.run_hash}-{name}")


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
            module.parameters(), lr=options.learning_rate, weight_decay=options.weight_decay, fused=True
        )
        self.dtype = precision(options.precision, self.device)
        self.scaler = torch.amp.GradScaler("cuda", enabled=self.dtype == torch.float16)
        compiles = options.compiled == "yes" and self.device.type == "cuda"
        self.forward = torch.compile(module) if compiles else module
        self.state = State()
        self.steps_per_epoch = 1
        self.variations = AugmentConfig()
        self.average = Average(module, options.averaging)
        self.chunk = options.chunk
        self.squares = options.loss == "mse" and head.name == "point"
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
        self.steps_per_epoch = len(list(steps_of(source, self.module, self.options, self.seed, 0)))
        check = thinned(choose)
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
        for position, step in enumerate(steps_of(source, self.module, self.options, self.seed, number)):
            if self.hooks.should_stop():
                raise Cancelled(
                    f"Stopped in epoch {number + 1} of {last}.", "Retry the job to go on from the last checkpoint."
                )
            self.drawn = number * self.steps_per_epoch + position
            total += self.step(step)
            windows_seen += step.count
        trained = max(time.perf_counter() - begin, 1e-9)
        train_loss = float(total) / self.steps_per_epoch * (self.unit if self.head.by_size else 1)
        if not math.isfinite(train_loss):
            raise Diverged(
                f"The loss stopped being a number in epoch {number + 1} (learning rate {self.options.learning_rate:g}).",
                f"Try a learning rate of {self.options.learning_rate / 4:g}.",
            )
        with self.average.used():
            validation = self.evaluate(check) if check else (train_loss, math.nan)
        seconds = time.perf_counter() - begin
        row = {
            "epoch": number + 1, "train_loss": train_loss, "validation_loss": validation[0] if check else math.nan,
            "baseline_loss": validation[1], "seconds": seconds, "windows_per_s": windows_seen / trained,
            "steps_per_s": self.steps_per_epoch / trained, "cpu_s": time.process_time() - cpu,
            "memory_mb": memory_used(self.device), "learning_rate": float(self.optimiser.param_groups[0]["lr"]),
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
            with self.average.used():
                state.best = {name: tensor.detach().clone() for name, tensor in self.module.state_dict().items()}
        self._save()

    def _left(self, last: int) -> float:
        """Seconds left if no epoch is saved by stopping early."""
        recent = [row["seconds"] for row in self.state.history[-5:]]
        return sum(recent) / len(recent) * (last - self.state.epoch)

    def step(self, step: Step) -> Tensor:
        """One optimiser step; in chunks of sequences with gradients added up where the options say so."""
        planned = max(1, self.options.epochs * self.steps_per_epoch)
        for group in self.optimiser.param_groups:
            group["lr"] = rate(self.options, self.drawn, planned)
        total = self._gradients(step, planned)
        while total is None:
            self._halve(step)
            total = self._gradients(step, planned)
        self.scaler.unscale_(self.optimiser)
        torch.nn.utils.clip_grad_norm_(self.module.parameters(), self.options.clip)
        self.scaler.step(self.optimiser)
        self.scaler.update()
        self.average.step()
        return total

    def _gradients(self, step: Step, planned: int) -> Tensor | None:
        """Loss of a step, its gradients added up over chunks; None where memory was full."""
        self.optimiser.zero_grad(set_to_none=True)
        total = torch.zeros((), device=self.device)
        try:
            reads = self.module.reads if self.variations == AugmentConfig() else None
            batch = step.windows.batch(step.origins, step.locations, reads=reads)
            batch = augment(batch, self.variations, self.seed * 104_729 + self.drawn)
            mask = self.head.asked(batch)[1]
            leads = leads_seen(self.options, self.drawn, planned, mask.shape[1])
            count = mask[:, :leads].sum().clamp(min=1)
            for part in self._chunks(batch):
                with self._precision():
                    loss = self._sum(part, leads) / count
                self.scaler.scale(loss).backward()
                total += loss.detach()
        except (torch.OutOfMemoryError, RuntimeError) as error:
            if not _memory_was_full(error):
                raise
            return None
        return total

    def _halve(self, step: Step) -> None:
        """Smaller chunks from here on, when memory was full.

        Raises:
            OutOfMemory: they are as small as can be.
        """
        places = step.count // len(step.origins)
        least = places if self.module.sees != "own" else 1
        now = min(self.chunk or step.count, step.count)
        if now <= least:
            raise OutOfMemory(
                f"The memory of {self.device} was full at {now:,} {'place' if now == 1 else 'places'} of one start time.",
                "Choose a smaller network or a shorter history, or train on another device.",
            )
        self.optimiser.zero_grad(set_to_none=True)
        if self.device.type == "cuda":
            torch.cuda.empty_cache()
        self.chunk = max(least, now // 2)
        self.hooks.progress(
            {
                "event": "note",
                "message": f"The memory of {self.device} was full: chunks of {self.chunk:,} from here on.",
            }
        )

    def _precision(self) -> torch.autocast:
        return torch.autocast(self.device.type, self.dtype, enabled=self.dtype != torch.float32)

    def _chunks(self, batch: Batch) -> Iterator[Batch]:
        """Parts of about ``chunk`` sequences each (0 = all at once)."""
        origins, places = batch.last.shape[:2]
        chunk = self.chunk
        if not chunk or chunk >= origins * places:
            yield batch
            return
        rows, width = max(1, chunk // places), places if self.module.sees != "own" else min(chunk, places)
        for row in range(0, origins, rows):
            for place in range(0, places, width):
                yield batch.part(slice(row, row + rows), slice(place, place + width))

    def _sum(self, batch: Batch, leads: int) -> Tensor:
        """Sum of the weighted loss over observed cells of the first ``leads`` steps ahead."""
        target, mask = self.head.asked(batch)
        out = self.forward(batch)
        loss = self.head.loss(out.float(), target, batch.location, self.options.loss)
        counts = mask * self.weights[batch.location] if self.head.by_size else mask
        return (loss * counts)[:, :leads].sum()

    @torch.no_grad()
    def evaluate(self, source: Source) -> tuple[float, float]:
        """Error of the point forecast and of the last value over observed cells, in units (one target).

        The root of the mean square where training lowers squares, else the mean of the sizes: what is chosen by must be what
        was asked for. Of classes: the mean surprise (cross-entropy), and that of the usual shares.
        """
        self.module.eval()
        total = torch.zeros(3, dtype=torch.float64, device=self.device)
        for windows, origins in source:
            size = max(1, self.options.batch_windows * 2 // windows.locations)
            for part in origins.to(self.device).split(size):
                batch = windows.batch(part)
                mask = self.head.asked(batch)[1]
                missed, naive = self._beside_naive(windows, batch, part)
                if self.squares:
                    missed, naive = missed.square(), naive.square()
                total += torch.stack([(missed * mask).sum(), (naive * mask).sum(), mask.sum()]).double()
        means = total[:2] / total[2].clamp(min=1)
        unit = 1.0 if isinstance(self.head, ClassHead) else self.unit
        own, last = ((means.sqrt() if self.squares else means) * unit).tolist()
        return own, last

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
        tensors |= {f"average.{name}": tensor for name, tensor in self.average.mean.items()}
        for number, slots in self.optimiser.state_dict()["state"].items():
            tensors |= {f"optimiser.{number}.{name}": torch.as_tensor(value) for name, value in slots.items()}
        state = self.state
        about = {
            "run_hash": self.hooks.run_hash, "best_epoch": state.best_epoch, "best_loss": state.best_loss,
            "history": state.history, "scaler": self.scaler.state_dict(), "averaged": self.average.steps, "chunk": self.chunk,
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
        self.average.restore(_under(tensors, "average."), about.get("averaged", 0))
        self.chunk = about.get("chunk", self.chunk)
        if about["scaler"]:
            self.scaler.load_state_dict(about["scaler"])
        self.state = State(
            epoch=about["epoch"], best_epoch=about["best_epoch"], best_loss=about["best_loss"],
            history=about["history"], best={k: v.to(self.device) for k, v in _under(tensors, "best.").items()},
        )  # fmt: skip
        self.hooks.progress({"event": "resumed", "epoch": self.state.epoch, "history": self.state.history})


def _under(tensors: Mapping[str, Tensor], prefix: str) -> dict[str, Tensor]:
    return {name.removeprefix(prefix): tensor for name, tensor in tensors.items() if name.startswith(prefix)}


def _memory_was_full(error: RuntimeError) -> bool:
    """Whether torch could not have the memory it asked for, on a graphics card or (a plain RuntimeError) on the processor."""
    return isinstance(error, torch.OutOfMemoryError) or "allocate memory" in str(error)
