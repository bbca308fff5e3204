"""A job kind for tests: counts, leaves a checkpoint after every number, and goes on from it."""

from __future__ import annotations

import json
import os
import signal
import time

from stcore.errors import Cancelled, DataError
from stcore.operations.jobs.kinds import KINDS, JobContext
from stcore.operations.jobs.progress_file import job_folder
from stcore.operations.store import Job


def count(job: Job, context: JobContext) -> None:
    """Payload: n; pause (seconds a number); at (a number) and then what happens there: die, deaf, or an error."""
    folder, todo = job_folder(job.id), job.payload
    checkpoint = folder / "count.json"
    state = json.loads(checkpoint.read_text()) if checkpoint.exists() else {"i": 0, "value": 1}
    context.progress({"event": "plan", "models": ["count"], "share": 1.0})
    with (folder / "starts.txt").open("a") as file:
        file.write(f"{state['i']} {os.getpid()} {os.nice(0)} {os.environ.get('OMP_NUM_THREADS')}\n")
    while state["i"] < todo["n"]:
        if context.should_stop() and todo.get("then") != "deaf":
            raise Cancelled("Stopped.", "Retry.")
        state = {"i": state["i"] + 1, "value": (state["value"] * 31 + state["i"]) % (2**61 - 1)}
        if state["i"] == todo.get("at"):
            misbehave(todo["then"])
        context.progress({"event": "epoch", "model": "count", "epoch": state["i"], "epochs": todo["n"]})
        aside = folder / "count.tmp"
        aside.write_text(json.dumps(state))
        aside.replace(checkpoint)
        time.sleep(todo.get("pause", 0))


def misbehave(how: str) -> None:
    """What goes wrong."""
    match how:
        case "die":
            os.kill(os.getpid(), signal.SIGKILL)
        case "bad data":
            raise DataError("Column 7 is empty.", "Leave it out.")
        case "no space":
            raise OSError(28, "No space left on device")
        case "bug":
            raise ZeroDivisionError("a secret number")


if "count" not in KINDS:
    KINDS.add("count", count)
