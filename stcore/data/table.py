"""A table as columns of text that can be asked in SQL: text in a scratch database, or typed columns told as text.

Columns are called c0, c1, ... and ``line``; names, ids and cells of the user never become part of a statement.
DuckDB runs without extensions, may touch the scratch folder and the source only, and spills to disk past its limit.
"""

# ruff: noqa: S608 - statements hold columns and numbers of our own; what users wrote is bound or looked up
from __future__ import annotations

import re
import secrets
from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

import duckdb
import pyarrow as pa
import pyarrow.parquet as pq

from stcore.data import names as named
from stcore.data.coded import CodedText, NotPlainError
from stcore.data.dialect import MISSING, Dialect
from stcore.data.encoding import TextFile
from stcore.data.exact import write_exact, write_melted
from stcore.errors import DataError, nearest
from stcore.findings import Finding

if TYPE_CHECKING:
    import geopandas as gpd

    from stcore.data.roles import Choice

#: From here on columns are kept as rows: they can only be places, and columnar engines take memory for each.
VERY_WIDE = 1000
#: Rows shown of a table that was no text.
_HEAD_ROWS = 300
NO_TEXT = "DataFrame"
_FRACTION = re.compile(r"-?\d{1,8}\.\d+")


def quoted(text: str) -> str:
    """A text of our own (a path, a column) as SQL literal."""
    return "'" + text.replace("'", "''") + "'"


def connect(folder: Path, *reads: Path) -> duckdb.DuckDBPyConnection:
    """A DuckDB connection, its database in ``folder``, shut off from everything but that and the files in ``reads``."""
    options: dict[str, str | bool | int | float | list[str]] = {
        "autoinstall_known_extensions": "false", "autoload_known_extensions": "false", "memory_limit": "1GB",
        "temp_directory": str(folder / "spill"),
    }  # fmt: skip
    connection = duckdb.connect(str(folder / f"{secrets.token_hex(8)}.db"), config=options)
    connection.execute("SET allowed_directories = ?", [[str(folder)]])
    connection.execute("SET allowed_paths = ?", [[str(path) for path in reads]])
    connection.execute("SET TimeZone = 'UTC'")
    connection.execute("SET enable_external_access = false")
    connection.execute("SET lock_configuration = true")
    return connection


class Table:
    """Columns of text with line numbers.

    Attributes:
        names: column names, made different from each other.
        renamed: names that stood there twice.
        rows: number of data rows.
        dialect: how the text was written (delimiter "" where it was no text).
        encoding: of the file, as shown to people.
        ragged: rows that cannot be used: count and up to ten line numbers; ``broken`` says why.
        damaged: characters that could not be read.
        open_quotes: a quote is never closed, so quotes were read as plain characters.
        melted: number of columns of a table so wide that they were made rows, else 0.
        first_line: line of the first data row.
        clock: zone that the source itself states, or None.
        outlines: districts that came with the rows, or None.
        findings, choices: what was odd, and what a person may decide, on the way to rows.
        told: roles that say how the source was read (sheet, files).
        extremes: smallest and largest number of the columns that are numbers, where they are known without asking.
    """

    broken = "more cells than the header has names"

    def __init__(self, folder: Path, dialect: Dialect, encoding: str = "", damaged: int = 0, *reads: Path) -> None:
        self.folder, self.dialect, self.encoding, self.damaged = folder, dialect, encoding, damaged
        self.names, self.renamed = _different(dialect.names)
        self.path = folder / "raw.parquet"
        self.connection = connect(folder, *reads)
        self.ragged: tuple[int, list[int]] = (0, [])
        self.rows = 0
        self.open_quotes = False
        self.melted = 0
        self.first_line = dialect.above + (2 if dialect.header else 1)
        self.clock: str | None = None
        self.outlines: gpd.GeoDataFrame | None = None
        self.findings: list[Finding] = []
        self.choices: list[Choice] = []
        self.told: dict[str, Any] = {}
        self._own_lines, self._in_database = False, False
        self._coded: set[int] = set()
        self.extremes: dict[str, tuple[float, float]] = {}
        self._cells: list[str] = []
        self._typed_columns, self._where = 0, ""
        self._doubles: set[int] = set()
        self._position = {name: number for number, name in enumerate(self.names)}

    def close(self) -> None:
        """Let go of the connection."""
        self.connection.close()

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

    def is_number(self, name: str) -> bool:
        """Whether every cell of a column was a number (or empty) when it was read, and is kept as one."""
        return self._position.get(name) in self._doubles

    def number(self, name: str) -> str:
        """SQL name of a column whose numbers are asked for: DOUBLE where it is kept so, else its text."""
        return f"n{self._position[name]}" if self.is_number(name) else self.column(name)

    def code(self, name: str) -> int | None:
        """Number n of a column whose texts are kept once, as table d{n} (code, text, rows), and as codes k{n} in the rows."""
        position = self._position.get(name)
        return position if position in self._coded else None

    def key(self, name: str) -> str:
        """SQL name of what is alike where the cells of a column are alike: its codes, its numbers, or its text."""
        code = self.code(name)
        return self.number(name) if code is None else f"k{code}"

    def distinct(self, expression: str, name: str) -> pa.Table:
        """Different texts of an expression of one column, and their rows, in the order of their first appearance.

        Args:
            expression: SQL of the column's own name (``column(name)``); what is null is left out.
        """
        code = self.code(name)
        if code is None:
            return self.arrow(
                f"{expression} AS text, count(*) AS rows",
                f"WHERE {expression} IS NOT NULL GROUP BY 1 ORDER BY min(line)",
            )
        inner = f"(SELECT text AS c{code}, code, rows FROM d{code})"
        return self.connection.sql(
            f"SELECT {expression} AS text, CAST(sum(rows) AS BIGINT) AS rows FROM {inner} WHERE {expression} IS NOT NULL "
            "GROUP BY 1 ORDER BY min(code)"
        ).to_arrow_table()

    def source(self, *said: str) -> str:
        """The FROM clause: columns c0.. and ``line`` (1 = first line of the file).

        Args:
            said: what is asked; columns that are not named in it need not be there.
        """
        if self._coded:
            return self._coded_source(" ".join(said))
        path = quoted(str(self.path))
        if self._own_lines:
            return f"read_parquet({path})"
        if self._cells:
            told = ", ".join(f"CAST({cell} AS VARCHAR) AS c{n}" for n, cell in enumerate(self._cells))
            told += "".join(f", CAST({self._cells[n]} AS DOUBLE) AS n{n}" for n in sorted(self._doubles))
            columns = ", ".join(f"g{n}" for n in range(self._typed_columns))
            return (
                f"(SELECT {told}, given.number + {self.first_line} AS line "
                f"FROM read_parquet({path}, file_row_number = true) AS given({columns}, number){self._where})"
            )
        names = ", ".join(
            f"CAST(n{n} AS VARCHAR) AS c{n}, n{n}" if n in self._doubles else f"c{n}" for n in range(len(self.names))
        )
        if self._in_database:
            return f"(SELECT {names}, rowid + {self.first_line} AS line FROM raw)"
        return f"(SELECT {names}, file_row_number + {self.first_line} AS line FROM read_parquet({path}, file_row_number = true))"

    def _coded_source(self, said: str) -> str:
        """Codes as they are; their texts joined only for the columns that are named."""
        named = set(re.findall(r"\b[ckn]\d+\b", said))
        columns, joins = [f"raw.file_row_number + {self.first_line} AS line"], []
        for n in range(len(self.names)):
            if n in self._doubles:
                columns += [f"raw.n{n}"] + ([f"CAST(raw.n{n} AS VARCHAR) AS c{n}"] if f"c{n}" in named else [])
            elif n not in self._coded:
                columns.append(f"raw.c{n}")
            else:
                columns.append(f"raw.k{n}")
                if f"c{n}" in named:
                    columns.append(f"d{n}.text AS c{n}")
                    joins.append(f" LEFT JOIN d{n} ON raw.k{n} = d{n}.code")
        rows = f"read_parquet({quoted(str(self.path))}, file_row_number = true)"
        return f"(SELECT {', '.join(columns)} FROM {rows} AS raw{''.join(joins)})"

    def ask(self, select: str, rest: str = "", parameters: Sequence[Any] = ()) -> list[tuple[Any, ...]]:
        """Rows of ``SELECT {select} FROM table {rest}``; both are ours, values go into ``parameters``."""
        source = self.source(select, rest)
        return self.connection.execute(f"SELECT {select} FROM {source} {rest}", list(parameters)).fetchall()

    def arrow(self, select: str, rest: str = "", parameters: Sequence[Any] = ()) -> pa.Table:
        """The same as Arrow table."""
        statement = f"SELECT {select} FROM {self.source(select, rest)} {rest}"
        return self.connection.sql(statement, params=list(parameters) or None).to_arrow_table()

    def keep_part(self, name: str, condition: str) -> None:
        """Keep the keys of some rows in memory under a name of ours, to be asked more than once."""
        cells = ", ".join(self.key(name) for name in self.names)
        source = self.source(cells, condition)
        self.connection.execute(f"CREATE TEMP TABLE {name} AS SELECT {cells} FROM {source} WHERE {condition}")

    def ask_part(self, name: str, select: str) -> tuple[Any, ...]:
        """One row of ``SELECT {select}`` about kept rows."""
        return self.connection.execute(f"SELECT {select} FROM {name}").fetchall()[0]

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

    def keep_text(self, path: Path) -> Path:
        """Write all cells as text, in the order of the rows, to a Parquet file in the scratch folder; its path."""
        cells = ", ".join(f"c{n}" for n in range(len(self.names)))
        statement = f"SELECT {cells} FROM {self.source(cells)} ORDER BY line"
        self.connection.execute(f"COPY ({statement}) TO {quoted(str(path))} (FORMAT parquet)")
        return path

    # filling ---------------------------------------------------------------------------------------------------

    def load_coded(self, path: Path) -> bool:
        """Read a plain text in one pass; False where it is not plain, and nothing is kept."""
        skip = self.dialect.above + int(self.dialect.header)
        coded = CodedText(path, len(self.names), self.dialect.delimiter, skip, _decimals(self.dialect))
        try:
            self.rows = coded.write(self.path)
        except NotPlainError:
            self.path.unlink(missing_ok=True)
            return False
        for n, texts in coded.texts.items():
            self.connection.register(f"d{n}", texts.table())
        self._doubles, self._coded = coded.doubles, set(coded.texts)
        self.extremes = {self.names[n]: reach for n, reach in coded.extremes.items()}
        return self.rows > 0

    def load_text(self, text: TextFile) -> Table:
        """Read the text in parallel; lines that DuckDB refuses send the whole file to the slower, exact reader."""
        skip = self.dialect.above + int(self.dialect.header)
        for doubles in (_decimals(self.dialect), set()):
            if self._copy(text, skip, doubles):
                self._doubles, self._in_database = doubles, True
                return self
            if not doubles:
                break
        self.connection.execute("DROP TABLE IF EXISTS raw")
        self._load_exactly(text)
        return self

    def _copy(self, text: TextFile, skip: int, doubles: set[int]) -> bool:
        """Let DuckDB keep all cells, some columns as DOUBLE; False where it refuses a cell or loses a line."""
        columns = ", ".join(
            f"'n{n}': 'DOUBLE'" if n in doubles else f"'c{n}': 'VARCHAR'" for n in range(len(self.names))
        )
        options = (
            f"header = false, auto_detect = false, skip = {skip}, delim = {quoted(self.dialect.delimiter)}, "
            f"quote = '\"', escape = '\"', null_padding = true, columns = {{{columns}}}"
        )
        try:
            self.connection.execute(
                f"CREATE OR REPLACE TABLE raw AS SELECT * FROM read_csv({quoted(str(text.path))}, {options})"
            )
            self.rows = int(self.connection.execute("SELECT count(*) FROM raw").fetchall()[0][0])
        except duckdb.Error:
            return False
        return self.rows == text.lines - skip

    def load_typed(self, path: Path, cells: Sequence[str] = ()) -> Table:
        """Take a Parquet file as it is; its cells are told as text only where they are asked for.

        Args:
            path: a file this table's connection may read.
            cells: SQL of each column, from the file's columns g0, g1, ...; none: those themselves.
        """
        about = pq.ParquetFile(path)
        self.path, self.rows, self._typed_columns = path, about.metadata.num_rows, len(about.schema_arrow.names)
        self._cells = list(cells) or [f"g{n}" for n in range(self._typed_columns)]
        if self.rows == 0:
            raise DataError("The table has no rows.", "Give at least two rows of values.")
        kinds = dict(zip((f"g{n}" for n in range(self._typed_columns)), about.schema_arrow.types, strict=True))
        self._doubles = {n for n, cell in enumerate(self._cells) if cell in kinds and pa.types.is_floating(kinds[cell])}
        names = ", ".join(f"c{n}" for n in range(len(self.names)))
        head = self.ask(names, f"ORDER BY line LIMIT {_HEAD_ROWS}")
        rows = tuple(tuple("" if cell is None else str(cell) for cell in row) for row in head)
        self.dialect = replace(self.dialect, rows=rows)
        return self

    def set_aside_empty(self) -> None:
        """Count the rows of a typed table in which no cell says anything, and leave them out."""
        empty = " AND ".join(f"c{n} IS NULL" for n in range(len(self.names)))
        count, lines = self.ask("count(*), min(line, 10)", f"WHERE {empty}")[0]
        if count:
            self.ragged, self.rows = (count, sorted(lines)), self.rows - count
            self._where = " WHERE NOT (" + " AND ".join(f"g{n} IS NULL" for n in range(self._typed_columns)) + ")"

    def load_batches(self, schema: pa.Schema, batches: Iterable[pa.RecordBatch | pa.Table]) -> Table:
        """Write typed batches, one after the other, into the scratch folder and take them as they are."""
        with pq.ParquetWriter(self.path, schema) as out:
            for batch in batches:
                out.write(batch)
        return self.load_typed(self.path)

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


def _decimals(dialect: Dialect) -> set[int]:
    """Columns that hold nothing but decimal fractions, as far as the first rows tell: measurements, and no names.

    What says a place, a time or degrees by its name stays text, which keeps it as it is written.
    """
    found = set()
    for position, name in enumerate(dialect.names):
        cells = [row[position].strip() for row in dialect.rows if position < len(row) and row[position].strip()]
        fractions = sum(_FRACTION.fullmatch(cell) is not None for cell in cells)
        told = named.place_score(name) or named.time_score(name) or named.is_lat(name) or named.is_lon(name)
        if dialect.decimal == "." and not told and fractions >= max(20, 0.8 * len(cells)):
            found.add(position)
    return found


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
