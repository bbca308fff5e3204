"""Fieldcast's library: forecast, map and watch data that have a time and a place.

The public names load their rooms on first use, so that ``import stcore`` stays light. Axes are always in this order:
B batch (origins), L lookback, H horizon, N locations, F features, T targets, Q quantiles, C classes; a panel is
[time, location, feature], a prediction [origin, horizon, location, target].
"""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING, Any

from stcore import errors

if TYPE_CHECKING:
    from stcore.anomaly import detect, fit_detector, list_detectors, load_detector
    from stcore.data.dataset import Dataset
    from stcore.data.ingest import inspect, read
    from stcore.data.panel import Panel
    from stcore.evaluation import evaluate
    from stcore.experiment import Experiment, RunConfig
    from stcore.findings import Finding
    from stcore.library import datasets, open, save
    from stcore.models import list_models
    from stcore.records import Detection, Prediction
    from stcore.training.backtest import backtest, forecast
    from stcore.training.ensemble import combine
    from stcore.training.fit import fit
    from stcore.training.fitted import Fitted, load
    from stcore.training.planning import check
    from stcore.workflow.result import Result
    from stcore.workflow.run import run

__version__ = "0.1.0"

#: Public name -> where it lives.
_HOMES = {
    "read": "stcore.data.ingest", "inspect": "stcore.data.ingest", "Panel": "stcore.data.panel",
    "Dataset": "stcore.data.dataset", "save": "stcore.library", "open": "stcore.library",
    "datasets": "stcore.library", "RunConfig": "stcore.experiment", "Experiment": "stcore.experiment",
    "check": "stcore.training.planning", "fit": "stcore.training.fit", "backtest": "stcore.training.backtest",
    "forecast": "stcore.training.backtest", "combine": "stcore.training.ensemble", "evaluate": "stcore.evaluation",
    "detect": "stcore.anomaly", "fit_detector": "stcore.anomaly", "load_detector": "stcore.anomaly",
    "list_detectors": "stcore.anomaly", "list_models": "stcore.models", "load": "stcore.training.fitted",
    "Fitted": "stcore.training.fitted", "Prediction": "stcore.records", "Detection": "stcore.records",
    "Finding": "stcore.findings", "run": "stcore.workflow.run", "Result": "stcore.workflow.result",
}  # fmt: skip

__all__ = [
    "Dataset", "Detection", "Experiment", "Finding", "Fitted", "Panel", "Prediction", "Result", "RunConfig", "backtest",
    "check", "combine", "datasets", "detect", "errors", "evaluate", "fit", "fit_detector", "forecast", "inspect",
    "list_detectors", "list_models", "load", "load_detector", "open", "read", "run", "save",
]  # fmt: skip


def __getattr__(name: str) -> Any:
    if name not in _HOMES:
        raise AttributeError(f"module 'stcore' has no attribute {name!r}")
    found = getattr(import_module(_HOMES[name]), name)
    globals()[name] = found
    return found


def __dir__() -> list[str]:
    return sorted({*globals(), *__all__})
