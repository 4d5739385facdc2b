"""A ledger that is moved is all there, or not at all; the old one is not to be used any more."""

from collections.abc import Callable
from pathlib import Path

import pytest
from sqlalchemy import delete, insert

from leasehold.store import Database, Place, StoreError, StoreInUse
from leasehold.store.check import check
from leasehold.store.move import move, tally
from leasehold.store.sqlite import SqliteFile
from leasehold.store.tables import events, facts, metadata, nodes, objects
from tests.postgres import the_cluster

ROW = {
    "cloud": "c", "kind": "server", "spec": b'{"name":"\xc3\xa4"}', "subject": "demo001", "lease": None,
    "state": "up", "wanted": True, "cloud_id": "é", "facts": bytes(range(256)),
    "created_at": 1_800_000_000.123456, "since": 0.1 + 0.2,
}  # fmt: skip
NODE = {
    "name": "smithi001.front.lab", "machine_type": "smithi", "kind": "fixed", "registered": True,
    "up": False, "down_by_check": True, "note": "no answer", "is_vm": False, "arch": "x86_64",
}  # fmt: skip
LINES = 2500


def a_file(directory: Path) -> Place:
    return SqliteFile(path=directory / "moved.db")


def a_database(_directory: Path) -> Place:
    return the_cluster().a_database()


@pytest.fixture
def filled(place: Place) -> Place:
    """A ledger whose history has lost its newest lines: their numbers were given all the same."""
    lines = [{"at": float(n), "state": "free", "subject": f"n{n}"} for n in range(LINES)]
    with Database(place) as database:
        database.write(lambda c: c.execute(insert(facts), {"name": "installation", "value": "i"}))
        database.write(lambda c: c.execute(insert(objects), {"id": "server-1"} | ROW))
        database.write(lambda c: c.execute(insert(nodes), NODE))
        database.write(lambda c: c.execute(insert(events), lines))
        database.write(lambda c: c.execute(delete(events).where(events.c.id > LINES - 10))).result()
    return place


def content(place: Place) -> dict[str, object]:
    with Database(place) as database, database.read() as connection:
        return {table.name: tally(connection, table) for table in metadata.sorted_tables}


both_ways = pytest.mark.parametrize(
    "target", [a_file, a_database], ids=["to a file", "to postgres"]
)


@both_ways
def test_a_moved_ledger_is_the_same_row_for_row(
    filled: Place, target: Callable[[Path], Place], tmp_path: Path
) -> None:
    before = content(filled)
    there = target(tmp_path)
    shown: list[tuple[str, int, int]] = []
    assert move(filled, there, lambda *each: shown.append(each)) == before
    assert content(there) == before
    assert {("events", LINES - 10, LINES - 10), ("nodes", 1, 1)} <= {*shown}
    assert ("events", 1000, LINES - 10) in shown


@both_ways
def test_numbers_that_were_given_once_are_not_given_again(
    filled: Place, target: Callable[[Path], Place], tmp_path: Path
) -> None:
    there = target(tmp_path)
    move(filled, there)
    add = insert(events).values(at=1.0, state="free").returning(events.c.id)
    with Database(there) as database:
        assert database.write(lambda c: c.execute(add).scalar_one()).result() == LINES + 1


def test_nothing_starts_on_what_was_left_behind(filled: Place, tmp_path: Path) -> None:
    move(filled, a_file(tmp_path))
    with pytest.raises(StoreError, match=r"was moved to .*moved\.db, and two services"):
        Database(filled)


def test_a_place_that_is_not_empty_is_refused_and_left_alone(filled: Place, tmp_path: Path) -> None:
    there = a_file(tmp_path)
    with Database(there) as database:
        add = insert(facts).values(name="installation", value="another")
        database.write(lambda c: c.execute(add)).result()
    before = content(there)
    with pytest.raises(StoreError, match=r"moved\.db: is not empty, its table facts has rows"):
        move(filled, there)
    assert content(there) == before
    Database(filled).close()


def test_a_ledger_in_use_is_not_moved(filled: Place, tmp_path: Path) -> None:
    with Database(filled), pytest.raises(StoreInUse):
        move(filled, a_file(tmp_path))
    there = a_file(tmp_path)
    with Database(there), pytest.raises(StoreInUse):
        move(filled, there)


def test_an_empty_source_is_taken_for_a_mistake(place: Place, tmp_path: Path) -> None:
    with pytest.raises(StoreError, match="holds no ledger"):
        move(place, a_file(tmp_path))


def test_what_cannot_be_written_there_moves_nothing(tmp_path: Path) -> None:
    source, target = SqliteFile(path=tmp_path / "old.db"), a_database(tmp_path)
    with Database(source) as database:
        add = insert(facts)
        values = [{"name": "a", "value": "1"}, {"name": "b", "value": "no \0 in PostgreSQL"}]
        database.write(lambda c: c.execute(add, values)).result()
    with pytest.raises(StoreError, match=r"does not take the ledger: .*NUL"):
        move(source, target)
    assert {each.rows for each in content(target).values()} == {0}
    assert content(source)["facts"].rows == 2


def test_a_check_tells_what_there_is_and_disturbs_nobody(filled: Place) -> None:
    with Database(filled) as database:
        report = check(filled)
        database.write(lambda _: None).result()
    assert report.rows | {"objects": 1, "events": LINES - 10} == report.rows
    assert report.revision == report.newest_revision
    assert report.ledger == filled.name
    if report.database.startswith("PostgreSQL"):
        assert report.holder is not None
        assert ["fsync" in each for each in report.findings] == [True], "the tests' own has it off"
    else:
        assert report.findings == ()
