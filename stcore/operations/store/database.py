"""Opening the store: SQLite (WAL) inside the home folder, or PostgreSQL by address, from the same code.

``reading()`` and ``writing()`` are the only two ways in. Both bring the tables up to date once a process, and turn
what a database complains about into a ``StoreError`` for people. A damaged file is never deleted or overwritten.
"""

from __future__ import annotations

import logging
import sqlite3
import time
from collections.abc import Iterator
from contextlib import contextmanager
from functools import lru_cache
from pathlib import Path
from typing import Any

import sqlalchemy as sa
from sqlalchemy.exc import ArgumentError, DatabaseError, NoSuchModuleError, OperationalError

from stcore.errors import ConfigError, StoreError
from stcore.operations.store.tables import REVISION, VERSION_TABLE
from stcore.settings import prepare_home, settings

BUSY_MS = 15_000  # SQLite: how long a writer waits for another one
MIGRATION_LOCK = 4_607_182  # PostgreSQL: number of the advisory lock around migrations


@contextmanager
def reading() -> Iterator[sa.Connection]:
    """A connection for looking things up."""
    with _plain_errors(), _ready().connect() as connection:
        yield connection


@contextmanager
def writing() -> Iterator[sa.Connection]:
    """One transaction: all of it is written at the end, or nothing."""
    with _plain_errors(), _ready().execution_options(sqlite_begin="BEGIN IMMEDIATE").begin() as connection:
        yield connection


def close() -> None:
    """Let go of every open connection (tests; before a file is moved)."""
    for engine in _engines.values():
        engine.dispose()
    _engines.clear()


_engines: dict[str, sa.Engine] = {}


def _ready() -> sa.Engine:
    """The engine of the configured address, with its tables up to date."""
    address = settings().database
    if address not in _engines:
        if not settings().database_url:
            prepare_home()
        engine = _connect(address)
        _migrate(engine)
        _engines[address] = engine
    return _engines[address]


def _connect(address: str) -> sa.Engine:
    try:
        engine = sa.create_engine(address, pool_pre_ping=not address.startswith("sqlite"))
    except ModuleNotFoundError as error:
        raise StoreError(
            f"The database address needs the package “{error.name}”, which is not installed.",
            f'Install it (python -m pip install "{error.name}[binary]"), or clear FIELDCAST_DATABASE_URL.',
        ) from error
    except (ArgumentError, NoSuchModuleError) as error:
        raise ConfigError(
            "FIELDCAST_DATABASE_URL is not a database address.",
            "Write it as postgresql+psycopg://user:password@host/name, or leave it out to use SQLite.",
        ) from error
    if engine.dialect.name == "sqlite":
        sa.event.listen(engine, "connect", _set_up_sqlite)
        sa.event.listen(engine, "begin", _begin_sqlite)
    return engine


def _set_up_sqlite(connection: sqlite3.Connection, _record: Any) -> None:
    connection.create_function("fc_now", 0, time.time)
    connection.isolation_level = None  # transactions are begun by _begin_sqlite alone
    connection.execute(f"PRAGMA busy_timeout = {BUSY_MS}")
    connection.execute("PRAGMA foreign_keys = ON")
    connection.execute("PRAGMA journal_mode = WAL")
    connection.execute("PRAGMA synchronous = NORMAL")


def _begin_sqlite(connection: sa.Connection) -> None:
    # a writer takes its lock at once: a read that turns into a write could fail half way
    connection.exec_driver_sql(connection.get_execution_options().get("sqlite_begin", "BEGIN"))


def _migrate(engine: sa.Engine) -> None:
    """Bring the tables up to date; of two processes at the same time one does it and one waits."""
    with engine.connect() as connection:
        if engine.dialect.name == "sqlite":
            _check_whole(connection)
        if _revision(connection) == REVISION:
            return
    with engine.execution_options(sqlite_begin="BEGIN IMMEDIATE").begin() as connection:
        if engine.dialect.name == "postgresql":
            connection.execute(sa.select(sa.func.pg_advisory_xact_lock(MIGRATION_LOCK)))
        current = _revision(connection)
        if current not in (None, *_known_revisions()):
            raise StoreError(
                f"The database {_where()} has schema version {current}; this version of Fieldcast knows up to {REVISION}.",
                "Start the newer version that wrote it, or set FIELDCAST_HOME to another folder.",
            )
        if current != REVISION:
            _upgrade(connection)


def _check_whole(connection: sa.Connection) -> None:
    verdict = connection.exec_driver_sql("PRAGMA quick_check(1)").scalar()
    if verdict != "ok":
        raise _damaged(str(verdict))


def _revision(connection: sa.Connection) -> str | None:
    if not sa.inspect(connection).has_table(VERSION_TABLE):
        return None
    return connection.execute(sa.select(sa.column("version_num")).select_from(sa.table(VERSION_TABLE))).scalar()


@lru_cache
def _known_revisions() -> tuple[str, ...]:
    folder = Path(__file__).parent / "migrations" / "versions"
    return tuple(path.name[1:].split("_")[0] for path in folder.glob("v*.py"))


def _upgrade(connection: sa.Connection) -> None:
    logging.getLogger("alembic").setLevel(logging.WARNING)
    from alembic import command
    from alembic.config import Config

    config = Config(attributes={"connection": connection})
    config.set_main_option("script_location", str(Path(__file__).parent / "migrations").replace("%", "%%"))
    command.upgrade(config, "head")


@contextmanager
def _plain_errors() -> Iterator[None]:
    try:
        yield
    except DatabaseError as error:
        plain = _plain(error)
        if plain is None:
            raise  # a broken rule of the tables is a mistake of the program, not of a person
        raise plain from error


def _plain(error: DatabaseError) -> StoreError | None:
    """The complaint of the database in plain words; None for one that only a programmer can act on."""
    reason = str(error.orig).strip().splitlines()[0] if error.orig else str(error)
    lower = reason.lower()
    if "malformed" in lower or "not a database" in lower:
        return _damaged(reason)
    if "disk is full" in lower or "no space" in lower:
        return StoreError(f"The disk with the database {_where()} is full.", "Free some space, then try again.")
    if "readonly" in lower or "unable to open" in lower:
        return StoreError(
            f"The database {_where()} cannot be written to ({reason}).",
            "Change the rights of the folder, or set FIELDCAST_HOME to a folder of your own.",
        )
    if "locked" in lower or "busy" in lower:
        return StoreError(
            f"The database {_where()} was busy for {BUSY_MS // 1000} s.", "Try again; nothing was changed."
        )
    if isinstance(error, OperationalError):
        return StoreError(
            f"The database {_where()} does not answer ({reason}).",
            "Check FIELDCAST_DATABASE_URL and that it is running.",
        )
    return None


def _damaged(reason: str) -> StoreError:
    return StoreError(
        f"The database {_where()} is damaged ({reason}).",
        "Stop Fieldcast, move this file aside (with the -wal and -shm files beside it) and start again: data sets and "
        "runs lie in folders and are listed anew. Or put a copy of the file back.",
    )


def _where() -> str:
    """The address as it may be shown: a path, or an address without its password."""
    url = sa.make_url(settings().database)
    return str(url.database) if url.get_backend_name() == "sqlite" else url.render_as_string(hide_password=True)
