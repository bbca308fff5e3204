"""Workers as processes: races, kill -9, silence, cancel, and the end."""

from __future__ import annotations

import json
import signal
import subprocess
from collections.abc import Callable
from typing import Any

import pytest

from stcore.operations import jobs
from stcore.operations.jobs import process
from stcore.operations.jobs.progress_file import job_folder
from stcore.operations.jobs.rescue import rescue
from stcore.operations.jobs.worker import claim
from stcore.operations.store import job_rows, writing
from tests.e2e.server import alive

Start = Callable[..., subprocess.Popen[str]]
Until = Callable[..., None]
WORKER = "count_worker.py"


def submit(**payload: Any) -> str:
    return jobs.submit("count", payload, "Count")


def counted(id: str) -> int:
    return jobs.progress(id).epoch


def starts(id: str) -> list[list[str]]:
    path = job_folder(id) / "starts.txt"
    return [line.split() for line in path.read_text().splitlines()] if path.exists() else []


def value(id: str) -> int:
    return int(json.loads((job_folder(id) / "count.json").read_text())["value"])


def undisturbed(n: int) -> int:
    result = 1
    for i in range(n):
        result = (result * 31 + i) % (2**61 - 1)
    return result


def test_two_workers_share_a_queue_without_doing_anything_twice(start: Start, until: Until) -> None:
    ids = [submit(n=5, pause=0.01) for _ in range(8)]
    workers = [start(WORKER) for _ in range(2)]
    until(lambda: all(jobs.get(id).status == "done" for id in ids), "all jobs done")
    assert [len(starts(id)) for id in ids] == [1] * 8
    assert {int(starts(id)[0][1]) for id in ids} <= {worker.pid for worker in workers}
    assert starts(ids[0])[0][2:] == ["10", "1"]  # nice, torch threads


def test_a_killed_worker_costs_nothing_but_time(start: Start, until: Until) -> None:
    id = submit(n=40, pause=0.03)
    first = start(WORKER)
    until(lambda: counted(id) >= 5, "the first worker counts")
    first.kill()
    first.wait()
    assert jobs.get(id).status == "running"  # nobody has noticed yet
    start(WORKER)
    until(lambda: jobs.get(id).status == "done", "another worker ends it")
    assert value(id) == undisturbed(40)
    began = [int(line[0]) for line in starts(id)]
    assert len(began) == 2
    assert began[1] >= 5  # it went on, it did not begin anew
    assert [point.epoch for point in jobs.progress(id).models["count"].history] == list(range(1, 41))


def test_a_job_that_kills_its_worker_is_given_up(start: Start, until: Until) -> None:
    id = submit(n=5, at=3, then="die")
    for deaths in range(1, 4):
        worker = start(WORKER)
        assert worker.wait(30) == -signal.SIGKILL
        rescue()
        assert jobs.get(id).crashes == deaths
    assert jobs.get(id).status == "failed"
    assert "died 3 times" in jobs.get(id).error["message"]
    assert jobs.retry(id).crashes == 0


def test_a_silent_worker_loses_its_job_and_notices(start: Start, until: Until, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("FIELDCAST_LEASE_S", "0.8")
    id = submit(n=40, pause=0.03)
    silent = start(WORKER)
    until(lambda: counted(id) >= 3, "it counts")
    silent.send_signal(signal.SIGSTOP)
    until(lambda: any(job.id == id for job in rescue()), "its lease runs out")
    assert jobs.get(id).crashes == 1
    start(WORKER)
    until(lambda: jobs.get(id).status == "running", "another worker takes it")
    assert len(starts(id)) == 1  # the second waits: the first still has the folder
    silent.send_signal(signal.SIGCONT)
    assert silent.wait(30) == 0
    until(lambda: jobs.get(id).status == "done", "the second ends it")
    assert value(id) == undisturbed(40)
    assert len(starts(id)) == 2


def test_cancel_stops_a_running_job_and_retry_goes_on(start: Start, until: Until) -> None:
    id = submit(n=40, pause=0.03)
    start(WORKER)
    until(lambda: counted(id) >= 3, "it counts")
    assert jobs.cancel(id).cancel_asked is not None
    until(lambda: jobs.get(id).status == "cancelled", "it stops")
    reached = counted(id)
    assert 3 <= reached < 40
    jobs.retry(id)
    until(lambda: jobs.get(id).status == "done", "it ends")
    assert value(id) == undisturbed(40)
    assert int(starts(id)[1][0]) >= reached


def test_a_worker_that_is_told_to_end_gives_its_job_back(start: Start, until: Until) -> None:
    id = submit(n=200, pause=0.05)
    worker = start(WORKER)
    until(lambda: counted(id) >= 3, "it counts")
    worker.terminate()
    assert worker.wait(20) == 0
    job = jobs.get(id)
    assert (job.status, job.crashes, job.worker, job.token) == ("queued", 0, None, None)


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT])
def test_an_idle_worker_ends_at_once(start: Start, until: Until, number: signal.Signals) -> None:
    id = submit(n=1)
    worker = start(WORKER)
    until(lambda: jobs.get(id).status == "done", "it works")
    worker.send_signal(number)
    assert worker.wait(20) == 0


def test_after_a_failure_the_process_is_given_up(start: Start) -> None:
    submit(n=3, at=2, then="bug")
    worker = start(WORKER)
    assert worker.wait(30) == 0


def test_a_worker_ends_with_the_process_that_started_it(start: Start, until: Until) -> None:
    parent = start("worker_parent.py")
    assert parent.stdout is not None
    child = int(parent.stdout.readline())
    id = submit(n=2000, pause=0.05)
    until(lambda: counted(id) >= 2, "it counts")
    parent.kill()
    parent.wait()
    until(lambda: not alive(child), "the worker is gone")
    assert [job.status for job in rescue()] == ["queued"]


@pytest.mark.usefixtures("sqlite")
def test_a_database_that_cannot_be_used_is_said_plainly(start: Start, home: Any) -> None:
    home.mkdir(parents=True)
    (home / "fieldcast.db").write_bytes(b"no database " * 1000)
    worker = start(WORKER)
    text, _ = worker.communicate(timeout=30)
    assert worker.returncode == 2
    assert "is damaged" in text
    assert "Traceback" not in text


def test_a_dead_workers_job_is_rescued_without_waiting_for_its_lease() -> None:
    id = submit(n=1)
    host, boot, *_ = process.identity().split("|")
    with writing() as connection:
        job_rows.claim(connection, f"{host}|{boot}|999999999|1", ["count"], lease_s=3600)
    assert [(job.id, job.status, job.crashes) for job in rescue()] == [(id, "queued", 1)]
    with writing() as connection:
        job_rows.claim(connection, f"{host}|an earlier boot|1|1", ["count"], lease_s=3600)
    assert [(job.id, job.status, job.crashes) for job in rescue()] == [(id, "queued", 1)]  # a reboot is nobody's fault
    with writing() as connection:
        job_rows.claim(connection, "elsewhere|b|1|1", ["count"], lease_s=3600)
    assert rescue() == []


def test_what_a_person_waits_for_does_not_queue_behind_the_rest() -> None:
    training = submit(n=1)
    reading = jobs.submit("ingest", {"upload": "none", "name": "x.csv"}, "Reading")
    first = claim(at_once=True)
    assert first is not None
    assert first.id == reading
    assert claim(at_once=True) is None
    second = claim()
    assert second is not None
    assert second.id == training
