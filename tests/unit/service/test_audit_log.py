"""What the audit log keeps, and for how long."""

import pytest

from leasehold.lab.rights import Role
from leasehold.paddles.web import Note
from leasehold.service.audit_log import AuditLog, note_of
from leasehold.service.caller import Caller
from leasehold.store import Database, Place
from tests.simulation.clock import HandClock

ANN = Caller(owner="ann", role=Role.ADMIN)


@pytest.fixture
def database(place: Place):
    with Database(place) as database:
        yield database


def a_scope(**values: object) -> dict:
    return {"method": "POST", "path": "/x", "client": ("10.0.0.7", 4711), **values}


def test_entries_go_when_their_time_is_over(database: Database) -> None:
    clock = HandClock()
    log = AuditLog(database, 7 * 86400, clock)
    for day in range(10):
        scope = a_scope()
        note_of(scope).target = f"day {day}"
        log.add(scope, ANN, 200)
        clock.time += 86400
    assert [entry.target for entry in log.read()] == [
        f"day {day}" for day in (9, 8, 7, 6, 5, 4, 3, 2)
    ]


def test_what_no_database_or_terminal_could_hold_is_cut(database: Database) -> None:
    log = AuditLog(database, 86400)
    scope = a_scope()
    note_of(scope).target = "a\0b" + "c" * 10_000
    log.add(scope, ANN, 400)
    (target,) = (entry.target for entry in log.read())
    assert target.startswith("a\N{REPLACEMENT CHARACTER}b")
    assert len(target) == 500


def test_a_log_outlives_its_service(place: Place) -> None:
    with Database(place) as database:
        AuditLog(database, 86400).add(a_scope(path_params={"lease": "lease-1"}), ANN, 200)
    with Database(place) as database:
        (entry,) = AuditLog(database, 86400).read()
    assert (entry.target, entry.address, entry.action) == ("lease-1", "10.0.0.7", "POST /x")


def test_nobody_keeps_a_call_of_theirs_out_of_the_log(database: Database) -> None:
    log = AuditLog(database, 86400)
    log.add(a_scope(path="/a\0b"), Caller(owner="ann\0", role=Role.ADMIN), 404)
    (entry,) = log.read()
    assert (entry.owner, entry.action) == (
        "ann\N{REPLACEMENT CHARACTER}",
        "POST /a\N{REPLACEMENT CHARACTER}b",
    )


def test_of_a_client_of_paddles_the_log_keeps_what_it_says_of_itself(database: Database) -> None:
    log = AuditLog(database, 86400)
    said = Note()
    said.action, said.target = "delete", "a\0b"
    log.add_of_paddles(a_scope(), said, 404)
    log.add_of_paddles(a_scope(), Note(), 500)
    entries = [(e.owner, e.role, e.action, e.target, e.code) for e in log.read()]
    assert entries == [
        ("a client of paddles", "paddles", "POST /x", "", "failed"),
        (
            "a client of paddles",
            "paddles",
            "paddles.delete",
            "a\N{REPLACEMENT CHARACTER}b",
            "refused",
        ),
    ]


def test_a_write_that_failed_is_told_in_the_log(
    place: Place, capsys: pytest.CaptureFixture[str]
) -> None:
    database = Database(place)
    database.close()
    AuditLog(database, 86400).add(a_scope(), ANN, 200)
    shown = capsys.readouterr()  # where logs go is what another test has configured
    assert "audit_log.store_failed" in shown.out + shown.err
