"""Typed rows on disk: one a time and place, with their values and labels, and what was set aside on the way there."""

# ruff: noqa: S608 - statements hold columns and numbers of our own; what users wrote is bound or looked up
from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path

import duckdb
import numpy as np
import pandas as pd
import pyarrow as pa

from stcore.data.numbers import PLAIN, NumberColumn, NumberForm
from stcore.data.roles import Roles
from stcore.data.sentinels import Sentinel
from stcore.data.table import connect, quoted
from stcore.data.times import Times


@dataclass(frozen=True)
class BadCells:
    """Cells of one column that are no numbers, or too large, with example lines and texts."""

    column: str
    texts: int = 0
    infinite: int = 0
    lines: tuple[int, ...] = ()
    examples: tuple[str, ...] = ()


@dataclass(frozen=True)
class BadRows:
    """Rows set aside for one reason."""

    reason: str
    count: int
    lines: tuple[int, ...]
    example: str = ""


@dataclass
class Observations:
    """Typed rows that can be asked in SQL: line, stamp (ns), place (code), v0.., l0.., for events lat and lon, and run.

    Attributes:
        relation: SQL of the rows, ours alone.
        places: location ids in order of first appearance; code = position.
        values, labels: names of v0.. and l0...
        clock: zone of the stamps, which then are UTC instants; None: wall clock.
        times: how the time column was read; None for rows that were stored.
        counted_step: step of rows without a time of their own, or None.
        coordinates: place, lat, lon, rows as they stand in the file, not yet judged, or None.
        runs: values of the column that keeps runs apart, code = position.
        static: what describes the places, indexed by code, or None.
        numbers: how the numbers of values and coordinates are written.
        sentinels: numbers that mean missing, or may.
    """

    connection: duckdb.DuckDBPyConnection
    roles: Roles
    relation: str
    places: list[str]
    values: list[str]
    labels: list[str]
    clock: str | None = None
    times: Times | None = None
    counted_step: str | None = None
    bad_rows: list[BadRows] = field(default_factory=list)
    bad_cells: list[BadCells] = field(default_factory=list)
    coordinates: pd.DataFrame | None = None
    runs: list[str] = field(default_factory=list)
    static: pd.DataFrame | None = None
    numbers: dict[str, NumberColumn] = field(default_factory=dict)
    sentinels: list[Sentinel] = field(default_factory=list)

    def source(self, run: int | None = None) -> str:
        """FROM clause of all rows, or those of one run."""
        return self.relation if run is None else f"(SELECT * FROM {self.relation} WHERE run = {int(run)})"

    def form(self, column: str) -> NumberForm:
        """How the numbers of a column are written."""
        return self.numbers[column].form if column in self.numbers else PLAIN

    def columns(self) -> list[str]:
        """SQL names of values, labels and, for events, coordinates."""
        names = [f"v{n}" for n in range(len(self.values))] + [f"l{n}" for n in range(len(self.labels))]
        return names + (["lat", "lon"] if self.roles.form == "events" and self.roles.lat else [])


def write_sorted(seen: Observations, path: Path) -> None:
    """Rows as Parquet sorted by (location, time), so that one location's curve lies together.

    Columns: line, time (UTC or wall clock), location (text), v0.., l0.., for events lat and lon, run (text) where kept apart.
    """
    rank = np.empty(len(seen.places), np.int64)
    rank[np.argsort(np.array([place.encode() for place in seen.places], dtype=object))] = np.arange(len(rank))
    names = {"place": np.arange(len(rank)), "location": pa.array(seen.places, pa.string()), "rank": rank}
    seen.connection.register("names_", pa.table(names))
    columns = [
        "o.line",
        "make_timestamp_ns(o.stamp) AS time",
        "names_.location",
        *(f"o.{name}" for name in seen.columns()),
    ]
    joins = "JOIN names_ ON o.place = names_.place"
    if seen.runs:
        seen.connection.register(
            "run_names", pa.table({"run": np.arange(len(seen.runs)), "name": pa.array(seen.runs, pa.string())})
        )
        columns.append("run_names.name AS run")
        joins += " JOIN run_names ON o.run = run_names.run"
    statement = f"SELECT {', '.join(columns)} FROM {seen.source()} AS o {joins} ORDER BY names_.rank, o.stamp, o.line"
    seen.connection.execute(f"COPY ({statement}) TO {quoted(str(path))} (FORMAT parquet, COMPRESSION zstd)")


@contextmanager
def stored(path: Path, roles: Roles, clock: str | None, scratch: Path) -> Iterator[Observations]:
    """Rows that ``write_sorted`` wrote, as observations of one panel."""
    connection = connect(scratch, path)
    try:
        rows = f"read_parquet({quoted(str(path))})"
        found = connection.sql(f"SELECT location FROM {rows} GROUP BY 1 ORDER BY min(line), 1").to_arrow_table()
        connection.register("known", found.append_column("place", pa.array(np.arange(len(found), dtype=np.int32))))
        values = ["value"] if roles.form == "wide" else list(roles.values)
        seen = Observations(connection, roles, "", found["location"].to_pylist(), values, list(roles.labels), clock)
        columns = ", ".join(f"o.{name}" for name in seen.columns())
        seen.relation = (
            f"(SELECT o.line, epoch_ns(o.time) AS stamp, known.place{', ' + columns if columns else ''} "
            f"FROM {rows} AS o JOIN known ON o.location = known.location)"
        )
        yield seen
    finally:
        connection.close()
