"""How time and memory grow with the number of places: 207, 828, 3,312 and 8,600 places of 2,000 hourly steps, generated.

``python -m benchmarks.growth``: fit and forecast of each model, and of a detector, in a process of its own with one thread;
processor seconds and the peak of its anonymous memory (RssAnon, less that of the imports). Networks are trained for one epoch of 4
steps for every 207 places, so that each sees the same share of its data. Growth: the exponent of seconds in the places between the last two sizes; 1 is linear.
"""

from __future__ import annotations

import argparse
import math
import os
import subprocess
import sys
import tempfile
import time
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np
import pandas as pd

from benchmarks.huge import Watch

if TYPE_CHECKING:
    from stcore.data.panel import Panel

STEPS = 2_000
PLACES = (207, 828, 3_312, 8_600)
NAMES = ("ridge", "low_rank", "lightgbm", "nlinear", "stid", "stmix", "lstm", "cnn3d", "graph_wavenet", "residual")
SOLVED = ("ridge", "low_rank", "lightgbm")


def panel(places: int) -> Panel:
    """A daily wave with its own level and noise at every cell of a grid, one value in fifty missing."""
    from stcore.data.panel import Panel

    rng = np.random.default_rng(0)
    hours = np.arange(STEPS)[:, None]
    values = 20 + rng.normal(0, 5, places) + 8 * np.sin(hours / 24 * 2 * np.pi + rng.normal(0, 0.3, places))
    values = (values + rng.standard_normal(values.shape)).astype(np.float32)
    values[rng.random(values.shape, dtype=np.float32) < 0.02] = np.nan
    columns, cell = math.ceil(math.sqrt(places)), np.arange(places)
    table = pd.DataFrame(
        {"lat": 40 + 0.1 * (cell // columns), "lon": 0.1 * (cell % columns)}, index=[f"c{number}" for number in cell]
    )
    return Panel.from_arrays(values, pd.date_range("2025-01-01", periods=STEPS, freq="h"), table, ["temp_c"])


def steps_of(name: str, places: int) -> int:
    """Steps that see the same share of the windows whatever their number; those of a grid see whole fields."""
    from stcore.models import list_models

    batch = 4_096
    seen = (
        places * max(1, round(batch / places)) if name != "residual" and list_models()[name].sees == "grid" else batch
    )
    return max(1, round(4 * batch * places / 207 / seen))


def measure(name: str, places: int) -> None:
    """Fit and forecast; what is printed is read by ``main``."""
    import torch

    import stcore

    torch.optim.AdamW([torch.nn.Parameter(torch.zeros(1))])  # brings imports of its own
    torch.set_num_threads(1)
    data = panel(places)
    rounds = {} if name in SOLVED else {"epochs": 1, "steps_per_epoch": steps_of(name, places)}
    with Watch() as watch:
        time.sleep(0.1)
        before, begun = watch.peak, time.process_time()
        if name == "residual":
            stcore.fit_detector(data, "residual").score(data)
        else:
            run = {"windows": {"lookback": 12, "horizon": 12}, "model": {"name": name, "training": rounds}}
            stcore.forecast(stcore.fit(data, run), data)
        took = time.process_time() - begun
    print(f"seconds {took:.1f}\npeak {watch.peak - before:.0f}")


def row(name: str, sizes: Sequence[int]) -> str:
    """One line of the table."""
    cells, seconds = [], []
    for places in sizes:
        command = [sys.executable, "-m", "benchmarks.growth", "--only", name, str(places)]
        done = subprocess.run(command, stdout=subprocess.PIPE, text=True, check=True)
        told = dict(line.split() for line in done.stdout.splitlines() if line.startswith(("seconds", "peak")))
        seconds.append(float(told["seconds"]))
        cells.append(f"{told['seconds']} / {told['peak']}")
    growth = math.log(seconds[-1] / seconds[-2]) / math.log(sizes[-1] / sizes[-2]) if len(sizes) > 1 else math.nan
    return f"| {name} | {' | '.join(cells)} | {growth:.2f} |"


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--places", nargs="*", type=int, default=PLACES)
    parser.add_argument("--names", nargs="*", default=NAMES)
    parser.add_argument("--only", nargs=2, help=argparse.SUPPRESS)
    given = parser.parse_args()
    if given.only:
        measure(given.only[0], int(given.only[1]))
        return 0
    with tempfile.TemporaryDirectory() as folder:
        os.environ |= {"FIELDCAST_HOME": str(Path(folder) / "home"), "OMP_NUM_THREADS": "1"}
        print(f"| CPU s / MiB | {' | '.join(f'{places:,}' for places in given.places)} | growth |")
        for name in given.names:
            print(row(name, given.places), flush=True)
    return 0


if __name__ == "__main__":
    sys.exit(main())
