"""What a run will do, worked out from its settings and the data without torch: windows, parts, findings, refusals."""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np
import pandas as pd

from stcore import words
from stcore.config import Config
from stcore.data import steps
from stcore.data.panel import Panel, as_panels
from stcore.data.prepare.clean import Cleaned, check_names
from stcore.data.prepare.pipeline import Pipeline
from stcore.data.quality.windows import too_little
from stcore.data.splits import Parts, origins_inside, origins_within, split, widen_validation
from stcore.errors import ConfigError, DataError, ModelError
from stcore.experiment import RunConfig, SplitConfig, TrainingConfig, WindowsConfig
from stcore.findings import Finding
from stcore.models import MODELS
from stcore.models.contract import ModelSpec
from stcore.settings import settings
from stcore.training.preparing import cleaned, for_model, ready, set_aside


@dataclass(frozen=True, eq=False)
class PanelPlan:
    """One panel's share of a plan.

    Attributes:
        panel: prepared, targets first; ``rows`` of it have observed targets (later ones are known-ahead covariates).
        pipeline: what was learnt to prepare it.
        fit, choose, calibrate: int64 origins to fit on, to choose epoch or strength on, to take residuals from.
        test: origins whose leads lie in the test part.
        calibrated_on: the rows [start, end) the residuals come from.
        train_rows: the first rows, which all that is learnt before a model is learnt from: the train part, less what was
            held out of it for calibration.
    """

    panel: Panel
    pipeline: Pipeline
    rows: int
    parts: Parts
    fit: np.ndarray
    choose: np.ndarray
    calibrate: np.ndarray
    test: np.ndarray
    calibrated_on: tuple[int, int]
    train_rows: int


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
    return [*settled.findings, cost.finding(settled)]


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
    complete = run.model_copy(
        update={
            "targets": list(targets), "windows": windows,
            "model": run.model.model_copy(
                update={"settings": model_settings.model_dump(mode="json"), "training": training.model_dump(mode="json")}
            ),
        }
    )  # fmt: skip
    plans, findings = _panel_plans(raw, found, targets, complete)
    total = sum(len(each.fit) * len(each.panel.locations) for each in plans.values())
    looked = (
        training.epochs * training.steps_per_epoch * training.batch_windows if spec.fitted_by == "gradient" else total
    )
    share = min(1.0, looked / max(total, 1))
    if share < 1:
        findings.append(_sampled(share, total))
    return Plan(complete, spec, model_settings, training, plans, total, share, tuple(findings))


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


def observed_rows(panel: Panel, targets: tuple[str, ...]) -> int:
    """Steps up to and with the last one at which any target was observed."""
    mask = panel.select(targets).mask
    seen = np.flatnonzero(mask.reshape(len(mask), -1).any(axis=1))
    return int(seen[-1]) + 1 if len(seen) else 0


def _refuse(panel: Panel, run: RunConfig, spec: ModelSpec) -> None:
    """Refusals that need no windows."""
    missing = spec.needs - panel.space.parts
    if missing:
        raise ModelError(
            f"{spec.title} needs {' and '.join(sorted(missing))}; these data have "
            f"{', '.join(sorted(panel.space.parts)) or 'none of it'}.",
            "Choose another model, or give the missing part.",
        )
    if run.model.head not in spec.heads:
        raise ConfigError(
            f"{spec.title} answers with {' or '.join(spec.heads)}, not {run.model.head}.", "Leave the answer at point."
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
    for name, reason in refused:
        findings.append(
            Finding(code="panel_left_out", severity="look", message=f"“{name}” is left out: {reason.message}", where=name,
                    suggestion=reason.hint)
        )  # fmt: skip
    return plans, findings


def _panel_plan(panel: Panel, targets: tuple[str, ...], run: RunConfig) -> tuple[PanelPlan, list[Finding]]:
    _refuse_memory(panel)
    lookback, horizon = int(run.windows.lookback or 1), int(run.windows.horizon or 1)
    rows = observed_rows(panel, targets)
    if rows == 0:
        raise DataError(f"{', '.join(targets)} has no value at all.", "Choose another value column.")
    parts, findings = _parts(rows, run.split, lookback, horizon)
    fit, test = _fit_and_test(parts, run.windows.stride, lookback, horizon)
    seen = np.asarray(panel.select(targets).mask[:rows].any(axis=1))
    findings += _unlearnable(seen[: parts.train_end], targets)
    findings += too_little(panel.step, parts, lookback, horizon)
    choose, calibrate = (
        origins_within(*parts.span(half), horizon, lookback) if seen[slice(*parts.span(half))].any() else fit[:0]
        for half in ("choose", "calibrate")
    )
    calibrated_on = parts.span("calibrate")
    if not len(choose) or not len(calibrate):
        fit, calibrate, calibrated_on = _held_out(fit, parts, horizon)
        choose = choose[:0]
        findings.append(_no_validation(parts, horizon, len(calibrate)))
    train_rows = min(parts.train_end, int(fit[-1]) + horizon + 1)
    panel, pipeline = ready(panel, train_rows, for_model(run.prepare, MODELS[run.model.name]))
    return PanelPlan(panel, pipeline, rows, parts, fit, choose, calibrate, test, calibrated_on, train_rows), findings


def _parts(rows: int, config: SplitConfig, lookback: int, horizon: int) -> tuple[Parts, list[Finding]]:
    """The parts of the shares; those that nobody gave make room for a validation part of two horizons."""
    parts = split(rows, config)
    if config == SplitConfig():
        wider = widen_validation(parts, config, horizon)
        if wider != parts and wider.train_end >= lookback + horizon:
            return wider, [_widened(parts, wider, horizon)]
    return parts, []


def _fit_and_test(parts: Parts, stride: int, lookback: int, horizon: int) -> tuple[np.ndarray, np.ndarray]:
    """Origins of the train and the test part.

    Raises:
        ConfigError: a part without a whole window.
    """
    fit = origins_inside(0, parts.train_end, horizon, lookback, stride)
    if not len(fit):
        raise ConfigError(
            f"History {lookback} + {horizon} steps ahead need {lookback + horizon} steps; the train part has "
            f"{parts.train_end} of {parts.steps}.",
            _shorter(parts.train_end, horizon),
        )
    test = origins_within(*parts.span("test"), horizon, lookback)
    if not len(test):
        length = parts.steps - parts.validation_end
        raise ConfigError(
            f"{horizon} steps ahead do not fit into the test part of {length} steps.",
            f"Forecast at most {max(1, length)} steps ahead, or give the test part a larger share.",
        )
    return fit, test


def _shorter(train_end: int, horizon: int) -> str:
    """What would fit into a train part of so many steps."""
    if train_end < 2:
        return "Give more steps of time; the train part needs at least 2."
    ahead = horizon if horizon < train_end else max(1, train_end // 3)
    history = f"Use a history of at most {words.count(train_end - ahead, 'step')}"
    return f"{history}." if ahead == horizon else f"{history} and forecast at most {words.count(ahead, 'step')} ahead."


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


def _held_out(fit: np.ndarray, parts: Parts, horizon: int) -> tuple[np.ndarray, np.ndarray, tuple[int, int]]:
    """The last windows of the train part, taken out of the fit: its last tenth, whose leads no fitted window shares."""
    wanted = max(1, math.ceil(len(fit) / 10))
    if len(fit) <= horizon + wanted:
        return fit, fit[-1:], (int(fit[-1]) + 1, parts.train_end)
    calibrate = fit[-wanted:]
    return (
        fit[: -(wanted + horizon - 1)] if horizon > 1 else fit[:-wanted],
        calibrate,
        (int(calibrate[0]) + 1, parts.train_end),
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


def _widened(parts: Parts, wider: Parts, horizon: int) -> Finding:
    return Finding(
        code="validation_widened", severity="note",
        message=f"10 % of {parts.steps} steps are fewer than twice the {horizon} steps ahead; validation takes "
        f"{parts.train_end - wider.train_end} steps from the train part.",
    )  # fmt: skip


def _no_validation(parts: Parts, horizon: int, windows: int) -> Finding:
    return Finding(
        code="no_validation", severity="look", count=windows,
        message=f"The validation part of {parts.validation_end - parts.train_end} steps has no two halves with values and a "
        f"whole window of {horizon} steps ahead: defaults are used, and bands come from the last {windows} train windows, left "
        "out of the fit where there are enough.",
        suggestion="Give more data or forecast fewer steps ahead for bands that can be trusted.",
    )  # fmt: skip
