"""The lab's records in the database: leases, holds, and the history of nodes."""

from collections.abc import Collection, Mapping, Sequence
from typing import Any

import msgspec
from sqlalchemy import (
    ColumnElement,
    Connection,
    FromClause,
    Select,
    String,
    bindparam,
    column,
    delete,
    func,
    insert,
    select,
    update,
    values,
)

from leasehold.engine.reason import Reason
from leasehold.lab.book import ENDED, SPARES_OWNER, Book, Hold, LeaseRow
from leasehold.lab.model import LeaseId, NodeName, NodeState
from leasehold.store.tables import events, holds, leases

_AT_ONCE = 500
"""Nodes that are asked about in one query."""

_ENDED = tuple(state.value for state in ENDED)
_HOLD_COLUMNS = ("node", "lease", "attempt")
_HOLD_FACTS = tuple(name for name in Hold.__struct_fields__ if name not in _HOLD_COLUMNS)
_LEASE_FIXED = frozenset(
    ("id", "epoch", "machine_type", "owner", "key", "public_keys", "created_at", "nodes")
)
_LEASE_CHANGES = tuple(name for name in LeaseRow.__struct_fields__ if name not in _LEASE_FIXED)


class Line(msgspec.Struct, frozen=True, kw_only=True):
    """A line of the history about a node or a lease. The time is Unix seconds."""

    at: float
    state: str
    node: NodeName | None = None
    lease: LeaseId | None = None
    reason: Reason | None = None


class Told(msgspec.Struct, frozen=True, kw_only=True):
    """What was last recorded of a node."""

    state: NodeState
    since: float
    reason: str | None = None


class Holder(msgspec.Struct, frozen=True, kw_only=True):
    """Who held a node last, and what for."""

    owner: str
    purpose: str


def load(connection: Connection) -> Book:
    """The leases that have not ended, and what they hold."""
    book = Book()
    found = select(leases).where(leases.c.state.not_in(_ENDED)).order_by(leases.c.epoch)
    for each in connection.execute(found).mappings():
        book.put(_lease(each))
    for each in connection.execute(select(holds)).mappings():
        values = {name: each[name] for name in _HOLD_COLUMNS}
        book.hold(msgspec.convert(values | msgspec.json.decode(each["facts"]), Hold))
    return book


def last_epoch(connection: Connection) -> int:
    """The highest epoch ever given, 0 before the first."""
    return connection.scalar(select(func.max(leases.c.epoch))) or 0


def find_lease(connection: Connection, lease: LeaseId) -> LeaseRow | None:
    """Any lease, ended ones included."""
    found = connection.execute(select(leases).where(leases.c.id == lease)).mappings().first()
    return _lease(found) if found else None


def find_lease_by_key(connection: Connection, owner: str, key: str) -> LeaseRow | None:
    mine = (leases.c.owner == owner) & (leases.c.key == key)
    found = connection.execute(select(leases).where(mine)).mappings().first()
    return _lease(found) if found else None


def ended_leases(connection: Connection, owner: str | None, limit: int) -> list[LeaseRow]:
    """The leases that ended, the newest first."""
    query = select(leases).where(leases.c.state.in_(_ENDED) & (leases.c.owner != SPARES_OWNER))
    if owner is not None:
        query = query.where(leases.c.owner == owner)
    query = query.order_by(leases.c.epoch.desc()).limit(limit)
    return [_lease(each) for each in connection.execute(query).mappings()]


def last_told(connection: Connection, nodes: Collection[NodeName]) -> dict[NodeName, Told]:
    """What the history says of these nodes: their state, and since when they are in it."""
    found = {}
    names = list(nodes)
    for begin in range(0, len(names), _AT_ONCE):
        for row in connection.execute(_last_told(names[begin : begin + _AT_ONCE])):
            reason = msgspec.json.decode(row.reason, type=Reason).text if row.reason else None
            told = Told(state=NodeState(row.state), since=row.since or row.at, reason=reason)
            found[NodeName(row.subject)] = told
    return found


def last_holders(connection: Connection, nodes: Collection[NodeName]) -> dict[NodeName, Holder]:
    """Who held these nodes last, or holds them now; spares are nobody's."""
    found = {}
    names = list(nodes)
    for begin in range(0, len(names), _AT_ONCE):
        for row in connection.execute(_last_holders(names[begin : begin + _AT_ONCE])):
            found[NodeName(row.name)] = Holder(owner=row.owner, purpose=row.purpose)
    return found


def _last_holders(nodes: Sequence[NodeName]) -> Select[Any]:
    """Each look goes backwards through the index of one node until it meets somebody."""
    named = values(column("name", String), name="named").data([(n,) for n in nodes]).cte("named")
    someone = leases.alias("someone")
    last = (
        select(events.c.lease)
        .join(someone, someone.c.id == events.c.lease)
        .where(events.c.subject == named.c.name, someone.c.owner != SPARES_OWNER)
        .order_by(events.c.id.desc())
        .limit(1)
    )
    last_id = last.correlate(named).scalar_subquery()
    return select(named.c.name, leases.c.owner, leases.c.purpose).join_from(
        named, leases, leases.c.id == last_id
    )


def _last_told(nodes: Sequence[NodeName]) -> Select[Any]:
    """The last line about each node, and when the first of those with the same state was written.

    Each look goes backwards through the index of one node, however long the history is.
    """
    named = values(column("name", String), name="named").data([(n,) for n in nodes]).cte("named")
    newest, last, other, same = (events.alias(n) for n in ("newest", "last", "other", "same"))
    last_id = select(func.max(newest.c.id)).where(newest.c.subject == named.c.name, _own(newest))
    other_id = select(func.max(other.c.id)).where(
        other.c.subject == last.c.subject, _own(other), other.c.state != last.c.state
    )
    before = func.coalesce(other_id.correlate(last).scalar_subquery(), 0)
    since = select(func.min(same.c.at)).where(
        same.c.subject == last.c.subject, _own(same), same.c.id > before
    )
    return select(last, since.correlate(last).scalar_subquery().label("since")).join_from(
        named, last, last.c.id == last_id.correlate(named).scalar_subquery()
    )


def _own(lines: FromClause) -> ColumnElement[bool]:
    """Lines about the node itself, and not about its objects or what people did."""
    return lines.c.object.is_(None) & lines.c.state.in_([state.value for state in NodeState])


_new_lease = insert(leases)
_changed_lease = update(leases).where(leases.c.id == bindparam("lease_id"))
_new_hold = insert(holds)
_of_lease = (holds.c.node == bindparam("of_node")) & (holds.c.lease == bindparam("of_lease"))
_changed_hold = update(holds).where(_of_lease)
_removed_hold = delete(holds).where(_of_lease)
_new_line = insert(events)


def add_leases(connection: Connection, rows: Collection[LeaseRow]) -> None:
    if rows:
        connection.execute(_new_lease, [_lease_values(row) for row in rows])


def save_leases(connection: Connection, rows: Collection[LeaseRow]) -> None:
    if not rows:
        return
    changes = []
    for row in rows:
        values = _lease_values(row)
        changes.append({name: values[name] for name in _LEASE_CHANGES} | {"lease_id": row.id})
    connection.execute(_changed_lease, changes)


def add_holds(connection: Connection, found: Collection[Hold]) -> None:
    """Write new holds. The node being the key, a second holder cannot be written at all."""
    if found:
        columns = [{name: getattr(hold, name) for name in _HOLD_COLUMNS} for hold in found]
        facts = [{"facts": _facts(hold)} for hold in found]
        connection.execute(_new_hold, [a | b for a, b in zip(columns, facts, strict=True)])


def save_holds(connection: Connection, found: Collection[Hold]) -> None:
    if found:
        connection.execute(
            _changed_hold,
            [{"attempt": hold.attempt, "facts": _facts(hold)} | _key(hold) for hold in found],
        )


def remove_holds(connection: Connection, found: Collection[Hold]) -> None:
    if found:
        connection.execute(_removed_hold, [_key(hold) for hold in found])


def record(connection: Connection, lines: Collection[Line]) -> None:
    """Add lines to the history."""
    if lines:
        connection.execute(
            _new_line,
            [
                {
                    "at": line.at,
                    "subject": line.node,
                    "lease": line.lease,
                    "object": None,
                    "state": line.state,
                    "reason": msgspec.json.encode(line.reason) if line.reason else None,
                }
                for line in lines
            ],
        )


def _key(hold: Hold) -> dict[str, str]:
    return {"of_node": hold.node, "of_lease": hold.lease}


def _facts(hold: Hold) -> bytes:
    return msgspec.json.encode({name: getattr(hold, name) for name in _HOLD_FACTS})


def _lease_values(lease: LeaseRow) -> dict[str, Any]:
    values: dict[str, Any] = msgspec.structs.asdict(lease)
    values["state"] = lease.state.value
    values["seconds"] = lease.seconds or 0
    values["nodes"] = msgspec.json.encode(lease.nodes)
    values["public_keys"] = msgspec.json.encode(lease.public_keys)
    values["reason"] = msgspec.json.encode(lease.reason) if lease.reason else None
    return values


def _lease(values: Mapping[Any, Any]) -> LeaseRow:
    decoded = {name: values[name] for name in LeaseRow.__struct_fields__}
    decoded["seconds"] = values["seconds"] or None
    decoded["nodes"] = msgspec.json.decode(values["nodes"] or b"[]")
    decoded["public_keys"] = msgspec.json.decode(values["public_keys"])
    decoded["reason"] = msgspec.json.decode(values["reason"]) if values["reason"] else None
    return msgspec.convert(decoded, LeaseRow)
