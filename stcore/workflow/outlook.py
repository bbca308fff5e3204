"""What a round of training will be, before it starts: what each model learns from, how long it takes, what is refused."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import pandas as pd

from stcore.data.panel import Panel
from stcore.errors import ModelError
from stcore.experiment import Experiment
from stcore.findings import Finding
from stcore.training.cost import seconds
from stcore.training.planning import Plan, plan

EFFORT: Mapping[str, int] = {"quick": 4, "normal": 10, "thorough": 30}
"""Epochs of an effort; normal is the default of ``TrainingConfig``."""

_START_S = 5.0  # a worker begins and loads what it needs


@dataclass(frozen=True, eq=False)
class Outlook:
    """A round that can start.

    Attributes:
        plans: label -> what was settled, of the models that apply to these data.
        refused: label -> why a model does not apply.
        findings: what the user should know, said once.
        seconds: label -> rough processor time.
    """

    plans: Mapping[str, Plan]
    refused: Mapping[str, str]
    findings: tuple[Finding, ...]
    seconds: Mapping[str, float]

    @property
    def total_s(self) -> float:
        """Rough time of the whole round on one core."""
        return _START_S + sum(self.seconds.values())

    @property
    def start_times(self) -> int:
        """Start times a model may learn from, over all panels."""
        return sum(len(each.fit) for each in next(iter(self.plans.values())).panels.values())

    @property
    def spans(self) -> Spans:
        """When the parts of the first panel begin and end."""
        return spans(next(iter(self.plans.values())))

    @property
    def step(self) -> str:
        """Step of the first panel."""
        return next(iter(next(iter(self.plans.values())).panels.values())).panel.step


@dataclass(frozen=True)
class Spans:
    """First and last time of what is learnt from, tuned on (None without validation) and tested on."""

    train: tuple[pd.Timestamp, pd.Timestamp]
    validation: tuple[pd.Timestamp, pd.Timestamp] | None
    test: tuple[pd.Timestamp, pd.Timestamp]


def outlook(panel: Panel | Mapping[str, Panel], experiment: Experiment) -> Outlook:
    """Settle every model of an experiment without torch.

    Raises:
        ConfigError, DataError: settings that cannot work, with the numbers and a way out.
        ModelError: no model of the experiment but the baselines applies to these data.
    """
    plans: dict[str, Plan] = {}
    refused: dict[str, str] = {}
    last: ModelError | None = None
    for run in experiment.runs():
        try:
            plans[run.model.label] = plan(panel, run)
        except ModelError as error:
            refused[run.model.label] = f"{error.message} {error.hint}"
            last = error
    if last is not None and set(refused) >= {entry.label for entry in experiment.models}:
        raise last
    return Outlook(plans, refused, _findings(plans), {label: seconds(each) for label, each in plans.items()})


def spans(settled: Plan) -> Spans:
    """Times of the parts of the first panel of a plan."""
    first = next(iter(settled.panels.values()))
    time = first.panel.time

    def between(part: str) -> tuple[pd.Timestamp, pd.Timestamp] | None:
        start, end = first.parts.span(part)
        return (time[start], time[end - 1]) if end > start else None

    train, test = between("train"), between("test")
    if train is None or test is None:
        raise AssertionError("a plan has a train and a test part")
    return Spans(train, between("validation"), test)


def _findings(plans: Mapping[str, Plan]) -> tuple[Finding, ...]:
    """Findings of all models, each sentence once; how much is sampled is said in the outlook itself."""
    found = {
        finding.message: finding for each in plans.values() for finding in each.findings if finding.code != "sampled"
    }
    return tuple(found.values())
