"""Los-loop speeds: 207 sensors, 5 minutes, one week; error over the first 15 minutes and the CPU time of training.

``make bench DATA=folder``, where ``folder/traffic_los_loop`` holds data.csv.gz and adjacency.csv. Lookback 12, horizon 12,
70/10/20 without a refit; errors over leads 1-3 in mph, over origins whose 12 inputs and 12 leads lie wholly in the test
part. Persistence on those: RMSE 5.57, MAE 3.16. Ends with 1 when STID misses its aim.
"""

from __future__ import annotations

import argparse
import sys
import tempfile
from pathlib import Path

import numpy as np

import stcore
from stcore.records import Prediction

LOOKBACK, HORIZON, LEADS = 12, 12, 3
AIM = {"rmse": 5.10, "mae": 2.80, "cpu_s": 300.0}


def experiment(folder: Path, seed: int) -> stcore.Experiment:
    """The protocol as an experiment with default settings."""
    return stcore.Experiment(
        data={"source": str(folder / "data.csv.gz"), "adjacency": str(folder / "adjacency.csv")},
        windows={"lookback": LOOKBACK, "horizon": HORIZON},
        models=["persistence", "seasonal_naive", "ridge", "stid"],
        seed=seed,
    )


def errors(prediction: Prediction) -> dict[str, float]:
    """RMSE and MAE over the first leads; the first 12 origins look back past the start of the test part."""
    wrong = (prediction.truth - prediction.values)[LOOKBACK:, :LEADS]
    return {"rmse": float(np.sqrt(np.nanmean(wrong**2))), "mae": float(np.nanmean(np.abs(wrong)))}


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("data", nargs="?", type=Path, help="folder with traffic_los_loop in it")
    parser.add_argument("--seed", type=int, default=1)
    given = parser.parse_args()
    folder = given.data and given.data / "traffic_los_loop"
    if folder is None or not (folder / "data.csv.gz").exists():
        print("Skipped: no data. Name a folder that holds traffic_los_loop/data.csv.gz: make bench DATA=folder")
        return 0
    with tempfile.TemporaryDirectory() as out:
        result = stcore.run(experiment(folder, given.seed), out=out, exports=False)
        table = {
            label: errors(result.prediction(label, "test")) | {"cpu_s": float(result.metrics[label].get("cpu_s") or 0)}
            for label in result.models
        }
    print(f"{'model':<16}{'RMSE, mph':>12}{'MAE, mph':>12}{'CPU s':>10}")
    for label, row in table.items():
        print(f"{label:<16}{row['rmse']:>12.3f}{row['mae']:>12.3f}{row['cpu_s']:>10.1f}")
    missed = [
        f"{name} {table['stid'][name]:.2f} > {limit}" for name, limit in AIM.items() if table["stid"][name] > limit
    ]
    print("STID reaches its aim." if not missed else f"STID misses its aim: {', '.join(missed)}")
    return 1 if missed else 0


if __name__ == "__main__":
    sys.exit(main())
