"""The default set of models on several data sets: does the recommended one keep what is claimed for it?

``python -m benchmarks.default_set DATA --sets melbourne exchange``. For each: the models of a new experiment with all settings left
out; which model is recommended on unseen data and for which steps ahead; then, on the test part, whether it errs less than the last
value and the last season at each of these steps. Ends with 1 where a claim does not hold.
"""

from __future__ import annotations

import argparse
import sys
import tempfile
import time
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import stcore
from stcore.evaluation import advice


@dataclass(frozen=True)
class Case:
    """One data set: its file, what is forecast, and what a person would have to say about it."""

    source: str
    targets: tuple[str, ...]
    more: dict[str, Any] = field(default_factory=dict)
    windows: dict[str, int] = field(default_factory=dict)


CASES = {
    "melbourne": Case("traffic_melbourne_pedestrian/data.csv.gz", ()),
    "noaa": Case("weather_noaa_1990_1993/data.csv.gz", ("tmax_f",)),
    "beijing": Case("air_beijing_prsa/data.csv.gz", ("pm25",)),
    "exchange": Case("finance_exchange_rate/data.csv.gz", ()),
    "flu": Case("health_us_states_ili/data.csv", (), {"adjacency": "health_us_states_ili/adjacency.csv"}),
    "sst": Case("grid_pacific_sst/data.csv.gz", ()),
    "los_loop": Case("traffic_los_loop/data.csv.gz", (), {"adjacency": "traffic_los_loop/adjacency.csv"}),
}


def judged(root: Path, case: Case, seed: int) -> tuple[str, int]:
    """Lines about one data set, and the number of claims that do not hold."""
    data = {"source": str(root / case.source), **{name: str(root / path) for name, path in case.more.items()}}
    given: dict[str, Any] = {"data": data, "windows": case.windows, "seed": seed}
    if case.targets:
        given["targets"] = list(case.targets)
    begin, cpu = time.perf_counter(), time.process_time()
    with tempfile.TemporaryDirectory() as out:
        result = stcore.run(stcore.Experiment.parse(given), out=out, exports=False)
        found = result.recommended
        assert found is not None
        numbers = result.metrics[found.model]["by_lead"]
        broken = [
            lead
            for lead in found.leads
            if not numbers["mae"][lead - 1]
            < min(numbers["mae_persistence"][lead - 1], numbers["mae_seasonal"][lead - 1])
        ]
        table = ", ".join(
            f"{label} {_percent(one.get('skill'))} / {_percent(one.get('skill_seasonal'))}"
            for label, one in result.metrics.items()
        )
    took = f"{time.perf_counter() - begin:.0f} s, {time.process_time() - cpu:.0f} CPU s"
    said = f"  {advice(found)}\n  skill against last value / season: {table}\n  {took}; claims that do not hold: {broken or 'none'}"
    return said, len(broken)


def _percent(value: float | None) -> str:
    return "-" if value is None else f"{100 * value:.1f} %"


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("data", type=Path, help="folder with the data sets")
    parser.add_argument("--sets", nargs="+", default=list(CASES), choices=list(CASES))
    parser.add_argument("--seed", type=int, default=0)
    given = parser.parse_args()
    broken = 0
    for name in given.sets:
        said, count = judged(given.data, CASES[name], given.seed)
        broken += count
        print(f"{name}\n{said}", flush=True)
    sys.exit(bool(broken))


if __name__ == "__main__":
    main()
