"""Data and long trainings for the browser tests, made through the library."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pandas as pd


def long_table(folder: Path) -> Path:
    """Thirty places, two weeks of 5 minutes: enough for a network to be busy for a while."""
    time = pd.date_range("2026-03-02", periods=4032, freq="5min")
    wave = 50 + 10 * np.sin(np.arange(len(time)) / 288 * 2 * np.pi)
    noise = np.random.default_rng(0).normal(0, 3, (len(time), 30))
    wide = pd.DataFrame(wave[:, None] + noise, columns=[f"s{n}" for n in range(30)])
    wide.insert(0, "time", time)
    path = folder / "long.csv"
    wide.to_csv(path, index=False)
    return path


def long_training(folder: Path) -> tuple[str, str, str]:
    """Queue a training that takes many minutes, in the home of this process; ids of dataset, run and job."""
    from stcore.data import dataset
    from stcore.operations import jobs, store

    made = dataset.create(long_table(folder), "Long")
    store.add_dataset(made.id, made.name, made.digest, {"place": "place", "sentence": made.sentence})
    network = {"name": "lstm", "training": {"epochs": 1000, "patience": 1000, "steps_per_epoch": 4}}
    run, job = jobs.submit_training(made.id, {"windows": {"lookback": 12, "horizon": 12}, "models": [network]})
    return made.id, run, job
