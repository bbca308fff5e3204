"""Data sets, runs and jobs."""

import sqlalchemy as sa
from alembic import op

revision = "0001"
down_revision = None


def upgrade() -> None:
    """Make the first three tables."""
    op.create_table(
        "fc_datasets",
        sa.Column("id", sa.String(64), primary_key=True),
        sa.Column("owner", sa.String(255), nullable=False),
        sa.Column("name", sa.Text, nullable=False),
        sa.Column("created", sa.Double, nullable=False),
        sa.Column("digest", sa.String(64), nullable=False),
        sa.Column("about", sa.JSON, nullable=False),
        sa.Column("schema_version", sa.Integer, nullable=False),
    )
    op.create_index("ix_fc_datasets_owner", "fc_datasets", ["owner"])
    op.create_table(
        "fc_runs",
        sa.Column("id", sa.String(64), primary_key=True),
        sa.Column("owner", sa.String(255), nullable=False),
        sa.Column("dataset", sa.String(64), nullable=False),
        sa.Column("name", sa.Text, nullable=False),
        sa.Column("created", sa.Double, nullable=False),
        sa.Column("state", sa.String(16), nullable=False),
        sa.Column("experiment", sa.JSON, nullable=False),
        sa.Column("schema_version", sa.Integer, nullable=False),
    )
    op.create_index("ix_fc_runs_owner", "fc_runs", ["owner"])
    op.create_index("ix_fc_runs_dataset", "fc_runs", ["dataset"])
    op.create_table(
        "fc_jobs",
        sa.Column("id", sa.String(64), primary_key=True),
        sa.Column("owner", sa.String(255), nullable=False),
        sa.Column("kind", sa.String(64), nullable=False),
        sa.Column("title", sa.Text, nullable=False),
        sa.Column("payload", sa.JSON, nullable=False),
        sa.Column("run", sa.String(64), sa.ForeignKey("fc_runs.id", ondelete="SET NULL"), nullable=True),
        sa.Column("status", sa.String(16), nullable=False),
        sa.Column("created", sa.Double, nullable=False),
        sa.Column("started", sa.Double, nullable=True),
        sa.Column("ended", sa.Double, nullable=True),
        sa.Column("crashes", sa.Integer, nullable=False),
        sa.Column("worker", sa.Text, nullable=True),
        sa.Column("token", sa.String(64), nullable=True),
        sa.Column("lease_until", sa.Double, nullable=True),
        sa.Column("cancel_asked", sa.Double, nullable=True),
        sa.Column("error", sa.JSON, nullable=True),
        sa.Column("schema_version", sa.Integer, nullable=False),
    )
    op.create_index("ix_fc_jobs_owner", "fc_jobs", ["owner"])
    op.create_index("ix_fc_jobs_run", "fc_jobs", ["run"])
    op.create_index("ix_fc_jobs_queue", "fc_jobs", ["status", "created"])


def downgrade() -> None:
    """Drop them again."""
    for table in ("fc_jobs", "fc_runs", "fc_datasets"):
        op.drop_table(table)
