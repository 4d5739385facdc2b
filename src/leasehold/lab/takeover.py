"""Taking over the nodes and locks of another lock server: what would change here, and the change.

All of it happens, or, as soon as one node does not fit, nothing.
"""

from collections import Counter, defaultdict
from collections.abc import Collection, Mapping, Sequence

import msgspec

from leasehold.engine.reason import Cause, Reason
from leasehold.lab.book import LeaseRow
from leasehold.lab.errors import BadWish
from leasehold.lab.memory import Memory
from leasehold.lab.model import NodeName
from leasehold.lab.node_row import NodeRow
from leasehold.lab.prompt import Entry
from leasehold.lab.registering import check_change, check_new, clear_spare, note_change, of_kind
from leasehold.lab.taking import take
from leasehold.lab.wishes import check_text


class LockThere(msgspec.Struct, frozen=True, kw_only=True):
    """Who holds a node there."""

    owner: str
    purpose: str = ""
    since: float
    """Unix seconds."""


class NodeThere(msgspec.Struct, frozen=True, kw_only=True):
    """A node as the other server has it."""

    node: NodeRow
    lock: LockThere | None = None


class TakeoverConflict(msgspec.Struct, frozen=True, kw_only=True):
    """Why a node cannot be taken over as it is there."""

    node: NodeName
    here: str
    there: str


class Takeover(msgspec.Struct, frozen=True, kw_only=True):
    """What a takeover changes."""

    register: tuple[NodeRow, ...] = ()
    change: tuple[NodeRow, ...] = ()
    lock: tuple[NodeThere, ...] = ()
    release: tuple[NodeName, ...] = ()
    """Held here otherwise than there."""
    skipped: tuple[NodeName, ...] = ()
    same: int = 0
    """Nodes that are here as they are there."""
    conflicts: tuple[TakeoverConflict, ...] = ()


class TakeoverReport(msgspec.Struct, frozen=True, kw_only=True):
    """What a takeover did, or would do."""

    done: bool
    """False: nothing was changed, because of conflicts or because only a look was asked for."""
    registered: tuple[NodeName, ...]
    changed: tuple[NodeName, ...]
    locked: tuple[NodeName, ...]
    released: tuple[NodeName, ...]
    """Those that were held here otherwise than there: with `follow` alone."""
    skipped: tuple[NodeName, ...]
    """Free nodes of a machine type that is in a cloud here, which makes nodes of its own."""
    same: int
    """Nodes that are here as they are there."""
    conflicts: tuple[TakeoverConflict, ...]


def report(takeover: Takeover, *, done: bool) -> TakeoverReport:
    return TakeoverReport(
        done=done,
        registered=tuple(row.name for row in takeover.register),
        changed=tuple(row.name for row in takeover.change),
        locked=tuple(each.node.name for each in takeover.lock),
        released=takeover.release,
        skipped=takeover.skipped,
        same=takeover.same,
        conflicts=takeover.conflicts,
    )


def plan(
    found: Sequence[NodeThere],
    here: Mapping[NodeName, Entry],
    cloud_types: Collection[str],
    *,
    follow: bool = False,
) -> Takeover:
    """Compare what is there with what is here, by name.

    Nodes that are here alone stay as they are. A node of the configuration is not changed, and,
    unless the locks shall `follow` those there, a lock that stands here is not: such differences are
    conflicts. Raises `BadWish` for a name that is there twice, and for a lock that cannot be.
    """
    twice = [name for name, n in Counter(each.node.name for each in found).items() if n > 1]
    if twice:
        raise BadWish("nodes", twice[0], "each name once")
    register, change, lock, release, skipped, conflicts = [], [], [], [], [], []
    same = 0
    for each in found:
        _check_lock(each)
        known = here.get(each.node.name)
        if each.node.machine_type in cloud_types and each.lock is None:
            skipped.append(each.node.name)
            continue
        other = _other_lease(each, known)
        wrong = _conflict(each, known, cloud_types)
        if wrong is None and other is not None and not follow:
            wrong = _lock_conflict(each, other)
        if wrong is not None:
            conflicts.append(wrong)
            continue
        if other is not None:
            release.append(each.node.name)
        is_free = known is None or known.lease is None or other is not None
        locks = each.lock is not None and is_free
        if locks:
            lock.append(each)
        if known is None:
            register.append(each.node)
        elif (row := _merged(known.row, each.node)) != known.row:
            change.append(row)
        elif not locks and other is None:
            same += 1
    return Takeover(
        register=tuple(register),
        change=tuple(change),
        lock=tuple(lock),
        release=tuple(release),
        skipped=tuple(skipped),
        same=same,
        conflicts=tuple(conflicts),
    )


def carry_out(memory: Memory, takeover: Takeover, *, by: str) -> None:
    """Do what was planned, in memory and in one draft. Raises as `register_nodes` does, before.

    The nodes that one owner holds there for one purpose are one lease here.
    """
    for row in takeover.register:
        check_new(memory, row, new_types=True)
    for row in takeover.change:
        old = memory.inventory.row(row.name)
        if old is not None:
            check_change(memory, old, row, new_types=True)
    for name in takeover.release:
        hold = memory.book.holds[name]
        reason = Reason(cause=Cause.RELEASED, text=f"held otherwise where {by} took it over from")
        memory.give_back(memory.book.leases[hold.lease], [hold], reason)
    for row in takeover.change:
        if memory.type_name_of(row.name) != row.machine_type:
            clear_spare(memory, row.name)
    for row in (*takeover.register, *takeover.change):
        memory.put_node(of_kind(memory, row))
        note_change(memory, row.name, "registered", f"taken over by {by}")
    groups: defaultdict[tuple[str, str], list[NodeThere]] = defaultdict(list)
    for each in takeover.lock:
        assert each.lock is not None, "only nodes that are locked there are to be locked here"
        groups[each.lock.owner, each.lock.purpose].append(each)
    for (owner, purpose), several in groups.items():
        found = [memory.inventory.row(each.node.name) for each in several]
        rows = [row for row in found if row is not None]
        since = {each.node.name: each.lock.since for each in several if each.lock}
        take(memory, rows, owner=owner, purpose=purpose, since=since)


_LATEST = 4102444800.0
"""The year 2100: no lock there is younger."""


def _check_lock(found: NodeThere) -> None:
    """Raise `BadWish` for a lock that nobody can have."""
    lock = found.lock
    if lock is None:
        return
    if not lock.owner:
        raise BadWish("owner", lock.owner, f"who holds {found.node.name}")
    check_text("owner", lock.owner)
    check_text("purpose", lock.purpose)
    if not 0 <= lock.since <= _LATEST:
        raise BadWish("since", lock.since, "Unix seconds, before the year 2100")


def _other_lease(found: NodeThere, known: Entry | None) -> LeaseRow | None:
    """What holds the node here, if it is not held so there."""
    if known is None or known.lease is None:
        return None
    lock, lease = found.lock, known.lease
    alike = lock is not None and (lock.owner, lock.purpose) == (lease.owner, lease.purpose)
    return None if alike else lease


def _lock_conflict(found: NodeThere, lease: LeaseRow) -> TakeoverConflict:
    lock = found.lock
    if lock is None:
        here, there = f"held by {lease.owner}", "free"
    else:
        here = f"held by {lease.owner} for {lease.purpose!r}"
        there = f"held by {lock.owner} for {lock.purpose!r}"
    return TakeoverConflict(node=found.node.name, here=here, there=there)


_OWN = ("kind", "registered", "down_by_check", "note", "address")
"""What the other server does not know of a node."""


def _merged(here: NodeRow, there: NodeRow) -> NodeRow:
    """A node as it is there, with what only we know of it."""
    return msgspec.structs.replace(there, **{name: getattr(here, name) for name in _OWN})


def _conflict(
    found: NodeThere, known: Entry | None, cloud_types: Collection[str]
) -> TakeoverConflict | None:
    node = found.node

    def differ(here: str, there: str) -> TakeoverConflict:
        return TakeoverConflict(node=node.name, here=here, there=there)

    if node.machine_type in cloud_types:
        return differ(
            f"{node.machine_type} is a machine type in a cloud", "a machine that is always there"
        )
    if known is None:
        return None
    if not known.row.registered:
        return differ("made by the configuration", f"a node of {node.machine_type}")
    if known.lease is None:
        return None
    if known.row.machine_type != node.machine_type:
        return differ(f"held, of {known.row.machine_type}", f"of {node.machine_type}")
    return None
