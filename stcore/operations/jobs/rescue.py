"""Jobs whose worker is gone go back to the queue: at once where its death is certain, else when its lease has run out.

A worker that is seen to live on this machine gets more patience: something in it may hold the interpreter for long.
"""

from __future__ import annotations

from stcore.operations.jobs import process
from stcore.operations.store import Job, job_rows, reading, writing
from stcore.settings import settings

PATIENCE = 2  # further leases that a living worker may be silent


def hung() -> list[Job]:
    """Running jobs whose worker has been silent for so long that it must be stuck."""
    with reading() as connection:
        return job_rows.expired(connection, PATIENCE * settings().lease_s)


def rescue(blame: bool = True) -> list[Job]:
    """Offer lost jobs again; the jobs as they stand now.

    Args:
        blame: count it as a crash, of which a job survives only a few; False when we ended the workers ourselves.
    """
    with reading() as connection:
        silent = [job for job in job_rows.expired(connection) if not process.is_alive(job.worker)]
        dead = [job for job in job_rows.running(connection) if process.is_dead(job.worker)]
    lost = {job.id: job for job in (*hung(), *silent, *dead)}
    if not lost:
        return []
    with writing() as connection:
        moved = [
            job_rows.bury(connection, job)
            if blame and not process.rebooted(job.worker)
            else job_rows.release(connection, job)
            for job in lost.values()
        ]
    return [job for job in moved if job is not None]
