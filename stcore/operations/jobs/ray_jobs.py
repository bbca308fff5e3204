"""``FIELDCAST_EXECUTOR=ray``: the models of one training side by side, each a Ray task; everything else as with ``local``.

A worker still claims the job, holds its lease and writes its results. A task opens the data set from the home folder, trains
one model into the run's folder and appends to the job's progress, so nothing large passes through Ray. Machines of a cluster
(RAY_ADDRESS) share the home folder. Without RAY_ADDRESS a Ray of this
machine alone is started for the job, bound to 127.0.0.1. Nothing about its use is sent anywhere.
"""

from __future__ import annotations

import logging
import os
import signal
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from importlib.util import find_spec
from pathlib import Path
from typing import TYPE_CHECKING, Any

from stcore.errors import Cancelled, ConfigError, StcoreError, TrainingError
from stcore.operations.jobs import process, progress_file
from stcore.operations.jobs.locks import FileLock
from stcore.operations.store import Job, run_folder
from stcore.settings import PREFIX, settings

if TYPE_CHECKING:
    from stcore.operations.jobs.kinds import JobContext

LISTEN_S = 0.25
STOP_GRACE_S = 6.0  # for a model to stop by itself; the supervisor ends the whole worker after 10 s
TRIES = 2  # a task whose process was killed goes on from its last checkpoint
STORE_BYTES = 100 * 2**20  # Ray's shared memory holds messages only
ROOT = Path(__file__).parents[3]


def require() -> None:
    """Refuse the executor ``ray`` where Ray is not installed.

    Raises:
        ConfigError: names the package.
    """
    if settings().executor == "ray" and find_spec("ray") is None:
        raise ConfigError(
            f"{PREFIX}EXECUTOR=ray needs the package ray, which is not installed.",
            f"Run .venv/bin/pip install ray, or set {PREFIX}EXECUTOR=local.",
        )


def side_by_side(job: Job, context: JobContext, labels: Sequence[str]) -> Iterator[tuple[str, StcoreError | None]]:
    """Train models of a job as Ray tasks; each label as its model is finished, with what went wrong or None.

    Raises:
        Cancelled: asked to stop; all tasks have ended and left their checkpoints.
    """
    if not labels:
        return
    _keep_to_itself()
    import ray

    stop = _stop_file(job.id)
    stop.unlink(missing_ok=True)
    with _connected():
        task = ray.remote(_train).options(**_share(ray.nodes()), max_retries=TRIES - 1)
        waiting = {task.remote(job.id, dict(job.payload), label): label for label in labels}
        while waiting:
            done, _ = ray.wait(list(waiting), timeout=LISTEN_S)
            for reference in done:
                label = waiting.pop(reference)
                yield label, _outcome(label, reference)
            if waiting and context.should_stop():
                stop.touch()
                _, deaf = ray.wait(list(waiting), num_returns=len(waiting), timeout=STOP_GRACE_S)
                for reference in deaf:
                    ray.cancel(reference, force=True)
                raise Cancelled(
                    f"Stopped while {len(waiting)} models were trained.",
                    "Retry the job to go on from the last checkpoints.",
                )


def _share(machines: Sequence[dict[str, Any]]) -> dict[str, float]:
    """What one model takes of a machine: a core a thread, as far as there are so many, and a graphics card where there is one."""

    def most(kind: str) -> float:
        return max((machine["Resources"].get(kind, 0.0) for machine in machines if machine["Alive"]), default=0.0)

    cards = 0.0 if settings().device == "cpu" else min(1.0, most("GPU"))
    return {"num_cpus": min(float(settings().threads), most("CPU")), "num_gpus": cards}


def _train(job: str, payload: dict[str, Any], label: str) -> StcoreError | None:
    """One model of a job, in a process of Ray; what was refused is told, not raised."""
    from stcore.data import dataset
    from stcore.experiment import Experiment
    from stcore.workflow.run import train_member

    def should_stop() -> bool:
        return _stop_file(job).exists()

    folder = run_folder(payload["run"])
    lock = FileLock(progress_file.job_folder(job) / f"{label}.lock")
    while not lock.take():  # of a worker that was given up and has not noticed yet
        if should_stop():
            return Cancelled("Stopped before it began.", "Retry it from the list of jobs.")
        time.sleep(LISTEN_S)
    file = progress_file.ProgressFile(job)
    try:
        panel = dataset.open(payload["dataset"]).panel()
        train_member(Experiment.parse(payload["experiment"]), label, folder, panel, file.write, should_stop)
    except StcoreError as error:
        return error
    finally:
        file.close()
        lock.let_go()
    return None


def _outcome(label: str, reference: Any) -> StcoreError | None:
    """What became of a task: refused in words, or its process was killed. What nobody foresaw ends the job, as locally."""
    import ray

    try:
        told: StcoreError | None = ray.get(reference)
    except ray.exceptions.RayTaskError as error:
        raise error.cause from error
    except ray.exceptions.RayError as error:
        return TrainingError(
            f"The process that trained “{label}” ended ({type(error).__name__}).",
            "Train fewer or smaller models at once, or set FIELDCAST_EXECUTOR=local.",
        )
    return told


@contextmanager
def _connected() -> Iterator[None]:
    """Ray for as long as a job needs it: the cluster of RAY_ADDRESS, or a Ray of this machine alone."""
    import ray

    address = os.environ.get("RAY_ADDRESS")
    alone: dict[str, Any] = {"include_dashboard": False, "object_store_memory": STORE_BYTES}
    handlers = {number: signal.getsignal(number) for number in (signal.SIGTERM, signal.SIGINT)}
    ray.init(
        address or "local", log_to_driver=False, configure_logging=False, logging_level=logging.ERROR,
        runtime_env={"env_vars": _environment()}, **({} if address else alone),
    )  # fmt: skip
    try:
        for number, handler in handlers.items():
            signal.signal(number, handler)  # Ray takes those of the worker, which give the job back
        yield
    finally:
        ray.shutdown()


def _keep_to_itself() -> None:
    """No news of its use to its makers; without a cluster it listens on 127.0.0.1 alone. Counts before Ray is imported."""
    os.environ["RAY_USAGE_STATS_ENABLED"] = "0"
    if not os.environ.get("RAY_ADDRESS"):
        os.environ["RAY_ENABLE_WINDOWS_OR_OSX_CLUSTER"] = (
            "0"  # on every system: "no clusters", hence the loopback address
        )


def _environment() -> dict[str, str]:
    """What a task must know: our settings (not the database, whose address may hold a password: Ray writes this to its logs),
    where our code lies, and how torch is kept from burning cores."""
    ours = {k: v for k, v in os.environ.items() if k.startswith(PREFIX) and k != f"{PREFIX}DATABASE_URL"}
    path = os.pathsep.join(filter(None, (str(ROOT), os.environ.get("PYTHONPATH", ""))))
    return {**ours, f"{PREFIX}HOME": str(settings().home), **process.worker_environment(), "PYTHONPATH": path}


def _stop_file(job: str) -> Path:
    return progress_file.job_folder(job) / "stop"
