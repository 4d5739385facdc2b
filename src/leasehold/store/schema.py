"""Brings a database's tables to the newest migration."""

from pathlib import Path

from alembic import command
from alembic.config import Config
from alembic.util.exc import CommandError
from sqlalchemy import Connection, select

from leasehold.store.errors import SchemaTooNew, StoreError
from leasehold.store.tables import facts

MIGRATIONS = Path(__file__).with_name("migrations")

MOVED = "moved_to"
"""The fact that says where the ledger went: what is left behind is a copy, which must not be used."""


def prepare(connection: Connection, name: str) -> None:
    """Bring the tables up to date, in the transaction that `connection` is in.

    Raises `SchemaTooNew` for a revision that this version does not know, and `StoreError` for a
    ledger that was moved elsewhere.
    """
    upgrade(connection, name)
    moved_to = connection.scalar(select(facts.c.value).where(facts.c.name == MOVED))
    if moved_to is not None:
        raise StoreError(
            f"{name}: was moved to {moved_to}, and two services on copies of one ledger would"
            " delete each other's servers; name that one in [service] database"
        )


def upgrade(connection: Connection, name: str, revision: str = "head") -> None:
    """Run the migrations that are missing; a database that is up to date is left alone."""
    config = alembic_config()
    config.attributes["connection"] = connection
    try:
        command.upgrade(config, revision)
    except CommandError as error:
        raise SchemaTooNew(
            f"{name}: written by a newer Leasehold ({error}); "
            "run that version, or restore the copy that you made before the upgrade"
        ) from error


def alembic_config() -> Config:
    config = Config()
    config.set_main_option("script_location", str(MIGRATIONS).replace("%", "%%"))
    config.set_main_option("path_separator", "newline")
    return config
