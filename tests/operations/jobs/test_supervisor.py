"""Servers as processes: workers come and go with them, one a home, nothing left behind."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path

import pytest

from stcore.errors import StoreError
from stcore.operations import jobs
from stcore.operations.jobs import supervisor
from tests.e2e.server import alive
from tests.operations.jobs.test_worker import counted, starts, submit, undisturbed, value

Start = Callable[..., subprocess.Popen[str]]
Until = Callable[..., None]
SERVER = "count_server.py"


def begun(start: Start, **environment: str) -> subprocess.Popen[str]:
    server = start(SERVER, **environment)
    assert server.stdout is not None
    assert server.stdout.readline() == "ready\n"
    return server


def test_a_server_does_the_jobs_and_replaces_a_killed_worker(start: Start, until: Until) -> None:
    id = submit(n=40, pause=0.03)
    begun(start)
    until(lambda: counted(id) >= 3, "it counts")
    os.kill(int(starts(id)[0][1]), signal.SIGKILL)
    until(lambda: jobs.get(id).status == "done", "another worker ends it")
    assert value(id) == undisturbed(40)
    assert len({line[1] for line in starts(id)}) == 2


def test_sigterm_ends_server_and_workers_and_gives_the_job_back(start: Start, until: Until) -> None:
    id = submit(n=2000, pause=0.05)
    server = begun(start)
    until(lambda: counted(id) >= 3, "it counts")
    server.terminate()
    assert server.wait(10) == 0
    assert not alive(int(starts(id)[0][1]))
    assert (jobs.get(id).status, jobs.get(id).crashes) == ("queued", 0)


def test_kill_9_of_the_server_takes_its_workers_along_and_the_next_one_goes_on(start: Start, until: Until) -> None:
    id = submit(n=60, pause=0.03)
    server = begun(start)
    until(lambda: counted(id) >= 3, "it counts")
    server.kill()
    server.wait()
    until(lambda: not alive(int(starts(id)[0][1])), "its worker is gone")
    assert jobs.get(id).status == "running"
    begun(start)  # the lease of a minute has not run out, but the worker is known to be dead
    until(lambda: jobs.get(id).status == "done", "the next server's worker ends it")
    assert value(id) == undisturbed(60)
    assert int(starts(id)[1][0]) >= 3


@pytest.mark.usefixtures("sqlite")
def test_a_second_server_on_the_same_home_is_refused(start: Start) -> None:
    first = begun(start)
    second = start(SERVER)
    text, _ = second.communicate(timeout=30)
    assert second.returncode == 2
    assert f"process {first.pid}, port 8765" in text
    assert "FIELDCAST_HOME" in text
    assert first.poll() is None


def test_a_job_that_is_deaf_to_cancel_is_killed(start: Start, until: Until, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(supervisor, "CANCEL_GRACE_S", 0.3)
    monkeypatch.setattr(supervisor, "LOOK_S", 0.1)
    command = [sys.executable, str(Path(__file__).parents[1] / "count_worker.py")]
    monkeypatch.setenv("PYTHONPATH", str(Path(__file__).parents[3]), prepend=os.pathsep)
    id = submit(n=2000, pause=0.05, then="deaf")
    watch = supervisor.Supervisor(command=command)
    watch.start()
    try:
        until(lambda: counted(id) >= 3, "it counts")
        jobs.cancel(id)
        until(lambda: jobs.get(id).status == "cancelled", "it is ended by force")
        assert not alive(int(starts(id)[0][1]))
    finally:
        watch.stop()


def test_a_worker_that_cannot_start_is_tried_at_growing_distances(monkeypatch: pytest.MonkeyPatch) -> None:
    watch = supervisor.Supervisor(command=[sys.executable, "-c", "raise SystemExit(3)"])
    pauses = []
    slot = supervisor.Slot()
    for _ in range(12):
        slot.began = time.monotonic()
        watch._ended(slot, 3)
        pauses.append(round(slot.not_before - time.monotonic(), 1))
    assert pauses == sorted(pauses)
    assert (pauses[0], pauses[-1]) == (0.5, supervisor.LONGEST_PAUSE_S)
    watch._ended(slot, 0)
    assert slot.not_before <= time.monotonic()


@pytest.mark.usefixtures("sqlite")
def test_a_server_that_was_refused_leaves_the_home_free(home: Path) -> None:
    home.mkdir(parents=True)
    (home / "fieldcast.db").write_bytes(b"no database " * 1000)
    for _ in range(2):
        with pytest.raises(StoreError, match="damaged"):
            supervisor.Supervisor().start()
