"""What pages and scripts ask of jobs: start one, look at it, cancel it, try it again. Everything is the owner's only."""

from __future__ import annotations

import shutil
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import sqlalchemy as sa

from stcore.data.sources.allowed import admit_weights
from stcore.errors import NotFound, StoreError
from stcore.experiment import Experiment
from stcore.operations.jobs import progress_file, ray_jobs
from stcore.operations.jobs.kinds import KINDS
from stcore.operations.jobs.progress_file import Progress, job_folder
from stcore.operations.jobs.runner import StopFlag, run_claimed
from stcore.operations.jobs.worker import claim
from stcore.operations.store import LOCAL, Job, dataset, job_rows, reading, run_folder, writing
from stcore.operations.store.library import new_run
from stcore.settings import settings
from stcore.training.trackers import FOLDER as CURVES


def submit(kind: str, payload: Mapping[str, Any], title: str, owner: str = LOCAL) -> str:
    """Queue a job; its id. With the executor ``inline`` it has ended when this returns.

    Raises:
        ConfigError: no such kind.
    """
    _ = KINDS[kind]
    ray_jobs.require()
    with writing() as connection:
        made = _insert(connection, kind, payload, title, owner)
    _run_if_inline(made)
    return made.id


def submit_training(
    dataset_id: str, experiment: Experiment | Mapping[str, Any], title: str = "", owner: str = LOCAL
) -> tuple[str, str]:
    """Queue the training of an experiment on a saved data set; ids of the run and of the job.

    Raises:
        NotFound: no such data set.
        ConfigError: a setting that is unknown or out of bounds.
    """
    return submit_run(
        "train", dataset_id, experiment, title=title or f"Training on {dataset(dataset_id, owner).name}", owner=owner
    )


def submit_run(
    kind: str, dataset_id: str, experiment: Experiment | Mapping[str, Any], more: Mapping[str, Any] | None = None,
    title: str = "", owner: str = LOCAL,
) -> tuple[str, str]:  # fmt: skip
    """Queue a job that fills a new run on a saved data set; ids of the run and of the job.

    Args:
        more: what this kind needs besides run, dataset and experiment.

    Raises:
        NotFound: no such data set.
        ConfigError: no such kind, a setting that is unknown or out of bounds, or weights that pages may not open.
    """
    _ = KINDS[kind]
    ray_jobs.require()
    parsed = Experiment.parse(experiment)
    body = (_admitted(parsed) if kind == "train" else parsed).model_dump(mode="json", by_alias=True)
    known = dataset(dataset_id, owner)
    with writing() as connection:
        run = new_run(connection, known.id, title or known.name, body, owner)
        payload = {"run": run.id, "dataset": known.id, "experiment": body, **(more or {})}
        made = _insert(connection, kind, payload, run.name, owner, run.id)
    _run_if_inline(made)
    return run.id, made.id


def get(id: str, owner: str = LOCAL) -> Job:
    """One job.

    Raises:
        NotFound: no job of this id, or another owner's.
    """
    with reading() as connection:
        found = job_rows.one(connection, id, owner)
    if found is None:
        raise NotFound(f"There is no job “{id[:40]}”.", "Look for it in the list of jobs.")
    return found


def listing(owner: str = LOCAL, limit: int = 100) -> list[Job]:
    """The owner's newest jobs."""
    with reading() as connection:
        return job_rows.of_owner(connection, owner, limit)


def for_run(run_id: str, owner: str = LOCAL) -> Job | None:
    """The newest job of a run; None when it was deleted."""
    with reading() as connection:
        return job_rows.of_run(connection, run_id, owner)


def cancel(id: str, owner: str = LOCAL) -> Job:
    """End a waiting job, ask a running one to stop (it keeps its last checkpoint); an ended one stays as it is."""
    with writing() as connection:
        changed = job_rows.cancel(connection, id, owner)
    return changed or get(id, owner)


def retry(id: str, owner: str = LOCAL) -> Job:
    """Queue a failed or cancelled job again; it goes on from its last checkpoint.

    Raises:
        StoreError: it waits, runs or is done.
    """
    ray_jobs.require()
    with writing() as connection:
        changed = job_rows.retry(connection, id, owner)
    if changed is None:
        now = get(id, owner)
        raise StoreError(
            f"“{now.title}” is {now.status}; only failed and cancelled jobs can be tried again.", "Start a new one."
        )
    _run_if_inline(changed)
    return get(id, owner)


def delete(id: str, owner: str = LOCAL) -> None:
    """Forget an ended job with its log; what its run made stays.

    Raises:
        StoreError: it waits or runs.
    """
    known = get(id, owner)
    with writing() as connection:
        gone = job_rows.delete(connection, id, owner)
    if not gone:
        raise StoreError(f"“{known.title}” is {known.status}.", "Cancel it first.")
    shutil.rmtree(job_folder(id), ignore_errors=True)


def progress(id: str, owner: str = LOCAL) -> Progress:
    """How far a job has come; empty before its first news."""
    return progress_file.read(get(id, owner).id)


def log_tail(id: str, lines: int = 200, owner: str = LOCAL) -> str:
    """The last lines of a job's log."""
    return progress_file.log_tail(get(id, owner).id, lines)


def curves(id: str, owner: str = LOCAL) -> Path | None:
    """Folder that TensorBoard shows a job's training from; None where there is nothing to show (yet)."""
    run = get(id, owner).run
    folder = run_folder(run) / CURVES if run else None
    return folder if folder is not None and folder.is_dir() else None


def _admitted(experiment: Experiment) -> Experiment:
    """The experiment with the weights it begins with as they may be opened."""
    models = [
        entry.model_copy(update={"settings": {**entry.settings, "weights": admit_weights(str(entry.settings["weights"]))}})
        if entry.settings.get("weights") else entry
        for entry in experiment.models
    ]  # fmt: skip
    return experiment.model_copy(update={"models": models})


def _insert(
    connection: sa.Connection, kind: str, payload: Mapping[str, Any], title: str, owner: str, run: str | None = None
) -> Job:
    row = {"kind": kind, "payload": dict(payload), "title": title, "owner": owner, "run": run}
    return job_rows.insert(connection, row)


def _run_if_inline(job: Job) -> None:
    if settings().executor == "inline":
        claimed = claim(job.id)
        if claimed is not None:
            run_claimed(claimed, StopFlag())
