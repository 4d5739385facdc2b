"""Nodes with names: set before a node counts as ready, gone before it counts as free."""

from pathlib import Path

import msgspec
import pytest

from leasehold.engine.cloud import CloudRefused, CloudUnsure, Kind, Refusal
from leasehold.engine.memory_cloud import Fault
from leasehold.engine.reason import Cause
from leasehold.lab.config import DnsConfig
from leasehold.lab.model import LeaseState, NodeName, NodeState
from leasehold.lab.names import missing
from tests.simulation.bench import Bench
from tests.unit.lab.builders import a_hold, a_type, rows_of

KEY = "ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAAIFF0dGB2QjkRVqXmjEOMzZMJjLJkqDD2Bc4gfpsRXPbD"
NODE = NodeName("demo001")


@pytest.fixture
def bench(tmp_path: Path):
    bench = Bench(tmp_path, dns="lab", ready="ssh")
    yield bench
    bench.database.close()


def answer(bench: Bench) -> None:
    bench.run(30)
    bench.answer_ssh(NODE, ready=True, host_key=KEY)


def test_a_node_has_its_names_as_long_as_it_is_held(bench: Bench) -> None:
    lease = bench.lock()
    bench.run(5)
    assert bench.records() == ["1.0.0.10.in-addr.arpa PTR", "demo001.lab.test A"]
    answer(bench)
    bench.run(5)
    assert "demo001.lab.test SSHFP" in bench.records()
    assert bench.lab.lease(lease.id).state is LeaseState.READY
    assert bench.lab.node(NODE).host_name == "demo001.lab.test"
    bench.lab.release(lease.id)
    bench.run(60)
    assert bench.records() == []
    assert bench.lab.node(NODE).state is NodeState.FREE


def test_the_name_has_the_address_of_the_node(bench: Bench) -> None:
    bench.lock()
    answer(bench)
    bench.run(5)
    address = bench.lab.node(NODE).address
    specs = [row.spec for row in bench.steward.rows_of(NODE) if row.kind is Kind.RECORD]
    assert {(spec.name, spec.values) for spec in specs if spec.record_type == "A"} == {
        ("demo001.lab.test", (address,))
    }
    assert [spec.values[0][:4] for spec in specs if spec.record_type == "SSHFP"] == ["4 2 "]


def test_a_name_server_that_is_down_delays_readiness_says_so_and_loses_nothing(
    bench: Bench,
) -> None:
    bench.name_server.faults += [Fault(verb="make", error=CloudUnsure("no answer"))] * 200
    lease = bench.lock()
    answer(bench)
    bench.run(1500)
    node = bench.lab.node(NODE)
    assert (node.state, node.reason.text) == (NodeState.REACHABLE, "no answer")
    assert bench.lab.lease(lease.id).state is LeaseState.PREPARING
    assert len(bench.servers()) == 1
    made = [verb for verb in bench.cloud.calls if verb == ("make", Kind.SERVER)]
    assert len(made) == 1, "another server would not help"
    bench.name_server.faults.clear()
    bench.run(40)
    assert bench.lab.lease(lease.id).state is LeaseState.READY


def test_names_that_never_come_end_the_lease_in_the_end(tmp_path: Path) -> None:
    bench = Bench(tmp_path, dns="lab", ready="ssh", queue_patience="1h", attempts=1)
    bench.name_server.faults += [Fault(verb="make", error=CloudUnsure("no answer"))] * 900
    lease = bench.lock()
    answer(bench)
    bench.run(3700)
    ended = bench.lab.lease(lease.id)
    assert ended.state is LeaseState.FAILED
    assert "its names were not set within 3600 s; last: no answer" in ended.reason.text
    bench.database.close()


def test_a_key_that_is_not_accepted_fails_the_lock_within_seconds(bench: Bench) -> None:
    denied = CloudRefused("name server ns: REFUSED; let it allow us", why=Refusal.CREDENTIALS)
    bench.name_server.faults.append(Fault(verb="make", error=denied))
    lease = bench.lock()
    bench.run(10)
    ended = bench.lab.lease(lease.id)
    assert (ended.state, ended.reason.cause) == (LeaseState.FAILED, Cause.CREDENTIALS)
    bench.run(60)
    assert (bench.servers(), bench.records()) == ([], [])


def test_a_name_that_somebody_changed_is_told_and_put_back_and_the_lease_goes_on(
    bench: Bench,
) -> None:
    lease = bench.lock()
    answer(bench)
    bench.run(5)
    bench.name_server.faults += [Fault(verb="make", error=CloudUnsure("no answer"))] * 50
    for each in bench.name_server.alive(Kind.RECORD):
        bench.name_server.mark(each.cloud_id, "CHANGED")
    bench.run(25)
    node = bench.lab.node(NODE)
    assert (node.state, node.reason.text) == (NodeState.REACHABLE, "no answer")
    assert bench.lab.lease(lease.id).state is LeaseState.READY
    bench.name_server.faults.clear()
    bench.run(60)
    assert bench.lab.node(NODE).state is NodeState.READY


def test_a_node_is_not_free_before_its_name_is_gone(bench: Bench) -> None:
    lease = bench.lock()
    answer(bench)
    bench.run(5)
    bench.name_server.faults += [Fault(verb="delete", error=CloudUnsure("no answer"))] * 20
    bench.lab.release(lease.id)
    bench.run(60)
    node = bench.lab.node(NODE)
    assert (node.state, node.reason.text) == (NodeState.RELEASING, "no answer")
    assert bench.servers() == []
    bench.name_server.faults.clear()
    bench.run(600)
    assert bench.lab.node(NODE).state is NodeState.FREE


def test_a_zone_that_cannot_be_transferred_is_told_by_the_node_that_waits_for_it(
    bench: Bench,
) -> None:
    lease = bench.lock()
    answer(bench)
    bench.run(5)
    denied = CloudRefused("a transfer of lab.test: REFUSED", why=Refusal.CREDENTIALS)
    bench.name_server.faults += [Fault(verb="list", error=denied)] * 50
    bench.lab.release(lease.id)
    bench.run(60)
    node = bench.lab.node(NODE)
    assert node.state is NodeState.RELEASING
    assert node.reason.text == "no news from the name server: a transfer of lab.test: REFUSED"
    bench.name_server.faults.clear()
    bench.run(120)
    assert bench.lab.node(NODE).state is NodeState.FREE


def test_another_server_for_the_node_gets_the_name(bench: Bench) -> None:
    bench.lock()
    bench.run(5)
    (server,) = bench.cloud.alive(Kind.SERVER)
    bench.cloud.mark(server.cloud_id, "ERROR", "No valid host was found.")
    bench.run(30)
    answer(bench)
    bench.run(30)
    node = bench.lab.node(NODE)
    assert node.state is NodeState.READY
    (row,) = [
        row
        for row in bench.steward.rows_of(NODE)
        if row.kind is Kind.RECORD and row.spec.record_type == "A"
    ]
    assert row.spec.values == (node.address,)
    assert bench.records().count("demo001.lab.test A") == 1


def test_a_machine_type_without_a_domain_asks_no_name_server(tmp_path: Path) -> None:
    bench = Bench(tmp_path)
    bench.lock()
    bench.run(60)
    assert bench.lab.node(NODE).host_name is None
    assert ("make", Kind.RECORD) not in bench.name_server.calls
    bench.database.close()


def test_an_audit_counts_records_and_the_plan_tells_what_they_wait_for(bench: Bench) -> None:
    bench.lock()
    bench.name_server.faults += [Fault(verb="make", error=CloudUnsure("no answer"))] * 50
    bench.run(20)
    in_use, leaving = bench.steward.objects_in("dns.lab")
    assert (in_use, leaving) == ([], [])
    future = bench.engine.look()
    bench.turn()
    waits = [row for row, _ in future.result() if row.kind is Kind.RECORD]
    assert {row.reason.text for row in waits} == {"no answer"}
    bench.name_server.faults.clear()
    bench.run(600)
    assert len(bench.steward.objects_in("dns.lab")[0]) == 2


@pytest.mark.parametrize("web", [None, "http://nsupdate"])
def test_a_node_with_an_address_of_each_family_has_both_under_its_name(web: str | None) -> None:
    rows = rows_of()
    port = next(row for row in rows.values() if row.kind is Kind.PORT)
    addresses = ("2001:db8::7", "10.0.0.7")
    rows[port.id] = msgspec.structs.replace(port, addresses=addresses)
    dns = DnsConfig(
        domain="lab.test",
        nsupdate_url=web,
        reverse_zones=("10.in-addr.arpa", "8.b.d.0.1.0.0.2.ip6.arpa"),
    )
    hold = a_hold(objects=tuple(rows))
    found = {(each.record_type, each.values) for each in missing(hold, rows, a_type(), dns)}
    if web is not None:  # there is one name, and nothing beside it, by which it is known again
        assert found == {("AAAA", ("2001:db8::7",))}
        return
    assert found == {
        ("AAAA", ("2001:db8::7",)),
        ("A", ("10.0.0.7",)),
        ("PTR", ("demo001.lab.test.",)),
    }
    assert len(missing(hold, rows, a_type(), dns)) == 4
