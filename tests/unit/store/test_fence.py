"""PostgreSQL's own: one owner by epoch, a server that goes away and comes back, passwords unseen."""

import contextlib
import os
import socket
import threading
import time
from collections.abc import Iterator
from pathlib import Path

import psycopg
import pytest
from sqlalchemy import Connection, insert, select

from leasehold.store import BadPlace, Database, StoreError, StoreInUse, StoreLost, locate, tables
from leasehold.store.fence import Fence
from leasehold.store.postgres import PostgresDatabase
from tests.postgres import Cluster, the_cluster


@pytest.fixture
def cluster() -> Cluster:
    return the_cluster()


@pytest.fixture
def place(cluster: Cluster) -> PostgresDatabase:
    return cluster.the_database()


def adding(name: str):
    def work(connection: Connection) -> None:
        connection.execute(insert(tables.facts).values(name=name, value="1"))

    return work


def facts(database: Database) -> list[str]:
    with database.read() as connection:
        return sorted(connection.scalars(select(tables.facts.c.name)))


def owned(place: PostgresDatabase, what: str) -> object:
    with place.connect() as connection:
        return connection.execute(f"SELECT {what} FROM ownership").fetchone()[0]


def fall_silent(place: PostgresDatabase) -> None:
    """As if the owner had not been heard of for long enough."""
    with place.connect() as connection:
        connection.execute("UPDATE ownership SET until = clock_timestamp()")


# -- one owner ---------------------------------------------------------------------------------------


def test_a_second_service_is_told_who_has_the_ledger(place: PostgresDatabase) -> None:
    with Database(place), pytest.raises(StoreInUse, match=f"in use by process {os.getpid()} on"):
        Database(place)
    Database(place).close()


def test_an_owner_that_was_taken_over_can_write_nothing_more(place: PostgresDatabase) -> None:
    told: list[StoreLost] = []
    with Database(place) as stale:
        stale.on_lost = told.append
        stale.write(adding("before")).result()
        fall_silent(place)
        with Database(place) as owner:
            late = [stale.write(adding(f"late{number}")) for number in range(3)]
            for write in late:
                with pytest.raises(StoreLost, match=f"taken over by process {os.getpid()}"):
                    write.result()
            owner.write(adding("after")).result()
            assert facts(owner) == ["after", "before"]
            assert told
        with pytest.raises(StoreLost):
            stale.write(adding("later")).result()


def test_an_owner_in_the_middle_of_a_commit_keeps_its_successor_waiting(
    place: PostgresDatabase,
) -> None:
    stale = Database(place)
    begun, on = threading.Event(), threading.Event()
    halted = stale.write(lambda c: (adding("in time")(c), begun.set(), on.wait(8)))
    assert begun.wait(8)
    fall_late = threading.Timer(0.3, on.set)
    fall_late.start()
    with place.connect() as connection:  # waits for the row as any successor does
        connection.execute("UPDATE ownership SET until = clock_timestamp()")
    halted.result()
    with Database(place) as owner:
        assert facts(owner) == ["in time"]
    stale.close()


def test_a_stale_owner_does_not_give_up_what_is_anothers(place: PostgresDatabase) -> None:
    stale = Database(place)
    fall_silent(place)
    with Database(place):
        stale.close()
        with pytest.raises(StoreInUse):
            Database(place)


def test_epochs_only_grow(place: PostgresDatabase) -> None:
    epochs = []
    for _ in range(3):
        with Database(place):
            epochs.append(owned(place, "epoch"))
    assert epochs == [1, 2, 3]


def test_an_owner_with_nothing_to_write_renews_its_right(
    place: PostgresDatabase, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(Fence, "rhythm", 0.02)
    with Database(place):
        first = owned(place, "until")
        while owned(place, "until") == first:
            time.sleep(0.01)


def test_who_waits_is_woken_when_the_owner_stops(place: PostgresDatabase) -> None:
    owner = Database(place)
    waiting = threading.Thread(target=place.await_free)
    waiting.start()
    waiting.join(0.2)
    assert waiting.is_alive()
    owner.close()
    waiting.join(5)
    assert not waiting.is_alive(), "long before the owner's time was over"


# -- a server that goes away -------------------------------------------------------------------------


@pytest.mark.parametrize("mode", ["fast", "immediate"])
def test_writes_wait_for_a_server_that_is_restarted(
    cluster: Cluster, place: PostgresDatabase, mode: str
) -> None:
    with Database(place) as database:
        database.write(adding("before")).result()
        cluster.stop(mode)
        during = database.write(adding("during"))
        cluster.start()
        during.result()
        assert facts(database) == ["before", "during"]


def test_a_write_under_way_when_its_session_ends_is_undone_and_the_next_one_kept(
    place: PostgresDatabase,
) -> None:
    def ended(connection: Connection) -> None:
        adding("half")(connection)
        connection.exec_driver_sql("SELECT pg_terminate_backend(pg_backend_pid())")

    with Database(place) as database:
        with pytest.raises(StoreError, match="nothing was written"):
            database.write(ended).result()
        database.write(adding("next")).result()
        assert facts(database) == ["next"]


class Wire(threading.Thread):
    """A way to the server that can be cut at a COMMIT: before it arrives, or before its answer does."""

    def __init__(self, cluster: Cluster, directory: Path) -> None:
        super().__init__(daemon=True)
        self.cut: str | None = None
        self._to = f"{cluster.directory}/.s.PGSQL.5432"
        self.listening = socket.socket(socket.AF_UNIX)
        self.listening.bind(f"{directory}/.s.PGSQL.5432")
        self.listening.listen()
        self.start()

    def run(self) -> None:
        with contextlib.suppress(OSError):
            while True:
                client, _ = self.listening.accept()
                threading.Thread(target=self._carry, args=(client,), daemon=True).start()

    def _carry(self, client: socket.socket) -> None:
        with client, socket.socket(socket.AF_UNIX) as server:
            server.connect(self._to)
            back = threading.Thread(target=_pour, args=(server, client), daemon=True)
            back.start()
            while sent := client.recv(65536):
                if b"COMMIT\0" in sent and self.cut:
                    self._cut_off(sent, client, server)
                    break
                server.sendall(sent)
            with contextlib.suppress(OSError):
                server.shutdown(socket.SHUT_RDWR)
            back.join()

    def _cut_off(self, sent: bytes, client: socket.socket, server: socket.socket) -> None:
        cut, self.cut = self.cut, None
        client.shutdown(socket.SHUT_RDWR)
        if cut == "after":
            server.sendall(sent)
            time.sleep(0.2)  # for the commit to be done before the session ends


def _pour(server: socket.socket, client: socket.socket) -> None:
    with contextlib.suppress(OSError):
        while found := server.recv(65536):
            client.sendall(found)


@pytest.fixture
def wire(cluster: Cluster) -> Iterator[Wire]:
    directory = cluster.directory / "wire"
    directory.mkdir(exist_ok=True)
    wire = Wire(cluster, directory)
    yield wire
    wire.listening.close()
    (directory / ".s.PGSQL.5432").unlink()


def through(wire: Wire, place: PostgresDatabase) -> PostgresDatabase:
    directory = Path(wire.listening.getsockname()).parent
    return PostgresDatabase(url=place.url.partition("?")[0] + f"?host={directory}")


def test_a_commit_whose_answer_was_lost_is_known_to_be_kept(wire: Wire, place) -> None:
    with Database(through(wire, place)) as database:
        wire.cut = "after"
        database.write(adding("a")).result()
        database.write(adding("b")).result()
        assert facts(database) == ["a", "b"]


def test_a_commit_that_did_not_arrive_is_known_to_be_lost(wire: Wire, place) -> None:
    with Database(through(wire, place)) as database:
        wire.cut = "before"
        with pytest.raises(StoreError, match="nothing was written"):
            database.write(adding("a")).result()
        database.write(adding("b")).result()
        assert facts(database) == ["b"]


# -- the URL, and the password -----------------------------------------------------------------------


def test_a_password_is_read_from_its_file_and_shown_nowhere(
    cluster: Cluster, place: PostgresDatabase, tmp_path: Path
) -> None:
    with place.connect() as connection:
        connection.execute("DROP ROLE IF EXISTS guarded")
        connection.execute("CREATE ROLE guarded LOGIN SUPERUSER PASSWORD 'open-sesame'")
    file = tmp_path / "password"
    file.write_text("open-sesame\n")
    url = place.url.replace("leasehold@", "guarded@")
    guarded = locate(url, tmp_path, file)
    with Database(guarded) as database:
        assert "open-sesame" not in f"{guarded!r} {database.name} {database._engine!r}"
    file.write_text("wrong-secret\n")
    with pytest.raises(StoreError, match="password authentication failed") as told:
        Database(guarded)
    assert "secret" not in str(told.value)
    file.unlink()
    with pytest.raises(StoreError, match=r"password: No such file.*has to hold the password"):
        Database(guarded)


@pytest.mark.parametrize(
    ("url", "told"),
    [
        ("postgresql://ann:secret@host/lab", "a password in the URL.*PGPASSWORD"),
        ("postgresql://ann@host/lab?password=secret", "a password in the URL.*PGPASSWORD"),
        ("postgresql://ann@host:p0rt:secret/lab?x", "postgresql://USER@HOST/DATABASE"),
        ("mysql://ann:secret@host/lab", "mysql://.*postgresql://"),
    ],
)
def test_a_url_that_is_not_as_it_should_be_is_refused(url: str, told: str, tmp_path: Path) -> None:
    with pytest.raises(BadPlace, match=told) as refused:
        locate(url, tmp_path)
    assert "secret" not in str(refused.value)


def test_a_database_that_is_not_there_is_named(cluster: Cluster) -> None:
    missing = PostgresDatabase(url=cluster.url("missing"))
    with pytest.raises(
        StoreError, match=r'leasehold@/missing: cannot be used: .*"missing" does not'
    ):
        Database(missing)


def test_a_database_of_another_encoding_is_refused(cluster: Cluster) -> None:
    with psycopg.connect(cluster.url("postgres"), autocommit=True) as connection:
        make = "CREATE DATABASE latin ENCODING 'LATIN1' TEMPLATE template0"
        connection.execute(make)
    with pytest.raises(StoreError, match=r"encoding is LATIN1.*UTF8"):
        Database(PostgresDatabase(url=cluster.url("latin")))


def test_commits_are_on_the_disk_whatever_the_database_is_set_to(
    cluster: Cluster, place: PostgresDatabase
) -> None:
    with place.connect() as connection:
        name = connection.info.dbname
        connection.execute(f"ALTER DATABASE {name} SET synchronous_commit = off")
    with place.connect() as connection:
        assert connection.execute("SHOW synchronous_commit").fetchone() == ("on",)
        connection.execute(f"ALTER DATABASE {name} RESET synchronous_commit")
