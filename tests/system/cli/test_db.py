import re
from pathlib import Path

import pytest

from leasehold.store import Database
from leasehold.store.postgres import PostgresDatabase
from leasehold.store.sqlite import SqliteFile
from tests.postgres import the_cluster
from tests.unit.service.labs import memory_lab

from .commands import Command


@pytest.fixture
def leasehold(tmp_path: Path) -> Command:
    """Beside a ledger that a lab has used."""
    memory_lab(tmp_path).stop()
    return Command(tmp_path, "")


@pytest.fixture
def place() -> PostgresDatabase:
    return the_cluster().a_database()


def test_a_ledger_is_moved_there_and_back(leasehold: Command, place: PostgresDatabase) -> None:
    done = leasehold("db", "move", ".leasehold/ledger.db", place.url)
    assert done.returncode == 0, done.stderr
    assert f"moved to {place.name}; name it in [service] database" in done.stdout
    assert re.search(r"^facts +1$", done.stdout, re.MULTILINE)
    refused = leasehold("serve")
    assert (refused.returncode, refused.stdout) == (1, "")
    assert f"was moved to {place.name}" in refused.stderr
    back = leasehold("db", "move", place.url, "back.db")
    assert back.returncode == 0, back.stderr
    assert "Traceback" not in done.stderr + refused.stderr + back.stderr


def test_what_is_in_use_or_missing_is_not_moved(
    leasehold: Command, place: PostgresDatabase
) -> None:
    with Database(SqliteFile(path=leasehold.home / ".leasehold/ledger.db")):
        used = leasehold("db", "move", ".leasehold/ledger.db", place.url)
    assert (used.returncode, used.stdout) == (1, "")
    assert "in use by process" in used.stderr
    missing = leasehold("db", "move", "ledgre.db", place.url)
    assert missing.returncode == 2
    assert "ledgre.db: no such file" in missing.stderr
    assert not (leasehold.home / "ledgre.db").exists()
    wrong = leasehold("db", "move", ".leasehold/ledger.db", "postgresql://ann:secret@host/lab")
    assert wrong.returncode == 1
    assert "a password in the URL" in wrong.stderr
    assert "secret" not in wrong.stderr


def test_a_check_describes_the_configured_ledger(leasehold: Command) -> None:
    done = leasehold("db", "check")
    assert done.returncode == 0, done.stderr
    assert "ledger.db: SQLite 3." in done.stdout
    assert "up to date (" in done.stdout
    assert "facts    1 rows" in done.stdout


def test_a_check_of_a_server_names_what_could_lose_data(
    leasehold: Command, place: PostgresDatabase
) -> None:
    with Database(place):
        done = leasehold("db", "check", place.url)
    assert done.returncode == 1
    assert "held by  process" in done.stdout
    assert "FAIL the server has fsync = off" in done.stdout
