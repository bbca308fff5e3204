"""The queue's statements, one by one and with many hands at once."""

from __future__ import annotations

import time
from collections import Counter
from concurrent.futures import ThreadPoolExecutor

import pytest

from stcore.operations.store import Job, Status, job_rows, reading, run_rows, writing

KINDS = ["count"]


def queue(title: str = "t", run: str | None = None) -> Job:
    with writing() as connection:
        row = {"kind": "count", "payload": {}, "title": title, "owner": "local", "run": run}
        return job_rows.insert(connection, row)


def claim(lease_s: float = 60, worker: str = "w") -> Job | None:
    with writing() as connection:
        return job_rows.claim(connection, worker, KINDS, lease_s)


def claimed(lease_s: float = 60) -> Job:
    job = claim(lease_s)
    assert job is not None
    return job


def stored(id: str) -> Job:
    with reading() as connection:
        job = job_rows.one(connection, id, None)
    assert job is not None
    return job


def test_jobs_are_claimed_in_order_and_only_once() -> None:
    first, second = queue("a"), queue("b")
    got = [claim(), claim(), claim()]
    assert [job and job.id for job in got] == [first.id, second.id, None]
    assert got[0] is not None
    assert got[0].status is Status.RUNNING
    assert got[0].token
    assert got[0].started is not None


def test_a_kind_that_the_worker_does_not_know_stays_queued() -> None:
    job = queue()
    with writing() as connection:
        assert job_rows.claim(connection, "w", ["train"], 60) is None
    assert stored(job.id).status is Status.QUEUED


def test_many_hands_never_get_the_same_job() -> None:
    ids = {queue().id for _ in range(20)}

    def grab(worker: int) -> list[str]:
        got = []
        while job := claim(worker=str(worker)):
            got.append(job.id)
        return got

    with ThreadPoolExecutor(6) as pool:
        taken = Counter(id for got in pool.map(grab, range(6)) for id in got)
    assert set(taken) == ids
    assert set(taken.values()) == {1}


def test_whoever_lost_the_lease_writes_nothing() -> None:
    queue()
    slow = claimed(lease_s=-1)
    with writing() as connection:
        assert [job.id for job in job_rows.expired(connection)] == [slow.id]
        assert job_rows.bury(connection, slow) is not None
    quick = claimed()
    assert quick.id == slow.id
    assert quick.token != slow.token
    with writing() as connection:
        assert job_rows.beat(connection, slow, 60) is None
        assert job_rows.finish(connection, slow, Status.FAILED, {"message": "late"}) is None
        assert job_rows.release(connection, slow) is None
        assert job_rows.bury(connection, slow) is None
        assert job_rows.finish(connection, quick, Status.DONE) is not None
    assert stored(slow.id).status is Status.DONE
    assert stored(slow.id).error is None


def test_a_beat_moves_the_end_of_the_lease() -> None:
    queue()
    job = claimed(lease_s=0.05)
    with writing() as connection:
        assert job_rows.beat(connection, job, 60) is not None
        assert job_rows.expired(connection) == []
    assert stored(job.id).lease_until > job.lease_until


def test_three_deaths_in_a_row_end_a_job_and_getting_further_forgives() -> None:
    queue()
    for _ in range(2):
        lost = claimed()
        with writing() as connection:
            job_rows.bury(connection, lost)
            again = job_rows.claim(connection, "w", KINDS, 60)
            assert again is not None
            assert again.crashes == 1
            job_rows.beat(connection, again, 60, advanced=True)
            job_rows.release(connection, again)
    counts = []
    for _ in range(3):
        job = claimed()
        with writing() as connection:
            job_rows.bury(connection, job)
        counts.append((stored(job.id).crashes, stored(job.id).status))
    assert counts == [(1, "queued"), (2, "queued"), (3, "failed")]
    assert stored(job.id).error["message"] == "The worker died 3 times in a row without getting further."
    assert stored(job.id).error["hint"]


def test_a_cancelled_job_is_never_offered_again() -> None:
    waiting, dying, stopping = queue("a"), queue("b"), queue("c")
    with writing() as connection:
        assert job_rows.cancel(connection, waiting.id, "local").status is Status.CANCELLED
    running = [claimed(), claimed()]
    assert [job.id for job in running] == [dying.id, stopping.id]
    with writing() as connection:
        for job in running:
            assert job_rows.cancel(connection, job.id, "local").cancel_asked is not None
        job_rows.bury(connection, running[0])
        job_rows.release(connection, running[1])
    assert {stored(job.id).status for job in (waiting, dying, stopping)} == {Status.CANCELLED}
    assert claim() is None


def test_retry_begins_with_a_clean_sheet() -> None:
    queue()
    job = claimed()
    with writing() as connection:
        assert job_rows.retry(connection, job.id, "local") is None
        job_rows.finish(connection, job, Status.FAILED, {"message": "m", "hint": "h", "code": "c"})
        again = job_rows.retry(connection, job.id, "local")
    assert again is not None
    assert (again.status, again.error, again.crashes, again.ended, again.started) == (
        Status.QUEUED,
        None,
        0,
        None,
        None,
    )
    assert claimed().id == job.id


@pytest.mark.parametrize("owner", ["another", "local' OR '1'='1"])
def test_another_owner_reaches_nothing(owner: str) -> None:
    job = queue()
    with writing() as connection:
        assert job_rows.one(connection, job.id, owner) is None
        assert job_rows.of_owner(connection, owner, 10) == []
        assert job_rows.cancel(connection, job.id, owner) is None
        assert not job_rows.delete(connection, job.id, owner)
    assert stored(job.id).status is Status.QUEUED


def test_the_run_follows_its_job() -> None:
    with writing() as connection:
        row = {"id": "r1", "owner": "local", "dataset": "d1", "name": "n", "experiment": {}}
        run_rows.insert(connection, row)
    queue(run="r1")

    def state() -> str:
        with reading() as connection:
            found = run_rows.one(connection, "r1", "local")
        assert found is not None
        return found.state

    states = [state()]
    job = claimed()
    states.append(state())
    with writing() as connection:
        job_rows.finish(connection, job, Status.FAILED, {"message": "m"})
    states.append(state())
    assert states == ["queued", "running", "failed"]


def test_times_are_utc_seconds_of_the_database_clock() -> None:
    before = time.time()
    job = queue()
    assert before - 0.01 <= job.created.timestamp() <= time.time() + 0.01
    assert job.created.utcoffset().total_seconds() == 0
