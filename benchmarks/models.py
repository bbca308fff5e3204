"""Every model on one data set with default settings: error, time, windows a second. ``python -m benchmarks.models DATA --models gru tcn``.

Split 70/10/20; errors over the test part, in the value's unit, for the first quarter of the steps ahead and for all of them.
One thread (``OMP_NUM_THREADS=1``); CPU seconds are those of the whole fit, validation forecasts included.
"""

from __future__ import annotations

import argparse
import json
from pathlib import Path
from typing import Any

import numpy as np

import stcore
from stcore.data.panel import Panel
from stcore.models import MODELS
from stcore.records import Prediction


def errors(prediction: Prediction, leads: int) -> tuple[float, float]:
    """MAE and RMSE over the first leads."""
    wrong = np.asarray(prediction.truth - prediction.values, np.float64)[:, :leads]
    return float(np.nanmean(np.abs(wrong))), float(np.sqrt(np.nanmean(wrong**2)))


def row(panel: Panel, name: str, windows: dict[str, int], seed: int, entry: dict[str, Any]) -> str:
    """One line of the table."""
    fitted = stcore.fit(panel, {"windows": windows, "model": {"name": name, **entry}, "seed": seed})
    test = stcore.backtest(fitted, panel)
    assert isinstance(test, Prediction)
    near, far = errors(test, max(1, test.horizon // 4)), errors(test, test.horizon)
    speed = fitted.history["windows_per_s"].mean() if "windows_per_s" in fitted.history else float("nan")
    return (
        f"{name:<16}{near[0]:>9.3f}{near[1]:>9.3f}{far[0]:>9.3f}{far[1]:>9.3f}{fitted.cpu_s:>9.1f}"
        f"{speed / 1000:>9.1f}{fitted.chosen.get('epochs', '')!s:>7}"
    )


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("data", type=Path, help="table, or folder with data.csv(.gz) and perhaps adjacency.csv")
    parser.add_argument(
        "--models", nargs="*", default=[n for n, spec in MODELS.items() if spec.fitted_by == "gradient"]
    )
    parser.add_argument("--lookback", type=int, default=12)
    parser.add_argument("--horizon", type=int, default=12)
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--values", nargs="*", help="columns to forecast")
    parser.add_argument("--entry", type=json.loads, default={}, help='what differs, as JSON: {"refit": true}')
    given = parser.parse_args()
    folder = given.data
    table = next(folder.glob("data.csv*")) if folder.is_dir() else folder
    adjacency = folder / "adjacency.csv" if folder.is_dir() and (folder / "adjacency.csv").exists() else None
    panel = stcore.read(table, {"values": given.values} if given.values else None, adjacency=adjacency)
    assert isinstance(panel, Panel)
    print(f"{'model':<16}{'MAE':>9}{'RMSE':>9}{'MAE all':>9}{'RMSE all':>9}{'CPU s':>9}{'k win/s':>9}{'epoch':>7}")
    for name in given.models:
        windows = {"lookback": given.lookback, "horizon": given.horizon}
        print(row(panel, name, windows, given.seed, given.entry), flush=True)


if __name__ == "__main__":
    main()
