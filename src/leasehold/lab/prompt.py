"""The lab's deeds for callers that must not block, such as an event loop with many clients."""

import threading
from collections.abc import Iterable, Iterator, Sequence
from concurrent.futures import Future

import msgspec

from leasehold.engine.engine import Engine
from leasehold.lab.book import Hold, LeaseRow
from leasehold.lab.model import LeaseId, NodeName
from leasehold.lab.node_row import NodeRow, Want
from leasehold.lab.records import Holder
from leasehold.lab.registering import Registering, check_new, note_change, of_kind
from leasehold.lab.steward import Steward
from leasehold.lab.taking import take
from leasehold.lab.wishes import USUAL_SECONDS, longest


class Entry(msgspec.Struct, frozen=True, kw_only=True):
    """A node as the lab keeps it, and who holds it; a spare's node is nobody's."""

    row: NodeRow
    hold: Hold | None = None
    lease: LeaseRow | None = None
    """Whose the hold is."""

    def is_still(self, other: "Entry") -> bool:
        """Whether nothing changed: rows are replaced, never altered."""
        return self.row is other.row and self.hold is other.hold and self.lease is other.lease


class Prompt(Registering):
    """Deeds that are done in memory when a method returns, and durable when `kept` has ended.

    Take it with `Lab.promptly`, which holds the lab's lock: what is looked at and what is done then
    belong together. For nodes in a cloud use the `Lab` itself: whether they can be had may be a
    question to the cloud.
    """

    def __init__(self, steward: Steward, engine: Engine, nudge: threading.Event) -> None:
        """`nudge` wakes the lab's keeper of time."""
        super().__init__(steward, engine)
        self._nudge = nudge
        self.kept: Future[None] | None = None
        """Ends when all that was done is durable; None if nothing was."""

    def _wait(self, durable: "Future[None]") -> None:
        self.kept = durable

    def entry(self, name: NodeName) -> Entry | None:
        """One node, or None."""
        row = self._steward.inventory.row(name)
        return None if row is None else self._entry(row)

    def entries(self, machine_types: Iterable[str] | None = None) -> Iterator[Entry]:
        """The nodes of some machine types, or all, in order."""
        return map(self._entry, self._steward.inventory.rows(machine_types))

    def rows(self) -> Iterator[NodeRow]:
        """Every node, without a look at who holds it."""
        return self._steward.inventory.rows()

    def held_by(self, lease: LeaseId) -> list[Entry]:
        """The nodes of a lease, by name."""
        rows = [self._steward.inventory.row(h.node) for h in self._steward.book.held_by(lease)]
        return [self._entry(row) for row in rows if row is not None]

    def count_free(self, machine_types: Iterable[str], want: Want) -> int:
        """How many nodes are free, and as wanted."""
        return self._steward.inventory.count(machine_types, want).free

    def lease_row(self, lease: LeaseId) -> LeaseRow:
        """A lease as it is kept, ended or not. Raises `UnknownLease`."""
        return self._find(lease)

    def has_server(self, machine_type: str) -> bool:
        """Whether a server is made for each lease of such a node."""
        config = self._steward.machine_types.get(machine_type)
        return config is not None and config.kind == "cloud"

    def longest(self, machine_types: Iterable[str]) -> int:
        """How long a lease of nodes of these machine types may last, in seconds."""
        types = self._steward.machine_types
        known = [types[each] for each in machine_types if each in types]
        return longest(known) if known else USUAL_SECONDS

    def is_instant(self, machine_types: Sequence[str]) -> bool:
        """Whether to lock free nodes of these types is all: nothing to make, prove or queue for."""
        if self._steward.config.limits.any:
            return False
        types = self._steward.machine_types
        awaited = {each for name in self._steward.book.queues() for each in name.split("|")}
        return all(
            types[each].kind == "fixed" and types[each].proof == "none" and each not in awaited
            for each in machine_types
            if each in types
        )

    def is_at_hand(self, row: NodeRow) -> bool:
        """Whether to lock this very node is all. One that is down is kept for nobody."""
        if self.has_server(row.machine_type):
            return False
        is_free = self._steward.inventory.is_free(row.name)
        return not row.up or (is_free and self.is_instant((row.machine_type,)))

    def find_free(self, machine_types: Sequence[str], want: Want, count: int) -> list[NodeRow]:
        """Free nodes that are as wanted, `count` at most."""
        inventory = self._steward.inventory
        names = inventory.free(machine_types, want, limit=count)
        return [row for name in names if (row := inventory.row(name)) is not None]

    def take(self, rows: Sequence[NodeRow], *, owner: str, purpose: str) -> LeaseRow:
        """Lease these very nodes at once, without end; they have to be fixed, and nobody's."""
        lease = take(self._steward, rows, owner=owner, purpose=purpose)
        self._wait(self._steward.turn())
        return lease

    def register_taken(self, row: NodeRow, *, by: str, owner: str, purpose: str) -> None:
        """Take a new fixed node into the inventory, leased before anybody who waits can have it.

        Raises as `register_nodes`.
        """
        steward = self._steward
        check_new(steward, row, new_types=True)
        steward.put_node(of_kind(steward, row))
        note_change(steward, row.name, "registered", f"registered by {by}")
        take(steward, [row], owner=owner, purpose=purpose)
        self._wait(steward.turn())

    def knows_last_holder(self, name: NodeName) -> bool:
        """Whether `last_holder` has an answer; if not, `Lab.recall` looks for it."""
        return name in self._steward.last_holders

    def last_holder(self, name: NodeName) -> Holder | None:
        """Who gave a free node back last, if anybody did."""
        return self._steward.last_holders.get(name)

    def describe_hold(self, name: NodeName, purpose: str | None) -> None:
        """Say what one node is held for, of all that its lease holds."""
        steward = self._steward
        steward.change_hold(steward.book.holds[name], purpose=purpose)
        note_change(steward, name, "changed", f"purpose: {purpose or 'none'}")
        self._wait(steward.turn())

    def _entry(self, row: NodeRow) -> Entry:
        book = self._steward.book
        hold = book.holds.get(row.name)
        lease = book.leases[hold.lease] if hold else None
        if lease is None or lease.spare:
            return Entry(row=row)
        return Entry(row=row, hold=hold, lease=lease)
