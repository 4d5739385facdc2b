"""Brings a database's tables to the newest migration."""

from pathlib import Path

from alembic import command
from alembic.config import Config
from alembic.util.exc import CommandError
from sqlalchemy import Connection

from leasehold.store.errors import SchemaTooNew

MIGRATIONS = Path(__file__).with_name("migrations")


def upgrade(connection: Connection) -> None:
    """Run what is missing; a database that is up to date is left alone.

    Raises `SchemaTooNew` for a revision that this version does not know.
    """
    config = Config()
    config.set_main_option("script_location", str(MIGRATIONS).replace("%", "%%"))
    config.set_main_option("path_separator", "newline")
    config.attributes["connection"] = connection
    try:
        command.upgrade(config, "head")
    except CommandError as error:
        raise SchemaTooNew(
            f"{connection.engine.url.database}: written by a newer Leasehold ({error}); "
            "run that version, or restore the copy that you made before the upgrade"
        ) from error
