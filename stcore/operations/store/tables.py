"""The tables of the store. Times are seconds since 1970 (UTC); JSON columns hold what only the owner of the row reads.

A change here needs a new file in ``migrations/versions`` and a new ``REVISION``.
"""

from __future__ import annotations

import secrets
from datetime import UTC, datetime
from typing import Any

import sqlalchemy as sa
from sqlalchemy.ext.compiler import compiles
from sqlalchemy.sql.functions import FunctionElement

LOCAL = "local"  # the owner where nobody signs in
REVISION = "0001"  # newest migration; a test holds it against the folder
VERSION_TABLE = "fc_alembic"
ROW_SCHEMA = 1  # of the JSON inside the rows

metadata = sa.MetaData()

datasets = sa.Table(
    "fc_datasets",
    metadata,
    sa.Column("id", sa.String(64), primary_key=True),
    sa.Column("owner", sa.String(255), nullable=False, index=True),
    sa.Column("name", sa.Text, nullable=False),
    sa.Column("created", sa.Double, nullable=False),
    sa.Column("digest", sa.String(64), nullable=False),
    sa.Column("about", sa.JSON, nullable=False),  # shape, span, sentence: what a list of data sets shows
    sa.Column("schema_version", sa.Integer, nullable=False),
)

runs = sa.Table(
    "fc_runs",
    metadata,
    sa.Column("id", sa.String(64), primary_key=True),
    sa.Column("owner", sa.String(255), nullable=False, index=True),
    sa.Column("dataset", sa.String(64), nullable=False, index=True),  # no foreign key: a run outlives its data set
    sa.Column("name", sa.Text, nullable=False),
    sa.Column("created", sa.Double, nullable=False),
    sa.Column("state", sa.String(16), nullable=False),  # the status of its newest job
    sa.Column("experiment", sa.JSON, nullable=False),
    sa.Column("schema_version", sa.Integer, nullable=False),
)

jobs = sa.Table(
    "fc_jobs",
    metadata,
    sa.Column("id", sa.String(64), primary_key=True),
    sa.Column("owner", sa.String(255), nullable=False, index=True),
    sa.Column("kind", sa.String(64), nullable=False),
    sa.Column("title", sa.Text, nullable=False),
    sa.Column("payload", sa.JSON, nullable=False),
    sa.Column("run", sa.String(64), sa.ForeignKey("fc_runs.id", ondelete="SET NULL"), nullable=True, index=True),
    sa.Column("status", sa.String(16), nullable=False),
    sa.Column("created", sa.Double, nullable=False),
    sa.Column("started", sa.Double, nullable=True),
    sa.Column("ended", sa.Double, nullable=True),
    sa.Column("crashes", sa.Integer, nullable=False),
    sa.Column("worker", sa.Text, nullable=True),  # host, boot, process and its start: see jobs/process.py
    sa.Column("token", sa.String(64), nullable=True),  # of the lease; every write of a worker is conditional on it
    sa.Column("lease_until", sa.Double, nullable=True),
    sa.Column("cancel_asked", sa.Double, nullable=True),
    sa.Column("error", sa.JSON(none_as_null=True), nullable=True),  # code, message, hint, reference
    sa.Column("schema_version", sa.Integer, nullable=False),
    sa.Index("ix_fc_jobs_queue", "status", "created"),
)


class now(FunctionElement[float]):
    """Seconds since 1970 by the clock of the database, so that leases agree between machines."""

    type = sa.Double()
    inherit_cache = True


@compiles(now, "sqlite")
def _now_sqlite(_element: now, _compiler: Any, **_: Any) -> str:
    return "fc_now()"  # SQLite's own clock counts milliseconds; see ``database``


@compiles(now, "postgresql")
def _now_postgresql(_element: now, _compiler: Any, **_: Any) -> str:
    return "CAST(extract(epoch FROM clock_timestamp()) AS double precision)"


def new_id() -> str:
    """Twelve random hex digits: an id that is safe as a folder name and in an address."""
    return secrets.token_hex(6)


def moment(seconds: float | None) -> datetime | None:
    """A stored time as a UTC datetime."""
    return None if seconds is None else datetime.fromtimestamp(seconds, UTC)


def clean(text: str, limit: int = 500) -> str:
    """A name given by a person as the store keeps it: one line, no control characters, at most ``limit`` characters."""
    kept = "".join(c if c.isprintable() else " " for c in str(text))  # half surrogates and NUL are not printable
    kept = " ".join(kept.split())
    return kept if len(kept) <= limit else kept[: limit - 1] + "…"
