"""The answer of a database to one query: read-only, with a limit of rows and of time, and without its password anywhere.

Addresses are SQLAlchemy's (``postgresql://user@host/name``, ``sqlite:///file.db``). A password may be left out of the
address, or stand there as ``***``: PostgreSQL then takes it from PGPASSWORD or ~/.pgpass.
"""

from __future__ import annotations

import os
import re
import shutil
import sqlite3
import time
from collections.abc import Iterator
from contextlib import closing, contextmanager
from dataclasses import dataclass
from itertools import chain
from pathlib import Path
from typing import Any
from urllib.parse import quote

import pyarrow as pa
import pyarrow.parquet as pq

from stcore.data.sources.asked import Asked
from stcore.data.sources.typed import from_batches
from stcore.data.table import Table
from stcore.errors import ConfigError, DataError, masked, nearest
from stcore.settings import settings

_BATCH = 50_000
_KINDS = ("postgresql", "sqlite")
_HARMLESS = ("sslmode", "sslrootcert", "connect_timeout", "application_name")
_BEGINNING = re.compile(r"\s*(select|with|values|table)\b", re.I)
_QUOTED = re.compile(r"'(?:[^']|'')*'|\"(?:[^\"]|\"\")*\"|--[^\n]*|/\*.*?\*/", re.S)
_ADDRESS = re.compile(r"([a-z][a-z0-9]*)(\+[a-z0-9_]+)?://")


@dataclass(frozen=True, repr=False)
class Database:
    """An address that was taken apart.

    Attributes:
        kind: postgresql or sqlite.
        host: with the port where one is named; "" for sqlite.
        path: file of an SQLite database, else None.
        address: as SQLAlchemy takes it; holds the password, so it is shown by ``str`` only, which masks it.
    """

    kind: str
    host: str
    path: Path | None
    address: str

    def __str__(self) -> str:
        return masked(self.address)

    __repr__ = __str__


def is_database(source: Any) -> bool:
    """Whether a text is the address of a database (http and https are not)."""
    found = _ADDRESS.match(source) if isinstance(source, str) else None
    return found is not None and found[1] not in ("http", "https", "file")


def parse(address: str) -> Database:
    """The parts of an address.

    Raises:
        ConfigError: another kind of database, or options that would lead elsewhere.
    """
    from sqlalchemy.engine import make_url
    from sqlalchemy.exc import ArgumentError

    try:
        url = make_url(address)
    except (ArgumentError, ValueError):
        raise ConfigError(
            "This is no address of a database.", "Write postgresql://user@host/name or sqlite:///file.db."
        ) from None
    kind = url.get_backend_name()
    if kind not in _KINDS:
        raise ConfigError(f"Databases of the kind “{kind[:40]}” are not read.", nearest(kind, _KINDS))
    if kind == "sqlite":
        if not url.database or url.query or url.database.startswith("file:"):
            raise ConfigError("The address names no database file.", "Write sqlite:///folder/file.db.")
        return Database(kind, "", Path(url.database), address)
    if others := sorted(set(url.query) - set(_HARMLESS)):
        raise ConfigError(f"The address has the option “{others[0][:40]}”.", f"Known: {', '.join(_HARMLESS)}.")
    if url.password == "***":
        url = url._replace(password=None)
    port = f":{url.port}" if url.port else ""
    return Database(kind, f"{url.host or 'localhost'}{port}", None, url.set(drivername=kind).render_as_string(False))


def read(database: Database, folder: Path, asked: Asked) -> Table:
    """The answer to ``asked.query`` as a table.

    Raises:
        ConfigError: no query, or one that is more than a question.
        DataError: the database refuses, is silent for too long, or answers with too many rows.
    """
    query = checked(asked.query)
    asking = _ask_sqlite if database.kind == "sqlite" else _ask_postgres
    with asking(database, query) as (names, rows):
        first = next(rows, None)
        if not first:
            raise DataError("The query answers with no rows.", "Try it in the database's own tool.")
        schema = pa.schema([(f"c{n}", pa.string()) for n in range(len(names))])
        return from_batches(folder, schema, (_batch(block, schema) for block in chain([first], rows)), names)


def keep(database: Database, target: Path, folder: Path, asked: Asked) -> None:
    """The answer as a Parquet file of texts, to be read again without the database."""
    scratch = folder / "asked"
    scratch.mkdir()
    table = read(database, scratch, asked)
    table.close()
    answer = pq.ParquetFile(table.path)
    with pq.ParquetWriter(target, pa.schema([(name, pa.string()) for name in table.names])) as out:
        for batch in answer.iter_batches():
            out.write_batch(batch.rename_columns(table.names))
    shutil.rmtree(scratch)


def checked(query: str | None) -> str:
    """One question without what ends it.

    Raises:
        ConfigError: none, several, or a statement that is no question.
    """
    if not query or not query.strip():
        raise ConfigError("A database needs a query.", "Give `query: SELECT time, place, value FROM ...`.")
    plain = _QUOTED.sub(" ", query).strip()
    if ";" in plain.rstrip("; \n\t") or not _BEGINNING.match(plain):
        raise ConfigError("The query must be one SELECT.", "Leave out everything before and behind it.")
    return query.strip().rstrip("; \n\t")


# asking ------------------------------------------------------------------------------------------------------------

Answer = tuple[list[str], Iterator[list[tuple[Any, ...]]]]


@contextmanager
def _ask_sqlite(database: Database, query: str) -> Iterator[Answer]:
    path = database.path
    if path is None or not path.is_file():
        raise DataError(f"There is no file “{path}”.", "Check the name and the folder.")
    until = time.monotonic() + settings().sql_timeout_s
    try:
        with closing(sqlite3.connect(f"file:{quote(os.fspath(path.resolve()))}?mode=ro", uri=True)) as connection:
            connection.execute("PRAGMA query_only = on")
            connection.set_progress_handler(lambda: int(time.monotonic() > until), 10_000)
            cursor = connection.execute(query)
            yield [column[0] for column in cursor.description], _blocks(cursor, until)
    except sqlite3.Error as error:
        if time.monotonic() > until:
            raise _too_slow() from None
        raise _refused(str(error)) from None


@contextmanager
def _ask_postgres(database: Database, query: str) -> Iterator[Answer]:
    try:
        import psycopg
    except ImportError:
        raise ConfigError(
            "PostgreSQL needs the package psycopg.", "Run .venv/bin/pip install 'psycopg[binary]'."
        ) from None
    limit, until = settings().sql_timeout_s, time.monotonic() + settings().sql_timeout_s
    try:
        with psycopg.connect(database.address, connect_timeout=15) as connection:
            connection.read_only = True
            connection.execute(f"SET LOCAL statement_timeout = {int(limit * 1000)}")
            with connection.cursor(
                name="fieldcast"
            ) as cursor:  # the rows stay with the server until they are asked for
                cursor.itersize = _BATCH
                cursor.execute(query.encode())
                names = [column.name for column in cursor.description or ()]
                yield names, _blocks(cursor, until)
    except psycopg.errors.QueryCanceled:
        raise _too_slow() from None
    except psycopg.Error as error:
        raise _refused(str(error), database.address) from None


def _blocks(cursor: Any, until: float) -> Iterator[list[tuple[Any, ...]]]:
    """Blocks of rows under both limits."""
    count, limit = 0, settings().max_sql_rows
    while rows := cursor.fetchmany(_BATCH):
        count += len(rows)
        if count > limit:
            raise DataError(
                f"The query answers with more than {limit:,} rows.", "Ask for less, or raise FIELDCAST_MAX_SQL_ROWS."
            )
        if time.monotonic() > until:
            raise _too_slow()
        yield rows


def _too_slow() -> DataError:
    return DataError(
        f"The query took longer than {settings().sql_timeout_s:g} s and was ended.",
        "Ask for less, or raise FIELDCAST_SQL_TIMEOUT_S.",
    )


def _refused(reason: str, address: str = "") -> DataError:
    """What the database says, in one line and without the password."""
    from sqlalchemy.engine import make_url

    password = make_url(address).password if address else None
    line = masked(" ".join(reason.split()))
    if password:
        line = line.replace(str(password), "***")
    return DataError(
        f"The database refuses: {line[:300].rstrip(' .?')}.", "Check the address, the rights and the query."
    )


def _batch(rows: list[tuple[Any, ...]], schema: pa.Schema) -> pa.RecordBatch:
    """Cells as text: databases may hold any type in any row, and what they mean is found as in a file."""
    columns = [pa.array([_told(row[n]) for row in rows], pa.string()) for n in range(len(schema))]
    return pa.RecordBatch.from_arrays(columns, schema=schema)


def _told(cell: Any) -> str | None:
    """A cell as text; times in ISO form with their offset."""
    if cell is None or isinstance(cell, str):
        return cell
    return cell.decode("utf-8", "replace") if isinstance(cell, bytes) else str(cell)
