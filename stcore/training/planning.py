"""What a run will do, worked out from its settings and the data without torch: windows, parts, findings, refusals."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np
import pandas as pd

from stcore import words
from stcore.answers import COUNTS
from stcore.config import Config
from stcore.data import steps
from stcore.data.middle import mostly_one_value
from stcore.data.panel import Panel, as_panels
from stcore.data.prepare.clean import Cleaned, check_names
from stcore.data.prepare.event_labels import EventLabels
from stcore.data.prepare.pipeline import Pipeline
from stcore.data.prepare.recipe import season_of
from stcore.data.quality.windows import too_little
from stcore.data.splits import Parts
from stcore.errors import ConfigError, DataError, ModelError
from stcore.experiment import RunConfig, SplitConfig, TrainingConfig, WindowsConfig
from stcore.findings import Finding
from stcore.models import MODELS
from stcore.models.contract import ModelSpec
from stcore.preparation import PrepareConfig
from stcore.settings import settings
from stcore.training.observed import observed_rows, seen_targets
from stcore.training.origins import Origins, choose_origins
from stcore.training.preparing import cleaned, for_model, ready, set_aside

_FEW_EVENTS = 20
_PARTS = {
    "cells": "a grid or coordinates", "edges": "a network between the places", "geometry": "coordinates or districts",
    "grid": "a regular grid", "parent": "larger areas",
}  # fmt: skip


@dataclass(frozen=True, eq=False)
class PanelPlan:
    """One panel's share of a plan.

    Attributes:
        panel: prepared, targets first; ``rows`` of it have observed targets (later ones are known-ahead covariates).
        pipeline: what was learnt to prepare it.
        origins: of each part.
        events, labels: what counts as an event, and its class at each time and place int8 [time, location] (-1 = not
            known), where the answer is the chance of one.
    """

    panel: Panel
    pipeline: Pipeline
    rows: int
    origins: Origins
    events: EventLabels | None = None
    labels: np.ndarray | None = None

    @property
    def parts(self) -> Parts:
        """Train, validation and test."""
        return self.origins.parts

    @property
    def fit(self) -> np.ndarray:
        """int64 origins to fit on."""
        return self.origins.fit

    @property
    def choose(self) -> np.ndarray:
        """Origins to choose epoch or strength on."""
        return self.origins.choose

    @property
    def calibrate(self) -> np.ndarray:
        """Origins to take residuals from."""
        return self.origins.calibrate

    @property
    def test(self) -> np.ndarray:
        """Origins whose leads lie in the test part."""
        return self.origins.test

    @property
    def train_rows(self) -> int:
        """The first rows, from which all is learnt that is learnt before a model."""
        return self.origins.train_rows


@dataclass(frozen=True, eq=False)
class Plan:
    """Everything settled before training starts.

    Attributes:
        run: complete: every default written out.
        spec, settings, training: of its model.
        panels: name -> share; those that are too short are left out with a finding.
        windows: number of windows (origin x location) a fit may use.
        share: part of the windows that training will look at (1 = all).
        findings: what the user should know.
    """

    run: RunConfig
    spec: ModelSpec
    settings: Config
    training: TrainingConfig
    panels: Mapping[str, PanelPlan]
    windows: int
    share: float
    findings: tuple[Finding, ...]

    @property
    def lookback(self) -> int:
        """Steps of history."""
        return int(self.run.windows.lookback or 0)

    @property
    def horizon(self) -> int:
        """Steps ahead."""
        return int(self.run.windows.horizon or 0)


def check(panel: Panel | Mapping[str, Panel], run: RunConfig | Mapping[str, object]) -> list[Finding]:
    """Does the run fit the data, and what will it cost? Without torch.

    Raises:
        ConfigError, DataError, ModelError: it cannot work, with the numbers and a way out.
    """
    from stcore.training import cost

    settled = plan(panel, run)
    files = [cost.files_finding(settled)] if cost.in_files(settled) else []
    return [*settled.findings, *files, *cost.square_findings(settled), cost.finding(settled)]


def plan(panel: Panel | Mapping[str, Panel], run: RunConfig | Mapping[str, object]) -> Plan:
    """Settle everything that was left out and refuse what cannot work."""
    run = RunConfig.of(run)
    raw = as_panels(panel)
    check_names(raw.values(), run.prepare)
    found = {name: cleaned(each, run.prepare) for name, each in raw.items()}
    panels = {name: each.panel for name, each in found.items()}
    first = next(iter(panels.values()))
    spec = MODELS[run.model.name]
    model_settings = spec.settings.parse(run.model.settings, f"models.{run.model.label}.settings")
    training = TrainingConfig.parse({**spec.training, **run.model.training}, f"models.{run.model.label}.training")
    targets = choose_targets(first, run.targets)
    windows = choose_windows(panels, targets, run.windows, run.split)
    _refuse(first, run, spec)
    complete = run.model_copy(update={"targets": list(targets), "windows": windows})
    plans, findings = _panel_plans(raw, found, targets, complete)
    if training.loss == "auto":
        training = training.model_copy(update={"loss": _loss(plans, targets)})
    written = {"settings": model_settings.model_dump(mode="json"), "training": training.model_dump(mode="json")}
    complete = complete.model_copy(update={"model": run.model.model_copy(update=written)})
    total = sum(len(each.fit) * len(each.panel.locations) for each in plans.values())
    looked = (
        training.epochs * training.steps_per_epoch * training.batch_windows if spec.fitted_by == "gradient" else total
    )
    share = min(1.0, looked / max(total, 1))
    if share < 1:
        findings.append(_sampled(share, total))
    return Plan(complete, spec, model_settings, training, plans, total, share, tuple(findings))


def _loss(plans: Mapping[str, PanelPlan], targets: tuple[str, ...]) -> str:
    """The error that training lowers where nobody says, by the values of the first panel's train part alone."""
    first = next(iter(plans.values()))
    train = first.panel.select(targets).measured(first.parts.train_end)
    alike = [mostly_one_value(train[..., number]) for number in range(len(targets))]
    return "mse" if sum(alike) * 2 > len(alike) else "mae"


def choose_targets(panel: Panel, wanted: list[str] | None) -> tuple[str, ...]:
    """The values to forecast: those asked for, or all that are not known ahead anyway.

    Raises:
        ConfigError: an unknown value, or none left.
    """
    if wanted:
        panel.select(wanted)
        return tuple(dict.fromkeys(wanted))
    found = tuple(name for name in panel.features if not panel.schema[name].known_ahead)
    if not found:
        raise ConfigError("All values are known ahead; there is nothing to forecast.", "Name at least one target.")
    return found


def choose_windows(
    panels: Mapping[str, Panel], targets: tuple[str, ...], given: WindowsConfig, shares: SplitConfig
) -> WindowsConfig:
    """History and steps ahead: as given, else suggested from the step and cut to what the data can bear."""
    longest = max((observed_rows(panel, targets) for panel in panels.values()), default=0)
    first = next(iter(panels.values()))
    lookback, horizon = _usual(first.step)
    if given.horizon is None:
        smallest_part = max(1, int(min(shares.train, shares.test) * longest))
        horizon = max(1, min(horizon, smallest_part // 3))
    else:
        horizon = given.horizon
    if given.lookback is None:
        lookback = max(
            1, min(max(lookback, horizon), int(shares.train * longest) - 2 * horizon, int(shares.train * longest) // 2)
        )
    else:
        lookback = given.lookback
    return given.model_copy(update={"lookback": lookback, "horizon": horizon})


def _usual(step: str) -> tuple[int, int]:
    """History and steps ahead people of the field use at a step: an hour of minutes, a day of hours, a week of days."""
    length = steps.typical(step)
    if length < pd.Timedelta(minutes=1):
        return 48, 12
    if length < pd.Timedelta(minutes=30):
        return 12, max(3, min(12, round(pd.Timedelta(hours=1) / length)))
    if length < pd.Timedelta(days=1):
        a_day = max(2, round(pd.Timedelta(days=1) / length))
        return 2 * a_day, a_day
    if length < pd.Timedelta(days=5):
        return 28, 7
    if length < pd.Timedelta(days=25):
        return 26, 4
    if length < pd.Timedelta(days=200):
        return 24, 6
    return 10, 5


def _refuse(panel: Panel, run: RunConfig, spec: ModelSpec) -> None:
    """Refusals that need no windows."""
    spec.require()
    there = panel.space.parts
    there |= {"cells"} if there & {"grid", "geometry"} else set()
    missing = spec.needs - there
    if missing:
        raise ModelError(
            f"{spec.title} needs {words.listing([_PARTS[part] for part in sorted(missing)])}; these data have "
            f"{words.listing([_PARTS[part] for part in sorted(panel.space.parts)]) or 'nothing of the kind'}.",
            "Choose another model, or give the missing part.",
        )
    if run.model.head not in spec.heads:
        raise ConfigError(
            f"{spec.title} answers with {' or '.join(spec.heads)}, not {run.model.head}.", "Leave the answer at point."
        )
    if run.model.head == "classes" and run.prepare.events.rule == "none":
        raise ConfigError(
            "The chance of an event is asked for, and no event is described.",
            "Describe it under Prepare (prepare.events).",
        )
    if run.model.head in COUNTS and (run.prepare.transform != "none" or run.prepare.difference != "none"):
        raise ConfigError(
            "An answer in counts needs the values as they are, and they are transformed or shown as changes.",
            "Set transform and difference to none, or choose another answer.",
        )


def _panel_plans(
    raw: Mapping[str, Panel], cleaned: Mapping[str, Cleaned], targets: tuple[str, ...], run: RunConfig
) -> tuple[dict[str, PanelPlan], list[Finding]]:
    """Plans of the panels that are long enough; an error when none is."""
    plans, findings, refused = {}, [], []
    for name, each in cleaned.items():
        try:
            plans[name], found = _panel_plan(each.panel, targets, run)
            findings += [*found, *set_aside(raw[name], each, targets, plans[name].parts.span("test"))]
        except (ConfigError, DataError) as error:
            if len(raw) == 1:
                raise
            refused.append((name, error))
    if not plans:
        raise refused[0][1]
    _refuse_unlike_features(plans)
    for name, reason in refused:
        findings.append(
            Finding(code="panel_left_out", severity="look", message=f"“{name}” is left out: {reason.message}", where=name,
                    suggestion=reason.hint)
        )  # fmt: skip
    return plans, findings


def _panel_plan(panel: Panel, targets: tuple[str, ...], run: RunConfig) -> tuple[PanelPlan, list[Finding]]:
    _refuse_memory(panel)
    rows = observed_rows(panel, targets)
    if rows == 0:
        raise DataError(f"{', '.join(targets)} has no value at all.", "Choose another value column.")
    seen = seen_targets(panel, targets)[:rows]
    found, findings = choose_origins(np.asarray(seen.any(axis=1)), run)
    findings += _unlearnable(seen[: found.parts.train_end], targets)
    findings += too_little(panel.step, found.parts, int(run.windows.lookback or 1), int(run.windows.horizon or 1))
    prepare = for_model(run.prepare, MODELS[run.model.name])
    reach = run.windows.gap + int(run.windows.horizon or 1)
    events = labels = None
    if run.model.head == "classes":
        events = EventLabels.fit(panel, found.train_rows, run.prepare.events, targets[0])
        labels = events.label(panel)
        findings += _rare(events, labels[: found.train_rows])
    panel, pipeline = ready(panel, found.train_rows, prepare, targets, reach)
    _refuse_no_season(panel, targets, found.train_rows, prepare)
    return PanelPlan(panel, pipeline, rows, found, events, labels), findings


def _rare(events: EventLabels, train: np.ndarray) -> list[Finding]:
    """Findings about classes that the train part hardly shows.

    Raises:
        DataError: it shows no event at all, or nothing else.
    """
    counts = {name: int((train == number).sum()) for number, name in enumerate(events.classes)}
    shown = [name for name, count in counts.items() if count]
    if len(shown) < 2:
        only = shown[0] if shown else "nothing"
        raise DataError(
            f"The train part shows only one kind of step: {'no event' if only == 'none' else only}. There is nothing to tell apart.",
            "Choose a milder level for the event under Prepare, or give more data.",
        )
    return [
        Finding(
            code="rare_class", severity="look", where=name, count=count,
            message=f"“{name}” happens {words.count(count, 'time')} in the train part: its chance is a guess.",
            suggestion="Choose a milder level, or give more data.",
        )
        for name, count in counts.items() if count < _FEW_EVENTS
    ]  # fmt: skip


def _unlearnable(seen: np.ndarray, targets: tuple[str, ...]) -> list[Finding]:
    """Findings about targets that have no value [time, target] in the train part.

    Raises:
        DataError: none of them has one.
    """
    silent = [name for name, there in zip(targets, seen.max(axis=0, initial=False), strict=True) if not there]
    if len(silent) == len(targets):
        raise DataError(
            f"{', '.join(silent)} has no value in the train part, the first {len(seen)} steps.",
            "Leave the empty beginning out, or give the train part a larger share.",
        )
    return [
        Finding(
            code="nothing_to_learn", severity="look", where=name, count=len(seen),
            message=f"{name} has no value in the train part, the first {len(seen)} steps: nothing was learnt about it.",
            suggestion="Leave it out of the targets.",
        )
        for name in silent
    ]  # fmt: skip


def _refuse_unlike_features(plans: Mapping[str, PanelPlan]) -> None:
    """One model sees the same values in all panels."""
    names = {name: each.panel.features for name, each in plans.items()}
    first = next(iter(names))
    for name, features in names.items():
        if features != names[first]:
            raise ConfigError(
                f"The features worked out for “{name}” are {', '.join(features)}; for “{first}” {', '.join(names[first])}.",
                "Leave out waves and phases: series of unlike length or step do not share them.",
            )


def _refuse_no_season(panel: Panel, targets: tuple[str, ...], rows: int, prepare: PrepareConfig) -> None:
    """Changes from season to season need a season that the train part shows twice."""
    if prepare.difference != "season":
        return
    if season_of(panel, targets[0], rows, prepare)[0] < 2:
        raise ConfigError(
            f"No day, week or year fits twice into the {rows} steps of the train part, so there are no seasonal changes.",
            "Choose first changes or none, or give more data.",
        )


def _refuse_memory(panel: Panel) -> None:
    cells = int(np.prod(panel.shape))
    limit = settings().max_cells
    if cells > limit:
        raise DataError(
            f"{panel.shape[0]:,} steps x {panel.shape[1]:,} places x {panel.shape[2]} values are {cells:,} numbers; "
            f"the limit is {limit:,}.",
            "Use a coarser step or fewer places, or raise FIELDCAST_MAX_CELLS.",
        )


def _sampled(share: float, total: int) -> Finding:
    return Finding(
        code="sampled", severity="note",
        message=f"Training looks at {share * 100:.2g} % of the {total:,} windows, drawn at random.",
        suggestion="Raise epochs or steps an epoch to use more.",
    )  # fmt: skip
