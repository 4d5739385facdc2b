"""Nodes, leases and plans as people see them, put together from the records. Read only."""

from collections.abc import Iterable

import msgspec

from leasehold.engine.decide import Action, moment
from leasehold.engine.decide import name as name_of
from leasehold.engine.engine import Engine
from leasehold.engine.reason import Cause, Reason
from leasehold.engine.row import Row, State
from leasehold.lab import names
from leasehold.lab.book import LeaseRow
from leasehold.lab.config import MachineTypeConfig
from leasehold.lab.duration import parse_duration
from leasehold.lab.model import (
    CloudObject,
    Lease,
    LeaseState,
    MachineType,
    Node,
    NodeName,
    NodeState,
    Step,
)
from leasehold.lab.node_row import configured_row
from leasehold.lab.outlook import LOOKED_AT
from leasehold.lab.steward import Steward


def node(steward: Steward, node_name: NodeName, config: MachineTypeConfig) -> Node:
    """One node."""
    with steward.lock:
        hold = steward.book.holds.get(node_name)
        how = steward.progress(node_name, config)
        told = steward.told.get(node_name)
        holder = steward.book.leases[hold.lease] if hold else None
        holder = None if holder and holder.spare else holder
        machine_type = steward.type_name_of(node_name) or ""
        row = steward.inventory.row(node_name)
    if row is None:  # the configuration had it once, and somebody holds it still
        row = configured_row(node_name, machine_type, config.kind)
    dns = steward.config.dns.get(config.dns or "")
    return Node(
        name=node_name,
        machine_type=machine_type,
        kind=config.kind,
        cloud=config.cloud,
        state=how.state,
        since=moment(told.since) if told else None,
        lease=holder.id if holder else None,
        owner=holder.owner if holder else None,
        address=how.address,
        ssh_port=config.ssh_port,
        ssh_user=config.ssh_user,
        host_key=hold.host_key if hold else None,
        server_id=how.server_id,
        host_name=names.host_name(node_name, dns) if dns else None,
        reason=how.reason,
        registered=row.registered,
        up=row.up,
        note=row.note,
        description=row.description,
        os_type=row.os_type,
        os_version=row.os_version,
        arch=row.arch,
        is_vm=row.is_vm,
        vm_host=row.vm_host,
        mac_address=row.mac_address,
        ssh_pub_key=row.ssh_pub_key,
    )


def nodes(steward: Steward, wanted: Iterable[NodeName]) -> list[Node]:
    """Those of them that there are. Call with the lock in hand."""
    return [
        node(steward, name, config) for name in wanted if (config := steward.machine_type_of(name))
    ]


def lease(steward: Steward, row: LeaseRow) -> Lease:
    """A lease with its nodes, and its place in the queue."""
    book = steward.book
    with steward.lock:
        held = nodes(steward, [hold.node for hold in book.held_by(row.id)])
        prospect = _prospect(steward, row, held)
    return Lease(
        id=row.id,
        machine_type=row.machine_type,
        count=row.count,
        owner=row.owner,
        purpose=row.purpose,
        state=row.state,
        epoch=row.epoch,
        created_at=moment(row.created_at),
        seconds=row.seconds,
        wanted=row.nodes,
        os_type=row.os_type,
        os_version=row.os_version,
        arch=row.arch,
        priority=row.priority,
        until=moment(row.until) if row.until else None,
        ready_at=moment(row.ready_at) if row.ready_at else None,
        ended_at=moment(row.ended_at) if row.ended_at else None,
        nodes=tuple(held),
        reason=prospect.blocks[0] if row.waits else row.reason,
        position=prospect.position,
        blocks=prospect.blocks,
        expected_at=moment(prospect.ready_at) if prospect.ready_at else None,
    )


class _Prospect(msgspec.Struct, frozen=True, kw_only=True):
    position: int | None = None
    blocks: tuple[Reason, ...] = ()
    ready_at: float | None = None


def _prospect(steward: Steward, row: LeaseRow, held: list[Node]) -> _Prospect:
    """What a lease that is not ready can know of its way."""
    if row.waits:
        outlook, ready_at = steward.outlook(row)
        return _Prospect(position=outlook.position, blocks=outlook.blocks, ready_at=ready_at)
    if row.state is not LeaseState.PREPARING:
        return _Prospect()
    reasons = [each.reason for each in held if each.state is not NodeState.READY and each.reason]
    blocks = {(each.cause, each.text): each for each in reasons}
    return _Prospect(blocks=tuple(blocks.values()), ready_at=steward.ready_at(row))


def machine_types(steward: Steward) -> list[MachineType]:
    """What can be locked, and how much of it is free."""
    with steward.lock:
        return [
            MachineType(
                name=type_name,
                kind=config.kind,
                cloud=config.cloud,
                dns=names.authority(config.dns) if config.dns else None,
                nodes=(count := steward.inventory.count(type_name)).all,
                free=count.free,
                down=count.down,
                image=_rule(config.image),
                flavor=_rule(config.flavor),
                seconds=parse_duration(config.duration),
                max_seconds=parse_duration(config.max_duration),
            )
            for type_name, config in steward.machine_types.items()
        ]


def plan(steward: Steward, engine: Engine, found: list[tuple[Row, Action | None]]) -> list[Step]:
    """Rows that are not settled, clouds that cannot be listed, leases in the queue."""
    steps = [
        Step(
            cloud=row.cloud,
            kind=row.kind.value,
            object=row.id,
            node=NodeName(row.subject) if row.subject else None,
            action=action.verb.value if action else "wait",
            due=moment(row.wake_at) if row.wake_at else None,
            reason=row.reason or _nature(row),
        )
        for row, action in found
    ]
    steps += [
        _waiting(watch.name, "listing", f"{kind.value}s", reason)
        for watch in engine.watches.values()
        for kind, reason in watch.troubles.items()
    ]
    with steward.lock:
        return steps + [
            _waiting(config.cloud, "lease", each.id, each.reason or LOOKED_AT)
            for each in steward.book.leases.values()
            if each.waits and (config := steward.machine_types.get(each.machine_types[0]))
        ]


def cloud_object(row: Row) -> CloudObject:
    """A ledger row."""
    return CloudObject(
        id=row.id,
        kind=row.kind.value,
        cloud=row.cloud,
        state=row.state.value,
        cloud_id=row.cloud_id,
        node=NodeName(row.subject) if row.subject else None,
        reason=row.reason,
    )


def _waiting(cloud: str, kind: str, what: str, reason: Reason) -> Step:
    return Step(
        cloud=cloud, kind=kind, object=what, node=None, action="wait", due=None, reason=reason
    )


def _rule(rule: str | msgspec.Struct) -> str:
    """A name, or a rule in short: what of it says more than its default."""
    if isinstance(rule, str):
        return rule
    fields = msgspec.structs.fields(type(rule))
    told = [(each.name, getattr(rule, each.name), each.default) for each in fields]
    return ", ".join(f"{name} {value}" for name, value, default in told if value != default)


def _nature(row: Row) -> Reason:
    """What a row without a reason is doing."""
    if row.state is State.BUILDING:
        return Reason(cause=Cause.BOOTING, text=f"the cloud is building the {name_of(row)}")
    return Reason(cause=Cause.NEEDS, text=f"is {row.state.value}")
