"""A ledger of the previous release is taken over whole, whichever database it is in.

`ledger-0.1.0.sql` was written by Leasehold 0.1.0: one lease that is ready, one released, one on its way
and one that waits, with objects of every kind. The next release adds its own beside it.
"""

import sqlite3
from collections.abc import Iterator
from pathlib import Path

import pytest
from sqlalchemy import Connection, MetaData

from leasehold.engine.memory_cloud import MemoryCloud
from leasehold.lab.model import LeaseState, NodeState
from leasehold.store import Place
from leasehold.store.numbers import go_on_after
from leasehold.store.schema import upgrade
from leasehold.store.sqlite import SqliteFile
from leasehold.store.tables import events
from tests.simulation.bench import OFFERS, Bench
from tests.simulation.clock import HandClock

STORED = Path(__file__).with_name("ledger-0.1.0.sql")


@pytest.fixture
def stored() -> Iterator[sqlite3.Connection]:
    connection = sqlite3.connect(":memory:")
    connection.row_factory = sqlite3.Row
    connection.executescript(STORED.read_text())
    yield connection
    connection.close()


@pytest.fixture
def bench(tmp_path: Path, place: Place, stored: sqlite3.Connection) -> Iterator[Bench]:
    """A lab of this release, on that ledger, an hour later."""
    if isinstance(place, SqliteFile):
        with sqlite3.connect(place.path) as file:
            stored.backup(file)
        file.close()
    else:
        engine = place.engine()
        with engine.connect() as connection:
            connection.exec_driver_sql("BEGIN")
            _fill(connection, stored)
            connection.exec_driver_sql("COMMIT")
        engine.dispose()
    clock = HandClock()
    clock.time += 3600
    bench = Bench(tmp_path, MemoryCloud(clock, boot=10, end=5, offers=OFFERS), place=place)
    yield bench
    bench.database.close()


def _fill(connection: Connection, stored: sqlite3.Connection) -> None:
    """The same rows in the tables as the release had them."""
    (revision,) = stored.execute("select version_num from alembic_version").fetchone()
    upgrade(connection, "stored", revision)
    tables = MetaData()
    tables.reflect(connection)
    for table in tables.tables.values():
        if table.name != "alembic_version":
            rows = [dict(row) for row in stored.execute(f"select * from {table.name}")]
            connection.execute(table.insert(), rows)
    go_on_after(connection, events, stored.execute("select max(id) from events").fetchone()[0])


def test_leases_and_what_they_hold_are_as_they_were(bench: Bench) -> None:
    found = {
        lease.owner: (lease.state, lease.purpose, [node.name for node in lease.nodes])
        for lease in bench.lab.leases()
    }
    assert found == {
        "ann": (LeaseState.READY, "stays", ["demo001"]),
        "eve": (LeaseState.PREPARING, "is being made", ["demo002", "demo003"]),
        "dan": (LeaseState.WAITING, "waits", []),
    }
    (ended,) = bench.lab.leases(ended=True)
    assert (ended.owner, ended.state) == ("bob", LeaseState.RELEASED)
    assert bench.lock(1, owner="ann", purpose="stays", key="k1").nodes[0].name == "demo001"


def test_rows_history_and_the_installations_id_are_as_they_were(
    bench: Bench, stored: sqlite3.Connection
) -> None:
    (own,) = stored.execute("select value from facts where name = 'installation'").fetchone()
    assert bench.engine.installation == own
    told = [row["id"] for row in stored.execute("select id from events order by id")]
    assert [event.id for event in bench.lab.events()][: len(told)] == told
    ids = {row["id"] for row in stored.execute("select id from objects")}
    assert ids <= bench.engine.ledger.rows.keys()


def test_what_the_old_release_began_comes_to_its_end(bench: Bench) -> None:
    bench.run(60)
    for lease in bench.lab.leases():
        bench.lab.release(lease.id)
    bench.run(3600)
    assert {node.state for node in bench.lab.nodes()} == {NodeState.FREE}
    assert bench.servers() == []
