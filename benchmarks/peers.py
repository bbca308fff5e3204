"""Speed and memory beside darts and neuralforecast: ``make bench-peers``, which makes .venv-peers for them.

Every figure comes from processes of their own, one thread each, in interleaved rounds; the median is told. CPU seconds, so that
a busy machine does not count against whoever ran then. Ends with 1 when an aim is missed.
"""

from __future__ import annotations

import argparse
import json
import os
import statistics
import subprocess
import sys
from dataclasses import dataclass
from pathlib import Path

ROOT = Path(__file__).parents[1]
ALONE = dict.fromkeys(("OMP_NUM_THREADS", "MKL_NUM_THREADS", "OPENBLAS_NUM_THREADS"), "1")


@dataclass(frozen=True)
class Line:
    """One comparison: ours against another, and how many times better it has to be (less is better for seconds and MB)."""

    what: str
    size: int
    ours: str
    other: str
    theirs: str
    aim: float


LINES = (
    Line("train", 6600, "nlinear", "darts", "nlinear", 10), Line("train", 6600, "nlinear", "neuralforecast", "nlinear", 7),
    Line("train", 1035, "nlinear", "darts", "nlinear", 5), Line("train", 1035, "nlinear", "neuralforecast", "nlinear", 4),
    Line("train", 4140, "lstm", "darts", "lstm", 1.8), Line("train", 4140, "lstm", "neuralforecast", "lstm", 1.6),
    Line("train", 4140, "stid", "raw", "stid", 0.95), Line("train", 4140, "lstm", "raw", "lstm", 0.95),
    Line("train", 6600, "nlinear", "raw", "nlinear", 0.85),
    Line("rolling", 4140, "lstm", "darts", "lstm", 5), Line("rolling", 4140, "nlinear", "darts", "nlinear", 50),
    Line("memory", 4140, "ridge", "darts", "nhits", 1 / 0.7), Line("memory", 4140, "nlinear", "darts", "nhits", 1 / 0.7),
    Line("memory", 4140, "stid", "darts", "nhits", 1 / 0.9), Line("memory", 4140, "lstm", "darts", "nhits", 1 / 0.9),
    Line("memory", 4140, "nhits", "darts", "nhits", 1 / 0.9),
)  # fmt: skip
UNIT = {"train": "windows / CPU s", "rolling": "CPU s", "memory": "MB"}


def measured(who: str, what: str, size: int) -> float:
    """One job in its own process."""
    python = ROOT / (".venv-peers" if who in ("darts", "neuralforecast") else ".venv") / "bin/python"
    done = subprocess.run(
        [str(python), str(ROOT / "benchmarks/peer_jobs.py"), who, what, str(size)], capture_output=True, text=True,
        env={**os.environ, **ALONE}, cwd=ROOT, check=False,
    )  # fmt: skip
    if done.returncode:
        raise SystemExit(f"{who} {what}: {done.stderr[-800:]}")
    return float(json.loads(done.stdout.strip().splitlines()[-1])["result"])


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--only", choices=("train", "rolling", "memory"))
    given = parser.parse_args()
    lines = [line for line in LINES if given.only in (None, line.what)]
    jobs = dict.fromkeys(
        job for line in lines
        for job in (("ours", f"{line.what}:{line.ours}", line.size), (line.other, f"{line.what}:{line.theirs}", line.size))
    )  # fmt: skip
    found: dict[tuple[str, str, int], list[float]] = {job: [] for job in jobs}
    for _ in range(given.rounds):
        for job, values in found.items():
            values.append(measured(*job))
    missed = 0
    print(f"{'what':<10}{'model':<9}{'a step':>7}{'ours':>12}{'other':>12}  {'of':<22}{'times':>7}{'aim':>7}")
    for line in lines:
        ours = statistics.median(found["ours", f"{line.what}:{line.ours}", line.size])
        theirs = statistics.median(found[line.other, f"{line.what}:{line.theirs}", line.size])
        times = ours / theirs if line.what == "train" else theirs / ours
        missed += times < line.aim
        of = f"{line.other} {line.theirs}, {UNIT[line.what]}"
        print(
            f"{line.what:<10}{line.ours:<9}{line.size:>7}{ours:>12,.4g}{theirs:>12,.4g}  {of:<38}{times:>7.2f}{line.aim:>7.2f}"
        )
    print("All aims reached." if not missed else f"{missed} aims missed.")
    sys.exit(bool(missed))


if __name__ == "__main__":
    main()
