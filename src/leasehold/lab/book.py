"""The lab's own records: leases, and which node each holds. In memory, and in the database."""

from collections.abc import Mapping
from typing import Any

import msgspec
from sqlalchemy import Connection, delete, func, insert, select, update
from sqlalchemy.dialects.sqlite import insert as upsert

from leasehold.engine.cloud import ObjectId
from leasehold.engine.reason import Reason
from leasehold.lab.model import LeaseId, LeaseState, NodeName
from leasehold.store.tables import events, holds, leases

ENDED = frozenset({LeaseState.RELEASED, LeaseState.EXPIRED, LeaseState.FAILED})


class LeaseRow(msgspec.Struct, frozen=True, kw_only=True):
    """A lease as kept. Times are Unix seconds."""

    id: LeaseId
    epoch: int
    """Only grows, so that an old holder of a node can be told from a new one."""
    machine_type: str
    count: int
    owner: str
    purpose: str
    key: str | None
    public_keys: tuple[str, ...]
    seconds: int
    state: LeaseState
    created_at: float
    until: float | None = None
    ready_at: float | None = None
    ended_at: float | None = None
    reason: Reason | None = None

    @property
    def ended(self) -> bool:
        return self.state in ENDED


class Hold(msgspec.Struct, frozen=True, kw_only=True):
    """A node in the hands of a lease, and how far its present server has come."""

    node: NodeName
    lease: LeaseId
    attempt: int
    """Which server this is for the node under this lease, from 1."""
    planned_at: float
    server: ObjectId
    objects: tuple[ObjectId, ...]
    """The ledger rows of this attempt, the server's among them."""
    built_at: float | None = None
    """When the cloud took the order for the server."""
    host_key: str | None = None
    reached_at: float | None = None
    ready_at: float | None = None
    reason: Reason | None = None
    """What the last try to reach it ran into."""
    broken: Reason | None = None
    """Why the node is of no use any more, while its lease goes on."""


_HOLD_COLUMNS = ("node", "lease", "attempt")
_HOLD_FACTS = tuple(name for name in Hold.__struct_fields__ if name not in _HOLD_COLUMNS)


class Book:
    """Open leases and holds. Guarded by the lab's lock."""

    def __init__(self) -> None:
        self.leases: dict[LeaseId, LeaseRow] = {}
        self.holds: dict[NodeName, Hold] = {}

    def held_by(self, lease: LeaseId) -> list[Hold]:
        """The holds of a lease, by node name."""
        return sorted(
            (hold for hold in self.holds.values() if hold.lease == lease), key=lambda h: h.node
        )

    def find_key(self, owner: str, key: str) -> LeaseRow | None:
        """The open lease that this owner asked for with this key."""
        return next(
            (each for each in self.leases.values() if (each.owner, each.key) == (owner, key)), None
        )


def load(connection: Connection) -> Book:
    """The leases that have not ended, and what they hold."""
    book = Book()
    open_leases = leases.c.state.not_in([state.value for state in ENDED])
    for found in connection.execute(select(leases).where(open_leases)).mappings():
        row = _lease(dict(found))
        book.leases[row.id] = row
    for found in connection.execute(select(holds)).mappings():
        values = {name: found[name] for name in _HOLD_COLUMNS}
        hold = msgspec.convert(values | msgspec.json.decode(found["facts"]), Hold)
        book.holds[hold.node] = hold
    return book


def add_lease(connection: Connection, lease: LeaseRow) -> None:
    connection.execute(insert(leases).values(_lease_values(lease)))


def last_epoch(connection: Connection) -> int:
    """The highest epoch ever given, 0 before the first."""
    return connection.scalar(select(func.max(leases.c.epoch))) or 0


def save_lease(connection: Connection, lease: LeaseRow) -> None:
    values = _lease_values(lease)
    changed = {name: values[name] for name in _LEASE_CHANGES}
    connection.execute(update(leases).where(leases.c.id == lease.id).values(changed))


def save_hold(connection: Connection, hold: Hold) -> None:
    facts = msgspec.json.encode({name: getattr(hold, name) for name in _HOLD_FACTS})
    values = {name: getattr(hold, name) for name in _HOLD_COLUMNS} | {"facts": facts}
    connection.execute(
        upsert(holds)
        .values(values)
        .on_conflict_do_update(
            index_elements=["node"],
            set_={"attempt": hold.attempt, "facts": facts},
            where=holds.c.lease == hold.lease,
        )
    )


def add_hold(connection: Connection, hold: Hold) -> None:
    """Write a new hold. The node being its key, a second holder cannot be written at all."""
    facts = msgspec.json.encode({name: getattr(hold, name) for name in _HOLD_FACTS})
    values = {name: getattr(hold, name) for name in _HOLD_COLUMNS} | {"facts": facts}
    connection.execute(insert(holds).values(values))


def remove_hold(connection: Connection, hold: Hold) -> None:
    mine = (holds.c.node == hold.node) & (holds.c.lease == hold.lease)
    connection.execute(delete(holds).where(mine))


def find_lease(connection: Connection, lease: LeaseId) -> LeaseRow | None:
    """Any lease, ended ones included."""
    found = connection.execute(select(leases).where(leases.c.id == lease)).mappings().first()
    return _lease(dict(found)) if found else None


def find_lease_by_key(connection: Connection, owner: str, key: str) -> LeaseRow | None:
    mine = (leases.c.owner == owner) & (leases.c.key == key)
    found = connection.execute(select(leases).where(mine)).mappings().first()
    return _lease(dict(found)) if found else None


def ended_leases(connection: Connection, owner: str | None, limit: int) -> list[LeaseRow]:
    """The leases that ended, the newest first."""
    query = select(leases).where(leases.c.state.in_([state.value for state in ENDED]))
    if owner is not None:
        query = query.where(leases.c.owner == owner)
    query = query.order_by(leases.c.epoch.desc()).limit(limit)
    return [_lease(dict(found)) for found in connection.execute(query).mappings()]


def record(
    connection: Connection,
    at: float,
    state: str,
    *,
    node: NodeName | None = None,
    lease: LeaseId | None = None,
    reason: Reason | None = None,
) -> None:
    """Add a line about a node or a lease to the history."""
    values = {"at": at, "subject": node, "lease": lease, "object": None, "state": state}
    encoded = msgspec.json.encode(reason) if reason else None
    connection.execute(insert(events).values(values | {"reason": encoded}))


_LEASE_CHANGES = ("state", "count", "seconds", "until", "ready_at", "ended_at", "reason")


def _lease_values(lease: LeaseRow) -> dict[str, Any]:
    values: dict[str, Any] = msgspec.structs.asdict(lease)
    values["state"] = lease.state.value
    values["public_keys"] = msgspec.json.encode(lease.public_keys)
    values["reason"] = msgspec.json.encode(lease.reason) if lease.reason else None
    return values


def _lease(values: Mapping[str, Any]) -> LeaseRow:
    decoded = {name: values[name] for name in LeaseRow.__struct_fields__}
    decoded["public_keys"] = msgspec.json.decode(values["public_keys"])
    decoded["reason"] = msgspec.json.decode(values["reason"]) if values["reason"] else None
    return msgspec.convert(decoded, LeaseRow)
