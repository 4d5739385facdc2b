"""Nodes that stop answering: free ones are not given out, and who holds one is told."""

from pathlib import Path

import pytest

from leasehold.engine.cloud import ObjectId
from leasehold.engine.reason import Cause, Reason
from leasehold.lab.config import MachineTypeConfig
from leasehold.lab.health import AGAIN, Diagnosis, Health, Visit
from leasehold.lab.model import LeaseState, Node, NodeName, NodeState, Wish
from leasehold.lab.node_row import NodeChange, NodeRow
from leasehold.lab.prober import Checkup, Target
from tests.simulation.bench import Bench

SILENT = Reason(cause=Cause.NO_ANSWER, text="no answer")
TYPES = {
    "smithi": MachineTypeConfig(
        kind="fixed", nodes=2, health_every="10m", health_attempts=2, ready_patience="5m"
    ),
    "quiet": MachineTypeConfig(kind="fixed", nodes=2, health_every="never", ready_patience="5m"),
}
ONE, TWO = NodeName("smithi001"), NodeName("smithi002")


@pytest.fixture
def bench(tmp_path: Path):
    bench = Bench(tmp_path, types=TYPES, ready="ssh", health_every="10m", health_attempts=2)
    yield bench
    bench.database.close()


def a_visit(name: str = "n1", *, server: str = "server-1", every: float = 300.0) -> Visit:
    target = Target(
        node=NodeName(name),
        server=ObjectId(server),
        address=name,
        port=22,
        user="root",
        proof="ssh",
    )
    return Visit(target=target, every=every, attempts=3)


def a_checkup(reason: Reason | None = None, *, server: str = "server-1") -> Checkup:
    return Checkup(node=NodeName("n1"), server=ObjectId(server), reason=reason)


# -- when to check what ------------------------------------------------------------------------------


def test_the_first_checks_of_many_nodes_are_spread_over_the_whole_interval() -> None:
    health = Health()
    for number in range(600):
        health.at(NodeName(f"n{number}"), a_visit(f"n{number}"), 0.0)
    per_minute = [len(health.due(60.0 * minute)) for minute in range(1, 6)]
    assert sum(per_minute) == 600
    assert all(80 < count < 160 for count in per_minute)


def test_a_node_is_checked_again_after_its_interval_and_sooner_after_a_failure() -> None:
    health = Health()
    health.at(NodeName("n1"), a_visit(), 0.0)
    (target,) = health.due(300.0)
    assert target.node == "n1"
    assert health.next_at() == 600.0
    health.heard(a_checkup(SILENT), 305.0)
    assert health.next_at() == 305.0 + AGAIN
    health.due(305.0 + AGAIN)
    health.heard(a_checkup(), 370.0)
    assert health.next_at() == 305.0 + AGAIN + 300.0


def test_only_failures_in_a_row_count() -> None:
    health = Health()
    health.at(NodeName("n1"), a_visit(), 0.0)
    assert [health.heard(a_checkup(SILENT), 0.0) for _ in range(2)] == [None, None]
    assert health.heard(a_checkup(), 0.0) == Diagnosis(node=NodeName("n1"), reason=None)
    assert [health.heard(a_checkup(SILENT), 0.0) for _ in range(2)] == [None, None]
    ill = health.heard(a_checkup(SILENT), 0.0)
    assert ill is not None
    assert ill.reason is not None
    assert ill.reason.cause is Cause.UNHEALTHY
    assert ill.reason.text == "3 health checks in a row failed; last: no answer"


def test_what_a_check_says_of_another_server_or_of_a_node_that_is_gone_is_no_news() -> None:
    health = Health()
    health.at(NodeName("n1"), a_visit(), 0.0)
    assert health.heard(a_checkup(server="server-2"), 0.0) is None
    health.at(NodeName("n1"), None, 0.0)
    assert health.heard(a_checkup(), 0.0) is None
    assert health.due(1e9) == []


def test_failures_of_the_last_server_are_not_those_of_the_next() -> None:
    health = Health()
    health.at(NodeName("n1"), a_visit(), 0.0)
    for _ in range(2):
        health.heard(a_checkup(SILENT), 0.0)
    health.at(NodeName("n1"), a_visit(server="server-2"), 0.0)
    assert health.heard(a_checkup(SILENT, server="server-2"), 0.0) is None


# -- what comes of it --------------------------------------------------------------------------------


def check(bench: Bench, node: str, trouble: str | None = None, times: int = 1) -> Node:
    """Let time pass until a node is checked, and answer; so many times."""
    for _ in range(times):
        for _ in range(20):
            if node in bench.prober.checks:
                break
            bench.run(60)
        bench.answer_check(node, trouble)
        bench.flush()
    return bench.lab.node(NodeName(node))


def a_ready_lease(bench: Bench, machine_type: str, *nodes: str):
    wish = Wish(machine_type=machine_type, count=len(nodes), owner="bob", purpose="try")
    lease = bench.lab.lock(wish)
    bench.run(30)
    for node in nodes:
        bench.answer_ssh(node, ready=True)
    bench.run(1)
    ready = bench.lab.lease(lease.id)
    assert (ready.state, [node.name for node in ready.nodes]) == (LeaseState.READY, [*nodes])
    return ready


def test_a_free_fixed_node_that_does_not_answer_goes_down_and_comes_up_by_itself(
    bench: Bench,
) -> None:
    assert check(bench, ONE, "connection refused").state is NodeState.FREE
    down = check(bench, ONE, "connection refused")
    assert (down.state, down.reason and down.reason.cause) == (NodeState.DOWN, Cause.UNHEALTHY)
    assert down.note == "2 health checks in a row failed; last: connection refused"
    bench.restart()
    assert bench.lab.node(ONE).state is NodeState.DOWN
    up = check(bench, ONE)
    assert (up.state, up.note) == (NodeState.FREE, None)


def test_a_node_that_a_person_marked_down_is_left_to_people(bench: Bench) -> None:
    bench.lab.change_nodes([ONE], NodeChange(up=False, note="in repair"), by="ann")
    bench.run(3600)
    assert ONE not in bench.prober.checks
    assert TWO in bench.prober.checks
    assert bench.lab.node(ONE).note == "in repair"


def test_a_node_that_a_check_marked_down_is_a_persons_once_they_mark_it(bench: Bench) -> None:
    check(bench, ONE, "silence", times=2)
    bench.lab.change_nodes([ONE], NodeChange(up=False), by="ann")
    bench.prober.checks.clear()
    bench.run(3600)
    assert ONE not in bench.prober.checks
    assert bench.lab.node(ONE).state is NodeState.DOWN


def test_who_holds_a_fixed_node_that_fails_is_told_and_keeps_it(bench: Bench) -> None:
    lease = a_ready_lease(bench, "smithi", ONE)
    ill = check(bench, ONE, "silence", times=2)
    assert (ill.state, ill.lease, ill.up) == (NodeState.READY, lease.id, False)
    assert ill.reason is not None
    assert ill.reason.cause is Cause.UNHEALTHY
    assert bench.lab.lease(lease.id).state is LeaseState.READY
    told = [event for event in bench.lab.events(lease=lease.id) if event.node == ONE]
    assert (told[-1].state, told[-1].reason) == ("ready", ill.reason)
    well = check(bench, ONE)
    assert (well.reason, well.up) == (None, True)


def test_a_fixed_node_that_failed_in_somebodys_hands_is_not_given_to_the_next(
    bench: Bench,
) -> None:
    lease = a_ready_lease(bench, "smithi", ONE)
    check(bench, ONE, "silence", times=2)
    bench.lab.release(lease.id)
    assert bench.lab.node(ONE).state is NodeState.DOWN
    a_ready_lease(bench, "smithi", TWO)


def test_who_holds_a_cloud_node_that_fails_is_told_and_the_next_gets_another_server(
    bench: Bench,
) -> None:
    lease = a_ready_lease(bench, "demo", "demo001")
    ill = check(bench, "demo001", "silence", times=2)
    assert (ill.state, ill.up, ill.lease) == (NodeState.READY, True, lease.id)
    assert ill.reason is not None
    assert ill.reason.cause is Cause.UNHEALTHY
    bench.lab.release(lease.id)
    bench.run(60)
    assert bench.lab.node(NodeName("demo001")).state is NodeState.FREE
    assert bench.lab.nodes(up=False) == []


def test_a_cloud_node_is_checked_while_it_is_ready_and_by_its_own_host_key(bench: Bench) -> None:
    bench.run(3600)
    assert "demo001" not in bench.prober.checks
    a_ready_lease(bench, "demo", "demo001")
    bench.run(600)
    assert bench.prober.checks["demo001"].host_key == "ssh-ed25519 AAAA"


def test_a_fixed_node_is_checked_at_its_address_whatever_its_host_key(bench: Bench) -> None:
    bench.lab.change_nodes([ONE], NodeChange(address="10.0.0.9"), by="ann")
    a_ready_lease(bench, "smithi", ONE)
    bench.run(600)
    target = bench.prober.checks[ONE]
    assert (target.address, target.host_key) == ("10.0.0.9", None)
    assert bench.prober.checks[TWO].address == TWO


def test_nodes_that_prove_nothing_by_ssh_are_not_checked(tmp_path: Path) -> None:
    types = {"metal": MachineTypeConfig(kind="fixed", ready="none", nodes=1), **TYPES}
    bench = Bench(tmp_path, types=types, ready="active")
    bench.lock()
    bench.run(7200)
    assert set(bench.prober.checks) == {ONE, TWO}
    bench.database.close()


# -- fixed nodes that do not answer when they are wanted ---------------------------------------------


def test_a_fixed_node_that_does_not_answer_is_swapped_for_one_that_does(bench: Bench) -> None:
    lease = bench.lab.lock(Wish(machine_type="smithi", owner="bob"))
    bench.run(301)
    swapped = bench.lab.lease(lease.id)
    assert [node.name for node in swapped.nodes] == [TWO]
    assert bench.lab.node(ONE).state is NodeState.DOWN
    bench.answer_ssh(TWO, ready=True)
    assert bench.lab.lease(lease.id).state is LeaseState.READY


def test_a_lease_fails_when_no_fixed_node_answers(bench: Bench) -> None:
    lease = bench.lab.lock(Wish(machine_type="smithi", owner="bob"))
    bench.run(602)
    failed = bench.lab.lease(lease.id)
    assert failed.reason is not None
    assert (failed.state, failed.reason.cause) == (LeaseState.FAILED, Cause.DEADLINE)
    assert {node.state for node in bench.lab.nodes(machine_type="smithi")} == {NodeState.DOWN}
    check(bench, TWO)
    assert bench.lab.node(TWO).state is NodeState.FREE


def test_nodes_without_health_checks_are_tried_as_often_as_their_type_says(bench: Bench) -> None:
    """Nobody would see them recover, so they are not marked down."""
    lease = bench.lab.lock(Wish(machine_type="quiet", owner="bob"))
    bench.run(602)
    assert bench.lab.lease(lease.id).state is LeaseState.FAILED
    assert {node.state for node in bench.lab.nodes(machine_type="quiet")} == {NodeState.FREE}


def test_a_check_that_ends_when_its_node_is_no_more_harms_nobody(bench: Bench) -> None:
    row = NodeRow(name=NodeName("extra1"), machine_type="smithi")
    bench.lab.register_nodes([row], by="ann")
    check(bench, "extra1", "silence")
    bench.run(600)
    assert "extra1" in bench.prober.checks
    bench.lab.remove_nodes([row.name], by="ann")
    bench.answer_check("extra1", "silence")
    assert row.name not in bench.steward.inventory
