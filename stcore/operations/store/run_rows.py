"""The index of runs. The folder in home/runs holds what a run made; ``run.json`` in it repeats the row."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

import sqlalchemy as sa

from stcore.operations.store.tables import ROW_SCHEMA, clean, moment, now, runs


@dataclass(frozen=True)
class Run:
    """One experiment on one data set, waiting, running or ended.

    Attributes:
        id: name of its folder in home/runs.
        state: status of its newest job (queued, running, done, failed, cancelled).
        experiment: the settings as JSON; ``Experiment.parse(run.experiment)`` gives the record.
    """

    id: str
    owner: str
    dataset: str
    name: str
    created: datetime
    state: str
    experiment: Mapping[str, Any]
    schema_version: int

    @classmethod
    def from_row(cls, row: sa.Row[Any]) -> Run:
        """The record of one table row."""
        return cls(**{**row._mapping, "created": moment(row.created)})


def insert(connection: sa.Connection, row: Mapping[str, Any]) -> Run:
    """Add one row; ``row`` gives id, owner, dataset, name, experiment and, for an old run, state and created."""
    fixed = {"name": clean(row["name"]), "schema_version": ROW_SCHEMA}
    values = {"state": "queued", "created": now(), **row, **fixed}
    return Run.from_row(connection.execute(runs.insert().values(values).returning(runs)).one())


def one(connection: sa.Connection, id: str, owner: str) -> Run | None:
    """The run of this id, if it is the owner's."""
    found = connection.execute(runs.select().where(runs.c.id == id, runs.c.owner == owner)).first()
    return Run.from_row(found) if found else None


def of_dataset(connection: sa.Connection, dataset: str, owner: str) -> list[Run]:
    """The owner's runs on one data set, newest first."""
    mine = runs.select().where(runs.c.dataset == dataset, runs.c.owner == owner)
    return [Run.from_row(row) for row in connection.execute(mine.order_by(runs.c.created.desc(), runs.c.id))]


def newest(connection: sa.Connection, owner: str, limit: int) -> list[Run]:
    """The owner's newest runs on any data set."""
    mine = runs.select().where(runs.c.owner == owner).order_by(runs.c.created.desc(), runs.c.id)
    return [Run.from_row(row) for row in connection.execute(mine.limit(limit))]


def ids(connection: sa.Connection) -> set[str]:
    """The ids of all owners."""
    return set(connection.execute(sa.select(runs.c.id)).scalars())


def set_state(connection: sa.Connection, id: str, state: str) -> None:
    """Follow the job that runs it."""
    connection.execute(runs.update().where(runs.c.id == id).values(state=state))
