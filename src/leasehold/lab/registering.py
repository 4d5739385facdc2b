"""Registering nodes, saying how they are, marking them down and up, removing them."""

import re
from collections import Counter
from collections.abc import Sequence

import msgspec

from leasehold.engine.choice import near
from leasehold.engine.reason import Cause, Reason
from leasehold.lab.config.values import LABEL
from leasehold.lab.errors import (
    BadWish,
    NodeConfigured,
    NodeExists,
    NodeHeld,
    UnknownMachineType,
)
from leasehold.lab.leasing import Leasing
from leasehold.lab.memory import BARE, Memory
from leasehold.lab.model import LeaseState, Node, NodeName
from leasehold.lab.node_names import check_name
from leasehold.lab.node_row import NodeChange, NodeRow

_TYPE = re.compile(r"[A-Za-z0-9][A-Za-z0-9._-]{0,62}")


class Registering(Leasing):
    """A method that changes something waits for one commit, and for nothing else."""

    def register_nodes(
        self, rows: Sequence[NodeRow], *, by: str, new_types: bool = False
    ) -> list[Node]:
        """Take new nodes into the inventory, all or none. They can be locked at once.

        With `new_types` a machine type that is nowhere yet begins with its first nodes: fixed ones
        that need no proof. Raises `NodeExists`, `UnknownMachineType` or `BadWish`.
        """
        steward = self._steward
        with steward.lock:
            for row in rows:
                check_new(steward, row, new_types=new_types)
            _check_once([row.name for row in rows])
            for row in rows:
                steward.put_node(of_kind(steward, row))
                note_change(steward, row.name, "registered", f"registered by {by}")
            durable = steward.turn()
        self._wait(durable)
        return self._those(rows)

    def change_nodes(
        self,
        names: Sequence[NodeName],
        change: NodeChange,
        *,
        by: str,
        new_types: bool = False,
    ) -> list[Node]:
        """Say how nodes are, of all or of none. A node that goes down stays with who holds it.

        Raises `UnknownNode`, `BadWish`, or, for another machine type, as `register_nodes` does and
        `NodeHeld` or `NodeConfigured`.
        """
        steward = self._steward
        with steward.lock:
            before = [self._row_of(name) for name in dict.fromkeys(names)]
            after = [change.applied_to(row) for row in before]
            for old, new in zip(before, after, strict=True):
                check_change(steward, old, new, new_types=new_types)
            for old, new in zip(before, after, strict=True):
                if old.machine_type != new.machine_type:
                    clear_spare(steward, old.name)
                if old != new:
                    steward.put_node(of_kind(steward, new))
                    note_change(steward, new.name, "changed", f"{_difference(old, new)}, by {by}")
            durable = steward.turn()
        self._wait(durable)
        return self._those(after)

    def remove_nodes(self, names: Sequence[NodeName], *, by: str) -> None:
        """Have registered nodes no more, all or none; their history stays.

        Raises `UnknownNode`, `NodeHeld`, or `NodeConfigured`.
        """
        steward = self._steward
        with steward.lock:
            rows = [self._row_of(name) for name in dict.fromkeys(names)]
            for row in rows:
                if not row.registered:
                    raise NodeConfigured(row.name, row.machine_type)
                _demand_free(steward, row.name)
            for row in rows:
                clear_spare(steward, row.name)
                steward.remove_node(row)
                note_change(steward, row.name, "removed", f"removed by {by}")
            durable = steward.turn()
        self._wait(durable)

    def _those(self, rows: Sequence[NodeRow]) -> list[Node]:
        """The nodes as they are now; one that was removed meanwhile has ceased to be."""
        with self._steward.lock:
            return [self.node(row.name) for row in rows if row.name in self._steward.inventory]


def _check_once(names: Sequence[NodeName]) -> None:
    twice = [name for name, number in Counter(names).items() if number > 1]
    if twice:
        raise BadWish("names", twice[0], "each name once")


def check_new(memory: Memory, row: NodeRow, *, new_types: bool) -> None:
    """Raise what `Registering.register_nodes` does for one node."""
    check_name(row.name)
    known = memory.inventory.row(row.name)
    if known is not None:
        raise NodeExists(row.name, known.machine_type)
    hold = memory.book.holds.get(row.name)
    if hold is not None:  # the configuration had it once, and somebody holds it still
        raise NodeExists(row.name, memory.book.leases[hold.lease].machine_type)
    _check_type(memory, row, new_types=new_types)
    _check_texts(row)


def check_change(memory: Memory, old: NodeRow, new: NodeRow, *, new_types: bool) -> None:
    if old.machine_type != new.machine_type:
        if not old.registered:
            raise NodeConfigured(old.name, old.machine_type)
        _demand_free(memory, old.name)
        _check_type(memory, new, new_types=new_types)
    _check_texts(new)


def _check_type(memory: Memory, row: NodeRow, *, new_types: bool) -> None:
    config = memory.machine_types.get(row.machine_type)
    if config is None and not new_types:
        known = list(memory.machine_types)
        raise UnknownMachineType(row.machine_type, near(row.machine_type, known), known)
    if not _TYPE.fullmatch(row.machine_type):
        allowed = "letters, digits and inner '.', '_' or '-', 63 at most"
        raise BadWish("machine_type", row.machine_type, allowed)
    if config is not None and config.kind == "cloud" and not LABEL.fullmatch(row.name):
        allowed = "for cloud nodes, lower-case letters, digits and inner hyphens, as in a host name"
        raise BadWish("names", row.name, allowed)


def _check_texts(row: NodeRow) -> None:
    for field in row.__struct_fields__:
        value = getattr(row, field)
        if isinstance(value, str) and "\0" in value:
            raise BadWish(field, value, "text without NUL, which no ledger keeps")


def _demand_free(memory: Memory, name: NodeName) -> None:
    """Raise `NodeHeld` if somebody has it; a spare is nobody's."""
    hold = memory.book.holds.get(name)
    if hold is not None and not memory.book.leases[hold.lease].spare:
        raise NodeHeld(name, memory.book.leases[hold.lease].owner, hold.lease)


def clear_spare(memory: Memory, name: NodeName) -> None:
    """Give up the spare on a free node, if there is one."""
    hold = memory.book.holds.get(name)
    if hold is not None:
        reason = Reason(cause=Cause.RELEASED, text="its node was removed, or is of another type")
        memory.end(memory.book.leases[hold.lease], LeaseState.RELEASED, reason)


def of_kind(memory: Memory, row: NodeRow) -> NodeRow:
    config = memory.machine_types.get(row.machine_type, BARE)
    return msgspec.structs.replace(row, kind=config.kind)


def _difference(old: NodeRow, new: NodeRow) -> str:
    """What changed, in words for the history."""
    fields = [each for each in new.__struct_fields__ if getattr(old, each) != getattr(new, each)]
    shown = [f"{each.replace('_', ' ')}: {_shown(getattr(new, each))}" for each in fields]
    return "; ".join(shown)


def _shown(value: object) -> str:
    if value is None:
        return "none"
    if isinstance(value, bool):
        return "yes" if value else "no"
    return f"{str(value)[:60]}..." if len(str(value)) > 63 else str(value)


def note_change(memory: Memory, name: NodeName, what: str, text: str) -> None:
    """Write into a node's history who changed what about it."""
    reason = Reason(cause=Cause.CHANGED, text=text)
    memory.note(what, memory.clock.now(), node=name, reason=reason)
