"""The exact way to read a text table, for what DuckDB's parallel reader refuses: true line numbers, ragged lines, and
tables so wide that their columns are better kept as rows. Works in batches of cells, in constant memory.
"""

from __future__ import annotations

import csv
from collections.abc import Iterator
from dataclasses import dataclass, field
from itertools import islice
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pyarrow as pa
import pyarrow.parquet as pq

from stcore.data.dialect import Dialect, is_missing, looks_like_data, unquoted
from stcore.data.encoding import TextFile
from stcore.data.times import is_time
from stcore.errors import DataError

_CELLS = 1_000_000
Rows = list[tuple[list[str], int]]


@dataclass
class Ragged:
    """Lines with more cells than there are columns: how many, and the first ten; quotes that are never closed."""

    open_quotes: bool = False
    count: int = 0
    lines: list[int] = field(default_factory=list)

    def without(self, rows: Rows, width: int) -> Rows:
        """The rows that fit; the others are counted."""
        bad = [line for row, line in rows if len(row) > width]
        self.count, self.lines = self.count + len(bad), (self.lines + bad)[:10]
        return [(row, line) for row, line in rows if len(row) <= width] if bad else rows


def write_exact(text: TextFile, dialect: Dialect, width: int, path: Path) -> tuple[int, Ragged]:
    """All rows as Parquet with columns c0.. and line; returns the rows written and those set aside."""
    ragged, count = Ragged(_open_quotes(text, dialect.delimiter, width)), 0
    schema = pa.schema([(f"c{n}", pa.string()) for n in range(width)] + [("line", pa.int64())])
    with pq.ParquetWriter(path, schema) as out:
        for batch in _batches(text, dialect, width, ragged.open_quotes):
            rows = ragged.without(batch, width)
            columns = zip(*(row + [""] * (width - len(row)) for row, _ in rows), strict=True) if rows else [[]] * width
            cells = [pa.array([cell or None for cell in column], pa.string()) for column in columns]
            out.write_table(pa.Table.from_arrays([*cells, _lines(rows)], schema=schema))
            count += len(rows)
    return count, ragged


def write_melted(text: TextFile, dialect: Dialect, names: list[str], path: Path) -> tuple[int, Ragged, str]:
    """A very wide table as rows of (c0 = time, c1 = name of the column, c2 = cell) and line; also the time column's name.

    Raises:
        DataError: none of the first columns reads as a time.
    """
    time = _time_column(dialect, names)
    kept = np.array([n for n in range(len(names)) if n != time and _numbers(dialect, n)])
    labels = pa.array(names, pa.string()).take(pa.array(kept))
    ragged, count = Ragged(_open_quotes(text, dialect.delimiter, len(names))), 0
    schema = pa.schema([("c0", pa.string()), ("c1", pa.string()), ("c2", pa.string()), ("line", pa.int64())])
    with pq.ParquetWriter(path, schema) as out:
        for batch in _batches(text, dialect, len(names), ragged.open_quotes):
            rows = ragged.without(batch, len(names))
            each = np.repeat(np.arange(len(rows)), len(kept))
            times = pa.array([row[time] if time < len(row) else None for row, _ in rows], pa.string()).take(each)
            cells = pa.array(
                [row[n] or None if n < len(row) else None for row, _ in rows for n in kept.tolist()], pa.string()
            )
            which = labels.take(np.tile(np.arange(len(kept)), len(rows)))
            out.write_table(pa.Table.from_arrays([times, which, cells, _lines(rows).take(each)], schema=schema))
            count += len(cells)
    return count, ragged, names[time]


def _time_column(dialect: Dialect, names: list[str]) -> int:
    """Position of the time among the first columns."""
    for position in range(min(20, len(names))):
        cells = pd.Series([row[position] for row in dialect.rows if position < len(row)], dtype="str")
        share, numbers = is_time(cells)
        if share > 0.5 and not numbers:
            return position
    raise DataError(
        f"The table has {len(names):,} columns and none of the first 20 reads as a time.",
        "Write the time in the first column, like 2024-03-31 14:05.",
    )


def _numbers(dialect: Dialect, position: int) -> bool:
    """Whether the first cells of a column are numbers (or missing)."""
    cells = [row[position] for row in dialect.rows[:20] if position < len(row)]
    return all(is_missing(cell) or looks_like_data(cell) for cell in cells)


def _lines(rows: Rows) -> pa.Array:
    return pa.array([line for _, line in rows], pa.int64())


def _batches(text: TextFile, dialect: Dialect, width: int, open_quotes: bool) -> Iterator[Rows]:
    """Rows that are not blank, with the line they end on, below the header."""
    with text.path.open(encoding="utf-8-sig", errors="replace", newline="") as file:
        for _ in range(dialect.above):
            file.readline()
        plain = open_quotes or not text.quotes
        reader = csv.reader(file, delimiter=dialect.delimiter, quoting=csv.QUOTE_NONE if plain else csv.QUOTE_MINIMAL)
        rows = _numbered(reader, dialect.above, open_quotes)
        if dialect.header:
            next(rows, None)
        while batch := list(islice(rows, max(1, _CELLS // width))):
            yield batch


def _numbered(reader: Any, above: int, open_quotes: bool) -> Iterator[tuple[list[str], int]]:
    for row in reader:
        if row:
            yield unquoted(row) if open_quotes else row, reader.line_num + above


def _open_quotes(text: TextFile, delimiter: str, width: int) -> bool:
    """Whether a quote is never closed: it would swallow the rest of the file, or the rows up to the next such quote."""
    if not text.quotes:
        return False
    with text.path.open(encoding="utf-8", errors="replace", newline="") as file:
        if sum(block.count('"') for block in iter(lambda: file.read(1 << 20), "")) % 2:
            return True
        file.seek(0)
        rows = csv.reader(file, delimiter=delimiter)
        return any(_swallows(row, delimiter, width) for row in rows if any("\n" in cell for cell in row))


def _swallows(row: list[str], delimiter: str, width: int) -> bool:
    """A cell with line breaks whose first line completes the row, and whose last one begins another up to this column."""
    for position, cell in enumerate(row[:width]):
        if "\n" not in cell:
            continue
        first, *_, last = (line.count(delimiter) for line in cell.split("\n"))
        if first == width - 1 - position and last >= position and (position or width > 2):
            return True
    return False
