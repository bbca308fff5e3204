"""What is saved, for pages and scripts: data sets and runs of one owner. Folders are the truth, rows their index."""

from __future__ import annotations

import json
import shutil
from collections.abc import Mapping
from contextlib import suppress
from pathlib import Path
from typing import Any

import sqlalchemy as sa

from stcore.errors import NotFound, StoreError
from stcore.operations.store import dataset_rows, job_rows, reindex, run_rows
from stcore.operations.store.database import reading, writing
from stcore.operations.store.dataset_rows import DatasetRow
from stcore.operations.store.run_rows import Run
from stcore.operations.store.tables import LOCAL, ROW_SCHEMA, new_id
from stcore.settings import settings


def datasets(owner: str = LOCAL) -> list[DatasetRow]:
    """The owner's saved data sets, newest first; those that scripts saved beside us are found, too."""
    reindex.datasets()
    with reading() as connection:
        return dataset_rows.of_owner(connection, owner)


def dataset(id: str, owner: str = LOCAL) -> DatasetRow:
    """One saved data set.

    Raises:
        NotFound: no data set of this id, or another owner's.
    """
    found = _dataset(id, owner)
    if found is None:
        reindex.datasets()
        found = _dataset(id, owner)
    if found is None:
        raise NotFound(f"There is no data set “{id[:40]}”.", "Choose another one, or load the file again.")
    return found


def add_dataset(
    id: str, name: str, digest: str = "", about: Mapping[str, Any] | None = None, owner: str = LOCAL
) -> DatasetRow:
    """Index a data set whose folder has been written; ``about`` is what lists and pages should know of it."""
    row = {"id": id, "owner": owner, "name": name, "digest": digest, "about": dict(about or {})}
    with writing() as connection:
        return dataset_rows.put(connection, row)


def delete_dataset(id: str, owner: str = LOCAL) -> None:
    """Delete a data set, row and folder. Its runs stay: their forecasts need no data.

    Raises:
        NotFound: no data set of this id, or another owner's.
        StoreError: a job is training on it.
    """
    from stcore.data.dataset import delete as remove

    known = dataset(id, owner)
    with writing() as connection:
        busy = [job for job in job_rows.running(connection) if job.payload.get("dataset") == known.id]
        if busy:
            raise StoreError(
                f"“{busy[0].title}” is working on the data set “{known.name}”.", "Cancel this job or wait for its end."
            )
        dataset_rows.delete(connection, known.id)
    with suppress(NotFound):  # a row whose folder is gone goes, too
        remove(known.id)


def _dataset(id: str, owner: str) -> DatasetRow | None:
    with reading() as connection:
        return dataset_rows.one(connection, id, owner)


def runs_of(dataset_id: str, owner: str = LOCAL) -> list[Run]:
    """The owner's runs on one data set, newest first."""
    with reading() as connection:
        return run_rows.of_dataset(connection, dataset_id, owner)


def recent_runs(owner: str = LOCAL, limit: int = 20) -> list[Run]:
    """The owner's newest runs on any data set."""
    with reading() as connection:
        return run_rows.newest(connection, owner, limit)


def run(id: str, owner: str = LOCAL) -> Run:
    """One run.

    Raises:
        NotFound: no run of this id, or another owner's.
    """
    with reading() as connection:
        found = run_rows.one(connection, id, owner)
    if found is None:
        raise NotFound(f"There is no run “{id[:40]}”.", "Choose another one, or train again.")
    return found


def dataset_folder(id: str) -> Path:
    """Where a known data set lies."""
    return settings().home / "datasets" / id


def run_folder(id: str) -> Path:
    """Where a known run lies; ``Result.open(run_folder(id))`` reads it, also half finished."""
    return settings().home / "runs" / id


def new_run(connection: sa.Connection, dataset_id: str, name: str, experiment: Mapping[str, Any], owner: str) -> Run:
    """Add a run and write its ``run.json``, from which a lost index can be made anew."""
    row = {"id": new_id(), "owner": owner, "dataset": dataset_id, "name": name, "experiment": dict(experiment)}
    made = run_rows.insert(connection, row)
    folder = run_folder(made.id)
    try:
        folder.mkdir(parents=True)
        text = json.dumps({**row, "name": made.name, "schema_version": ROW_SCHEMA}, ensure_ascii=False, indent=1)
        (folder / reindex.RUN_FILE).write_text(text, encoding="utf-8")
    except OSError as error:
        shutil.rmtree(folder, ignore_errors=True)
        raise StoreError(
            f"The run cannot be saved in {folder} ({error.strerror or error}).", "Free some space."
        ) from error
    return made
