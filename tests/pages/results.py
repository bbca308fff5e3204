"""A run with results, made once a test session in seconds: small data, quick models."""

from __future__ import annotations

import shutil
from functools import lru_cache
from pathlib import Path
from tempfile import mkdtemp

import numpy as np
import pandas as pd

from stcore.data import dataset
from stcore.data.panel import Panel
from stcore.experiment import Experiment
from stcore.operations import store
from stcore.operations.store import writing
from stcore.operations.store.library import new_run

MODELS = ("persistence", "seasonal_naive", "ridge")
QUICK = {"epochs": 8, "steps_per_epoch": 20, "batch_windows": 256}
EVENTS = {"rule": "quantile", "levels": [0.8], "levels_over": "all"}


def wave(places: int = 6, days: int = 24, coordinates: bool = True) -> Panel:
    """Hourly temperatures with a daily course; one place is far off for half a day in the last part."""
    hours = days * 24
    time = pd.date_range("2026-01-01", periods=hours, freq="h")
    rng = np.random.default_rng(3)
    level = np.arange(places)[None, :]
    values = 20 + level + 6 * np.sin(np.arange(hours)[:, None] / 24 * 2 * np.pi) + rng.normal(0, 0.4, (hours, places))
    values[-60:-48, 2] += 15
    names = [f"s{number}" for number in range(places - 1)] + ["<b>x</b>"]
    table = pd.DataFrame({"lat": 47 + 0.1 * np.arange(places), "lon": 8 + 0.1 * np.arange(places)}, index=names)
    return Panel.from_arrays(values, time, table if coordinates else names, ["temp_c"])


@lru_cache(maxsize=4)
def _results(coordinates: bool) -> Path:
    """Folder of a finished run on the wave, outside any test's home."""
    from stcore.workflow.run import run

    folder = Path(mkdtemp(prefix="fieldcast-results-"))
    experiment = Experiment(models=list(MODELS), windows={"lookback": 12, "horizon": 6})
    run(experiment, out=folder, panel=wave(coordinates=coordinates), exports=False)
    return folder


@lru_cache(maxsize=1)
def _chances() -> Path:
    """Folder of a finished run that says how likely a high temperature is, outside any test's home."""
    from stcore.workflow.run import run

    folder = Path(mkdtemp(prefix="fieldcast-results-"))
    entry = {"name": "stid", "head": "classes", "training": QUICK}
    experiment = Experiment(models=[entry], prepare={"events": EVENTS}, windows={"lookback": 12, "horizon": 6}, seed=1)
    run(experiment, out=folder, panel=wave(), exports=False)
    return folder


def finished(coordinates: bool = True) -> dict[str, str]:
    """Ids of a data set and of a finished run on it, in the home of this test."""
    return _placed(_results(coordinates), coordinates)


def events_finished() -> dict[str, str]:
    """Ids of a data set and of a finished run on the chances of an event, in the home of this test."""
    return _placed(_chances())


def another_run(dataset: str, chances: bool = False) -> str:
    """Id of one more finished run on a data set of this test's home."""
    return _run(dataset, _chances() if chances else _results(True))


def _placed(results: Path, coordinates: bool = True) -> dict[str, str]:
    made = dataset.save(wave(coordinates=coordinates), "Temperatures")
    store.add_dataset(made.id, made.name, made.digest, {"place": "station"})
    return {"dataset": made.id, "run": _run(made.id, results)}


def _run(dataset: str, results: Path) -> str:
    with writing() as connection:
        experiment = Experiment().model_dump(mode="json", by_alias=True)
        run = new_run(connection, dataset, "First forecast", experiment, "local")
    shutil.copytree(results, store.run_folder(run.id), dirs_exist_ok=True)
    return run.id


def data_only() -> dict[str, str]:
    """Id of a data set without any run."""
    made = dataset.save(wave(), "Temperatures")
    store.add_dataset(made.id, made.name, made.digest, {"place": "station"})
    return {"dataset": made.id}
