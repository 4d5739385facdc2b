"""Who may write a ledger in PostgreSQL: a row with an epoch, which every transaction checks.

The owner renews the row with each commit, and when it has nothing to write. Whoever finds it overdue
takes it, with the next epoch; from then on a transaction of the owner before finds another epoch than
its own, and fails before it has written anything. The row also counts commits, so that the fate of one
whose answer was lost can be learned afterwards. All times are those of the server's clock.

The unit is the whole ledger: the lab decides about all clouds of a ledger together, in one process.
"""

import contextlib
import os
import socket
from typing import TYPE_CHECKING, Any, ClassVar

from sqlalchemy import Connection, Engine, Row, text
from sqlalchemy.exc import DBAPIError

from leasehold.store.errors import StoreError, StoreInUse, StoreLost
from leasehold.store.schema import prepare

if TYPE_CHECKING:
    import psycopg

LEASE = 10.0
"""Seconds for which an owner may be silent before another may take over."""

RENEWAL = 3.0
"""Seconds between two renewals while there is nothing to write."""

PATIENCE = 20.0
"""Seconds for which writes wait for a server that does not answer, before they are given up."""

CHANNEL = "leasehold_ownership"
"""Where those who wait are told that it was given up."""

# The table is no business of migrations: it says who may run them, so every release has to agree on
# it. The lock's number is arbitrary; it keeps two from making the tables at the same time.
_ALONE = "SELECT pg_advisory_xact_lock(7308332147294135)"
_TABLE = """
CREATE TABLE IF NOT EXISTS ownership (
    thing varchar PRIMARY KEY,
    epoch bigint NOT NULL,
    holder varchar NOT NULL,
    until timestamptz NOT NULL,
    commits bigint NOT NULL
)"""
_OPEN = """
INSERT INTO ownership VALUES ('ledger', 0, '', '-infinity', 0) ON CONFLICT (thing) DO NOTHING"""
_LOOK = "SELECT epoch, holder, commits, until > clock_timestamp() AS held FROM ownership"
_LOOK_AND_LOCK = f"{_LOOK} FOR UPDATE"
_TAKE = text("""
UPDATE ownership SET epoch = epoch + 1, holder = :holder,
    until = clock_timestamp() + make_interval(secs => :seconds)
RETURNING epoch""")
_RENEW = text("""
UPDATE ownership SET commits = commits + 1,
    until = clock_timestamp() + make_interval(secs => :seconds)
WHERE epoch = :epoch RETURNING commits""")
_GIVE_UP = text("UPDATE ownership SET until = '-infinity' WHERE epoch = :epoch")
_LEFT = """
SELECT greatest(0, extract(epoch FROM until - clock_timestamp()))::float8 FROM ownership
WHERE until > clock_timestamp()"""


class Fence:
    """The right to write a ledger, for as long as nobody takes it over. For one thread."""

    patience: ClassVar[float] = PATIENCE
    rhythm: ClassVar[float] = RENEWAL

    def __init__(self, name: str, engine: Engine) -> None:
        """Take it, and bring the tables up to date in the same transaction.

        Raises `StoreInUse` while another is heard of, `StoreError` if the tables cannot be used.
        """
        self.name = name
        self.engine = engine
        self._commits = 0
        with engine.connect() as connection:
            _check_encoding(connection, name)
            connection.exec_driver_sql("BEGIN ISOLATION LEVEL READ COMMITTED")
            connection.exec_driver_sql(_ALONE)
            connection.exec_driver_sql(_TABLE)
            connection.exec_driver_sql(_OPEN)
            found = _look(connection, _LOOK_AND_LOCK)
            if found.held:
                raise StoreInUse(name, found.holder)
            prepare(connection, name)
            values = {"holder": _myself(), "seconds": LEASE}
            self.epoch = connection.execute(_TAKE, values).scalar_one()
            connection.exec_driver_sql("COMMIT")

    def begin(self, connection: Connection) -> None:
        connection.exec_driver_sql("BEGIN ISOLATION LEVEL READ COMMITTED")
        values = {"epoch": self.epoch, "seconds": LEASE}
        commits = connection.execute(_RENEW, values).scalar()
        if commits is None:
            raise StoreLost(self.name, _look(connection).holder)
        self._commits = commits

    def kept(self) -> bool:
        with self.engine.connect() as connection:
            connection.exec_driver_sql("BEGIN ISOLATION LEVEL READ COMMITTED")
            found = _look(connection, _LOOK_AND_LOCK)  # waits for a transaction that still runs
            connection.exec_driver_sql("ROLLBACK")
        if found.epoch != self.epoch:
            raise StoreLost(self.name, found.holder)
        return bool(found.commits == self._commits)

    def release(self) -> None:
        with contextlib.suppress(DBAPIError, StoreError), self.engine.connect() as connection:
            if connection.execute(_GIVE_UP, {"epoch": self.epoch}).rowcount:
                connection.exec_driver_sql(f"NOTIFY {CHANNEL}")
        self.engine.dispose()


def await_free(connection: "psycopg.Connection[Any]") -> None:
    """Wait until the owner gives up, or is overdue. Another may still be quicker to take it."""
    connection.execute(f"LISTEN {CHANNEL}")
    while (left := connection.execute(_LEFT).fetchone()) is not None:
        for _ in connection.notifies(timeout=left[0] + 0.01, stop_after=1):
            return


def holder_of(connection: Connection) -> str | None:
    """Who has the ledger, as of now."""
    found = _look(connection)
    return str(found.holder) if found.held else None


def _look(connection: Connection, query: str = _LOOK) -> Row[Any]:
    return connection.exec_driver_sql(query).one()


def _check_encoding(connection: Connection, name: str) -> None:
    encoding = connection.exec_driver_sql("SHOW server_encoding").scalar_one()
    if encoding != "UTF8":
        raise StoreError(
            f"{name}: its encoding is {encoding}, in which not every name can be written; make it"
            " anew with CREATE DATABASE ... ENCODING 'UTF8' TEMPLATE template0"
        )


def _myself() -> str:
    return f"process {os.getpid()} on {socket.gethostname()}"
