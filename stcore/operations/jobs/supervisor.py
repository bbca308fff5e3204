"""The server's one background thread: starts the local workers by command line, watches them, ends them.

One server a home on SQLite, kept by a lock on home/server.lock; workers, the service and the command line may share it.
The thread itself starts the workers and outlives them, because Linux ends a worker when the *thread* that started it ends.
"""

from __future__ import annotations

import logging
import os
import subprocess
import sys
import threading
import time
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

from stcore.errors import StoreError
from stcore.operations.jobs import process, ray_jobs
from stcore.operations.jobs.kinds import AT_ONCE
from stcore.operations.jobs.locks import FileLock
from stcore.operations.jobs.rescue import hung, rescue
from stcore.operations.store import Job, job_rows, reading, reindex
from stcore.settings import prepare_home, settings

TICK_S = 0.25
LOOK_S = 1.0  # how often the queue is looked at
CANCEL_GRACE_S = 10.0  # a cancelled job that does not stop by itself is killed after this
STOP_GRACE_S = 4.0  # the same at the end of the server
LONGEST_PAUSE_S = 30.0
WORKER = (sys.executable, "-m", "stcore", "worker")

_log = logging.getLogger(__name__)


@dataclass
class Slot:
    """A place for one worker process; ``failures`` in a row make the pause before the next one longer."""

    process: subprocess.Popen[bytes] | None = None
    failures: int = 0
    began: float = 0.0
    not_before: float = 0.0


class Supervisor:
    """Keeps the workers of one server.

    Args:
        port: where the server listens, told to a second one that is refused.
        command: how to start a worker; ``--server-pid`` is added.
    """

    def __init__(self, port: int | None = None, command: Sequence[str] = WORKER) -> None:
        self._port = port
        self._command = command
        self._lock = FileLock(settings().home / "server.lock")
        local = settings().executor != "inline"
        self._slots = [Slot() for _ in range(settings().workers if local else 0)]
        self._at_once = [Slot()] if local else []  # a worker of its own, only while somebody waits
        self._stopping = threading.Event()
        self._thread = threading.Thread(target=self._run, name="supervisor", daemon=True)
        self._looked = 0.0

    def start(self) -> None:
        """Take the home and begin.

        Raises:
            StoreError: the home cannot be written to, another server has it, or the database cannot be used.
            ConfigError: the executor is ``ray`` and the package is not there.
        """
        ray_jobs.require()
        prepare_home()
        if settings().database.startswith("sqlite"):
            self._take_home()
        try:
            rescue()
            reindex.datasets()
            reindex.runs()
        except StoreError:
            self._lock.let_go()
            raise
        self._thread.start()

    def stop(self) -> None:
        """End the workers, those that do not give up their job in time by force, and let go of the home."""
        self._stopping.set()
        if self._thread.ident is not None:
            self._thread.join()
        self._lock.let_go()

    def _take_home(self) -> None:
        about = {"pid": os.getpid(), "port": self._port, "since": datetime.now(UTC).isoformat(timespec="seconds")}
        try:
            taken = self._lock.take(about)
        except OSError as error:
            raise StoreError(
                f"The folder {settings().home} cannot be locked ({error.strerror or error}).",
                "Set FIELDCAST_HOME to a folder on a local disk.",
            ) from error
        if not taken:
            other = self._lock.holder()
            raise StoreError(
                f"Another dashboard (process {other.get('pid', '?')}, port {other.get('port', '?')}) already uses "
                f"{settings().home}.",
                "Use that one or end it. For a second one set FIELDCAST_HOME to another folder, or share a PostgreSQL "
                "database by FIELDCAST_DATABASE_URL.",
            )

    def _run(self) -> None:
        while not self._stopping.wait(TICK_S):
            try:
                self._tick()
            except StoreError as error:
                _log.warning("%s %s", error.message, error.hint)
                self._stopping.wait(LOOK_S)
            except Exception:  # noqa: BLE001 - the watch goes on whatever happens; pages stay up
                _log.exception("The watch over the workers stumbled")
                self._stopping.wait(LOOK_S)
        self._end_workers()

    def _tick(self) -> None:
        for slot in self._slots:
            if slot.process is not None and slot.process.poll() is not None:
                self._ended(slot, slot.process.returncode)
            if slot.process is None and time.monotonic() >= slot.not_before:
                self._launch(slot)
        for slot in self._at_once:
            if slot.process is not None and slot.process.poll() is not None:
                self._ended(slot, slot.process.returncode)
            if slot.process is None and time.monotonic() >= slot.not_before and _somebody_waits():
                self._launch(slot, "--at-once")
        if time.monotonic() - self._looked >= LOOK_S:
            self._looked = time.monotonic()
            self._kill_the_stuck()
            rescue()

    def _launch(self, slot: Slot, *options: str) -> None:
        log = settings().home / "jobs" / "workers.log"
        with log.open("ab") as output:
            slot.process = subprocess.Popen(
                [*self._command, "--server-pid", str(os.getpid()), *options],
                stdin=subprocess.PIPE,  # its end tells a worker that we are gone, where the kernel does not
                stdout=output, stderr=output, env={**os.environ, **process.worker_environment()},
            )  # fmt: skip
        slot.began = time.monotonic()

    def _ended(self, slot: Slot, status: int) -> None:
        lived = time.monotonic() - slot.began
        slot.failures = slot.failures + 1 if status and lived < LONGEST_PAUSE_S else int(status != 0)
        pause = min(LONGEST_PAUSE_S, 0.25 * 2**slot.failures) if status else 0.0
        if status:
            _log.warning("A worker ended with status %s; the next one starts in %.1f s", status, pause)
        if slot.process is not None and slot.process.stdin:
            slot.process.stdin.close()
        slot.process, slot.not_before = None, time.monotonic() + pause
        self._looked = 0.0  # its job waits

    def _kill_the_stuck(self) -> None:
        """End workers of ours that ignore a cancel, or that have been silent for very long."""
        with reading() as connection:
            deaf = [job for job in job_rows.running(connection) if _ignores_cancel(job)]
        pids = {process.local_pid(job.worker) for job in (*hung(), *deaf)}
        for slot in (*self._slots, *self._at_once):
            if slot.process is not None and slot.process.pid in pids:
                slot.process.kill()
                slot.process.wait()

    def _end_workers(self) -> None:
        alive = [slot.process for slot in (*self._slots, *self._at_once) if slot.process is not None]
        for worker in alive:
            worker.terminate()
        deadline = time.monotonic() + STOP_GRACE_S
        for worker in alive:
            try:
                worker.wait(max(0.0, deadline - time.monotonic()))
            except subprocess.TimeoutExpired:
                worker.kill()
                worker.wait()
        try:
            rescue(blame=False)
        except StoreError as error:
            _log.warning("%s %s", error.message, error.hint)


def _somebody_waits() -> bool:
    """Whether a job is queued that a person waits for."""
    with reading() as connection:
        return job_rows.waiting(connection, AT_ONCE)


def _ignores_cancel(job: Job) -> bool:
    grace = timedelta(seconds=CANCEL_GRACE_S)
    return job.cancel_asked is not None and datetime.now(UTC) - job.cancel_asked > grace


_current: Supervisor | None = None


def start(port: int | None = None) -> Supervisor:
    """The supervisor of this process, started once."""
    global _current
    if _current is None:
        supervisor = Supervisor(port)
        supervisor.start()
        _current = supervisor
    return _current


def stop() -> None:
    """End it and its workers; nothing to end is no mistake."""
    global _current
    if _current is not None:
        _current.stop()
        _current = None
