"""``python -m stcore worker``: claims queued jobs from the store, on this machine or another, and does them one by one.

An idle worker imports torch ahead, so a job starts at once. It ends (and its server starts another) after a CUDA job,
which gives the card's memory back, after a failure, and after ``MAX_JOBS``. With ``--at-once`` it does what a person waits
for (reading a file), beside any training, and ends when nothing waits.
"""

from __future__ import annotations

import argparse
import logging
import os
import signal
import sys
import time
from collections.abc import Sequence
from functools import lru_cache

from stcore.errors import StcoreError
from stcore.operations.jobs import process
from stcore.operations.jobs.kinds import AT_ONCE, KINDS
from stcore.operations.jobs.rescue import rescue
from stcore.operations.jobs.runner import StopFlag, run_claimed
from stcore.operations.store import Job, Status, job_rows, reading, writing
from stcore.settings import settings

IDLE_S = 0.25
MAX_JOBS = 20


def main(argv: Sequence[str] | None = None) -> int:
    """Work until told to stop; the exit status (0 = ended as it should, 2 = the store cannot be used)."""
    options = _options(argv)
    stop = StopFlag()
    if options.server_pid:
        process.die_with(options.server_pid)
    _listen(stop, from_server=bool(options.server_pid))
    os.environ.update(process.worker_environment())
    process.be_nice()
    logging.basicConfig(level=logging.INFO, format="%(asctime)s %(levelname)s %(message)s")
    try:
        _work_at_once(stop) if options.at_once else _work(stop)
    except StcoreError as error:
        print(f"{error.message} {error.hint}", file=sys.stderr)
        return 2
    return 0


def claim(id: str | None = None, at_once: bool = False) -> Job | None:
    """Take a queued job of a kind that this version knows: the one of this id, or the oldest of those to be done at once,
    or of the others."""
    kinds = [kind for kind in KINDS if id is not None or (kind in AT_ONCE) == at_once]
    with reading() as connection:
        if not job_rows.waiting(connection, kinds):
            return None
    with writing() as connection:
        return job_rows.claim(connection, process.identity(), kinds, settings().lease_s, id)


def _options(argv: Sequence[str] | None) -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="python -m stcore worker", description="Do queued jobs until told to stop.")
    parser.add_argument("--server-pid", type=int, default=0, help="process that started this one; end when it ends")
    parser.add_argument("--at-once", action="store_true", help="do only what somebody waits for, then end")
    return parser.parse_args(argv)


def _listen(stop: StopFlag, from_server: bool) -> None:
    """SIGTERM: give the job back at the next batch, or end at once when there is none (an import of torch can take
    seconds). Ctrl+C reaches every process of a terminal: a server ends its workers itself."""

    def ask(*_: object) -> None:
        stop.asked = True
        if not stop.busy:
            os._exit(0)

    signal.signal(signal.SIGTERM, ask)
    signal.signal(signal.SIGINT, signal.SIG_IGN if from_server else ask)


def _work(stop: StopFlag) -> None:
    done, looked = 0, 0.0
    while not stop.asked and done < MAX_JOBS:
        stop.busy = True
        job = claim()
        if job is not None:
            done += 1
            ended = run_claimed(job, stop, capture=True)
            if ended is None or ended.status == Status.FAILED or _touched_cuda():
                return
            continue
        stop.busy = False
        if time.monotonic() - looked > settings().heartbeat_s:
            rescue()  # where no server runs, idle workers look after the queue
            looked = time.monotonic()
        _warm()
        time.sleep(IDLE_S)


def _work_at_once(stop: StopFlag) -> None:
    """Jobs that somebody waits for, until none is left; no torch is needed for them."""
    while not stop.asked:
        stop.busy = True
        job = claim(at_once=True)
        if job is None:
            return
        run_claimed(job, stop, capture=True)


@lru_cache
def _warm() -> None:
    """Import what a job will need, once."""
    import torch  # noqa: F401

    import stcore.data.dataset
    import stcore.workflow.run  # noqa: F401


def _touched_cuda() -> bool:
    torch = sys.modules.get("torch")
    return torch is not None and torch.cuda.is_initialized()
