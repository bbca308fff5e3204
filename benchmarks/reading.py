"""A large table from CSV to a panel: time and memory beside DuckDB's own two steps and plain pandas, all in one run.

``python -m benchmarks.reading --gigabytes 1``: writes a table of 20,000 times x 1,000 places (per gigabyte) into a temporary
folder, then reads it four ways, each in a process of its own. Aims: seconds of ``stcore.read`` at most 1.5 times DuckDB's
CSV to Parquet plus Parquet to array; peak memory at most 1 GiB; the saved data set open with its first picture under 1 s
and one place's curve under 0.2 s.
"""

# ruff: noqa: S608 - statements hold paths and columns of our own
from __future__ import annotations

import argparse
import os
import resource
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pandas as pd

PLACES = 1000
AIMS = {"times of DuckDB": 1.5, "MiB": 1024.0, "first picture, s": 1.0, "curve, s": 0.2}


def write(path: Path, steps: int) -> None:
    """A daily wave with noise at 1,000 places, every five minutes."""
    rng = np.random.default_rng(1)
    times = pd.date_range("2024-01-01", periods=steps, freq="5min").strftime("%Y-%m-%d %H:%M:%S")
    names = [f"sensor_{number:04d}" for number in range(PLACES)]
    with path.open("w") as file:
        file.write("timestamp,sensor,speed\n")
        for step, at in enumerate(times):
            values = 50 + 10 * np.sin(step / 288 * 2 * np.pi) + rng.normal(0, 4, PLACES)
            file.write("".join(f"{at},{name},{value:.13f}\n" for name, value in zip(names, values, strict=True)))


# the ways ----------------------------------------------------------------------------------------------------------


def by_pandas(path: Path) -> None:
    """Plain pandas: read, then pivot."""
    frame = pd.read_csv(path, parse_dates=["timestamp"])
    frame.pivot(index="timestamp", columns="sensor", values="speed").to_numpy(np.float32)


def by_duckdb(path: Path) -> None:
    """DuckDB's CSV to Parquet, then Parquet to array: what nobody reads faster."""
    import duckdb
    import pyarrow as pa

    connection = duckdb.connect(config={"memory_limit": "1GB", "temp_directory": str(path.parent / "spill")})
    connection.execute(
        f"COPY (SELECT * FROM read_csv('{path}')) TO '{path}.parquet' (FORMAT parquet, COMPRESSION zstd)"
    )
    for column in ("timestamp", "sensor"):
        found = connection.sql(f"SELECT DISTINCT {column} FROM '{path}.parquet' ORDER BY 1").to_arrow_table()
        connection.register(column + "_", found.append_column("at", pa.array(np.arange(len(found)))))
    shape = [connection.sql(f"SELECT count(*) FROM {column}_").fetchall()[0][0] for column in ("timestamp", "sensor")]
    out = np.full(shape, np.nan, np.float32)
    joined = (
        f"SELECT timestamp_.at, sensor_.at, CAST(speed AS FLOAT) FROM '{path}.parquet' AS rows "
        "JOIN timestamp_ ON rows.timestamp = timestamp_.timestamp JOIN sensor_ ON rows.sensor = sensor_.sensor"
    )
    for batch in connection.sql(joined).to_arrow_reader(250_000):
        out[batch.column(0).to_numpy(), batch.column(1).to_numpy()] = batch.column(2).to_numpy()


def by_stcore(path: Path) -> None:
    """Ours: unknown columns, findings and all."""
    import stcore

    stcore.read(path)


def saved(path: Path) -> None:
    """Ours, saved as a data set (original, sorted rows, panel)."""
    from stcore.data import dataset

    print("id", dataset.create(path, "large").id)


def opened(path: Path) -> None:
    """A saved data set: seconds to what a first picture needs, and to one place's curve. ``path`` is its id."""
    import stcore.data.panel  # imports are not what is measured
    from stcore.data.profile import last_days

    begun = time.perf_counter()
    panel = stcore.open(path.name).panel()
    np.asarray(panel.values[-1])
    panel.curve(str(panel.locations.index[0]), panel.features[0], int(panel.time.searchsorted(last_days(panel))))
    picture = time.perf_counter() - begun
    begun = time.perf_counter()
    panel.curve(str(panel.locations.index[len(panel.locations) // 2]), panel.features[0])
    print("picture", picture)
    print("curve", time.perf_counter() - begun)


WAYS: dict[str, Callable[[Path], None]] = {
    "pandas": by_pandas, "DuckDB": by_duckdb, "stcore.read": by_stcore, "saved": saved, "opened": opened,
}  # fmt: skip


def measured(way: str, path: Path) -> dict[str, float | str]:
    """One way in a process of its own: seconds, CPU seconds, MiB, and what it printed."""
    begun = time.perf_counter()
    command = [sys.executable, "-m", "benchmarks.reading", "--way", way, "--file", str(path)]
    done = subprocess.run(command, capture_output=True, text=True, check=True)
    told = dict(line.split(maxsplit=1) for line in done.stdout.splitlines())
    return {"seconds": time.perf_counter() - begun, **told}


def report(path: Path) -> int:
    """All ways one after the other, their table, and the aims that were missed."""
    table = {way: measured(way, path) for way in ("pandas", "DuckDB", "stcore.read", "saved")}
    table["opened"] = measured("opened", Path(str(table["saved"]["id"])))
    print(f"{path.stat().st_size / 1e9:.2f} GB of CSV")
    print(f"{'way':<14}{'seconds':>10}{'CPU s':>10}{'peak MiB':>10}")
    for way, row in table.items():
        print(f"{way:<14}{float(row['seconds']):>10.1f}{float(row['cpu']):>10.1f}{float(row['peak']):>10.0f}")
    ours, duck = table["stcore.read"], table["DuckDB"]
    figures = {
        "times of DuckDB": float(ours["seconds"]) / float(duck["seconds"]), "MiB": float(ours["peak"]),
        "first picture, s": float(table["opened"]["picture"]), "curve, s": float(table["opened"]["curve"]),
    }  # fmt: skip
    for name, figure in figures.items():
        print(f"{name:<18}{figure:>10.3g}  aim {AIMS[name]:g}")
    return int(any(figure > AIMS[name] for name, figure in figures.items()))


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--gigabytes", type=float, default=1.0)
    parser.add_argument("--way", choices=WAYS, help=argparse.SUPPRESS)
    parser.add_argument("--file", type=Path, help=argparse.SUPPRESS)
    given = parser.parse_args()
    if given.way:
        WAYS[given.way](given.file)
        used = resource.getrusage(resource.RUSAGE_SELF)
        print("cpu", used.ru_utime + used.ru_stime)
        print("peak", used.ru_maxrss / 1024)
        return 0
    with tempfile.TemporaryDirectory() as folder:
        os.environ["FIELDCAST_HOME"] = f"{folder}/home"
        write(Path(folder) / "large.csv", round(20_400 * given.gigabytes))
        return report(Path(folder) / "large.csv")


if __name__ == "__main__":
    sys.exit(main())
