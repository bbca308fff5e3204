"""A panel larger than memory should be: 8,600 steps x 105,000 places (3.6 GB of float32), generated, opened, explored, prepared.

``python -m benchmarks.huge``: each part in a process of its own, with its seconds and the peak of its anonymous memory
(RssAnon; pages of the mapped file may come and go). Aim: at most 1.5 GiB. ``--places`` makes a smaller one.
"""

from __future__ import annotations

import argparse
import os
import subprocess
import sys
import tempfile
import threading
import time
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pandas as pd

STEPS, PLACES = 8_600, 105_000
AIM_MIB = 1536.0


class Watch:
    """The peak of a process's anonymous memory, looked at a hundred times a second."""

    def __init__(self) -> None:
        self.peak = 0.0
        self._ended = threading.Event()
        self._thread = threading.Thread(target=self._look, daemon=True)

    def __enter__(self) -> Watch:
        self._thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._ended.set()
        self._thread.join()

    def _look(self) -> None:
        while not self._ended.wait(0.01):
            lines = Path("/proc/self/status").read_text().splitlines()
            self.peak = max(self.peak, *(int(line.split()[1]) / 1024 for line in lines if line.startswith("RssAnon")))


def generate(folder: Path, places: int) -> None:
    """A daily wave with noise at every cell of a grid, written in blocks; saved as a data set."""
    from stcore.data import dataset
    from stcore.data.panel import Panel

    rng = np.random.default_rng(0)
    values = np.lib.format.open_memmap(folder / "v.npy", mode="w+", dtype=np.float32, shape=(STEPS, places, 1))
    level = rng.normal(20, 5, places).astype(np.float32)
    for start in range(0, STEPS, 100):
        hours = np.arange(start, min(STEPS, start + 100))
        wave = (8 * np.sin(hours / 24 * 2 * np.pi)).astype(np.float32)[:, None]
        values[hours, :, 0] = level + wave + rng.standard_normal((len(hours), places), dtype=np.float32)
    values[100:140, ::50] = np.nan
    values.flush()
    rows = int(np.sqrt(places * 0.6))
    columns = -(-places // rows)
    cell = np.arange(places)
    table = pd.DataFrame(
        {"lat": -60 + 120 * (cell // columns) / rows, "lon": -170 + 340 * (cell % columns) / columns},
        index=[f"c{n}" for n in cell],
    )
    time_ = pd.date_range("2025-01-01", periods=STEPS, freq="h")
    panel = Panel.from_arrays(np.load(folder / "v.npy", mmap_mode="r"), time_, table, ["temp_c"])
    print("id", dataset.save(panel, "huge").id)


def explore(folder: Path, _: int) -> None:
    """Open it and look at it as the Explore page does: means, curve, seasons, spread, neighbours, groups."""
    import stcore
    from stcore.data.explore import autocorrelation, distance, distribution, groups, hotspots, likeness, sample, weights
    from stcore.data.presence import presence

    panel = stcore.open(folder.name).panel()
    place = str(panel.locations.index[77])
    curve = panel.curve(place, "temp_c")
    autocorrelation.autocorrelation(curve, 200)
    presence(panel, "temp_c")
    means, _across = sample.place_means(panel, "temp_c")
    near = weights.neighbours(panel)
    if near is not None:
        likeness.likeness(means, near.matrix)
        hotspots.hot_spots(means, near.matrix)
    drawn = sample.draw(panel, "temp_c", 2000, 500)
    distribution.distribution(drawn.values)
    points = panel.locations.geometry.iloc[drawn.columns]
    distance.by_distance(drawn.values, np.column_stack([points.x, points.y]))
    groups.groups(panel, "temp_c")


def prepare(folder: Path, _: int) -> None:
    """Prepare it as the Prepare page does: cleaning, filling and scaling, fitted on the train part."""
    import stcore
    from stcore.data.prepare.pipeline import Pipeline
    from stcore.preparation import CleanConfig, PrepareConfig

    panel = stcore.open(folder.name).panel()
    config = PrepareConfig(clean=CleanConfig(limits={"temp_c": (-60, 60)}), fill="linear")
    prepared = Pipeline.fit(panel, int(0.7 * STEPS), config).apply(panel)
    np.asarray(prepared.values[-1])


PARTS: dict[str, Callable[[Path, int], None]] = {"generate": generate, "explore": explore, "prepare": prepare}


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--places", type=int, default=PLACES)
    parser.add_argument("--part", choices=PARTS, help=argparse.SUPPRESS)
    parser.add_argument("--folder", type=Path, help=argparse.SUPPRESS)
    given = parser.parse_args()
    if given.part:
        with Watch() as watch:
            begun = time.perf_counter()
            PARTS[given.part](given.folder, given.places)
            took = time.perf_counter() - begun
        print(f"seconds {took:.1f}\npeak {watch.peak:.0f}")
        return 0
    with tempfile.TemporaryDirectory() as folder:
        os.environ["FIELDCAST_HOME"] = f"{folder}/home"
        print(f"{STEPS:,} steps x {given.places:,} places, {STEPS * given.places * 4 / 1e9:.2f} GB")
        print(f"{'part':<10}{'seconds':>10}{'RssAnon, MiB':>14}")
        where, worst = folder, 0.0
        for part in PARTS:
            command = [
                sys.executable,
                "-m",
                "benchmarks.huge",
                "--part",
                part,
                "--folder",
                where,
                "--places",
                str(given.places),
            ]
            done = subprocess.run(command, capture_output=True, text=True, check=True)
            told = dict(line.split(maxsplit=1) for line in done.stdout.splitlines())
            print(f"{part:<10}{told['seconds']:>10}{told['peak']:>14}", flush=True)
            where, worst = told.get("id", where), max(worst, float(told["peak"]))
        print(f"peak {worst:.0f} MiB, aim {AIM_MIB:.0f}")
    return int(worst > AIM_MIB)


if __name__ == "__main__":
    sys.exit(main())
