"""The queue: every statement about jobs. A worker owns a job by the token of its lease; whoever lost it writes nothing.

queued -> running -> done | failed | cancelled. A running job goes back to queued when its worker gives it up or dies.
"""

from __future__ import annotations

import secrets
from collections.abc import Collection, Mapping
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from typing import Any

import sqlalchemy as sa

from stcore.operations.store import run_rows
from stcore.operations.store.tables import ROW_SCHEMA, clean, jobs, moment, new_id, now

MAX_CRASHES = 3


class Status(StrEnum):
    """Where a job stands."""

    QUEUED = "queued"  # waits for a worker
    RUNNING = "running"  # a worker holds its lease
    DONE = "done"
    FAILED = "failed"  # with an error; may be tried again
    CANCELLED = "cancelled"  # on request; may be tried again


@dataclass(frozen=True)
class Job:
    """One piece of slow work.

    Attributes:
        kind: name in the registry of kinds ("train").
        payload: what that kind needs (JSON).
        run: id of the run it works on, or None.
        crashes: how often in a row its worker died without getting further.
        worker: which process holds it (see ``jobs.process``), or None.
        token: of the lease, or None.
        cancel_asked: when someone asked to stop it, or None.
        error: code, message, hint and reference of a failure, or None.
    """

    id: str
    owner: str
    kind: str
    title: str
    payload: Mapping[str, Any]
    run: str | None
    status: Status
    created: datetime
    started: datetime | None
    ended: datetime | None
    crashes: int
    worker: str | None
    token: str | None
    lease_until: datetime | None
    cancel_asked: datetime | None
    error: Mapping[str, str] | None
    schema_version: int

    @classmethod
    def from_row(cls, row: sa.Row[Any]) -> Job:
        """The record of one table row."""
        times = ("created", "started", "ended", "lease_until", "cancel_asked")
        converted = {name: moment(row._mapping[name]) for name in times}
        return cls(**{**row._mapping, **converted, "status": Status(row.status)})

    @property
    def active(self) -> bool:
        """It waits or runs."""
        return self.status in (Status.QUEUED, Status.RUNNING)

    @property
    def can_retry(self) -> bool:
        """It ended without a result."""
        return self.status in (Status.FAILED, Status.CANCELLED)


def insert(connection: sa.Connection, row: Mapping[str, Any]) -> Job:
    """Queue a job; ``row`` gives kind, payload, title, owner and run (or None)."""
    fixed = {"id": new_id(), "status": Status.QUEUED, "created": now(), "crashes": 0, "schema_version": ROW_SCHEMA}
    values = {**row, "title": clean(row["title"]), **fixed}
    return Job.from_row(connection.execute(jobs.insert().values(values).returning(jobs)).one())


def one(connection: sa.Connection, id: str, owner: str | None) -> Job | None:
    """The job of this id, if it is the owner's (None: anyone's)."""
    mine = sa.true() if owner is None else jobs.c.owner == owner
    found = connection.execute(jobs.select().where(jobs.c.id == id, mine)).first()
    return Job.from_row(found) if found else None


def of_owner(connection: sa.Connection, owner: str, limit: int) -> list[Job]:
    """The owner's newest jobs."""
    query = jobs.select().where(jobs.c.owner == owner).order_by(jobs.c.created.desc(), jobs.c.id).limit(limit)
    return [Job.from_row(row) for row in connection.execute(query)]


def of_run(connection: sa.Connection, run: str, owner: str) -> Job | None:
    """The newest job of a run."""
    query = jobs.select().where(jobs.c.run == run, jobs.c.owner == owner).order_by(jobs.c.created.desc()).limit(1)
    found = connection.execute(query).first()
    return Job.from_row(found) if found else None


def running(connection: sa.Connection) -> list[Job]:
    """Everything that a worker holds, of all owners."""
    return [Job.from_row(row) for row in connection.execute(jobs.select().where(jobs.c.status == Status.RUNNING))]


def expired(connection: sa.Connection, slack_s: float = 0.0) -> list[Job]:
    """Running jobs whose worker has been silent for longer than its lease and ``slack_s`` more."""
    query = jobs.select().where(jobs.c.status == Status.RUNNING, jobs.c.lease_until < now() - slack_s)
    return [Job.from_row(row) for row in connection.execute(query)]


def waiting(connection: sa.Connection, kinds: Collection[str]) -> bool:
    """Whether there is anything to claim; a read, so that idle workers take no lock."""
    query = sa.select(jobs.c.id).where(jobs.c.status == Status.QUEUED, jobs.c.kind.in_(kinds)).limit(1)
    return connection.execute(query).first() is not None


def claim(
    connection: sa.Connection, worker: str, kinds: Collection[str], lease_s: float, id: str | None = None
) -> Job | None:
    """Take the oldest queued job of these kinds (or the one of this id); None when there is none.

    One conditional UPDATE, so of two workers at most one gets it, on SQLite and PostgreSQL.
    """
    waits = [jobs.c.status == Status.QUEUED, jobs.c.kind.in_(kinds)]
    if id is not None:
        waits.append(jobs.c.id == id)
    oldest = sa.select(jobs.c.id).where(*waits).order_by(jobs.c.created, jobs.c.id).limit(1)
    first = oldest.with_for_update(skip_locked=True).scalar_subquery()
    return _move(
        connection, [jobs.c.id == first, jobs.c.status == Status.QUEUED], status=Status.RUNNING, worker=worker,
        token=secrets.token_hex(8), lease_until=now() + lease_s, started=sa.func.coalesce(jobs.c.started, now()),
    )  # fmt: skip


def beat(connection: sa.Connection, job: Job, lease_s: float, advanced: bool = False) -> Job | None:
    """A sign of life; None when the lease is no longer ours. Whoever gets further clears the count of crashes."""
    crashes = {"crashes": 0} if advanced else {}
    return _move(connection, _held(job), lease_until=now() + lease_s, **crashes)


def finish(connection: sa.Connection, job: Job, status: Status, error: Mapping[str, str] | None = None) -> Job | None:
    """The end of a job that we hold; None when the lease is no longer ours."""
    return _move(connection, _held(job), status=status, error=error, ended=now(), **_NOBODY)


def release(connection: sa.Connection, job: Job) -> Job | None:
    """Give a job that we hold back to the queue; it was not its fault. One that was to be cancelled is."""
    return _end_if_unwanted(connection, job) or _move(connection, _held(job), status=Status.QUEUED, **_NOBODY)


def bury(connection: sa.Connection, job: Job) -> Job | None:
    """The worker of a running job died: offer it again, or end it when that happened too often or it was cancelled."""
    unwanted = _end_if_unwanted(connection, job)
    if unwanted:
        return unwanted
    if job.crashes + 1 < MAX_CRASHES:
        return _move(connection, _held(job), status=Status.QUEUED, crashes=jobs.c.crashes + 1, **_NOBODY)
    error = {
        "code": "worker",
        "message": f"The worker died {MAX_CRASHES} times in a row without getting further.",
        "hint": "Often the memory was too small: choose a smaller model, batch or chunk, close other programs, then retry. "
        "The log says how far it came.",
    }
    return _move(
        connection, _held(job), status=Status.FAILED, error=error, ended=now(), crashes=jobs.c.crashes + 1, **_NOBODY
    )


def cancel(connection: sa.Connection, id: str, owner: str) -> Job | None:
    """End a waiting job at once; ask a running one to stop; None when it has ended already."""
    mine = [jobs.c.id == id, jobs.c.owner == owner]
    ended = _move(connection, [*mine, jobs.c.status == Status.QUEUED], status=Status.CANCELLED, ended=now())
    asked = sa.func.coalesce(jobs.c.cancel_asked, now())
    return ended or _move(connection, [*mine, jobs.c.status == Status.RUNNING], cancel_asked=asked)


def retry(connection: sa.Connection, id: str, owner: str) -> Job | None:
    """Queue a failed or cancelled job again; None when it is in another state."""
    ended = jobs.c.status.in_((Status.FAILED, Status.CANCELLED))
    fresh = {"crashes": 0, "error": None, "started": None, "ended": None, "cancel_asked": None, "created": now()}
    return _move(connection, [jobs.c.id == id, jobs.c.owner == owner, ended], status=Status.QUEUED, **fresh)


def delete(connection: sa.Connection, id: str, owner: str) -> bool:
    """Forget a job that neither waits nor runs; False when there is no such."""
    idle = jobs.c.status.not_in((Status.QUEUED, Status.RUNNING))
    return connection.execute(jobs.delete().where(jobs.c.id == id, jobs.c.owner == owner, idle)).rowcount > 0


_NOBODY: dict[str, Any] = {"worker": None, "token": None, "lease_until": None, "cancel_asked": None}


def _end_if_unwanted(connection: sa.Connection, job: Job) -> Job | None:
    asked = [*_held(job), jobs.c.cancel_asked.is_not(None)]
    return _move(connection, asked, status=Status.CANCELLED, ended=now(), **_NOBODY)


def _held(job: Job) -> list[sa.ColumnElement[bool]]:
    return [jobs.c.id == job.id, jobs.c.status == Status.RUNNING, jobs.c.token == job.token]


def _move(connection: sa.Connection, where: list[Any], **values: Any) -> Job | None:
    """Change the one job that meets the conditions; its run follows."""
    row = connection.execute(jobs.update().where(*where).values(values).returning(jobs)).first()
    if row is None:
        return None
    if row.run and "status" in values:
        run_rows.set_state(connection, row.run, row.status)
    return Job.from_row(row)
