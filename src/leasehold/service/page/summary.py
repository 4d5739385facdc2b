"""Figures, parts and searches of a snapshot, small enough to be read. Pure."""

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from typing import Any, Generic, TypeVar

import msgspec

from leasehold.datasets.model import AgentNode, Dataset, DatasetState
from leasehold.lab.model import Lease, LeaseState, MachineType, Node, NodeState
from leasehold.service.page.board import Snapshot

T = TypeVar("T")

PER_PAGE = 100
FOUND_AT_MOST = 25
"""Hits of each kind that a search shows."""


class TypeSummary(msgspec.Struct, frozen=True, kw_only=True):
    """A machine type and what its nodes are doing."""

    type: MachineType
    states: Mapping[str, int]
    """How many nodes are in each state that any is in, in the order of a node's way."""
    waiting: int
    """How many leases wait for it."""


class Sheet(msgspec.Struct, Generic[T], frozen=True, kw_only=True):
    """One page of a longer list."""

    items: Sequence[T]
    number: int
    """From 1."""
    count: int
    """How many pages there are."""
    total: int
    """How many items there are on all of them."""


class Hits(msgspec.Struct, frozen=True, kw_only=True):
    """What a search found."""

    nodes: Sheet[Node]
    leases: Sheet[Lease]
    owners: Sheet[tuple[str, int, int]]
    """Each with how many leases and nodes are theirs."""
    datasets: Sheet[Dataset]
    dataset_nodes: Sheet[AgentNode]


def types(snapshot: Snapshot) -> list[TypeSummary]:
    """Each machine type, and what its nodes are doing."""
    counts: dict[str, Counter[NodeState]] = {}
    for node in snapshot.nodes.values():
        counts.setdefault(node.machine_type, Counter())[node.state] += 1
    waiting = Counter(
        name for lease in queue(snapshot) for name in lease.machine_type.split("|") if name
    )
    return [
        TypeSummary(
            type=each,
            states={
                state.value: number
                for state in NodeState
                if (number := counts.get(each.name, Counter())[state])
            },
            waiting=waiting[each.name],
        )
        for each in snapshot.machine_types
    ]


def queue(snapshot: Snapshot) -> list[Lease]:
    """Who waits, in the order in which they are served."""
    waiting = [each for each in snapshot.leases.values() if each.state is LeaseState.WAITING]
    return sorted(waiting, key=lambda each: (each.machine_type, each.position or 0, each.epoch))


def mine(snapshot: Snapshot, owner: str) -> list[Lease]:
    return [lease for lease in snapshot.leases.values() if lease.owner == owner]


def nodes(
    snapshot: Snapshot, *, text: str = "", machine_type: str = "", state: str = ""
) -> list[Node]:
    """The nodes that fit; a text is looked for in whatever a row shows."""
    wanted = text.strip().casefold()
    return [
        node
        for node in snapshot.nodes.values()
        if machine_type in ("", node.machine_type)
        and state in ("", node.state.value)
        and (not wanted or _holds(wanted, _texts_of_node(node)))
    ]


def leases(found: Iterable[Lease], text: str = "") -> list[Lease]:
    wanted = text.strip().casefold()
    return [lease for lease in found if not wanted or _holds(wanted, _texts_of_lease(lease))]


def datasets_like(found: Iterable[Dataset], *, text: str = "", state: str = "") -> list[Dataset]:
    """The datasets that fit; those that are gone only if they are asked for."""
    wanted = text.strip().casefold()
    return [
        each
        for each in found
        if (each.state == state if state else each.state is not DatasetState.GONE)
        and (not wanted or _holds(wanted, _texts_of_dataset(each)))
    ]


def dataset_nodes_like(found: Iterable[AgentNode], text: str) -> list[AgentNode]:
    wanted = text.strip().casefold()
    return [
        each
        for each in found
        if not wanted or _holds(wanted, (each.name, each.cloud, each.server_id, each.address))
    ]


def search(
    snapshot: Snapshot,
    text: str,
    *,
    datasets: Iterable[Dataset] = (),
    dataset_nodes: Iterable[AgentNode] = (),
) -> Hits:
    """All that holds the text; nothing for an empty one."""
    wanted = text.strip().casefold()
    if not wanted:
        nothing: Sheet[Any] = sheet([], 1)
        return Hits(
            nodes=nothing, leases=nothing, owners=nothing, datasets=nothing, dataset_nodes=nothing
        )
    held: Counter[str] = Counter()
    count: Counter[str] = Counter()
    for lease in snapshot.leases.values():
        if wanted in lease.owner.casefold():
            count[lease.owner] += 1
            held[lease.owner] += len(lease.nodes)
    owners = [(owner, number, held[owner]) for owner, number in sorted(count.items())]
    return Hits(
        nodes=sheet(nodes(snapshot, text=text), 1, FOUND_AT_MOST),
        leases=sheet(leases(snapshot.leases.values(), text), 1, FOUND_AT_MOST),
        owners=sheet(owners, 1, FOUND_AT_MOST),
        datasets=sheet(datasets_like(datasets, text=text), 1, FOUND_AT_MOST),
        dataset_nodes=sheet(dataset_nodes_like(dataset_nodes, text), 1, FOUND_AT_MOST),
    )


def sheet(items: Sequence[T], number: int, size: int = PER_PAGE) -> Sheet[T]:
    """A page of a list; a number beyond its ends is the nearest there is."""
    count = max(1, -(-len(items) // size))
    number = min(max(1, number), count)
    shown = items[(number - 1) * size : number * size]
    return Sheet(items=shown, number=number, count=count, total=len(items))


def _holds(wanted: str, texts: Iterable[str | None]) -> bool:
    return any(text is not None and wanted in text.casefold() for text in texts)


def _texts_of_node(node: Node) -> Iterable[str | None]:
    return node.name, node.machine_type, node.owner, node.address, node.host_name, node.lease


def _texts_of_lease(lease: Lease) -> Iterable[str | None]:
    return lease.id, lease.owner, lease.purpose, lease.machine_type


def _texts_of_dataset(dataset: Dataset) -> Iterable[str | None]:
    held = dataset.hold
    return (
        dataset.name,
        dataset.id,
        dataset.owner,
        dataset.node,
        dataset.attached_node,
        dataset.volume_id,
        held.owner if held else None,
    )
