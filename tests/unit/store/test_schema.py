"""The migrations lead to exactly the tables that the code speaks of."""

from pathlib import Path

import pytest
from alembic.autogenerate import compare_metadata
from alembic.migration import MigrationContext
from sqlalchemy import insert
from sqlalchemy.exc import IntegrityError

from leasehold.store import Database, Place
from leasehold.store.tables import holds, leases, metadata, tokens


@pytest.fixture
def database(place: Place):
    with Database(place) as database:
        yield database


def test_the_migrations_lead_to_the_tables_of_the_code(database: Database) -> None:
    with database.read() as connection:
        options = {"compare_type": True, "include_object": _migrated}
        context = MigrationContext.configure(connection, opts=options)
        found = compare_metadata(context, metadata)
        assert [each for each in found if each[0] != "add_table_comment"] == []


def _migrated(_item: object, name: str | None, *_: object) -> bool:
    """PostgreSQL's fence is older than all migrations: it guards them."""
    return name != "ownership"


def test_a_database_that_is_up_to_date_is_left_alone(tmp_path: Path) -> None:
    path = tmp_path / "ledger.db"
    Database(path).close()

    def stamp() -> list[tuple[str, str]]:
        with Database(path) as database, database.read() as connection:
            found = connection.exec_driver_sql("select name, sql from sqlite_master order by name")
            return [(name, sql) for name, sql in found]

    assert stamp() == stamp()


def test_a_node_cannot_be_held_twice(database: Database) -> None:
    hold = {"node": "n1", "lease": "lease-1", "attempt": 1, "facts": b"{}"}
    database.write(lambda connection: connection.execute(insert(holds), hold)).result()
    other = hold | {"lease": "lease-2"}
    with pytest.raises(IntegrityError):
        database.write(lambda connection: connection.execute(insert(holds), other)).result()


def a_lease(**fields: object) -> dict[str, object]:
    return {
        "id": "lease-1",
        "machine_type": "demo",
        "count": 1,
        "owner": "ann",
        "purpose": "",
        "key": None,
        "public_keys": b"[]",
        "seconds": 60,
        "state": "waiting",
        "created_at": 0.0,
    } | fields


def test_an_owner_uses_a_key_once_and_goes_without_as_often_as_they_like(
    database: Database,
) -> None:
    def add(**fields: object) -> None:
        row = a_lease(**fields)
        database.write(lambda connection: connection.execute(insert(leases), row)).result()

    add(id="lease-1")
    add(id="lease-2")
    add(id="lease-3", key="k")
    add(id="lease-4", key="k", owner="bob")
    with pytest.raises(IntegrityError):
        add(id="lease-5", key="k")


def test_epochs_are_not_given_twice_even_after_a_deletion(database: Database) -> None:
    def add(name: str) -> int:
        row = a_lease(id=name)
        statement = insert(leases).returning(leases.c.epoch)
        return database.write(lambda c: c.execute(statement, row).scalar_one()).result()

    first = add("lease-1")
    database.write(lambda c: c.exec_driver_sql("delete from leases")).result()
    assert add("lease-2") > first


def test_a_token_is_kept_once_and_under_one_name(database: Database) -> None:
    def add(name: str, fingerprint: str) -> None:
        row = {"name": name, "fingerprint": fingerprint, "owner": "ann", "role": "user"}
        row |= {"created_at": 0.0, "created_by": "root"}
        database.write(lambda connection: connection.execute(insert(tokens), row)).result()

    add("ann", "sha256:1")
    with pytest.raises(IntegrityError):
        add("ann", "sha256:2")
    with pytest.raises(IntegrityError):
        add("other", "sha256:1")
