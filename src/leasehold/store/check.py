"""Looks at a ledger without owning it: what it is, who has it, and whether it is sound."""

import msgspec
from alembic.migration import MigrationContext
from alembic.script import ScriptDirectory
from sqlalchemy import Connection
from sqlalchemy.exc import DBAPIError

from leasehold.store.errors import StoreError
from leasehold.store.fence import holder_of
from leasehold.store.move import count_rows
from leasehold.store.place import Place
from leasehold.store.schema import alembic_config
from leasehold.store.tables import metadata


class Report(msgspec.Struct, frozen=True, kw_only=True):
    """What was found."""

    ledger: str
    database: str
    """What it is kept in, with its version."""
    holder: str | None
    """Who works on it now; of a SQLite file it is not asked."""
    revision: str | None
    """The migration that its tables are at; None: it has none yet."""
    newest_revision: str
    rows: dict[str, int]
    findings: tuple[str, ...]
    """What is wrong, and what to do."""


def check(place: Place) -> Report:
    """Read everything once. Raises `StoreError` if it cannot be read at all."""
    engine = place.engine()
    try:
        with engine.connect() as connection:
            connection.exec_driver_sql(place.begin_reading)
            return _report(connection, place)
    except DBAPIError as error:
        raise StoreError(f"{place.name}: cannot be read: {str(error.orig).strip()}") from error
    finally:
        engine.dispose()


def _report(connection: Connection, place: Place) -> Report:
    sqlite = connection.dialect.name == "sqlite"
    version = ".".join(map(str, connection.dialect.server_version_info or ()))
    revision = MigrationContext.configure(connection).get_current_revision()
    newest = ScriptDirectory.from_config(alembic_config()).get_current_head() or ""
    rows = {}
    if revision is not None:
        rows = {table.name: count_rows(connection, table) for table in metadata.sorted_tables}
    return Report(
        ledger=place.name,
        database=f"{'SQLite' if sqlite else 'PostgreSQL'} {version}",
        holder=None if sqlite or revision is None else holder_of(connection),
        revision=revision,
        newest_revision=newest,
        rows=rows,
        findings=tuple(_file_findings(connection) if sqlite else _server_findings(connection)),
    )


def _file_findings(connection: Connection) -> list[str]:
    found = connection.exec_driver_sql("PRAGMA integrity_check").scalars().all()
    return [f"the file is damaged: {each}; restore a copy" for each in found if each != "ok"]


def _server_findings(connection: Connection) -> list[str]:
    return [
        f"the server has {name} = off: a power cut can damage the ledger; turn it on"
        for name in ("fsync", "full_page_writes")
        if connection.exec_driver_sql(f"SHOW {name}").scalar() == "off"
    ]
