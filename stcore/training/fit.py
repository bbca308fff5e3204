"""From a RunConfig and a Panel to a fitted run."""

from __future__ import annotations

import hashlib
import json
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import torch

from stcore.data.panel import Panel
from stcore.data.prepare.features import calendar_cycles
from stcore.data.prepare.recipe import Recipe, make_recipe
from stcore.data.prepare.train_part import TrainPart
from stcore.data.schema import FeatureSchema
from stcore.data.steps import Cycle
from stcore.data.windows import Windows
from stcore.errors import Diverged
from stcore.experiment import RunConfig
from stcore.models.nets.forecaster import Forecaster, Source
from stcore.models.nets.heads import Head
from stcore.models.surroundings import Surroundings
from stcore.records import Prediction
from stcore.settings import settings
from stcore.training import cost
from stcore.training.backtest import predict, thinned, windows_of
from stcore.training.device import choose as choose_device
from stcore.training.fitted import Fitted, PanelFit, build, head_of
from stcore.training.intervals import calibrate
from stcore.training.loop import Hooks, State, Trainer
from stcore.training.planning import PanelPlan, Plan, plan
from stcore.training.preparing import for_model
from stcore.training.surrounding import surroundings
from stcore.training.trial import PICKED, Picked, pick

_OFTEN_ZERO = 0.01
_HOW = ("device", *PICKED)  # where and how it is trained, not what: no part of what a run is
_SLOWER = 0.25  # of the learning rate, after one that made the loss no number
HISTORY = ["epoch", "train_loss", "validation_loss", "baseline_loss", "seconds", "windows_per_s", "cpu_s"]


def fit(
    panel: Panel | Mapping[str, Panel],
    run: RunConfig | Mapping[str, Any],
    progress: Callable[[Mapping[str, Any]], None] | None = None,
    should_stop: Callable[[], bool] | None = None,
    checkpoint: str | Path | None = None,
) -> Fitted:
    """Fit a run: on the train part; epoch or strength chosen on the first half of validation; errors from the second.

    Args:
        progress: gets JSON-able events: epoch, resumed, note.
        should_stop: read every step; True raises ``Cancelled`` and leaves the last checkpoint.
        checkpoint: folder for a state an epoch; one of the same run and data is resumed to the same numbers.

    Raises:
        ConfigError, DataError, ModelError: before anything starts.
        Diverged, OutOfMemory, Cancelled: in training.
    """
    begin = time.process_time()
    torch.set_num_threads(settings().threads)
    settled = plan(panel, run)
    device, reason = choose_device(_device_name(settled))
    tell = progress or (lambda event: None)
    tell({"event": "note", "message": f"Device: {device} ({reason})."})
    recipes = _recipes(settled)
    around = surroundings(settled)
    identity = run_hash(settled)
    shares = _shares(settled)
    hooks = Hooks(tell, should_stop or (lambda: False), Path(checkpoint) if checkpoint else None, identity)
    job = Job(settled, recipes, device, hooks, around, shares)
    module, chosen, history = job.first_fit()
    panels = {name: _panel_fit(settled.panels[name], recipe) for name, recipe in recipes.items()}
    head = head_of(settled.run, recipes, shares, str(device))
    panels, validation = _judge(settled, module, head, panels, identity)
    if settled.run.model.refit:
        module = job.refit(chosen)
    module.eval()
    return Fitted(
        run=_as_picked(settled.run, job.picked), hash=identity, module=module, panels=panels,
        validation=validation if len(validation) > 1 else next(iter(validation.values())), history=history,
        chosen=chosen, findings=settled.findings, cpu_s=time.process_time() - begin, share=settled.share,
        device=f"{device} ({reason})", around=around, shares=shares,
    )  # fmt: skip


def _as_picked(run: RunConfig, picked: Picked | None) -> RunConfig:
    """The run with what the trial picked, so that it gives the same numbers again."""
    if picked is None:
        return run
    training = {**run.model.training, **picked.as_settings}
    return run.model_copy(update={"model": run.model.model_copy(update={"training": training})})


def job_of(settled: Plan) -> Job:
    """What trains a settled run, before anything has begun."""
    torch.set_num_threads(settings().threads)
    device, _ = choose_device(_device_name(settled))
    return Job(settled, _recipes(settled), device, Hooks(), surroundings(settled), _shares(settled))


def run_hash(settled: Plan) -> str:
    """Sixteen hex digits of the complete run and the data it is fitted on; where it is trained does not count."""
    run = settled.run
    training = {key: value for key, value in run.model.training.items() if key not in _HOW}
    anonymous = run.model_copy(
        update={"data": type(run.data)(), "model": run.model.model_copy(update={"training": training, "as_": None})}
    )
    state = hashlib.sha256(anonymous.digest().encode())
    for name, each in settled.panels.items():
        state.update(f"{name if len(settled.panels) > 1 else ''}:{each.panel.digest}".encode())
        schema = {feature: _that_counts(each.panel.schema[feature]) for feature in each.panel.features}
        state.update(json.dumps(schema).encode())
    around = surroundings(settled)
    for array in around.arrays().values() if around else ():
        state.update(np.ascontiguousarray(array).tobytes())
    return state.hexdigest()[:16]


def _that_counts(schema: FeatureSchema) -> dict[str, Any]:
    """What of a schema can change the numbers of a run; unit and colours cannot."""
    return schema.model_dump(mode="json", include={"kind", "range", "known_ahead"})


def _shares(settled: Plan) -> tuple[float, ...]:
    """Share of each class of an event in the train parts of all panels; () where no event is asked for."""
    known = [each.labels[: each.train_rows].ravel() for each in settled.panels.values() if each.labels is not None]
    if not known:
        return ()
    classes = max(len(each.events.classes) for each in settled.panels.values() if each.events)
    labels = np.concatenate(known)
    counts = np.bincount(labels[labels >= 0], minlength=classes)
    return tuple(float(np.float32(count)) for count in counts / counts.sum())


def _device_name(settled: Plan) -> str:
    asked = settled.training.device
    return settings().device if asked == "auto" else asked


def _recipes(settled: Plan) -> dict[str, Recipe]:
    """Scaler, profile and season of every panel, from its train rows alone."""
    recipes: dict[str, Recipe] = {}
    first = 0
    run = settled.run.model_copy(update={"prepare": for_model(settled.run.prepare, settled.spec)})
    cycles = _common_cycles(settled)
    for name, each in settled.panels.items():
        recipes[name] = make_recipe(each.panel, each.train_rows, run, cycles, first, each.pipeline)
        first += len(each.panel.locations)
    return recipes


def _common_cycles(settled: Plan) -> tuple[Cycle, ...]:
    """Calendar cycles that all panels resolve, as finely as the coarsest of them, so that one embedding serves all."""
    chosen = settled.run.prepare.features
    found = [{c.name: c for c in calendar_cycles(each.panel.step, chosen)} for each in settled.panels.values()]
    shared = [name for name in found[0] if all(name in each for each in found)]
    return tuple(min((each[name] for each in found), key=lambda cycle: cycle.slots) for name in shared)


def _panel_fit(each: PanelPlan, recipe: Recipe) -> PanelFit:
    shares = _low_shares(TrainPart(each.panel, each.parts.train_end, recipe.targets))
    schema = {
        target: _kept_in_range(each.panel.schema[target], *share)
        for target, share in zip(recipe.targets, shares, strict=True)
    }
    return PanelFit(recipe, None, each.panel.time[each.parts.validation_end], schema, each.events)


def _low_shares(train: TrainPart) -> np.ndarray:
    """Share of the known values of each target that are negative, and that are zero: [target, 2]; 0 where none is known."""
    found, known = np.zeros((len(train.features), 2)), np.zeros(len(train.features))
    for _, block in train.blocks():
        found += np.stack([(block < 0).sum(axis=(0, 1)), (block == 0).sum(axis=(0, 1))], axis=1)
        known += np.isfinite(block).sum(axis=(0, 1))
    return found / np.maximum(known, 1)[:, None]


def _kept_in_range(schema: FeatureSchema, negative: float, zero: float) -> FeatureSchema:
    """Values that were never negative in the train part are not forecast negative: counts, and what often is zero (rain)."""
    low, high = schema.range
    if low is not None or schema.kind == "angle" or negative:
        return schema
    likely = schema.kind == "count" or zero >= _OFTEN_ZERO
    return schema.model_copy(update={"range": (0.0, high)}) if likely else schema


def _judge(
    settled: Plan, module: Forecaster, head: Head, panels: dict[str, PanelFit], identity: str
) -> tuple[dict[str, PanelFit], dict[str, Prediction]]:  # fmt: skip
    """Forecast the validation part and take the spread from its second half (or from windows left out of the fit)."""
    label = (settled.run.model.label, identity)
    doubts = tuple(finding for finding in settled.findings if finding.code == "no_validation")
    judged, validation = {}, {}
    for name, fitted in panels.items():
        each = settled.panels[name]
        origins, _ = thinned(each.calibrate, fitted.recipe, head)
        windows = windows_of(module, each.panel, fitted.recipe, each.rows)
        recent = predict(module, head, each.panel, fitted, origins, windows, label, ())
        judged[name] = fitted if recent.classes else replace(fitted, spread=calibrate(recent))
        del recent
        origins, found = thinned(_validation_origins(each, fitted.recipe), fitted.recipe, head)
        validation[name] = predict(module, head, each.panel, judged[name], origins, windows, label, (*doubts, *found))
    return judged, validation


def _validation_origins(each: PanelPlan, recipe: Recipe) -> np.ndarray:
    """Origins of the whole validation part; those held out of train where it has no whole window."""
    from stcore.data.splits import origins_within

    whole = origins_within(*each.parts.span("validation"), recipe.horizon, recipe.lookback, gap=recipe.gap)
    return whole if len(whole) else each.calibrate


@dataclass
class Job:
    """The two fits of a run, sharing windows on the device."""

    plan: Plan
    recipes: Mapping[str, Recipe]
    device: torch.device
    hooks: Hooks
    around: Surroundings | None = None
    shares: tuple[float, ...] = ()
    picked: Picked | None = None

    def __post_init__(self) -> None:
        in_files = cost.in_files(self.plan)
        self.windows = {
            name: Windows(each.panel, self.recipes[name], self.device, each.rows, each.train_rows, in_files)
            for name, each in self.plan.panels.items()
        }
        for name, each in self.plan.panels.items():
            if each.labels is not None:
                self.windows[name].with_labels(each.labels)

    def first_fit(self) -> tuple[Forecaster, dict[str, Any], pd.DataFrame]:
        """Fit on the train part; choose epoch or strength. Returns module, what was chosen, history."""
        module = self.fresh()
        source, choose = self.source("fit"), self.source("choose")
        spec = self.plan.spec
        if spec.fitted_by == "solving":
            begin, cpu = time.perf_counter(), time.process_time()
            chosen = dict(module.solve(source, choose))
            row = {"epoch": 1, "seconds": time.perf_counter() - begin, "cpu_s": time.process_time() - cpu}
            return module, chosen, pd.DataFrame([row], columns=HISTORY)
        if spec.fitted_by == "nothing":
            return module, {}, pd.DataFrame(columns=HISTORY)
        self.picked = pick(self)
        torch.set_num_threads(self.picked.threads)
        if self.picked.why:
            self.hooks.progress({"event": "note", "message": self.picked.why})
        module, state, rate = self._trained(self.fresh(), source, choose)
        chosen = {
            "epochs": state.best_epoch,
            "validation_loss": state.best_loss,
            **({"learning_rate": rate} if rate else {}),
        }
        return module, chosen, pd.DataFrame(state.history)

    def _trained(self, module: Forecaster, source: Source, choose: Source) -> tuple[Forecaster, State, float | None]:
        """Train; where the loss stops being a number once more from the start, at a quarter of the rate, which is returned."""
        variations = self.plan.run.prepare.augment
        trainer = self.trainer(module, self.hooks)
        try:
            state = trainer.run(source, choose, variations=variations)
            assert self.picked is not None
            self.picked = self.picked.with_chunk(trainer.chunk)  # as it was at last: of a checkpoint, or halved
            return module, state, None
        except Diverged as error:
            slower = self.plan.training.learning_rate * _SLOWER
            self.hooks.progress({"event": "note", "message": f"{error.message} Once more at a rate of {slower:g}."})
            module = self.fresh()
            trainer = self.trainer(module, self.hooks.aside("slower"), slower)
            return module, trainer.run(source, choose, variations=variations), slower

    def refit(self, chosen: Mapping[str, Any]) -> Forecaster:
        """A second fit on train + validation with what was chosen; scaler and features stay those of the train part."""
        module = self.fresh()
        spec = self.plan.spec
        if spec.fitted_by == "nothing":
            return module
        source = self.source("refit")
        if spec.fitted_by == "solving":
            module.solve_with(source, chosen)
            return module
        trainer = self.trainer(module, self.hooks.aside("refit"), chosen.get("learning_rate"))
        trainer.run(source, [], int(chosen["epochs"]), self.plan.run.prepare.augment)
        return module

    def fresh(self) -> Forecaster:
        """The untrained module, from the seed."""
        torch.manual_seed(self.plan.run.seed)
        return build(self.plan.run, self.recipes, self.around, self.shares).to(self.device)

    def trainer(self, module: Forecaster, hooks: Hooks | None = None, rate: float | None = None) -> Trainer:
        """What trains a module of this run, at another learning rate where one is given."""
        head = head_of(self.plan.run, self.recipes, self.shares, str(self.device))
        training = self.plan.training if rate is None else self.plan.training.model_copy(update={"learning_rate": rate})
        if self.picked is not None:
            training = training.model_copy(update=self.picked.as_settings)
        return Trainer(module, head, training, self._weights(), self.plan.run.seed, hooks or self.hooks)

    def _weights(self) -> torch.Tensor:
        """[location, target]: spread of each, which brings scaled errors back to units."""
        spread = np.concatenate([recipe.target_scaler.in_units for recipe in self.recipes.values()])
        return torch.from_numpy(spread).to(self.device)

    def source(self, part: str) -> list[tuple[Windows, torch.Tensor]]:
        """Windows and origins of a part: fit, choose or refit."""
        return [(self.windows[name], self._origins(each, part)) for name, each in self.plan.panels.items()]

    def _origins(self, each: PanelPlan, part: str) -> torch.Tensor:
        if part == "refit":
            from stcore.data.splits import origins_inside

            windows, plan = self.plan.run.windows, self.plan
            rows = origins_inside(
                0, each.parts.validation_end, plan.horizon, plan.lookback, windows.stride, windows.gap
            )
        else:
            rows = getattr(each, part)
        return torch.from_numpy(np.ascontiguousarray(rows))
