"""Holding a job: a thread that gives signs of life and hears whether to stop."""

from __future__ import annotations

import logging
import threading
import time

from stcore.errors import StoreError
from stcore.operations.store import Job, job_rows, reading, writing
from stcore.settings import settings

LISTEN_S = 1.0  # how often a running job looks whether it was cancelled

_log = logging.getLogger(__name__)


class Lease:
    """Keeps a claimed job ours; use it as ``with Lease(job) as lease``.

    Attributes:
        lost: another worker may have the job now: stop and write nothing.
        cancelled: someone asked to stop it.
        advanced: set by the runner when the job got further than ever before.
    """

    def __init__(self, job: Job) -> None:
        self.lost = False
        self.cancelled = False
        self.advanced = False
        self._job = job
        self._told = False
        self._beaten = time.monotonic()
        self._over = threading.Event()
        self._thread = threading.Thread(target=self._keep, name=f"lease-{job.id}", daemon=True)

    def __enter__(self) -> Lease:
        self._thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._over.set()
        self._thread.join()

    def _keep(self) -> None:
        while not self.lost and not self._over.wait(min(LISTEN_S, settings().heartbeat_s)):
            try:
                self._look()
            except StoreError as error:
                _log.warning("The store does not answer: %s", error)
                # a silent worker's job is offered to others, so past the lease we must not go on
                self.lost = time.monotonic() - self._beaten > settings().lease_s

    def _look(self) -> None:
        news = self.advanced and not self._told
        if news or time.monotonic() - self._beaten >= settings().heartbeat_s:
            began = time.monotonic()
            with writing() as connection:
                row = job_rows.beat(connection, self._job, settings().lease_s, self.advanced)
            self._beaten, self._told = began, self.advanced
        else:
            with reading() as connection:
                row = job_rows.one(connection, self._job.id, None)
        self.lost = row is None or row.token != self._job.token
        self.cancelled = row is not None and row.cancel_asked is not None
