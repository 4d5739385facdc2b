"""Alembic's entry: runs the migrations within the transaction that `store.schema` hands over."""

from alembic import context

from leasehold.store.tables import metadata

connection = context.config.attributes["connection"]
context.configure(connection=connection, target_metadata=metadata, transactional_ddl=True)
context.run_migrations()
