"""Nodes as paddles shows them. What did not change since it was last shown is not written anew."""

from collections.abc import Iterable
from datetime import UTC, datetime

import msgspec

from leasehold.lab.model import NodeName
from leasehold.lab.prompt import Entry, Prompt
from leasehold.paddles.bodies import UNTYPED
from leasehold.paddles.names import Names

NOBODY = "(nobody)"
"""Who holds what was locked without an owner: paddles allows that for a new node."""

_encode = msgspec.json.Encoder().encode


class Card(msgspec.Struct, frozen=True, kw_only=True):
    """A whole node, with paddles' keys in their order."""

    name: str
    description: str | None
    up: bool
    machine_type: str | None
    is_vm: bool
    vm_host: "Card | None"
    os_type: str | None
    os_version: str | None
    arch: str | None
    locked: bool
    locked_since: str | None
    locked_by: str | None
    mac_address: str | None
    ssh_pub_key: str | None


class LockCard(msgspec.Struct, frozen=True, kw_only=True):
    """What paddles answers to a change of one lock."""

    name: str
    locked: bool
    locked_by: str | None
    machine_type: str | None
    is_vm: bool


class Cards:
    """The cards of a lab's nodes, by what the lab says of each."""

    def __init__(self, names: Names) -> None:
        self._names = names
        self._written: dict[NodeName, tuple[Entry, bytes]] = {}

    def list(self, lab: Prompt, entries: Iterable[Entry]) -> bytes:
        """A JSON array of whole nodes."""
        return b"[%b]" % b",".join([self.whole(lab, entry) for entry in entries])

    def whole(self, lab: Prompt, entry: Entry) -> bytes:
        """One whole node in JSON."""
        known = self._written.get(entry.row.name)
        if known is not None and known[0].is_still(entry):
            return known[1]
        written = _encode(self._card(lab, entry))
        if entry.row.vm_host is None:  # a guest shows its host, which changes by itself
            self._written[entry.row.name] = (entry, written)
        return written

    def lock(self, entry: Entry) -> LockCard:
        """How the lock of a node stands."""
        return LockCard(
            name=self._names.shown(entry.row.name),
            locked=entry.lease is not None,
            locked_by=holder(entry),
            machine_type=_kind(entry),
            is_vm=entry.row.is_vm,
        )

    def forget(self, node: NodeName) -> None:
        """A node is no more."""
        self._written.pop(node, None)

    def _card(self, lab: Prompt, entry: Entry) -> Card:
        row, hold = entry.row, entry.hold
        host = lab.entry(NodeName(row.vm_host)) if row.vm_host else None
        return Card(
            name=self._names.shown(entry.row.name),
            description=description(entry),
            up=row.up,
            machine_type=_kind(entry),
            is_vm=row.is_vm,
            vm_host=self._card(lab, host) if host else None,
            os_type=row.os_type,
            os_version=row.os_version,
            arch=row.arch,
            locked=entry.lease is not None,
            locked_since=_time(hold.planned_at) if hold else None,
            locked_by=holder(entry),
            mac_address=row.mac_address,
            ssh_pub_key=(hold.host_key if hold else None) or row.ssh_pub_key,
        )


def holder(entry: Entry) -> str | None:
    """Who holds a node, as paddles says it."""
    owner = entry.lease.owner if entry.lease else None
    return None if owner == NOBODY else owner


def description(entry: Entry) -> str | None:
    """What a node is held for; of a free one, what is said of itself."""
    if entry.hold is None or entry.lease is None:
        return entry.row.description
    own = entry.hold.purpose
    return (entry.lease.purpose or None) if own is None else own


def _kind(entry: Entry) -> str | None:
    return None if entry.row.machine_type == UNTYPED else entry.row.machine_type


def _time(at: float) -> str:
    """paddles' form: UTC without saying so, always with microseconds, which its clients demand."""
    return datetime.fromtimestamp(at, UTC).strftime("%Y-%m-%d %H:%M:%S.%f")
