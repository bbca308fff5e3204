"""The end: a signal to the server ends its workers too, in the middle of their work, with exit status 0."""

from __future__ import annotations

from pathlib import Path

from tests.e2e.made import long_training
from tests.e2e.server import Server, alive, children, wait_for


def test_sigterm_ends_server_and_workers_with_status_0(tmp_path: Path, home: Path) -> None:
    from stcore.operations import jobs, store

    server = Server(home).start()
    try:
        _, _, job = long_training(tmp_path)
        wait_for("the job to train", lambda: jobs.progress(job).epoch >= 1, seconds=120)
        workers = children(server.pid)
        assert workers, "training runs in a process of its own"
    finally:
        status = server.stop()
    assert status == 0, server.log.read_text()[-2000:]
    wait_for("the workers' end", lambda: not any(alive(pid) for pid in workers), seconds=10)
    assert jobs.get(job).status in {jobs.Status.QUEUED, jobs.Status.RUNNING}, "the next start goes on with it"
    store.close()
