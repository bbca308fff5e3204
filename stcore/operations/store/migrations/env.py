"""Run by Alembic: apply the migrations on the connection that ``database`` hands over, inside its transaction."""

from alembic import context

from stcore.operations.store.tables import VERSION_TABLE, metadata

context.configure(
    connection=context.config.attributes["connection"], target_metadata=metadata, version_table=VERSION_TABLE
)
context.run_migrations()
