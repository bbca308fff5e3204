"""Workers and servers as processes of their own, ended with the test, and one way to wait: with a deadline."""

from __future__ import annotations

import os
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
import sqlalchemy as sa

from stcore.operations import store
from stcore.operations.store import tables
from tests.operations import counting  # noqa: F401 - a kind of job

HERE = Path(__file__).parent
POSTGRES = os.environ.get("TEST_POSTGRES_URL")  # an empty database: then everything here runs on it instead of SQLite


@pytest.fixture(autouse=True)
def quick(home: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """Signs of life in tenths of a second, and no connection left behind."""
    monkeypatch.setenv("FIELDCAST_HEARTBEAT_S", "0.2")
    monkeypatch.setenv("FIELDCAST_LEASE_S", "60")
    if POSTGRES:
        monkeypatch.setenv("FIELDCAST_DATABASE_URL", POSTGRES)
        _empty(POSTGRES)
    yield
    store.close()


@pytest.fixture
def sqlite(quick: None, monkeypatch: pytest.MonkeyPatch) -> None:
    """For what only the embedded database does."""
    monkeypatch.delenv("FIELDCAST_DATABASE_URL", raising=False)


def _empty(address: str) -> None:
    engine = sa.create_engine(address)
    with engine.begin() as connection:
        tables.metadata.drop_all(connection)
        connection.exec_driver_sql(f"DROP TABLE IF EXISTS {tables.VERSION_TABLE}")
    engine.dispose()


@pytest.fixture
def start() -> Iterator[Callable[..., subprocess.Popen[str]]]:
    """Start a script of this folder; whatever still runs at the end of the test is killed."""
    begun: list[subprocess.Popen[str]] = []

    def begin(script: str, *arguments: str, **environment: str) -> subprocess.Popen[str]:
        path = os.pathsep.join((str(HERE.parents[1]), os.environ.get("PYTHONPATH", "")))
        variables = {**os.environ, "PYTHONPATH": path, **environment}
        command = [sys.executable, str(HERE / script), *arguments]
        process = subprocess.Popen(command, env=variables, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True)
        begun.append(process)
        return process

    yield begin
    for process in begun:
        process.kill()
        process.wait()
        if process.stdout:
            process.stdout.close()


@pytest.fixture
def until() -> Callable[..., None]:
    """Wait until something holds; fail after ``within`` seconds with what was awaited."""

    def wait(holds: Callable[[], object], what: str, within: float = 30.0) -> None:
        deadline = time.monotonic() + within
        while not holds():
            if time.monotonic() > deadline:
                pytest.fail(f"waited {within} s in vain: {what}")
            time.sleep(0.05)

    return wait
