"""Our ``auto`` beside PyOD and merlion: ``make bench-detectors DATA=folder``, which makes .venv-detectors for them.

The 27 labelled series of NAB (folder anomaly_nab), each learnt from itself without labels: mean VUS-PR and CPU seconds of fit and score
together, one thread. PyOD judges all windows of one day, merlion's detectors run as they come; both in a process of their own.
"""

from __future__ import annotations

import argparse
import json
import os
import subprocess
import tempfile
import time
from pathlib import Path

import numpy as np
import pandas as pd

from benchmarks.anomalies import buffer, nab, panel_of, scored
from stcore.evaluation.volume import volumes

ROOT = Path(__file__).parents[1]
ALONE = dict.fromkeys(("OMP_NUM_THREADS", "MKL_NUM_THREADS", "OPENBLAS_NUM_THREADS", "NUMBA_NUM_THREADS"), "1")
PEERS = (
    "pyod:knn", "pyod:isolation_forest", "pyod:hbos", "merlion:zms", "merlion:isolation_forest", "merlion:spectral_residual",
    "merlion:windstats",
)  # fmt: skip
OURS = ("auto", "shape_knn", "isolation_forest", "spectral_residual")
Series = list[tuple[np.ndarray, np.ndarray, pd.Timedelta]]


def ours(name: str, series: Series) -> tuple[list[np.ndarray], float]:
    """Scores of each series, and CPU seconds."""
    scored(panel_of(series[0][0][:1000], series[0][2]), name)  # imports do not count
    begun = time.process_time()
    found = [scored(panel_of(values, step), name) for values, _, step in series]
    return found, time.process_time() - begun


def peer(who: str, series: Series) -> tuple[list[np.ndarray], float]:
    """Scores of each series and CPU seconds, by a process in the other environment.

    Raises:
        RuntimeError: it failed; the end of what it said.
    """
    with tempfile.TemporaryDirectory() as folder:
        source, target = Path(folder) / "series.npz", Path(folder) / "scores.npz"
        steps = np.array([step.total_seconds() for _, _, step in series])
        np.savez(source, steps=steps, **{f"values-{row}": values for row, (values, _, _) in enumerate(series)})
        done = subprocess.run(
            [str(ROOT / ".venv-detectors/bin/python"), str(ROOT / "benchmarks/detector_jobs.py"), who, str(source), str(target)],
            capture_output=True, text=True, env={**os.environ, **ALONE}, cwd=folder, check=False,
        )  # fmt: skip
        if done.returncode:
            raise RuntimeError(done.stderr.strip()[-300:])
        scores = np.load(target)
        found = [scores[f"scores-{row}"] for row in range(len(series))]
    return found, float(json.loads(done.stdout.strip().splitlines()[-1])["cpu_s"])


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("data", type=Path, help="folder with anomaly_nab")
    parser.add_argument("--only", nargs="*", default=[*OURS, *PEERS], choices=[*OURS, *PEERS])
    given = parser.parse_args()
    series = list(nab(given.data))
    print(f"{len(series)} series of NAB\n{'detector':<28}{'VUS-PR':>9}{'CPU s':>9}")
    random = np.random.default_rng(0)
    for name in ("random", *given.only):
        try:
            if name == "random":
                scores, spent = [random.random(len(values)) for values, _, _ in series], 0.0
            else:
                scores, spent = (peer if ":" in name else ours)(name, series)
        except RuntimeError as failed:
            print(f"{name:<28}  failed: {failed}", flush=True)
            continue
        found = [
            volumes(each, labels, buffer(values))[1] for each, (values, labels, _) in zip(scores, series, strict=True)
        ]
        print(f"{name:<28}{np.mean(found):>9.3f}{spent:>9.1f}", flush=True)


if __name__ == "__main__":
    main()
