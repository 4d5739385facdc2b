"""Nodes in a cloud over paddles' API: they are ready when the answer comes, or it says why not."""

import threading
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import httpx
import pytest

from leasehold.lab.config import PaddlesConfig, SystemConfig
from leasehold.lab.lab import Lab
from leasehold.lab.model import LeaseState, NodeState
from tests.system.paddles.serving import PATIENCE, Client, a_lab, running, serving, until_spare

DOMAIN = PaddlesConfig(domain="front.example")


def until_free(lab: Lab, count: int) -> None:
    """Wait until what was given back is gone from the cloud."""
    moved = threading.Event()
    unsubscribe = lab.subscribe(moved.set)
    while len(lab.nodes(machine_type="vm", state=NodeState.FREE)) < count:
        assert moved.wait(PATIENCE)
        moved.clear()
    unsubscribe()


def test_the_answer_to_a_lock_is_nodes_that_are_ready(tmp_path: Path):
    with (
        running(a_lab(tmp_path, boot=0.2)) as lab,
        serving(lab, DOMAIN) as url,
        Client(url) as paddles,
    ):
        got = paddles.ok(paddles.lock_many(2, machine_type="vm"))
        assert [node["name"] for node in got] == ["vm001.front.example", "vm002.front.example"]
        assert {node["is_vm"] for node in got} == {False}
        assert {node.state for node in lab.nodes(owner="ann@lab")} == {NodeState.READY}
        names = [node["name"] for node in got]
        assert paddles.node(names[0]) == got[0]
        paddles.ok(paddles.lock(names[0], locked=False, locked_by="ann@lab"))
        paddles.ok(paddles.unlock_many(names[1:]))
        until_free(lab, 4)


def test_more_servers_than_there_may_be_are_refused_at_once(tmp_path: Path):
    with running(a_lab(tmp_path)) as lab, serving(lab) as url, Client(url) as paddles:
        message = paddles.refused(503, paddles.lock_many(5, machine_type="vm"))
        assert message == "only 4 nodes available"
        assert lab.leases() == []


@pytest.mark.parametrize(
    ("machine_type", "asked", "told"),
    [
        ({"image": "nope"}, {}, "no active image 'nope'"),
        ({}, {"os_type": "rhel", "os_version": "9"}, "no system 'rhel-9'"),
    ],
)
def test_what_the_cloud_does_not_have_is_told_by_the_status_whose_words_teuthology_shows(
    tmp_path: Path, machine_type: dict[str, str], asked: dict[str, str], told: str
):
    with (
        running(a_lab(tmp_path, **machine_type)) as lab,
        serving(lab) as url,
        Client(url) as paddles,
    ):
        refused = paddles.lock_many(1, machine_type="vm", **asked)
        assert told in paddles.refused(503, refused)
        assert lab.leases() == []


def test_servers_that_are_not_ready_in_time_are_all_given_back(tmp_path: Path):
    late = PaddlesConfig(patience="1s")
    with (
        running(a_lab(tmp_path, boot=3600.0)) as lab,
        serving(lab, late) as url,
        Client(url) as paddles,
    ):
        message = paddles.refused(503, paddles.lock_many(2, machine_type="vm"))
        assert message.startswith("no nodes were ready within 1 s")
        (lease,) = lab.leases(ended=True)
        assert lease.state is LeaseState.RELEASED
        until_free(lab, 4)


def test_who_hangs_up_while_servers_boot_holds_nothing(tmp_path: Path):
    with (
        running(a_lab(tmp_path, boot=3600.0)) as lab,
        serving(lab) as url,
        Client(url) as paddles,
    ):
        begun = threading.Event()
        lab.subscribe(begun.set)

        def ask() -> None:
            with pytest.raises(httpx.ReadTimeout):
                paddles.http.post(
                    "/nodes/lock_many/",
                    json={"count": 1, "locked_by": "a", "machine_type": "vm", "description": ""},
                    timeout=httpx.Timeout(PATIENCE, read=2.0),
                )

        with ThreadPoolExecutor(1) as pool:
            asking = pool.submit(ask)
            assert begun.wait(PATIENCE)
            asking.result(PATIENCE)
        until_free(lab, 4)
        assert lab.leases() == []


def test_a_node_in_a_cloud_is_registered_under_the_name_that_clients_have_for_it(tmp_path: Path):
    with running(a_lab(tmp_path)) as lab, serving(lab, DOMAIN) as url, Client(url) as paddles:
        node = {"name": "vm009.front.example", "machine_type": "vm", "up": True}
        paddles.ok(paddles.http.post("/nodes/", json=node))
        assert lab.node("vm009").registered
        assert paddles.node(node["name"])["name"] == node["name"]
        message = paddles.refused(400, paddles.http.post("/nodes/", json=node | {"locked": True}))
        assert "already exists" in message


def test_a_node_in_a_cloud_is_locked_by_its_name(tmp_path: Path):
    with running(a_lab(tmp_path)) as lab, serving(lab) as url, Client(url) as paddles:
        got = paddles.ok(paddles.lock("vm003", locked=True, locked_by="ann@lab"))
        assert (got["name"], got["locked"]) == ("vm003", True)
        assert lab.node("vm003").state is NodeState.READY


def test_a_node_with_a_warm_spare_is_shown_free_and_can_be_locked_by_its_name(tmp_path: Path):
    with running(a_lab(tmp_path, min_ready=4)) as lab, serving(lab) as url, Client(url) as paddles:
        until_spare(lab, 4)
        shown = paddles.get("/nodes/", locked="0", up="1", machine_type="vm")
        assert [node["name"] for node in shown] == ["vm001", "vm002", "vm003", "vm004"]
        assert {node["description"] for node in shown} == {None}
        paddles.ok(paddles.put("vm001", description="rack 3"))
        assert lab.node("vm001").state is NodeState.SPARE
        assert paddles.node("vm001")["description"] == "rack 3"
        got = paddles.ok(paddles.lock("vm001", locked=True, locked_by="ann@lab"))
        assert (got["locked"], got["locked_by"]) == (True, "ann@lab")


def test_an_unlock_is_repeated_though_a_warm_spare_came_meanwhile(tmp_path: Path):
    with running(a_lab(tmp_path, min_ready=4)) as lab, serving(lab) as url, Client(url) as paddles:
        paddles.ok(paddles.lock("vm001", locked=True, locked_by="ann@lab"))
        give = {"locked": False, "locked_by": "ann@lab"}
        first = paddles.ok(paddles.lock("vm001", **give))
        until_spare(lab, 4)
        assert paddles.ok(paddles.lock("vm001", **give)) == first


SYSTEMS = {"debian-12": SystemConfig(image="debian-12")}


def test_a_node_that_is_locked_with_a_system_runs_it(tmp_path: Path):
    with (
        running(a_lab(tmp_path, systems=SYSTEMS)) as lab,
        serving(lab) as url,
        Client(url) as paddles,
    ):
        system = {"os_type": "debian", "os_version": "12"}
        paddles.ok(paddles.lock("vm001", locked=True, locked_by="ann@lab", **system))
        (lease,) = lab.leases()
        assert (lease.os_type, lease.os_version) == ("debian", "12")
        assert paddles.node("vm001") == paddles.node("vm001") | system


def test_of_a_lock_that_cannot_be_nothing_is_changed(tmp_path: Path):
    with (
        running(a_lab(tmp_path, systems=SYSTEMS)) as lab,
        serving(lab) as url,
        Client(url) as paddles,
    ):
        paddles.add("a")
        before = paddles.get("/nodes/")
        lock = {"locked": True, "locked_by": "ann@lab", "up": False, "description": "mine"}
        wrong = paddles.put("vm001", os_type="rhel", os_version="9", **lock)
        assert "no system 'rhel-9'" in paddles.refused(503, wrong)
        moved = paddles.put(paddles.name("a"), machine_type="vm", **lock)
        assert "to another machine type first" in paddles.refused(400, moved)
        assert paddles.get("/nodes/") == before
        assert lab.leases() == []


def test_a_node_is_marked_down_with_its_lock(tmp_path: Path):
    with running(a_lab(tmp_path)) as lab, serving(lab) as url, Client(url) as paddles:
        paddles.ok(paddles.put("vm001", locked=True, locked_by="ann@lab", up=False))
        assert (paddles.node("vm001")["locked"], paddles.node("vm001")["up"]) == (True, False)
        assert lab.node("vm001").state is NodeState.READY
