"""A text table (or DataFrame) as columns of text in a scratch Parquet file, ready to be asked in SQL.

Columns are called c0, c1, ... and ``line``; names, ids and cells of the user never become part of a statement.
DuckDB runs without extensions, may touch the scratch folder and the source only, and spills to disk past its limit.
"""

# ruff: noqa: S608 - statements hold columns and numbers of our own; what users wrote is bound or looked up
from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import duckdb
import pandas as pd
import pyarrow as pa

from stcore.data.dialect import MISSING, Dialect, find_dialect
from stcore.data.encoding import TextFile, as_text, on_disk
from stcore.data.exact import write_exact, write_melted
from stcore.errors import DataError, nearest

#: From here on columns are kept as rows: they can only be places, and columnar engines take memory for each.
_VERY_WIDE = 1000


def quoted(text: str) -> str:
    """A text of our own (a path, a column) as SQL literal."""
    return "'" + text.replace("'", "''") + "'"


def connect(folder: Path, *reads: Path) -> duckdb.DuckDBPyConnection:
    """A DuckDB connection shut off from everything but ``folder`` and the files in ``reads``."""
    options: dict[str, str | bool | int | float | list[str]] = {
        "autoinstall_known_extensions": "false", "autoload_known_extensions": "false", "memory_limit": "1GB",
        "temp_directory": str(folder / "spill"),
    }  # fmt: skip
    connection = duckdb.connect(":memory:", config=options)
    connection.execute("SET allowed_directories = ?", [[str(folder)]])
    connection.execute("SET allowed_paths = ?", [[str(path) for path in reads]])
    connection.execute("SET enable_external_access = false")
    connection.execute("SET lock_configuration = true")
    return connection


class Table:
    """Columns of text with line numbers.

    Attributes:
        names: column names, made different from each other.
        renamed: names that stood there twice.
        rows: number of data rows.
        dialect: how the text was written (delimiter "" for a DataFrame).
        encoding: of the file, as shown to people.
        ragged: lines with too many or too few cells: count and up to ten line numbers.
        damaged: characters that could not be read.
        open_quotes: a quote is never closed, so quotes were read as plain characters.
        melted: number of columns of a table so wide that they were made rows, else 0.
    """

    def __init__(self, folder: Path, dialect: Dialect, encoding: str = "", damaged: int = 0, *reads: Path) -> None:
        self.folder, self.dialect, self.encoding, self.damaged = folder, dialect, encoding, damaged
        self.names, self.renamed = _different(dialect.names)
        self.path = folder / "raw.parquet"
        self.connection = connect(folder, *reads)
        self.ragged: tuple[int, list[int]] = (0, [])
        self.rows = 0
        self.open_quotes = False
        self.melted = 0
        self._own_lines = False
        self._position = {name: number for number, name in enumerate(self.names)}

    def close(self) -> None:
        """Let go of the connection."""
        self.connection.close()

    @property
    def first_line(self) -> int:
        """Line of the first data row."""
        return self.dialect.above + (2 if self.dialect.header else 1)

    def unnamed(self, name: str) -> bool:
        """A column whose name is our own because the header has none for it."""
        return self.dialect.header and re.fullmatch(r"column_\d+", name) is not None

    def empty(self, names: Sequence[str]) -> list[str]:
        """Those of the columns in which no cell says anything."""
        if not names:
            return []
        words = ", ".join(quoted(word) for word in MISSING)
        said = ", ".join(f"count(*) FILTER (lower(trim({self.column(name)})) NOT IN ({words}))" for name in names)
        return [name for name, cells in zip(names, self.ask(said)[0], strict=True) if not cells]

    def column(self, name: str) -> str:
        """SQL name of a column.

        Raises:
            DataError: there is no such column.
        """
        if name not in self._position:
            raise DataError(f"There is no column “{name[:80]}”.", nearest(name[:80], [n[:80] for n in self.names[:50]]))
        return f"c{self._position[name]}"

    def source(self) -> str:
        """The FROM clause: columns c0.. and ``line`` (1 = first line of the file)."""
        path = quoted(str(self.path))
        if self._own_lines:
            return f"read_parquet({path})"
        names = ", ".join(f"c{n}" for n in range(len(self.names)))
        return f"(SELECT {names}, file_row_number + {self.first_line} AS line FROM read_parquet({path}, file_row_number = true))"

    def ask(self, select: str, rest: str = "", parameters: Sequence[Any] = ()) -> list[tuple[Any, ...]]:
        """Rows of ``SELECT {select} FROM table {rest}``; both are ours, values go into ``parameters``."""
        return self.connection.execute(f"SELECT {select} FROM {self.source()} {rest}", list(parameters)).fetchall()

    def arrow(self, select: str, rest: str = "", parameters: Sequence[Any] = ()) -> pa.Table:
        """The same as Arrow table."""
        statement = f"SELECT {select} FROM {self.source()} {rest}"
        return self.connection.sql(statement, params=list(parameters) or None).to_arrow_table()

    @contextmanager
    def asking(self, name: str, rows: pa.Table) -> Iterator[Callable[..., list[tuple[Any, ...]]]]:
        """Ask an Arrow table as ``ask`` asks the whole, under a name of ours."""
        self.connection.register(name, rows)

        def ask(select: str, rest: str = "", parameters: Sequence[Any] = ()) -> list[tuple[Any, ...]]:
            return self.connection.execute(f"SELECT {select} FROM {name} {rest}", list(parameters)).fetchall()

        try:
            yield ask
        finally:
            self.connection.unregister(name)

    def register(self, name: str, table: pa.Table) -> None:
        """Make an Arrow table known under a name of ours."""
        self.connection.register(name, table)

    # filling ---------------------------------------------------------------------------------------------------

    def load_text(self, text: TextFile) -> Table:
        """Read the text in parallel; lines that DuckDB refuses send the whole file to the slower, exact reader."""
        skip = self.dialect.above + int(self.dialect.header)
        columns = ", ".join(f"'c{n}': 'VARCHAR'" for n in range(len(self.names)))
        options = (
            f"header = false, auto_detect = false, skip = {skip}, delim = {quoted(self.dialect.delimiter)}, "
            f"quote = '\"', escape = '\"', null_padding = true, columns = {{{columns}}}"
        )
        try:
            self.connection.execute(
                f"COPY (SELECT * FROM read_csv({quoted(str(text.path))}, {options})) TO {quoted(str(self.path))} (FORMAT parquet)"
            )
            self.rows = self.ask("count(*)")[0][0]
        except duckdb.Error:
            self.rows = -1
        if self.rows != text.lines - skip:
            self._load_exactly(text)
        return self

    def load_frame(self, frame: pd.DataFrame) -> Table:
        """Take a DataFrame; every cell becomes text as CSV would have it."""
        plain = pd.DataFrame({f"c{n}": frame.iloc[:, n] for n in range(frame.shape[1])}).reset_index(drop=True)
        for name in plain.columns:
            column = plain[name]
            if isinstance(column.dtype, pd.CategoricalDtype) or column.dtype == object:
                plain[name] = column.astype("string")
            elif isinstance(column.dtype, pd.DatetimeTZDtype):
                plain[name] = column.dt.strftime("%Y-%m-%dT%H:%M:%S.%f%z")
        self.register("given", pa.Table.from_pandas(plain, preserve_index=False))
        cells = ", ".join(f"CAST(c{n} AS VARCHAR) AS c{n}" for n in range(plain.shape[1]))
        self.connection.execute(f"COPY (SELECT {cells} FROM given) TO {quoted(str(self.path))} (FORMAT parquet)")
        self.connection.unregister("given")
        self.rows = len(frame)
        return self

    def _load_exactly(self, text: TextFile) -> None:
        """Read again without haste: true line numbers, ragged lines set aside."""
        self._own_lines = True
        self.rows, ragged = write_exact(text, self.dialect, len(self.names), self.path)
        self.ragged, self.open_quotes = (ragged.count, ragged.lines), ragged.open_quotes

    def load_melted(self, text: TextFile) -> Table:
        """Keep a very wide table as rows of time, location (the column it stood in) and value."""
        self._own_lines = True
        self.rows, ragged, time = write_melted(text, self.dialect, self.names, self.path)
        self.ragged = (ragged.count, ragged.lines)
        self.melted, self.names = len(self.names), [time, "location", "value"]
        self._position = {name: number for number, name in enumerate(self.names)}
        return self


def open_table(
    source: Any, folder: Path, delimiter: str | None = None, decimal: str | None = None, header: bool | None = None
) -> Table:
    """A table from a path, file object, bytes or DataFrame; scratch files go into ``folder``.

    Raises:
        DataError: nothing that can be read as a table.
    """
    if isinstance(source, pd.DataFrame):
        return _from_frame(source, folder)
    path = on_disk(source, folder)
    with path.open("rb") as file:
        if file.read(4) == b"PAR1":
            return _from_frame(pd.read_parquet(path), folder)
    text = as_text(path, folder)
    dialect = find_dialect(text.path, delimiter, decimal, header)
    table = Table(folder, dialect, text.encoding, text.damaged, text.path)
    return table.load_melted(text) if len(dialect.names) > _VERY_WIDE else table.load_text(text)


def _from_frame(frame: pd.DataFrame, folder: Path) -> Table:
    if any(name is not None for name in frame.index.names) or isinstance(frame.index, pd.DatetimeIndex):
        frame = frame.rename_axis(index=[name or "time" for name in frame.index.names]).reset_index()
    if frame.empty:
        raise DataError("The table has no rows.", "Give at least two rows of values.")
    if frame.shape[1] > _VERY_WIDE:
        frame.to_csv(folder / "frame.csv", index=False)
        return open_table(folder / "frame.csv", folder)
    head = frame.head(300)
    rows = tuple(
        tuple("" if pd.isna(cell) else str(cell) for cell in row) for row in head.itertuples(index=False, name=None)
    )
    dialect = Dialect("", ".", True, tuple(str(name) for name in frame.columns), rows)
    return Table(folder, dialect, "DataFrame").load_frame(frame)


def _different(names: Sequence[str]) -> tuple[list[str], list[str]]:
    """Names made different (a, a -> a, a_2), empty ones filled, and those that were doubles."""
    seen: set[str] = set()
    out, doubles = [], []
    for position, given in enumerate(names, start=1):
        name, number = given or f"column_{position}", 2
        if name in seen:
            doubles.append(name)
        while name in seen:
            name, number = f"{given or 'column'}_{number}", number + 1
        seen.add(name)
        out.append(name)
    return out, doubles
