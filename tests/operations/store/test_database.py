"""Opening the store: from nothing, damaged, newer than we are, locked, not writable."""

from __future__ import annotations

import sqlite3
import threading
from pathlib import Path

import pytest
import sqlalchemy as sa
from alembic.autogenerate import compare_metadata
from alembic.config import Config
from alembic.migration import MigrationContext
from alembic.script import ScriptDirectory

from stcore.errors import ConfigError, StoreError
from stcore.operations import store
from stcore.operations.store import database, dataset_rows, tables

pytestmark = pytest.mark.usefixtures("sqlite")


def test_migrations_lead_from_nothing_to_the_declared_tables(home: Path) -> None:
    with store.writing() as connection:
        context = MigrationContext.configure(connection, opts={"version_table": tables.VERSION_TABLE})
        assert compare_metadata(context, tables.metadata) == []
        assert context.get_current_revision() == tables.REVISION
        assert connection.exec_driver_sql("PRAGMA journal_mode").scalar() == "wal"
        assert connection.exec_driver_sql("PRAGMA foreign_keys").scalar() == 1


def test_the_newest_migration_is_the_declared_revision() -> None:
    folder = Path(database.__file__).parent / "migrations"
    scripts = ScriptDirectory.from_config(_config(folder))
    assert scripts.get_heads() == [tables.REVISION]
    assert set(database._known_revisions()) == {script.revision for script in scripts.walk_revisions()}


def _config(folder: Path) -> Config:
    config = Config()
    config.set_main_option("script_location", str(folder))
    return config


def test_many_threads_opening_an_empty_home_migrate_it_once(home: Path) -> None:
    problems: list[BaseException] = []

    def open_it() -> None:
        try:
            engine = database._connect(database.settings().database)
            database._migrate(engine)
            engine.dispose()
        except BaseException as error:  # noqa: BLE001 - carried to the main thread
            problems.append(error)

    home.mkdir(parents=True)
    threads = [threading.Thread(target=open_it) for _ in range(6)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert problems == []
    assert store.datasets() == []


@pytest.mark.parametrize("content", [b"This is not a database at all. " * 100, b"SQLite format 3\x00" + b"\xff" * 5000])
def test_a_file_that_is_no_database_is_refused_and_kept(home: Path, content: bytes) -> None:
    home.mkdir(parents=True)
    path = home / "fieldcast.db"
    path.write_bytes(content)
    with pytest.raises(StoreError) as refused:
        store.datasets()
    assert str(path) in refused.value.message
    assert "move this file aside" in refused.value.hint
    assert path.read_bytes() == content


def test_a_database_with_torn_pages_is_refused_and_kept(home: Path) -> None:
    for number in range(200):
        store.add_dataset(f"d{number}", "name " * 50)
    store.close()
    path = home / "fieldcast.db"
    with sqlite3.connect(path) as raw:
        raw.execute("PRAGMA wal_checkpoint(TRUNCATE)")
    raw.close()
    whole = bytearray(path.read_bytes())
    whole[8192:40960] = b"\xa5" * 32768
    path.write_bytes(whole)
    with pytest.raises(StoreError, match="damaged"):
        store.datasets()
    assert path.read_bytes() == bytes(whole)


def test_a_database_of_a_newer_version_is_refused_unchanged(home: Path) -> None:
    store.add_dataset("d1", "Mine")
    with store.writing() as connection:
        version = sa.table(tables.VERSION_TABLE, sa.column("version_num"))
        connection.execute(version.update().values(version_num="0999"))
    store.close()
    with pytest.raises(StoreError, match=r"0999.*knows up to") as refused:
        store.datasets()
    assert "newer version" in refused.value.hint
    with sqlite3.connect(home / "fieldcast.db") as raw:
        assert raw.execute("SELECT name FROM fc_datasets").fetchall() == [("Mine",)]


def test_a_failed_transaction_leaves_nothing(home: Path) -> None:
    row = {"id": "d1", "owner": "local", "name": "n", "digest": "", "about": {}}

    def fail_half_way() -> None:
        with store.writing() as connection:
            dataset_rows.put(connection, row)
            raise ZeroDivisionError

    with pytest.raises(ZeroDivisionError):
        fail_half_way()
    assert store.datasets() == []


def test_a_writer_that_waits_too_long_says_so(home: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(database, "BUSY_MS", 100)
    store.datasets()
    with sqlite3.connect(home / "fieldcast.db", isolation_level=None) as other:
        other.execute("BEGIN IMMEDIATE")
        with pytest.raises(StoreError, match="busy"):
            store.add_dataset("d1", "Mine")
        other.execute("ROLLBACK")
    other.close()
    assert store.add_dataset("d1", "Mine").name == "Mine"


def test_a_full_disk_is_said_plainly(home: Path) -> None:
    store.datasets()
    with database._ready().connect() as connection:
        pages = connection.exec_driver_sql("PRAGMA page_count").scalar_one()

    @sa.event.listens_for(database._ready(), "begin")
    def limit(connection: sa.Connection) -> None:
        connection.exec_driver_sql(f"PRAGMA max_page_count = {pages}")

    with pytest.raises(StoreError, match="full"):
        store.add_dataset("d1", "Mine", about={"long": "x" * 1_000_000})
    assert store.datasets() == []


def test_a_home_that_cannot_be_written_to(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    (tmp_path / "file").write_text("in the way")
    monkeypatch.setenv("FIELDCAST_HOME", str(tmp_path / "file" / "home"))
    with pytest.raises(StoreError, match="cannot be written to"):
        store.datasets()


@pytest.mark.parametrize("address", ["not an address", "nosuchbase://host/name"])
def test_an_address_that_is_none(monkeypatch: pytest.MonkeyPatch, address: str) -> None:
    monkeypatch.setenv("FIELDCAST_DATABASE_URL", address)
    with pytest.raises(ConfigError, match="FIELDCAST_DATABASE_URL"):
        store.datasets()


def test_a_password_is_never_shown(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("FIELDCAST_DATABASE_URL", "postgresql+psycopg://me:geheim@127.0.0.1:1/none")
    with pytest.raises(StoreError) as refused:
        store.datasets()
    assert "geheim" not in refused.value.message + refused.value.hint
