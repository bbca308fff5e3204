"""The index of saved data sets. The folder in home/datasets is the truth; the row is what lists show quickly."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

import sqlalchemy as sa

from stcore.operations.store.tables import ROW_SCHEMA, clean, datasets, moment, now


@dataclass(frozen=True)
class DatasetRow:
    """One saved data set.

    Attributes:
        id: name of its folder in home/datasets.
        about: what a list shows: sentence, shape, span (JSON).
        digest: hash of the stored observations.
    """

    id: str
    owner: str
    name: str
    created: datetime
    digest: str
    about: Mapping[str, Any]
    schema_version: int

    @classmethod
    def from_row(cls, row: sa.Row[Any]) -> DatasetRow:
        """The record of one table row."""
        return cls(**{**row._mapping, "created": moment(row.created)})


def put(connection: sa.Connection, row: Mapping[str, Any]) -> DatasetRow:
    """Add one row, or write the owner's row of this id anew; ``row`` gives id, owner, name, digest and about."""
    values = {**row, "name": clean(row["name"]), "schema_version": ROW_SCHEMA}
    same = (datasets.c.id == row["id"], datasets.c.owner == row["owner"])
    there = connection.execute(datasets.update().where(*same).values(values).returning(datasets)).first()
    fresh = datasets.insert().values({"created": now(), **values}).returning(datasets)
    return DatasetRow.from_row(there or connection.execute(fresh).one())


def one(connection: sa.Connection, id: str, owner: str) -> DatasetRow | None:
    """The row of this id, if it is the owner's."""
    found = connection.execute(datasets.select().where(datasets.c.id == id, datasets.c.owner == owner)).first()
    return DatasetRow.from_row(found) if found else None


def of_owner(connection: sa.Connection, owner: str) -> list[DatasetRow]:
    """All of the owner's, newest first."""
    query = datasets.select().where(datasets.c.owner == owner).order_by(datasets.c.created.desc(), datasets.c.id)
    return [DatasetRow.from_row(row) for row in connection.execute(query)]


def ids(connection: sa.Connection) -> set[str]:
    """The ids of all owners."""
    return set(connection.execute(sa.select(datasets.c.id)).scalars())


def delete(connection: sa.Connection, id: str) -> None:
    """Forget the row; no row is no mistake."""
    connection.execute(datasets.delete().where(datasets.c.id == id))
