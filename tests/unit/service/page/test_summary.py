from datetime import UTC, datetime

from leasehold.lab.model import (
    Lease,
    LeaseId,
    LeaseState,
    MachineType,
    Node,
    NodeName,
    NodeState,
)
from leasehold.service.page import summary
from leasehold.service.page.board import Snapshot

NOW = datetime(2026, 1, 2, 3, 4, 5, tzinfo=UTC)


def a_node(name: str, **values: object) -> Node:
    return Node(**{"name": NodeName(name), "machine_type": "demo", "cloud": "c", **values})


def a_lease(name: str, **values: object) -> Lease:
    fields = {
        "id": LeaseId(name), "machine_type": "demo", "count": 1, "owner": "ann", "purpose": "",
        "state": LeaseState.READY, "epoch": 1, "created_at": NOW, "seconds": 60,
    }  # fmt: skip
    return Lease(**{**fields, **values})


def a_type(name: str, **values: object) -> MachineType:
    fields = {"name": name, "cloud": "c", "nodes": 3, "free": 1, "image": "i", "flavor": "f"}
    return MachineType(**{**fields, "seconds": 60, "max_seconds": 600, **values})


def a_snapshot(*shown: Node | Lease | MachineType) -> Snapshot:
    return Snapshot(
        at=1,
        nodes={each.name: each for each in shown if isinstance(each, Node)},
        leases={each.id: each for each in shown if isinstance(each, Lease)},
        machine_types=[each for each in shown if isinstance(each, MachineType)],
    )


def test_each_type_counts_its_nodes_by_state_and_who_waits_for_it() -> None:
    snapshot = a_snapshot(
        a_type("demo"),
        a_type("metal"),
        a_node("n1"),
        a_node("n2", state=NodeState.READY),
        a_node("n3"),
        a_node("m1", machine_type="metal", state=NodeState.DOWN),
        a_lease("lease-1", state=LeaseState.WAITING, machine_type="demo|metal"),
        a_lease("lease-2", state=LeaseState.WAITING, machine_type="metal"),
    )
    demo, metal = summary.types(snapshot)
    assert (demo.states, demo.waiting) == ({"free": 2, "ready": 1}, 1)
    assert (metal.states, metal.waiting) == ({"down": 1}, 2)


def test_the_queue_is_in_the_order_of_its_places() -> None:
    waits = {"state": LeaseState.WAITING}
    snapshot = a_snapshot(
        a_lease("lease-b", position=2, **waits),
        a_lease("lease-a", position=1, **waits),
        a_lease("lease-r"),
    )
    assert [each.id for each in summary.queue(snapshot)] == ["lease-a", "lease-b"]


def test_nodes_are_found_by_text_type_and_state_together() -> None:
    snapshot = a_snapshot(
        a_node("demo001", owner="Ann@lab", state=NodeState.READY),
        a_node("demo002", address="10.0.0.7"),
        a_node("metal1", machine_type="metal"),
    )

    def names(**asked: str) -> list[str]:
        return [node.name for node in summary.nodes(snapshot, **asked)]

    assert names(text=" ANN ") == ["demo001"]
    assert names(text="10.0.0.7") == ["demo002"]
    assert names(machine_type="metal") == ["metal1"]
    assert names(state="ready", machine_type="demo") == ["demo001"]
    assert names(text="nope") == []
    assert len(names()) == 3


def test_a_search_finds_nodes_leases_and_owners_and_nothing_for_nothing() -> None:
    snapshot = a_snapshot(
        a_node("demo001", owner="ann@lab"),
        a_lease("lease-1", owner="ann@lab", nodes=(a_node("demo001"),)),
        a_lease("lease-2", owner="bob@lab", purpose="for ann"),
    )
    hits = summary.search(snapshot, "ann")
    assert [node.name for node in hits.nodes.items] == ["demo001"]
    assert [lease.id for lease in hits.leases.items] == ["lease-1", "lease-2"]
    assert hits.owners.items == [("ann@lab", 1, 1)]
    nothing = summary.search(snapshot, " ")
    assert nothing.nodes.total == nothing.leases.total == nothing.owners.total == 0


def test_a_sheet_beyond_the_end_is_the_last_one() -> None:
    items = list(range(250))
    assert summary.sheet(items, 1).items == items[:100]
    last = summary.sheet(items, 99)
    assert (last.number, last.count, last.total, last.items) == (3, 3, 250, items[200:])
    assert summary.sheet(items, -5).number == 1
    assert summary.sheet([], 7).number == 1
