"""Detectors of PyOD or merlion on given series, in their own environment: ``python benchmarks/detector_jobs.py WHO SERIES SCORES``.

WHO is pyod:knn, pyod:isolation_forest, pyod:hbos, merlion:zms, merlion:isolation_forest, merlion:spectral_residual or
merlion:windstats. SERIES is an .npz with values-0, values-1, ... and the steps in seconds as “steps”; SCORES becomes one with a score a
row of each. Prints a line of JSON: CPU seconds of fit and score, without the imports. Nothing of this project is imported.
"""

from __future__ import annotations

import json
import logging
import sys
import time
import warnings
from collections.abc import Callable

import numpy as np
import pandas as pd

DAY_S, FEWEST_WINDOWS = 86_400, 100
Score = Callable[[np.ndarray, float], np.ndarray]


def pyod(name: str) -> Score:
    """A detector of PyOD on all windows of one day, each scaled alike; a step has the mean of the windows that cover it."""
    from pyod.models.hbos import HBOS
    from pyod.models.iforest import IForest
    from pyod.models.knn import KNN

    kinds = {"knn": KNN, "isolation_forest": lambda: IForest(random_state=0), "hbos": HBOS}

    def score(values: np.ndarray, step_s: float) -> np.ndarray:
        size = int(np.clip(DAY_S / step_s, 2, len(values) - FEWEST_WINDOWS))
        scaled = (values - values.mean()) / max(float(values.std()), 1e-9)
        model = kinds[name]()
        model.fit(np.lib.stride_tricks.sliding_window_view(scaled, size).copy())
        return over_windows(np.asarray(model.decision_scores_), len(values), size)

    return score


def over_windows(each: np.ndarray, count: int, size: int) -> np.ndarray:
    """Mean over the windows that cover each of ``count`` steps."""
    total, covered = np.zeros(count + 1), np.zeros(count + 1)
    for sums, values in ((total, each), (covered, np.ones(len(each)))):
        sums[: len(each)] += values
        sums[size : size + len(each)] -= values
    return np.asarray(np.cumsum(total)[:-1] / np.cumsum(covered)[:-1])


def merlion(name: str) -> Score:
    """A detector of merlion as it comes, on the whole series."""
    from merlion.models.anomaly.isolation_forest import IsolationForest, IsolationForestConfig
    from merlion.models.anomaly.spectral_residual import SpectralResidual, SpectralResidualConfig
    from merlion.models.anomaly.windstats import WindStats, WindStatsConfig
    from merlion.models.anomaly.zms import ZMS, ZMSConfig
    from merlion.utils import TimeSeries

    kinds = {
        "zms": (ZMS, ZMSConfig), "isolation_forest": (IsolationForest, IsolationForestConfig),
        "spectral_residual": (SpectralResidual, SpectralResidualConfig), "windstats": (WindStats, WindStatsConfig),
    }  # fmt: skip

    def score(values: np.ndarray, step_s: float) -> np.ndarray:
        start = pd.Timestamp("2024-01-01")
        time_ = pd.date_range(start, periods=len(values), freq=pd.Timedelta(seconds=step_s)).as_unit("ns")
        model, config = kinds[name]
        found = model(config()).train(TimeSeries.from_pd(pd.DataFrame({"value": values.astype(float)}, index=time_)))
        table = found.to_pd()
        rows = np.rint((table.index - start) / pd.Timedelta(seconds=step_s)).astype(int)
        out = np.zeros(len(values))
        inside = (rows >= 0) & (rows < len(values))
        out[rows[inside]] = np.nan_to_num(np.abs(table.iloc[:, 0].to_numpy()[inside]))
        return out

    return score


def main() -> None:
    warnings.simplefilter("ignore")
    logging.disable(logging.CRITICAL)
    who, source, target = sys.argv[1:]
    package, name = who.split(":")
    given = np.load(source)
    score = {"pyod": pyod, "merlion": merlion}[package](name)
    series = [given[f"values-{row}"] for row in range(len(given["steps"]))]
    score(series[0][:1000], float(given["steps"][0]))  # what is compiled at the first call does not count
    begun = time.process_time()
    scores = {f"scores-{row}": score(each, float(given["steps"][row])) for row, each in enumerate(series)}
    spent = time.process_time() - begun
    np.savez(target, **scores)
    print(json.dumps({"cpu_s": spent}))


if __name__ == "__main__":
    main()
