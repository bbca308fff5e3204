"""One claimed job from its start to its end: progress, log, errors in plain words, and what the store hears of it."""

from __future__ import annotations

import contextlib
import errno
import io
import logging
import secrets
import time
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from stcore.errors import Cancelled, StcoreError, StoreError
from stcore.operations.jobs import progress_file
from stcore.operations.jobs.kinds import KINDS, JobContext
from stcore.operations.jobs.lease import Lease
from stcore.operations.jobs.locks import FileLock
from stcore.operations.store import Job, Status, job_rows, writing

SETTLE_S = 30.0  # how long a finished job tries to say so to a store that does not answer
RESERVE_BYTES = 262_144  # kept aside, so that on a full disk the store can still be told

_FULL = {errno.ENOSPC, getattr(errno, "EDQUOT", errno.ENOSPC)}
_log = logging.getLogger("stcore.job")


@dataclass
class StopFlag:
    """Between a worker's signal handler and its job; plain attributes, because a handler must take no lock.

    Attributes:
        asked: stop as soon as a checkpoint allows.
        busy: a job may be held.
    """

    asked: bool = False
    busy: bool = False


def run_claimed(job: Job, stop: StopFlag, capture: bool = False) -> Job | None:
    """Do a job that this process has claimed; the job as it ended, or None when its lease was lost.

    Args:
        stop: asks it to give the job back.
        capture: what libraries print goes to the job's log, too (a process that does nothing else).
    """
    with _logging_to(job, capture), Lease(job) as lease, contextlib.ExitStack() as cleanup:
        _log.info("Started: %s (%s)", job.title, job.kind)
        began = time.monotonic()
        try:
            _wait_for_predecessor(job, lambda: _unwanted(lease, stop), cleanup)
            _set_aside(job, cleanup)
            KINDS[job.kind](job, _context(job, lease, stop, cleanup))
            ended = _tell(lambda c: job_rows.finish(c, job, Status.DONE))
        except Cancelled:
            ended = _stopped(job, lease, stop)
        except Exception as error:  # noqa: BLE001 - whatever went wrong is the job's outcome, not the worker's
            ended = None if lease.lost else _failed(job, error)
        _log.info("%s after %.1f s", ended.status.capitalize() if ended else "Lease lost", time.monotonic() - began)
    return ended


def _context(job: Job, lease: Lease, stop: StopFlag, cleanup: contextlib.ExitStack) -> JobContext:
    before = {label: model.epoch for label, model in progress_file.read(job.id).models.items()}
    file = progress_file.ProgressFile(job.id)
    cleanup.callback(file.close)

    def tell(event: Mapping[str, Any]) -> None:
        file.write(event)
        if event.get("event") == "epoch" and event.get("epoch", 0) > before.get(str(event.get("model")), 0):
            lease.advanced = True

    return JobContext(progress=tell, should_stop=lambda: _unwanted(lease, stop))


def _unwanted(lease: Lease, stop: StopFlag) -> bool:
    return stop.asked or lease.lost or lease.cancelled


def _set_aside(job: Job, cleanup: contextlib.ExitStack) -> None:
    reserve = _reserve(job)
    reserve.write_bytes(bytes(RESERVE_BYTES))
    cleanup.callback(reserve.unlink, missing_ok=True)


def _reserve(job: Job) -> Path:
    return progress_file.job_folder(job.id) / "reserve"


def _wait_for_predecessor(job: Job, should_stop: Callable[[], bool], cleanup: contextlib.ExitStack) -> None:
    """Two processes never work in one run folder, even when the first was silent and is still about to notice."""
    lock = FileLock(progress_file.job_folder(job.id) / "running.lock")
    while not lock.take():
        if should_stop():
            raise Cancelled("Stopped before it began.", "Retry it from the list of jobs.")
        time.sleep(0.1)
    cleanup.callback(lock.let_go)


def _stopped(job: Job, lease: Lease, stop: StopFlag) -> Job | None:
    """A job that was interrupted: by its owner it is cancelled, by the end of this worker it waits for another."""
    if lease.lost:
        return None
    if stop.asked and not lease.cancelled:
        return _tell(lambda c: job_rows.release(c, job))
    return _tell(lambda c: job_rows.finish(c, job, Status.CANCELLED))


def _failed(job: Job, error: Exception) -> Job | None:
    _reserve(job).unlink(missing_ok=True)
    about = _in_words(error)
    _log.error("%s %s", about["message"], about["hint"], exc_info=error)
    return _tell(lambda c: job_rows.finish(c, job, Status.FAILED, about))


def _in_words(error: Exception) -> dict[str, str]:
    """Code, message and hint of any failure; what nobody foresaw gets a reference instead of its traceback."""
    if isinstance(error, StcoreError):
        return {"code": error.code, "message": error.message, "hint": error.hint}
    if isinstance(error, OSError) and error.errno in _FULL:
        return {
            "code": StoreError.code,
            "message": "The disk is full; the job could not save what it had.",
            "hint": "Free some space, then retry: it goes on from its last checkpoint.",
        }
    if isinstance(error, MemoryError):
        return {
            "code": "memory",
            "message": "The memory of this machine was not enough.",
            "hint": "Choose a smaller batch, less history or fewer places, then retry.",
        }
    reference = secrets.token_hex(4)
    _log.error("Reference %s", reference)
    return {
        "code": "internal",
        "message": f"Something unexpected happened ({type(error).__name__}).",
        "hint": f"Retry; if it happens again, report it with the log and the reference {reference}.",
        "reference": reference,
    }


def _tell(statement: Callable[[Any], Job | None]) -> Job | None:
    """Write an outcome, trying for a while: the disk may be full, another process may be writing."""
    deadline = time.monotonic() + SETTLE_S
    while True:
        try:
            with writing() as connection:
                return statement(connection)
        except StoreError as error:
            _log.warning("Cannot write how the job ended: %s", error)
            if time.monotonic() > deadline:
                raise
            time.sleep(1)


class _JobLog(io.TextIOBase):
    """A job's log as a stream; a log that cannot be written (disk full) must not end the job."""

    def __init__(self, path: Path) -> None:
        self._file = path.open("ab", buffering=0)

    def write(self, text: str) -> int:
        with contextlib.suppress(OSError):
            self._file.write(text.encode("utf-8", "replace"))
        return len(text)

    def close(self) -> None:
        self._file.close()
        super().close()


@contextlib.contextmanager
def _logging_to(job: Job, capture: bool) -> Iterator[None]:
    folder = progress_file.job_folder(job.id)
    folder.mkdir(parents=True, exist_ok=True)
    root, ours = logging.getLogger(), logging.getLogger("stcore")
    with contextlib.ExitStack() as stack:
        log = stack.enter_context(_JobLog(folder / progress_file.LOG_FILE))
        handler = logging.StreamHandler(log)
        handler.setFormatter(logging.Formatter("%(asctime)s %(levelname)s %(message)s"))
        handler.setLevel(logging.INFO)
        root.addHandler(handler)
        stack.callback(root.removeHandler, handler)
        stack.callback(ours.setLevel, ours.level)
        ours.setLevel(logging.INFO)
        if capture:
            stack.enter_context(contextlib.redirect_stdout(log))
            stack.enter_context(contextlib.redirect_stderr(log))
        yield
