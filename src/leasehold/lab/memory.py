"""What the lab knows, and how it changes: in memory at once, and in the draft of the next write."""

from collections import defaultdict
from collections.abc import Collection, Iterable, Iterator

import msgspec

from leasehold.engine.clock import Clock
from leasehold.engine.cloud import ObjectId
from leasehold.engine.reason import Cause, Reason
from leasehold.engine.row import Row, State
from leasehold.lab.alarms import Alarms, Topic
from leasehold.lab.book import Book, Hold, LeaseRow
from leasehold.lab.boots import Boots
from leasehold.lab.config import Config, MachineTypeConfig
from leasehold.lab.errors import UnknownSystem
from leasehold.lab.inventory import Inventory
from leasehold.lab.journal import Journal
from leasehold.lab.model import LeaseId, LeaseState, NodeName
from leasehold.lab.node_row import NodeRow, configured_row
from leasehold.lab.paces import Pace, Paces
from leasehold.lab.records import Holder, Line, Told
from leasehold.lab.system import for_system

BARE = MachineTypeConfig(kind="fixed", ready="none")
"""What a machine type is of which only registered nodes speak."""


class Memory:
    """Guarded by the lab's lock: call everything with it in hand."""

    def __init__(self, config: Config, clock: Clock, journal: Journal) -> None:
        self.config = config
        self.clock = clock
        self.journal = journal
        self.machine_types = dict(config.machine_types)
        """Those of the configuration, and those that registered nodes brought with them."""
        made = {name for name, each in self.machine_types.items() if each.kind == "cloud"}
        self.inventory = Inventory(configured(config), cloud_types=made)
        self.book = Book()
        self.rows: dict[ObjectId, Row] = {}
        self.told: dict[NodeName, Told] = {}
        self.last_holders: dict[NodeName, Holder | None] = {}
        """Who gave nodes back last, as far as that happened here or was read."""
        self.boots = Boots()
        self.epoch = 0
        self.paces = Paces()
        self.promises: dict[LeaseId, float] = {}
        """When those in the queue that keep nodes were to have all that they need."""
        self.alarms = Alarms()
        self.short: set[ObjectId] = set()
        """Objects that wait for quota."""
        self.stirred: set[Topic] = set()
        """What has to be decided anew."""
        self.touched: set[NodeName] = set()
        """What people may have to be told about."""
        self.objects: defaultdict[NodeName, set[ObjectId]] = defaultdict(set)
        self._leaving: dict[NodeName, float] = {}
        """When nodes were given back that are not free again yet."""

    def furnish(self, kept: Iterable[NodeRow]) -> None:
        """Have the nodes of the configuration and those that were kept; nobody holds any."""
        self.machine_types.clear()  # others look into this very dict
        self.machine_types.update(self.config.machine_types)
        rows = {row.name: row for row in configured(self.config)}
        for row in kept:
            made = rows.get(row.name)
            if made is not None:
                rows[row.name] = msgspec.structs.replace(row, kind=made.kind, registered=False)
            elif row.registered and (row.machine_type in self.machine_types or row.kind == "fixed"):
                rows[row.name] = row
                self.machine_types.setdefault(row.machine_type, BARE)
        self.inventory.fill(rows.values())

    def put_node(self, row: NodeRow) -> None:
        """Take in a node, new or changed."""
        before = self.inventory.row(row.name)
        self.machine_types.setdefault(row.machine_type, BARE)
        self.inventory.put(row)
        self.journal.draft.save_node(row)
        self.touch(row.name)
        self.stirred.add(("queue", row.machine_type))
        if before is not None and before.machine_type != row.machine_type:
            self._shrink(before.machine_type)

    def diagnose(self, node: NodeName, ill: Reason | None) -> None:
        """Mark a fixed node that is ill down, and up again when it is well: if a check marked it.

        A cloud node gets another server with its next lease. Without health checks nobody would see
        a node recover, so none marks it down.
        """
        row, config = self.inventory.row(node), self.machine_type_of(node)
        if row is None or config is None or config.kind == "cloud" or not config.health_seconds:
            return
        if ill is not None and row.up:
            down = {"up": False, "down_by_check": True, "note": ill.text}
            self.put_node(msgspec.structs.replace(row, **down))
        elif ill is None and row.down_by_check:
            up = {"up": True, "down_by_check": False, "note": None}
            self.put_node(msgspec.structs.replace(row, **up))

    def remove_node(self, row: NodeRow) -> None:
        """Have a node no more."""
        self.inventory.remove(row.name)
        self.told.pop(row.name, None)
        self.last_holders.pop(row.name, None)
        self.journal.draft.remove_node(row.name)
        self.touched.add(row.name)
        self._shrink(row.machine_type)

    def _shrink(self, machine_type: str) -> None:
        """A machine type has fewer nodes; one that only they brought goes with the last of them."""
        self.stirred.add(("queue", machine_type))
        if (
            machine_type not in self.config.machine_types
            and not self.inventory.count(machine_type).all
        ):
            del self.machine_types[machine_type]

    def add_lease(self, lease: LeaseRow) -> None:
        """Put a new lease into the queue."""
        self.book.put(lease)
        self.stirred.add(("queue", lease.machine_type))
        self.journal.draft.add_lease(lease)
        self.note(lease.state.value, lease.created_at, lease=lease.id)

    def change_lease(self, lease: LeaseRow, **changes: object) -> LeaseRow:
        after = msgspec.structs.replace(lease, **changes)
        self.book.put(after)
        self._stir(after)
        self.journal.draft.save_lease(after)
        return after

    def end(self, lease: LeaseRow, state: LeaseState, reason: Reason) -> LeaseRow:
        """End a lease and give everything back."""
        now = self.clock.now()
        for hold in self.book.held_by(lease.id):
            self.let_go(hold)
        ended = msgspec.structs.replace(lease, state=state, ended_at=now, reason=reason)
        self.book.close(ended)
        self.promises.pop(ended.id, None)
        self._stir(lease)
        self._stir_own(lease.owner)
        self.alarms.put(("lease", lease.id), None)
        self.journal.draft.save_lease(ended)
        self.note(state.value, now, lease=lease.id, reason=reason)
        return ended

    def give_back(self, lease: LeaseRow, holds: Collection[Hold], reason: Reason) -> None:
        """Take some of its nodes from a lease; one that is left without any ends."""
        going = {hold.node for hold in holds}
        staying = [hold for hold in self.book.held_by(lease.id) if hold.node not in going]
        if not staying:
            self.end(lease, LeaseState.RELEASED, reason)
            return
        for hold in holds:
            self.let_go(hold)
        self.change_lease(lease, count=len(staying))

    def let_go(self, hold: Hold) -> None:
        """Take a node from its lease."""
        lease = self.book.leases[hold.lease]
        if not lease.spare:
            purpose = lease.purpose if hold.purpose is None else hold.purpose
            self.last_holders[hold.node] = Holder(owner=lease.owner, purpose=purpose)
        self.book.let_go(hold)
        self._leaving[hold.node] = self.clock.now()
        self.journal.draft.remove_hold(hold)
        self.drop(hold)
        self.touch(hold.node)
        self._stir_own(lease.owner)

    def rows_of(self, node: NodeName) -> list[Row]:
        """The ledger rows of a node, old attempts included, oldest first."""
        rows = [self.rows[each] for each in self.objects.get(node, ())]
        return sorted(rows, key=lambda row: (row.created_at, row.id))

    def objects_in(self, cloud: str) -> tuple[list[Row], list[Row]]:
        """What is ours in a cloud: in use, and on its way out."""
        held = {each for hold in self.book.holds.values() for each in hold.objects}
        rows = [row for row in self.rows.values() if row.cloud == cloud]
        in_use = [row for row in rows if (row.id in held or row.kept) and not row.doomed]
        ended = (State.PLANNED, State.GONE)
        lost = [row for row in rows if row.doomed or (row.id not in held and not row.kept)]
        out = [row for row in lost if row.state not in ended]
        return [row for row in in_use if row.state not in ended], out

    def take(self, hold: Hold, rows: Iterable[Row]) -> None:
        """Have the engine make what a hold needs, once the hold is durable."""
        self.book.hold(hold)
        for row in rows:
            self.put(row)
        self.touch(hold.node)
        self.journal.draft.plan(list(rows))

    def drop(self, hold: Hold) -> None:
        """Nobody wants any more what a hold stands on."""
        for object_id in hold.objects:
            row = self.rows.get(object_id)
            if row is not None and row.state is State.GONE:
                del self.rows[object_id]
        self.journal.draft.drop(hold.objects)

    def change_hold(self, hold: Hold, **changes: object) -> None:
        after = msgspec.structs.replace(hold, **changes)
        if after == hold:
            return
        if after.ready_at is not None and hold.ready_at is None:
            self.paces.booted(hold.machine_type, after.ready_at - hold.planned_at)
        self.book.hold(after)
        self.touch(hold.node)
        self.journal.draft.save_hold(after)

    def put(self, row: Row) -> None:
        """Take in how an object stands now."""
        node = NodeName(row.subject)
        lacks = row.state is State.PLANNED and row.reason is not None
        if lacks and row.reason and row.reason.cause is Cause.QUOTA_FULL and not row.doomed:
            self.short.add(row.id)
        else:
            self.short.discard(row.id)
        if row.state is State.GONE:
            self.objects[node].discard(row.id)
            hold = self.book.holds.get(node)
            if hold is not None and row.id in hold.objects:
                self.rows[row.id] = row  # the hold has yet to draw its conclusions from it
            else:
                self.rows.pop(row.id, None)
        else:
            self.rows[row.id] = row
            self.objects[node].add(row.id)
        if node:
            self.touch(node)

    def touch(self, node: NodeName) -> None:
        """Something happened to a node: who holds it or waits for it has to be looked at."""
        self.touched.add(node)
        hold = self.book.holds.get(node)
        if hold is not None:
            self.stirred.add(("lease", hold.lease))
        occupied = bool(self.objects.get(node))
        spare = hold is not None and self.book.leases[hold.lease].spare
        held = hold is not None and not spare  # in everybody else's eyes a spare's node is free
        awaited = self.inventory.note(node, held=held, occupied=occupied and not spare)
        if awaited is not None:
            self.stirred.add(("queue", awaited))
            left_at = self._leaving.pop(node, None)
            if left_at is not None:
                self.paces.left(awaited, self.clock.now() - left_at)

    def _stir(self, lease: LeaseRow) -> None:
        self.stirred.add(("queue", lease.machine_type) if lease.waits else ("lease", lease.id))

    def _stir_own(self, owner: str) -> None:
        """An owner has less in hand: a limit may not be in the way any more."""
        if self.config.limits.any:
            self.stirred.update(("queue", each) for each in self.book.waits_of(owner))

    def note(
        self,
        state: str,
        now: float,
        *,
        node: NodeName | None = None,
        lease: LeaseId | None = None,
        reason: Reason | None = None,
    ) -> None:
        line = Line(at=now, state=state, node=node, lease=lease, reason=reason)
        self.journal.draft.note(line)

    def pace_of(self, machine_type: str) -> Pace:
        """What a machine type usually needs; one that needs no proof is ready when it is granted."""
        pace, config = self.paces.of(machine_type), self.machine_types.get(machine_type)
        instant = config is not None and config.proof == "none"
        return msgspec.structs.replace(pace, boot=0.0) if instant else pace

    def type_name_of(self, node: NodeName) -> str | None:
        """A node's machine type; a held one keeps it when the configuration has fewer nodes now."""
        hold = self.book.holds.get(node)
        if hold is not None:
            return hold.machine_type or self.book.leases[hold.lease].machine_type
        row = self.inventory.row(node)
        return row.machine_type if row else None

    def machine_type_of(self, node: NodeName) -> MachineTypeConfig | None:
        """A node's machine type, as it is for the system that its holder asked for."""
        name = self.type_name_of(node) or ""
        config = self.machine_types.get(name)
        hold = self.book.holds.get(node)
        if config is None or hold is None or config.kind == "fixed":
            return config
        lease = self.book.leases[hold.lease]
        try:
            return for_system(name, config, lease.os_type, lease.os_version)
        except UnknownSystem:  # it was in the configuration when the node was leased
            return config


def configured(config: Config) -> Iterator[NodeRow]:
    """The nodes that the configuration makes."""
    for name, each in config.machine_types.items():
        for number in range(1, each.count + 1):
            yield configured_row(NodeName(each.node_name(name, number)), name, each.kind)
