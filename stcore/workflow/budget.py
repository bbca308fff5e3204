"""Which models to train when there are only so many minutes: the best set that fits, from measured or usual times."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from stcore.data.panel import Panel, as_panels
from stcore.experiment import Experiment
from stcore.models import MODELS
from stcore.workflow.outlook import EFFORT, outlook

_KEPT_BACK = 0.15  # of the time: estimates are rough
_START_S = 5.0
_MANY_PLACES = 8
#: What was most accurate for its time on public data of each kind (docs/benchmarks.md), the most useful first.
_ON_GRID = (
    "ridge",
    "lightgbm",
    "cnn3d",
    "stid",
    "conv_lstm",
    "low_rank",
    "st_resnet",
    "stmix",
    "nhits",
    "cnn3d_cnn_lstm",
)
_MANY = (
    "ridge",
    "lightgbm",
    "low_rank",
    "stid",
    "stmix",
    "nhits",
    "lstm",
    "tsmixer",
    "multiscale_cnn",
    "graph_wavenet",
)
_FEW = ("ridge", "lightgbm", "nlinear", "stid", "nhits", "lstm", "ets", "arima", "patchtst", "tcn")


@dataclass(frozen=True)
class Proposal:
    """A round that fits into a time.

    Attributes:
        models: registry names, the most useful first.
        effort: of the networks (see ``EFFORT``).
        seconds: about how long the whole round takes.
        left_out: the next ones, which would no longer fit.
    """

    models: tuple[str, ...]
    effort: str
    seconds: float
    left_out: tuple[str, ...]


def preferred(panel: Panel) -> tuple[str, ...]:
    """Candidates for data of this kind, the most useful first."""
    if panel.space.grid is not None:
        return _ON_GRID
    return _MANY if len(panel.locations) >= _MANY_PLACES else _FEW


def propose(panel: Panel | Mapping[str, Panel], experiment: Experiment, minutes: float) -> Proposal:
    """The largest set of models that is likely to be done in so many minutes, and then the effort that still fits.

    Models are taken in the order in which they have proved useful; one that does not fit is passed over. At least the first
    one is proposed, however short the time.

    Args:
        experiment: its windows, split and preparation count; its models do not.

    Raises:
        ConfigError, DataError, ModelError: as ``outlook``.
    """
    names = preferred(next(iter(as_panels(panel).values())))
    times = {effort: _times(panel, experiment, names, epochs) for effort, epochs in EFFORT.items()}
    budget = 60 * minutes * (1 - _KEPT_BACK) - _START_S
    chosen: list[str] = []
    used = 0.0
    for name in (each for each in names if each in times["normal"]):
        if not chosen or used + times["normal"][name] <= budget:
            chosen.append(name)
            used += times["normal"][name]
    effort = next(
        (each for each in ("thorough", "normal", "quick") if sum(times[each][name] for name in chosen) <= budget),
        "quick",
    )
    seconds = _START_S + sum(times[effort][name] for name in chosen)
    passed = tuple(name for name in names if name in times["normal"] and name not in chosen)
    return Proposal(tuple(chosen), effort, seconds, passed)


def _times(
    panel: Panel | Mapping[str, Panel], experiment: Experiment, names: tuple[str, ...], epochs: int
) -> Mapping[str, float]:
    """Seconds of each model that applies to the data."""
    entries = [
        {"name": name, "training": {"epochs": epochs} if MODELS[name].fitted_by == "gradient" else {}} for name in names
    ]
    given = experiment.model_dump(mode="json", by_alias=True) | {"models": entries, "ensemble": None}
    return {label: each for label, each in outlook(panel, Experiment.parse(given)).seconds.items() if label in names}
