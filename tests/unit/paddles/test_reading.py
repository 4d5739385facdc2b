"""What a paddles answers is read as it is: this answer is in paddles' own form."""

import json

import pytest

from leasehold.paddles.bodies import UNTYPED
from leasehold.paddles.cards import NOBODY
from leasehold.paddles.reading import NoPaddles, read_nodes

NOW = 1_800_000_000.0

HOST = {
    "name": "mira001.front.sepia.ceph.com",
    "description": None,
    "up": True,
    "machine_type": "mira",
    "is_vm": False,
    "vm_host": None,
    "os_type": "ubuntu",
    "os_version": "22.04",
    "arch": "x86_64",
    "locked": False,
    "locked_since": None,
    "locked_by": None,
    "mac_address": None,
    "ssh_pub_key": "ssh-rsa AAAAB3NzaC1yc2E=",
}
GUEST = {
    "name": "vpm001.front.sepia.ceph.com",
    "description": "/home/teuthworker/archive/ann-2026-11-01_10:00:00-rados/7",
    "up": False,
    "machine_type": "vps",
    "is_vm": True,
    "vm_host": HOST,
    "os_type": "",
    "os_version": None,
    "arch": None,
    "locked": True,
    "locked_since": "2026-11-01 10:00:00.500000",
    "locked_by": "scheduled_ann@teuthology",
    "mac_address": "52:54:00:00:00:01",
    "ssh_pub_key": None,
}


def test_a_paddles_nodes_and_locks_are_read():
    host, guest = read_nodes(json.dumps([HOST, GUEST], indent=4).encode(), NOW)
    assert host.lock is None
    assert (host.node.name, host.node.os_version, host.node.up) == (HOST["name"], "22.04", True)
    assert guest.lock is not None
    assert (guest.lock.owner, guest.lock.purpose) == (GUEST["locked_by"], GUEST["description"])
    assert guest.lock.since == 1793527200.5
    assert (guest.node.vm_host, guest.node.is_vm, guest.node.up) == (HOST["name"], True, False)
    assert guest.node.description is None


def test_what_older_paddles_leave_out_is_filled_in():
    bare = {"name": "t1", "up": None, "machine_type": None, "locked": True}
    (found,) = read_nodes(json.dumps([bare]).encode(), NOW)
    assert (found.node.machine_type, found.node.up) == (UNTYPED, False)
    assert found.lock is not None
    assert (found.lock.owner, found.lock.purpose, found.lock.since) == (NOBODY, "", NOW)


@pytest.mark.parametrize(
    ("answer", "told"),
    [
        ("<html>", "found no JSON"),
        ('{"message": "no"}', "found JSON of another kind"),
        ('["a"]', "found JSON of another kind"),
        ('[{"up": true}]', "node None: could not find required key: 'name'"),
        ('[{"name": "a", "up": "x"}]', "node 'a': up must be true, false or null"),
        ('[{"name": "a", "locked": true, "locked_since": "now"}]', "node 'a': locked_since"),
    ],
)
def test_what_is_no_paddles_is_told_by_node_and_key(answer: str, told: str):
    with pytest.raises(NoPaddles) as found:
        read_nodes(answer.encode(), NOW)
    assert told in str(found.value)
