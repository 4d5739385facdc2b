"""The writer and its database: group commit, order, what is kept, one owner at a time."""

import contextlib
import os
import signal
import subprocess
import sys
import threading
from collections.abc import Iterator
from pathlib import Path

import pytest
from sqlalchemy import Connection, event, insert, select
from sqlalchemy.exc import DBAPIError, IntegrityError, ProgrammingError

from leasehold.store import (
    Database,
    Place,
    SchemaTooNew,
    StoreError,
    StoreFailed,
    StoreInUse,
    tables,
)

HOLDER = """
import sys
from pathlib import Path
from leasehold.store import Database
database = Database(Path(sys.argv[1]))
print("open", flush=True)
sys.stdin.read()
"""

FILE_SIZE_LIMIT = """
import resource, sys
from pathlib import Path
from leasehold.store import Database, StoreFailed

def add(name, value):
    statement = "insert into facts (name, value) values (?, ?)"
    return lambda c: c.exec_driver_sql(statement, (name, value))

database = Database(Path(sys.argv[1]))
database.write(add("before", "kept")).result()
resource.setrlimit(resource.RLIMIT_FSIZE, (int(sys.argv[2]), resource.RLIM_INFINITY))
try:
    database.write(add("large", "x" * 2_000_000)).result()
except StoreFailed as error:
    print("failed:", error)
resource.setrlimit(resource.RLIMIT_FSIZE, (resource.RLIM_INFINITY, resource.RLIM_INFINITY))
database.write(add("after", "kept")).result()
with database.read() as connection:
    print(sorted(name for name, in connection.exec_driver_sql("select name from facts")))
database.close()
"""


@pytest.fixture
def database(place: Place) -> Iterator[Database]:
    with Database(place) as database:
        yield database


@pytest.fixture
def file(tmp_path: Path) -> Iterator[Database]:
    with Database(tmp_path / "ledger.db") as database:
        yield database


def adding(name: str, value: str = "1"):
    def work(connection: Connection) -> str:
        connection.execute(insert(tables.facts).values(name=name, value=value))
        return name

    return work


def facts(database: Database) -> dict[str, str]:
    """In the order in which they were written."""
    with database.read() as connection:
        return dict(iter(connection.execute(select(tables.facts.c["name", "value"]))))


class Gate:
    """Keeps the writer busy until it is opened, so that later writes share one commit."""

    def __init__(self, database: Database) -> None:
        self._open = threading.Event()
        self._shut = threading.Event()
        database.write(self._wait)
        assert self._shut.wait(10)

    def _wait(self, _: Connection) -> None:
        self._shut.set()
        assert self._open.wait(10)

    def open(self) -> None:
        self._open.set()


def commits(database: Database) -> list[str]:
    """The transaction statements that the writer sends from now on."""
    seen: list[str] = []

    def note(_connection, _cursor, statement: str, *_: object) -> None:
        if statement == "COMMIT":
            seen.append(statement)

    event.listen(database._engine, "before_cursor_execute", note)
    return seen


def test_a_write_is_durable_and_returns_what_the_work_returned(database: Database) -> None:
    assert database.write(adding("a")).result() == "a"
    assert facts(database) == {"a": "1"}


def test_writes_run_in_the_order_in_which_they_were_queued(database: Database) -> None:
    gate = Gate(database)
    writes = [database.write(adding(f"n{number}")) for number in range(600)]
    gate.open()
    for write in writes:
        write.result()
    assert list(facts(database)) == [f"n{number}" for number in range(600)]


def test_writes_that_wait_together_share_one_commit(database: Database) -> None:
    seen = commits(database)
    gate = Gate(database)
    writes = [database.write(adding(f"n{number}")) for number in range(100)]
    gate.open()
    for write in writes:
        write.result()
    assert len(seen) <= 2, "one for the gate, one for the hundred"


def test_a_job_that_fails_does_not_undo_the_others_of_its_commit(database: Database) -> None:
    gate = Gate(database)
    before = database.write(adding("before"))

    def half(connection: Connection) -> None:
        adding("half")(connection)
        raise ValueError("changed my mind")

    failed = database.write(half)
    doubled = database.write(adding("before"))
    after = database.write(adding("after"))
    gate.open()
    assert (before.result(), after.result()) == ("before", "after")
    with pytest.raises(ValueError, match="changed my mind"):
        failed.result()
    with pytest.raises(IntegrityError):
        doubled.result()
    assert list(facts(database)) == ["before", "after"]


def test_an_error_does_not_show_what_was_to_be_written(database: Database) -> None:
    database.write(adding("a", "user-data")).result()
    with pytest.raises(IntegrityError) as told:
        database.write(adding("a", "user-data")).result()
    assert "user-data" not in str(told.value)


def test_a_wrong_statement_fails_its_own_job_only(database: Database) -> None:
    gate = Gate(database)
    wrong = database.write(lambda connection: connection.exec_driver_sql("select * from missing"))
    right = database.write(adding("right"))
    gate.open()
    with pytest.raises((StoreFailed, ProgrammingError), match=r"no such table|does not exist"):
        wrong.result()
    assert right.result() == "right"


def test_a_cancelled_write_is_not_written_and_the_writer_goes_on(database: Database) -> None:
    gate = Gate(database)
    cancelled = database.write(adding("cancelled"))
    assert cancelled.cancel()
    kept = database.write(adding("kept"))
    gate.open()
    kept.result()
    assert list(facts(database)) == ["kept"]


def test_a_callback_that_breaks_does_not_stop_the_writer(database: Database, caplog) -> None:
    gate = Gate(database)
    first = database.write(adding("first"))
    first.add_done_callback(lambda _: 1 / 0)
    gate.open()
    assert database.write(adding("second")).result() == "second"
    assert "ZeroDivisionError" in caplog.text


def test_a_reader_sees_one_state_while_others_write(database: Database) -> None:
    database.write(adding("a")).result()
    with database.read() as connection:
        assert connection.exec_driver_sql("select count(*) from facts").scalar() == 1
        database.write(adding("b")).result()
        assert connection.exec_driver_sql("select count(*) from facts").scalar() == 1
    assert len(facts(database)) == 2


def test_a_reader_cannot_keep_what_it_writes(database: Database) -> None:
    with contextlib.suppress(DBAPIError), database.read() as connection:
        adding("a")(connection)
    assert facts(database) == {}


def test_many_threads_write_and_read_at_once(database: Database) -> None:
    def work(number: int) -> None:
        for each in range(20):
            database.write(adding(f"{number}-{each}")).result()
            assert f"{number}-{each}" in facts(database)

    threads = [threading.Thread(target=work, args=(number,)) for number in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert len(facts(database)) == 160


def test_closing_finishes_what_is_queued_and_refuses_what_comes_later(place: Place) -> None:
    database = Database(place)
    gate = Gate(database)
    queued = [database.write(adding(f"n{number}")) for number in range(300)]
    closing = threading.Thread(target=database.close)
    closing.start()
    gate.open()
    closing.join()
    assert [write.result() for write in queued] == [f"n{number}" for number in range(300)]
    with pytest.raises(StoreFailed, match="is closed"):
        database.write(adding("late")).result(5)
    database.close()


def test_reopening_finds_everything(place: Place) -> None:
    with Database(place) as database:
        database.write(adding("a", "ä €")).result()
    with Database(place) as database:
        assert facts(database) == {"a": "ä €"}


# -- a full disk -------------------------------------------------------------------------------------


def test_a_full_disk_fails_every_write_of_the_commit_and_later_ones_work(
    file: Database,
) -> None:
    file.write(adding("before")).result()

    def limit(pages: int):
        return lambda c: c.exec_driver_sql(f"pragma max_page_count = {pages}").scalar()

    used = file.write(lambda c: c.exec_driver_sql("pragma page_count").scalar()).result()
    file.write(limit(used + 4)).result()
    gate = Gate(file)
    large = [file.write(adding(f"large{number}", "x" * 100_000)) for number in range(3)]
    gate.open()
    for write in large:
        with pytest.raises(StoreFailed, match=r"ledger\.db: nothing was written: .*full"):
            write.result()
    assert list(facts(file)) == ["before"]
    file.write(limit(1_000_000)).result()
    file.write(adding("after")).result()
    assert list(facts(file)) == ["before", "after"]


def test_a_file_that_may_not_grow_fails_the_write_and_keeps_what_was_there(tmp_path: Path) -> None:
    path = tmp_path / "ledger.db"
    program = [sys.executable, "-c", FILE_SIZE_LIMIT, str(path), str(500_000)]
    done = subprocess.run(program, capture_output=True, text=True, timeout=60, check=False)
    assert done.returncode == 0, done.stderr
    first, *rest = done.stdout.splitlines()
    assert first.startswith(f"failed: {path}: nothing was written")
    assert rest == ["['after', 'before']"]
    with Database(path) as database:
        assert facts(database) == {"before": "kept", "after": "kept"}


# -- one owner ---------------------------------------------------------------------------------------


@pytest.fixture
def holder(tmp_path: Path) -> Iterator[subprocess.Popen[str]]:
    program = [sys.executable, "-c", HOLDER, str(tmp_path / "ledger.db")]
    pipe = subprocess.PIPE
    with subprocess.Popen(program, stdin=pipe, stdout=pipe, text=True) as process:
        assert process.stdout is not None
        assert process.stdout.readline() == "open\n"
        yield process
        process.kill()


def test_a_second_process_is_told_who_has_the_database(tmp_path: Path, holder) -> None:
    with pytest.raises(StoreInUse, match=f"in use by process {holder.pid}; stop that one") as told:
        Database(tmp_path / "ledger.db")
    assert told.value.holder == f"process {holder.pid}"


def test_a_second_opening_in_the_same_process_is_refused_too(database: Database) -> None:
    with pytest.raises(StoreInUse):
        Database(database.place)


def test_the_database_is_free_again_after_a_kill(tmp_path: Path, holder) -> None:
    holder.send_signal(signal.SIGKILL)
    holder.wait()
    with Database(tmp_path / "ledger.db") as database:
        assert facts(database) == {}


def test_a_shorter_pid_replaces_a_longer_one_in_the_lock_file(tmp_path: Path) -> None:
    lock = tmp_path / "ledger.db.lock"
    lock.write_text("99999999999\n")
    with Database(tmp_path / "ledger.db"), pytest.raises(StoreInUse) as told:
        Database(tmp_path / "ledger.db")
    assert told.value.holder == f"process {os.getpid()}"


# -- files that are none -----------------------------------------------------------------------------


def test_a_file_that_is_no_database_is_named_and_left_alone(tmp_path: Path) -> None:
    path = tmp_path / "ledger.db"
    path.write_text("just a text, though a long one. " * 200)
    with pytest.raises(StoreError, match=r"ledger\.db: cannot be used as a database: .*not a data"):
        Database(path)
    assert path.read_text().startswith("just a text")
    path.unlink()
    with Database(path) as database:
        assert facts(database) == {}


def test_a_directory_in_the_place_of_the_file_is_named(tmp_path: Path) -> None:
    (tmp_path / "ledger.db").mkdir()
    with pytest.raises(StoreError, match="cannot be used as a database"):
        Database(tmp_path / "ledger.db")


def test_a_file_in_the_place_of_the_directory_is_named(tmp_path: Path) -> None:
    (tmp_path / "state").write_text("")
    with pytest.raises(StoreError, match=r"state.*the service must be able to write there"):
        Database(tmp_path / "state" / "ledger.db")


@pytest.mark.parametrize("name", ["a?b", "a%20b", "a#b", "a b"])
def test_a_path_is_taken_as_it_is_written(tmp_path: Path, name: str) -> None:
    Database(tmp_path / name / "ledger.db").close()
    assert [each.name for each in tmp_path.iterdir()] == [name]
    assert (tmp_path / name / "ledger.db").is_file()


def test_missing_directories_are_made(tmp_path: Path) -> None:
    with Database(tmp_path / "a" / "b" / "ledger.db") as database:
        assert facts(database) == {}


def test_a_database_of_a_newer_leasehold_is_refused_and_let_go(place: Place) -> None:
    newer = "update alembic_version set version_num = '9999'"
    with Database(place) as database:
        database.write(lambda connection: connection.exec_driver_sql(newer)).result()
    for _ in range(2):  # not "in use" the second time
        with pytest.raises(SchemaTooNew, match="written by a newer Leasehold"):
            Database(place)
