"""Nodes are read as they were written, whichever database keeps them."""

from collections.abc import Iterator

import pytest
from msgspec.structs import replace

from leasehold.lab import node_records
from leasehold.lab.model import NodeName
from leasehold.lab.node_row import NodeChange, NodeRow
from leasehold.store import Database, Place

FULL = NodeRow(
    name=NodeName("smithi001.front.lab"),
    machine_type="smithi",
    up=False,
    down_by_check=True,
    note="no answer from 10.0.0.1 port 22",
    description="rack 3, ä",
    address="10.0.0.1",
    os_type="ubuntu",
    os_version="22.04",
    arch="x86_64",
    is_vm=True,
    vm_host="senta01",
    mac_address="00:25:90:1a:2b:3c",
    ssh_pub_key="ssh-ed25519 AAAA",
)
BARE = NodeRow(name=NodeName("demo001"), machine_type="demo", registered=False)


@pytest.fixture
def database(place: Place) -> Iterator[Database]:
    with Database(place) as database:
        yield database


def saved(database: Database, *rows: NodeRow) -> dict[str, NodeRow]:
    database.write(lambda connection: node_records.save(connection, rows)).result()
    return loaded(database)


def loaded(database: Database) -> dict[str, NodeRow]:
    with database.read() as connection:
        return {row.name: row for row in node_records.load(connection)}


def test_a_node_is_read_as_it_was_written(database: Database) -> None:
    assert saved(database, FULL, BARE) == {FULL.name: FULL, BARE.name: BARE}


def test_a_node_that_is_written_again_is_as_it_was_last(database: Database) -> None:
    saved(database, FULL)
    changed = replace(BARE, name=FULL.name, note="another now")
    assert saved(database, changed) == {FULL.name: changed}


def test_a_node_that_is_removed_is_gone_and_others_stay(database: Database) -> None:
    saved(database, FULL, BARE)
    names = [FULL.name, NodeName("never-was")]
    database.write(lambda connection: node_records.remove(connection, names)).result()
    assert loaded(database) == {BARE.name: BARE}


def test_a_change_changes_what_it_names_and_null_clears() -> None:
    after = NodeChange(description=None, arch="aarch64").applied_to(FULL)
    assert after == replace(FULL, description=None, arch="aarch64")


def test_a_node_that_a_person_marks_is_theirs_to_mark_again() -> None:
    assert not NodeChange(up=False).applied_to(FULL).down_by_check
    assert NodeChange(note="seen").applied_to(FULL).down_by_check


def test_only_what_the_configuration_does_not_say_has_to_be_kept() -> None:
    assert FULL.told
    assert not BARE.told
    assert NodeChange(note="loud fan").applied_to(BARE).told
