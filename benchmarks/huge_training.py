"""Training on a panel larger than memory should be: 8,600 steps x 20,000 places (0.7 GB of float32), generated and saved.

``python -m benchmarks.huge_training``: each model in a process of its own, one epoch, with its seconds and the peak of its
anonymous memory (RssAnon; pages of the mapped files may come and go). Windows may take 256 MB of memory and forecasts of
the validation part as much; ridge sums every sixth window. Aim: at most half of the panel. ``--places`` makes a smaller one.
"""

from __future__ import annotations

import argparse
import os
import subprocess
import sys
import tempfile
import time
from pathlib import Path

from benchmarks.huge import STEPS, Watch

PLACES = 20_000
MODELS = ("nlinear", "ridge", "stid")
LIMITS = {"FIELDCAST_MEMORY_MB": "256", "FIELDCAST_MAX_PREDICTION_MB": "256"}


def train(id: str, model: str) -> None:
    """Fit one model on the saved panel; what is printed is read by ``main``."""
    import stcore

    panel = stcore.open(id).panel()
    training = {} if model == "ridge" else {"epochs": 1}
    windows = {"lookback": 12, "horizon": 12, "stride": 6 if model == "ridge" else 1}
    run = {"windows": windows, "model": {"name": model, "training": training}}
    with Watch() as watch:
        begun = time.perf_counter()
        fitted = stcore.fit(panel, run)
        took = time.perf_counter() - begun
    validation = fitted.validation
    print(
        f"seconds {took:.1f}\npeak {watch.peak:.0f}\nskill {1 - _mae(validation) / _mae(validation, 'persistence'):.3f}"
    )


def _mae(prediction: object, baseline: str = "") -> float:
    import numpy as np

    said = prediction.baselines[baseline] if baseline else prediction.values  # type: ignore[attr-defined]
    misses = (np.abs(said[n] - prediction.truth[n]) for n in range(len(said)))  # type: ignore[attr-defined]
    return float(np.mean([np.nanmean(each) for each in misses]))


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--places", type=int, default=PLACES)
    parser.add_argument("--models", nargs="*", default=MODELS)
    parser.add_argument("--only", nargs=2, help=argparse.SUPPRESS)
    given = parser.parse_args()
    if given.only:
        train(*given.only)
        return 0
    with tempfile.TemporaryDirectory() as folder:
        os.environ |= {"FIELDCAST_HOME": f"{folder}/home", "OMP_NUM_THREADS": "1", **LIMITS}
        size = STEPS * given.places * 4 / 2**20
        print(f"{STEPS:,} steps x {given.places:,} places, {size:.0f} MiB")
        made = [sys.executable, "-c", f"from benchmarks.huge import *; generate(Path({folder!r}), {given.places})"]
        id = subprocess.run(made, capture_output=True, text=True, check=True).stdout.split()[-1]
        print(f"{'model':<10}{'seconds':>10}{'RssAnon, MiB':>14}{'skill':>8}")
        worst = 0.0
        for model in given.models:
            command = [sys.executable, "-m", "benchmarks.huge_training", "--only", id, model]
            done = subprocess.run(command, stdout=subprocess.PIPE, text=True, check=True)
            told = dict(line.split(maxsplit=1) for line in done.stdout.splitlines())
            print(f"{model:<10}{told['seconds']:>10}{told['peak']:>14}{told['skill']:>8}", flush=True)
            worst = max(worst, float(told["peak"]))
        left = list((Path(folder) / "home" / "scratch").glob("*"))
        print(f"peak {worst:.0f} MiB of {size:.0f}, files left {len(left)}")
    return int(worst > size / 2)


if __name__ == "__main__":
    sys.exit(main())
