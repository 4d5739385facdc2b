"""Nodes come, change, go down and up, and go, while others are locked."""

from pathlib import Path

import msgspec
import pytest

from leasehold.engine.reason import Cause
from leasehold.lab import node_records
from leasehold.lab.config import MachineTypeConfig
from leasehold.lab.errors import (
    BadWish,
    NodeConfigured,
    NodeExists,
    NodeHeld,
    TooMany,
    UnknownMachineType,
    UnknownNode,
)
from leasehold.lab.model import Lease, LeaseState, Node, NodeName, NodeState, Wish
from leasehold.lab.node_names import expand
from leasehold.lab.node_row import NodeChange, NodeRow, Want
from leasehold.store import Place, StoreFailed
from tests.simulation.bench import Bench

TYPES = {
    "metal": MachineTypeConfig(kind="fixed", ready="none"),
    "smithi": MachineTypeConfig(kind="fixed", ready="ssh", ready_patience="5m", nodes=1),
}


@pytest.fixture
def bench(tmp_path: Path, place: Place):
    bench = Bench(tmp_path, place=place, types=TYPES)
    yield bench
    bench.database.close()


def register(bench: Bench, *names: str, machine_type: str = "metal", **about: object) -> list[Node]:
    rows = [NodeRow(name=name, machine_type=machine_type, **about) for name in expand(names)]
    return bench.lab.register_nodes(rows, by="ann")


def change(bench: Bench, *names: str, **changes: object) -> list[Node]:
    return bench.lab.change_nodes(expand(names), NodeChange(**changes), by="ann")


def lock(bench: Bench, machine_type: str = "metal", count: int = 1) -> Lease:
    return bench.lab.lock(Wish(machine_type=machine_type, count=count, owner="bob", purpose="try"))


def names(nodes: list[Node] | tuple[Node, ...]) -> list[str]:
    return [node.name for node in nodes]


def states(bench: Bench, *wanted: str) -> dict[str, NodeState]:
    return {name: bench.lab.node(NodeName(name)).state for name in wanted}


def kept(bench: Bench) -> dict[str, NodeRow]:
    bench.flush()
    with bench.database.read() as connection:
        return {row.name: row for row in node_records.load(connection)}


# -- coming ------------------------------------------------------------------------------------------


def test_registered_nodes_are_free_in_the_order_of_people_and_survive_a_restart(
    bench: Bench,
) -> None:
    found = register(bench, "m8..m10", description="rack 3")
    assert names(found) == ["m8", "m9", "m10"]
    assert {(node.state, node.kind, node.registered) for node in found} == {
        (NodeState.FREE, "fixed", True)
    }
    bench.restart()
    assert bench.lab.nodes(machine_type="metal") == found


def test_a_fixed_node_that_needs_no_proof_is_ready_at_once_and_free_at_once(bench: Bench) -> None:
    register(bench, "m1")
    lease = lock(bench)
    assert (lease.state, names(lease.nodes)) == (LeaseState.READY, ["m1"])
    assert (lease.nodes[0].address, lease.nodes[0].cloud) == ("m1", "")
    assert bench.engine.ledger.rows == {}
    bench.lab.release(lease.id)
    assert bench.lab.node(NodeName("m1")).state is NodeState.FREE
    bench.run(60)
    assert bench.servers() == []


def test_a_fixed_node_proves_itself_by_answering_at_its_address(bench: Bench) -> None:
    change(bench, "smithi001", address="10.9.9.9")
    lease = lock(bench, "smithi")
    (node,) = lease.nodes
    assert (lease.state, node.state) == (LeaseState.PREPARING, NodeState.ADDRESSED)
    assert node.reason is not None
    assert node.reason.cause is Cause.NO_ANSWER
    target = bench.prober.targets["smithi001"]
    assert (target.address, target.proof) == ("10.9.9.9", "ssh")
    bench.answer_ssh("smithi001", ready=True)
    ready = bench.lab.lease(lease.id)
    assert (ready.state, ready.nodes[0].host_key) == (LeaseState.READY, "ssh-ed25519 AAAA")


def test_a_fixed_node_that_does_not_answer_fails_its_lease_after_its_patience(
    bench: Bench,
) -> None:
    lease = lock(bench, "smithi")
    bench.run(299)
    assert bench.lab.lease(lease.id).state is LeaseState.PREPARING
    bench.run(2)
    failed = bench.lab.lease(lease.id)
    assert failed.reason is not None
    assert (failed.state, failed.reason.cause) == (LeaseState.FAILED, Cause.DEADLINE)
    assert bench.lab.node(NodeName("smithi001")).state is NodeState.DOWN


def test_cloud_nodes_can_be_registered_beside_those_of_the_configuration(bench: Bench) -> None:
    register(bench, "extra1", machine_type="demo")
    lease = bench.lock(5)
    bench.run(30)
    assert bench.lab.lease(lease.id).state is LeaseState.READY
    assert "extra1" in bench.servers()


def test_who_waits_gets_a_node_that_is_registered(bench: Bench) -> None:
    register(bench, "m1..m2")
    first = lock(bench, count=2)
    second = lock(bench, count=1)
    assert second.state is LeaseState.WAITING
    register(bench, "m3")
    assert names(bench.lab.lease(second.id).nodes) == ["m3"]
    assert names(bench.lab.lease(first.id).nodes) == ["m1", "m2"]


@pytest.mark.parametrize(
    ("row", "error", "text"),
    [
        ({"name": "demo001"}, NodeExists, "demo001 exists already, of machine type demo"),
        ({"name": "m1"}, NodeExists, "m1 exists already, of machine type metal"),
        ({"machine_type": "mettle"}, UnknownMachineType, "did you mean metal"),
        ({"machine_type": "demo", "name": "M_1"}, BadWish, "for cloud nodes, lower-case"),
        ({"note": "a\0b"}, BadWish, "text without NUL"),
    ],
)
def test_if_one_cannot_be_registered_none_is(bench: Bench, row, error, text) -> None:
    register(bench, "m1")
    good = NodeRow(name=NodeName("m2"), machine_type="metal")
    bad = NodeRow(**{"name": NodeName("m3"), "machine_type": "metal"} | row)
    with pytest.raises(error, match=text):
        bench.lab.register_nodes([good, bad], by="ann")
    assert names(bench.lab.nodes(machine_type="metal")) == ["m1"]
    bench.restart()
    assert names(bench.lab.nodes(machine_type="metal")) == ["m1"]


def test_a_name_cannot_be_registered_twice_at_once(bench: Bench) -> None:
    row = NodeRow(name=NodeName("m1"), machine_type="metal")
    with pytest.raises(BadWish, match="'m1'; allowed: each name once"):
        bench.lab.register_nodes([row, row], by="ann")


def test_a_machine_type_may_begin_and_end_with_its_nodes(bench: Bench) -> None:
    row = NodeRow(name=NodeName("b1.front.lab"), machine_type="bubo")
    with pytest.raises(UnknownMachineType):
        bench.lab.register_nodes([row], by="ann")
    bench.lab.register_nodes([row], by="ann", new_types=True)
    bench.restart()
    found = {each.name: each for each in bench.lab.machine_types()}
    assert (found["bubo"].kind, found["bubo"].free) == ("fixed", 1)
    lease = lock(bench, "bubo")
    assert lease.state is LeaseState.READY
    bench.lab.release(lease.id)
    bench.lab.remove_nodes([row.name], by="ann")
    assert "bubo" not in {each.name for each in bench.lab.machine_types()}


def test_cloud_nodes_of_a_machine_type_that_is_no_more_are_not_taken_for_fixed_ones(
    bench: Bench,
) -> None:
    register(bench, "extra1", machine_type="demo")
    types = {name: each for name, each in bench.config.machine_types.items() if name != "demo"}
    with_demo = bench.config
    bench.config = msgspec.structs.replace(bench.config, machine_types=types)
    bench.restart()
    assert names(bench.lab.nodes()) == ["smithi001"]
    assert "demo" not in {each.name for each in bench.lab.machine_types()}
    bench.config = with_demo
    bench.restart()
    assert "extra1" in names(bench.lab.nodes(machine_type="demo"))


# -- down and up -------------------------------------------------------------------------------------


def test_a_node_that_is_down_is_not_given_out_and_says_why(bench: Bench) -> None:
    register(bench, "m1..m2")
    (down,) = change(bench, "m1", up=False, note="fan broken")
    assert (down.state, down.up, str(down.reason)) == (NodeState.DOWN, False, "fan broken")
    assert names(lock(bench).nodes) == ["m2"]
    bench.restart()
    assert states(bench, "m1", "m2") == {"m1": NodeState.DOWN, "m2": NodeState.READY}


def test_who_waits_for_a_node_that_is_down_is_told_so_and_gets_it_when_it_is_up(
    bench: Bench,
) -> None:
    register(bench, "m1..m2")
    change(bench, "m1", up=False)
    lease = lock(bench, count=2)
    assert lease.state is LeaseState.WAITING
    assert "1 are down" in str(lease.reason)
    change(bench, "m1", up=True, note=None)
    assert bench.lab.lease(lease.id).state is LeaseState.READY


def test_what_holds_a_node_that_goes_down_keeps_it_and_nobody_gets_it_afterwards(
    bench: Bench,
) -> None:
    register(bench, "m1")
    lease = lock(bench)
    (node,) = change(bench, "m1", up=False, note="to be moved")
    assert (node.state, node.up, node.lease) == (NodeState.READY, False, lease.id)
    waiting = lock(bench)
    bench.lab.release(lease.id)
    assert states(bench, "m1") == {"m1": NodeState.DOWN}
    assert bench.lab.lease(waiting.id).state is LeaseState.WAITING


def test_a_cloud_node_that_goes_down_while_it_is_given_back_stays_away(bench: Bench) -> None:
    lease = bench.lock(4)
    bench.run(30)
    bench.lab.release(lease.id)
    change(bench, "demo001", up=False)
    assert states(bench, "demo001") == {"demo001": NodeState.RELEASING}
    bench.run(60)
    assert states(bench, "demo001", "demo002") == {
        "demo001": NodeState.DOWN,
        "demo002": NodeState.FREE,
    }
    assert names(bench.lock(3).nodes) == ["demo002", "demo003", "demo004"]


def test_what_is_said_of_a_configured_node_is_kept_as_long_as_it_says_more(bench: Bench) -> None:
    change(bench, "demo002", description="slow disk", up=False)
    assert kept(bench)["demo002"].description == "slow disk"
    bench.restart()
    assert bench.lab.node(NodeName("demo002")).state is NodeState.DOWN
    assert not bench.lab.node(NodeName("demo002")).registered
    change(bench, "demo002", description=None, up=True)
    assert kept(bench) == {}


# -- changing ----------------------------------------------------------------------------------------


def test_a_change_is_made_of_all_nodes_or_of_none(bench: Bench) -> None:
    register(bench, "m1..m2")
    with pytest.raises(UnknownNode, match="did you mean m"):
        change(bench, "m1..m3", description="new")
    assert {node.description for node in bench.lab.nodes(machine_type="metal")} == {None}
    change(bench, "m1..m2", description="new")
    bench.restart()
    assert {node.description for node in bench.lab.nodes(machine_type="metal")} == {"new"}


def test_a_held_node_may_get_another_system_but_not_another_type(bench: Bench) -> None:
    register(bench, "m1")
    lease = lock(bench)
    (node,) = change(bench, "m1", os_type="ubuntu", os_version="22.04")
    assert (node.os_type, node.lease) == ("ubuntu", lease.id)
    with pytest.raises(NodeHeld, match=r"held by bob \(lease-"):
        change(bench, "m1", machine_type="smithi")
    bench.lab.release(lease.id)
    (node,) = change(bench, "m1", machine_type="smithi")
    assert (node.machine_type, names(bench.lab.nodes(machine_type="metal"))) == ("smithi", [])


def test_the_configurations_nodes_keep_their_type_and_cannot_be_removed(bench: Bench) -> None:
    with pytest.raises(NodeConfigured, match=r"made by \[machine_types.demo\]"):
        change(bench, "demo001", machine_type="metal")
    with pytest.raises(NodeConfigured, match="mark the node down"):
        bench.lab.remove_nodes([NodeName("demo001")], by="ann")


def test_history_tells_who_changed_what(bench: Bench) -> None:
    register(bench, "m1")
    change(bench, "m1", up=False, note="fan broken")
    change(bench, "m1", up=True, note=None)
    told = [(event.state, str(event.reason)) for event in bench.lab.events(node=NodeName("m1"))]
    assert told == [
        ("registered", "registered by ann"),
        ("changed", "up: no; note: fan broken, by ann"),
        ("down", "fan broken"),
        ("changed", "up: yes; note: none, by ann"),
        ("free", "None"),
    ]


# -- going -------------------------------------------------------------------------------------------


def test_a_removed_node_is_gone_for_good_and_its_history_stays(bench: Bench) -> None:
    register(bench, "m1..m3")
    bench.lab.remove_nodes(expand(["m1..m2"]), by="ann")
    bench.restart()
    assert names(bench.lab.nodes(machine_type="metal")) == ["m3"]
    with pytest.raises(UnknownNode):
        bench.lab.node(NodeName("m1"))
    assert [event.state for event in bench.lab.events(node=NodeName("m1"))] == [
        "registered",
        "removed",
    ]


def test_a_node_that_is_held_is_not_removed_and_neither_are_the_others(bench: Bench) -> None:
    register(bench, "m1..m2")
    lease = lock(bench)
    with pytest.raises(NodeHeld, match="come back when it is free"):
        bench.lab.remove_nodes(expand(["m2", "m1"]), by="ann")
    assert names(bench.lab.nodes(machine_type="metal")) == ["m1", "m2"]
    assert bench.lab.lease(lease.id).state is LeaseState.READY


def test_who_waits_for_more_nodes_than_are_left_fails(bench: Bench) -> None:
    register(bench, "m1..m2")
    lock(bench)
    waiting = lock(bench, count=2)
    bench.lab.remove_nodes([NodeName("m2")], by="ann")
    failed = bench.lab.lease(waiting.id)
    assert failed.reason is not None
    assert (failed.state, failed.reason.cause) == (LeaseState.FAILED, Cause.REFUSED)
    with pytest.raises(TooMany, match="there are only 1"):
        lock(bench, count=2)


def test_a_name_that_was_removed_may_come_again_while_its_server_is_on_its_way_out(
    bench: Bench,
) -> None:
    register(bench, "extra1", machine_type="demo")
    lease = bench.lock(5)
    bench.run(30)
    bench.lab.release(lease.id)
    bench.lab.remove_nodes([NodeName("extra1")], by="ann")
    register(bench, "extra1", machine_type="demo")
    assert states(bench, "extra1") == {"extra1": NodeState.RELEASING}
    bench.run(60)
    assert states(bench, "extra1") == {"extra1": NodeState.FREE}
    assert bench.servers() == []


# -- what was lost -----------------------------------------------------------------------------------


def test_a_registration_that_was_lost_has_not_happened(bench: Bench) -> None:
    register(bench, "m1")
    bench.database.full = True
    with pytest.raises(StoreFailed):
        register(bench, "m2")
    with pytest.raises(StoreFailed):
        change(bench, "m1", up=False)
    with pytest.raises(StoreFailed):
        bench.lab.remove_nodes([NodeName("m1")], by="ann")
    bench.database.full = False
    bench.run(1)
    assert names(bench.lab.nodes(machine_type="metal")) == ["m1"]
    assert bench.lab.node(NodeName("m1")).state is NodeState.FREE
    register(bench, "m2")
    assert sorted(kept(bench)) == ["m1", "m2"]


def test_a_machine_type_that_begins_after_a_lost_write_can_be_locked(bench: Bench) -> None:
    bench.database.full = True
    with pytest.raises(StoreFailed):
        register(bench, "m1")
    bench.database.full = False
    bench.run(1)
    row = NodeRow(name=NodeName("b1"), machine_type="bubo")
    bench.lab.register_nodes([row], by="ann", new_types=True)
    assert lock(bench, "bubo").state is LeaseState.READY


# -- looking -----------------------------------------------------------------------------------------


def test_nodes_are_found_by_what_they_are(bench: Bench) -> None:
    register(bench, "m1", os_type="ubuntu", os_version="22.04", arch="x86_64", description="rack 3")
    register(bench, "m2", os_type="ubuntu", os_version="20.04", arch="aarch64", up=False)

    def found(**which: object) -> list[str]:
        return names(bench.lab.nodes(machine_type="metal|smithi", **which))

    assert found() == ["m1", "m2", "smithi001"]
    assert found(want=Want(os_type="ubuntu")) == ["m1", "m2"]
    assert found(want=Want(os_type="ubuntu", os_version="20.04")) == ["m2"]
    assert found(want=Want(arch="x86_64")) == ["m1"]
    assert found(up=False) == ["m2"]
    assert found(description="ack 3") == ["m1"]
    assert found(state=NodeState.DOWN) == ["m2"]
    assert found(owner="bob") == []


def test_a_node_with_a_spare_on_it_is_free_to_be_removed_and_the_spare_goes(
    tmp_path: Path,
) -> None:
    bench = Bench(tmp_path, types=TYPES, nodes=0, min_ready=1)
    register(bench, "extra1", machine_type="demo")
    bench.run(60)
    assert (bench.servers(), states(bench, "extra1")) == (["extra1"], {"extra1": NodeState.SPARE})
    bench.lab.remove_nodes([NodeName("extra1")], by="ann")
    bench.run(60)
    assert bench.servers() == []
    assert names(bench.lab.nodes(machine_type="demo")) == []
    bench.database.close()
