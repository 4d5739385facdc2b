"""Taking over the nodes and locks of another lock server: what would change here, and the change.

All of it happens, or, as soon as one node does not fit, nothing.
"""

from collections import Counter, defaultdict
from collections.abc import Collection, Mapping, Sequence

import msgspec

from leasehold.lab.errors import BadWish
from leasehold.lab.memory import Memory
from leasehold.lab.model import NodeName
from leasehold.lab.node_row import NodeRow
from leasehold.lab.prompt import Entry
from leasehold.lab.registering import check_new, clear_spare, note_change, of_kind
from leasehold.lab.taking import take


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
    same: int = 0
    """Nodes that are here as they are there."""
    conflicts: tuple[TakeoverConflict, ...] = ()

    @property
    def changes(self) -> bool:
        return bool(self.register or self.change or self.lock)


class TakeoverReport(msgspec.Struct, frozen=True, kw_only=True):
    """What a takeover did, or would do."""

    done: bool
    """False: nothing was changed, because of conflicts or because only a look was asked for."""
    registered: tuple[NodeName, ...]
    changed: tuple[NodeName, ...]
    locked: tuple[NodeName, ...]
    same: int
    """Nodes that are here as they are there."""
    conflicts: tuple[TakeoverConflict, ...]


def report(takeover: Takeover, *, done: bool) -> TakeoverReport:
    return TakeoverReport(
        done=done,
        registered=tuple(row.name for row in takeover.register),
        changed=tuple(row.name for row in takeover.change),
        locked=tuple(each.node.name for each in takeover.lock),
        same=takeover.same,
        conflicts=takeover.conflicts,
    )


def plan(
    found: Sequence[NodeThere], here: Mapping[NodeName, Entry], cloud_types: Collection[str]
) -> Takeover:
    """Compare what is there with what is here, by name.

    Nodes that are here alone stay as they are. A node of the configuration is not changed, and a
    lock that stands here is not: such differences are conflicts. Raises `BadWish` for a name that is
    there twice.
    """
    twice = [name for name, n in Counter(each.node.name for each in found).items() if n > 1]
    if twice:
        raise BadWish("nodes", twice[0], "each name once")
    register, change, lock, conflicts = [], [], [], []
    same = 0
    for each in found:
        known = here.get(each.node.name)
        wrong = _conflict(each, known, cloud_types)
        if wrong is not None:
            conflicts.append(wrong)
            continue
        locks = each.lock is not None and (known is None or known.lease is None)
        if locks:
            lock.append(each)
        if known is None:
            register.append(each.node)
        elif (row := _merged(known.row, each.node)) != known.row:
            change.append(row)
        elif not locks:
            same += 1
    return Takeover(
        register=tuple(register),
        change=tuple(change),
        lock=tuple(lock),
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
    lock = found.lock
    if known.row.machine_type != node.machine_type:
        return differ(f"held, of {known.row.machine_type}", f"of {node.machine_type}")
    if lock is None:
        return differ(f"held by {known.lease.owner}", "free")
    if (lock.owner, lock.purpose) != (known.lease.owner, known.lease.purpose):
        return differ(
            f"held by {known.lease.owner} for {known.lease.purpose!r}",
            f"held by {lock.owner} for {lock.purpose!r}",
        )
    return None
