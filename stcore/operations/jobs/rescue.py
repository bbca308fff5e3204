"""Jobs whose worker is gone go back to the queue: at once where its death is certain, else when its lease has run out."""

from __future__ import annotations

from stcore.operations.jobs import process
from stcore.operations.store import Job, job_rows, reading, writing


def rescue(blame: bool = True) -> list[Job]:
    """Offer lost jobs again; the jobs as they stand now.

    Args:
        blame: count it as a crash, of which a job survives only a few; False when we ended the workers ourselves.
    """
    with reading() as connection:
        silent = {job.id for job in job_rows.expired(connection)}
        lost = [job for job in job_rows.running(connection) if job.id in silent or process.is_dead(job.worker)]
    if not lost:
        return []
    with writing() as connection:
        moved = [
            job_rows.bury(connection, job)
            if blame and not process.rebooted(job.worker)
            else job_rows.release(connection, job)
            for job in lost
        ]
    return [job for job in moved if job is not None]
