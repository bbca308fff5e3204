"""Workers and servers as processes of their own, ended with the test, and one way to wait: with a deadline."""

from __future__ import annotations

import os
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from stcore.operations import store
from tests.operations import counting  # noqa: F401 - a kind of job

HERE = Path(__file__).parent


@pytest.fixture(autouse=True)
def quick(home: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """Signs of life in tenths of a second, and no connection left behind."""
    monkeypatch.setenv("FIELDCAST_HEARTBEAT_S", "0.2")
    monkeypatch.setenv("FIELDCAST_LEASE_S", "60")
    yield
    store.close()


@pytest.fixture
def start() -> Iterator[Callable[..., subprocess.Popen[str]]]:
    """Start a script of this folder; whatever still runs at the end of the test is killed."""
    begun: list[subprocess.Popen[str]] = []

    def begin(script: str, *arguments: str, **environment: str) -> subprocess.Popen[str]:
        variables = {**os.environ, "PYTHONPATH": str(HERE.parents[1]), **environment}
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
