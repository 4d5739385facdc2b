"""Alembic's entry: runs the migrations on the connection that `store.schema` hands over."""

from alembic import context

from leasehold.store.tables import metadata

connection = context.config.attributes["connection"]
context.configure(connection=connection, target_metadata=metadata, transactional_ddl=True)
connection.exec_driver_sql("BEGIN IMMEDIATE")
try:
    context.run_migrations()
    connection.exec_driver_sql("COMMIT")
except BaseException:
    connection.exec_driver_sql("ROLLBACK")
    raise
