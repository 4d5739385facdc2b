"""Carries out what the lab decides: the records change in memory, then durably, then for the engine.

Every change happens under one lock, and its write is queued before the lock is let go, so that the
database sees changes in the same order. Nobody waits for the database with the lock in hand.
"""

import threading
from collections import defaultdict
from collections.abc import Collection, Mapping, Sequence
from concurrent.futures import Future

import msgspec
import structlog

from leasehold.engine.clock import Clock
from leasehold.engine.cloud import Kind, ObjectId, RecordSpec
from leasehold.engine.engine import Change, Engine
from leasehold.engine.errors import NotOffered
from leasehold.engine.reason import Cause, Reason
from leasehold.engine.row import Row, State
from leasehold.engine.stock import Stock
from leasehold.lab import decide, names, progress, records
from leasehold.lab.aim import Aim
from leasehold.lab.alarms import Alarms, Topic
from leasehold.lab.book import Book, Hold, LeaseRow
from leasehold.lab.config import Config, MachineTypeConfig
from leasehold.lab.inventory import Inventory
from leasehold.lab.journal import Journal
from leasehold.lab.model import LeaseId, LeaseState, NodeName, NodeState
from leasehold.lab.planner import Plan, Planner
from leasehold.lab.prober import Finding
from leasehold.lab.records import Line, Told
from leasehold.lab.user_data import BadUserData
from leasehold.store import Database

log = structlog.get_logger()

STORE_RETRY = 5.0
"""Seconds until we act by ourselves again after a write was lost, for example on a full disk."""

IDLE = 3600.0
"""Seconds between two turns when nothing happens."""


class Steward:
    """The lab's state, and the hands that change it."""

    def __init__(
        self, database: Database, config: Config, stock: Stock, clock: Clock, lab_key: str
    ) -> None:
        self.database = database
        self.config = config
        self.stock = stock
        self.clock = clock
        self.planner = Planner(config, stock, lab_key)
        self.engine: Engine
        """Set by `attach`: the engine needs `heard_rows`, and we need the engine."""
        self.lock = threading.RLock()
        self.settled = threading.Condition(self.lock)
        self.nodes = nodes_of(config)
        self.type_names = {node: name for name, nodes in self.nodes.items() for node in nodes}
        self.inventory = Inventory(self.nodes)
        self.book = Book()
        self.rows: dict[ObjectId, Row] = {}
        self.told: dict[NodeName, Told] = {}
        self.wake_at = 0.0
        self.epoch = 0
        self.aim = Aim()
        self.journal = Journal(database)
        self.journal.on_ended = lambda lease: self.book.forget(lease)
        self.journal.on_lost = lambda: self.engine.tell(self.reload)
        self._alarms = Alarms()
        self._objects: defaultdict[NodeName, set[ObjectId]] = defaultdict(set)
        self._touched: set[NodeName] = set()
        self._stirred: set[Topic] = set()

    def attach(self, engine: Engine) -> None:
        """Take the engine, and what the database knows."""
        self.engine = self.journal.engine = engine
        with self.lock:
            self.reload()
            self.turn()

    # -- news ------------------------------------------------------------------------------------

    def heard_rows(self, changes: Collection[Change]) -> None:
        """The engine's rows changed. Called in its thread, after its commit."""
        with self.lock:
            for _, row in changes:
                self._put(row)
            self.turn()

    def heard_finding(self, finding: Finding) -> None:
        """The prober has news of a node."""
        with self.lock:
            hold = self.book.holds.get(finding.node)
            if hold is None or hold.server != finding.server or hold.ready_at is not None:
                return
            now = self.clock.now()
            reached_at = hold.reached_at or (now if finding.host_key else None)
            self._change_hold(
                hold,
                reason=finding.reason,
                host_key=finding.host_key or hold.host_key,
                reached_at=reached_at,
                ready_at=now if finding.ready else None,
            )
            self.turn()

    def reload(self) -> None:
        """Read everything back; in the engine's thread, or before it runs.

        It does not turn: after a lost write, the next one would soon be lost as well. Raises
        `StoreFailed` if the database cannot be read; then nothing may be written, and `wake` asks
        for it again.
        """
        with self.lock:
            with self.database.read() as connection:
                self.book = records.load(connection)
                self.epoch = records.last_epoch(connection)
                self.told = records.last_told(connection, self.type_names)
            self.journal.renew()
            self.rows.clear()
            self._objects.clear()
            self._alarms.clear()
            self.inventory.clear()
            for row in self.engine.ledger.rows.values():
                self._put(row)
            for node in [*self.type_names, *self.book.holds]:
                self._touch(node)
            self._stirred.update(("lease", each) for each in self.book.leases)
            self._stirred.update(("queue", each) for each in self.book.queues())
            self.wake_at = self.clock.now() + STORE_RETRY
            self.settled.notify_all()

    def wake(self) -> None:
        """Do what time alone asks for. Call with the lock in hand.

        A lost write has to be read back before anything: if that failed, it is tried again here.
        """
        if self.journal.behind:
            self.engine.tell(self.reload)
            self.wake_at = self.clock.now() + STORE_RETRY
        else:
            self.turn()

    # -- decide and act --------------------------------------------------------------------------

    def turn(self) -> "Future[None]":
        """Do what there is to do; the future ends when it is durable. Call with the lock in hand."""
        now = self.clock.now()
        self._stirred |= self._alarms.due(now)
        while self._stirred:
            decision = decide.decide(self._scene(now))
            for topic, at in decision.wakes.items():
                self._alarms.put(topic, at)
            for effect in decision.effects:
                self._apply(effect, now)
        idle = STORE_RETRY if self.journal.behind else IDLE
        self.wake_at = min(now + idle, self._alarms.next_at() or now + idle)
        self._tell(now)
        self.settled.notify_all()
        return self.journal.flush()

    def add_lease(self, lease: LeaseRow) -> None:
        """Put a new lease into the queue. Call with the lock in hand."""
        self.book.put(lease)
        self._stirred.add(("queue", lease.machine_type))
        self.journal.draft.add_lease(lease)
        self._note(lease.state.value, lease.created_at, lease=lease.id)

    def change_lease(self, lease: LeaseRow, **changes: object) -> LeaseRow:
        after = msgspec.structs.replace(lease, **changes)
        self.book.put(after)
        self._stir(after)
        self.journal.draft.save_lease(after)
        return after

    def end(self, lease: LeaseRow, state: LeaseState, reason: Reason) -> LeaseRow:
        """End a lease and give everything back. Call with the lock in hand."""
        now = self.clock.now()
        for hold in self.book.held_by(lease.id):
            self.let_go(hold)
        ended = msgspec.structs.replace(lease, state=state, ended_at=now, reason=reason)
        self.book.close(ended)
        self._stir(lease)
        self._alarms.put(("lease", lease.id), None)
        self.journal.draft.save_lease(ended)
        self._note(state.value, now, lease=lease.id, reason=reason)
        return ended

    def let_go(self, hold: Hold) -> None:
        """Take a node from its lease. Call with the lock in hand."""
        self.book.let_go(hold)
        self.journal.draft.remove_hold(hold)
        self._drop(hold)
        self._touch(hold.node)

    def rows_of(self, node: NodeName) -> list[Row]:
        """The ledger rows of a node, old attempts included, oldest first."""
        rows = [self.rows[each] for each in self._objects.get(node, ())]
        return sorted(rows, key=lambda row: (row.created_at, row.id))

    def objects_in(self, cloud: str) -> tuple[list[Row], list[Row]]:
        """What is ours in a cloud: in use, and on its way out."""
        held = {each for hold in self.book.holds.values() for each in hold.objects}
        rows = [row for row in self.rows.values() if row.cloud == cloud]
        in_use = [row for row in rows if row.id in held and not row.doomed]
        ended = (State.PLANNED, State.GONE)
        out = [row for row in rows if row.state not in ended and (row.doomed or row.id not in held)]
        return [row for row in in_use if row.state not in ended], out

    def progress(self, node: NodeName, config: MachineTypeConfig) -> progress.Progress:
        hold = self.book.holds.get(node)
        if hold is None:
            how = progress.unheld(self.rows_of(node))
        else:
            how = progress.held(hold, self.rows, config)
        if config.dns is not None and self._has_only_names(node):
            trouble = self.engine.watches[names.authority(config.dns)].trouble
            return progress.troubled(how, trouble, "name server")
        return progress.troubled(how, self.engine.watches[config.cloud].trouble)

    def _has_only_names(self, node: NodeName) -> bool:
        """Whether nothing but records is left of a node."""
        left = self._objects.get(node, ())
        return bool(left) and all(self.rows[each].kind is Kind.RECORD for each in left)

    # -- inside ----------------------------------------------------------------------------------

    def _scene(self, now: float) -> decide.Scene:
        """All that something happened to since the last look."""
        stirred, self._stirred = self._stirred, set()
        leases = [
            lease
            for kind, name in stirred
            if kind == "lease" and (lease := self.book.leases.get(LeaseId(name)))
            if lease.state is not LeaseState.WAITING
        ]
        queues = [self.queue(name) for kind, name in stirred if kind == "queue"]
        types = {lease.machine_type for lease in leases} | {each.machine_type for each in queues}
        return decide.Scene(
            now=now,
            queues=queues,
            leases=leases,
            held={lease.id: self.book.held_by(lease.id) for lease in leases},
            rows=self.rows,
            machine_types=self.config.machine_types,
            dns=self.config.dns,
            mute=self._mute(types),
        )

    def queue(self, machine_type: str) -> decide.Queue:
        """Who waits for nodes of a machine type, and what there is for them."""
        return decide.Queue(
            machine_type=machine_type,
            waiting=self.book.queue(machine_type),
            free=self.inventory.free(machine_type),
            nodes=len(self.nodes.get(machine_type, ())),
            leaving=self.inventory.count_leaving(machine_type),
        )

    def _mute(self, types: Collection[str]) -> Mapping[str, Reason]:
        configs = [self.config.machine_types.get(each) for each in types]
        clouds = {config.cloud for config in configs if config is not None}
        return {each: self.stock.trouble(each) for each in clouds if self.stock.peek(each) is None}

    def _apply(self, effect: decide.Effect, now: float) -> None:
        """Carry out an effect, unless an earlier one took away what it is about."""
        match effect:
            case decide.Grant() | decide.Explain() | decide.Ready() | decide.End():
                lease = self.book.leases.get(effect.lease)
                if lease is not None:
                    self._apply_to_lease(lease, effect, now)
            case _:
                hold = self.book.holds.get(effect.node)
                if hold is not None:
                    self._apply_to_hold(hold, effect, now)

    def _apply_to_lease(self, lease: LeaseRow, effect: decide.LeaseEffect, now: float) -> None:
        match effect:
            case decide.Grant(nodes=nodes):
                self._grant(lease, nodes, now)
            case decide.Explain(reason=reason):
                self.change_lease(lease, reason=reason)
                self._note("waiting", now, lease=lease.id, reason=reason)
            case decide.Ready():
                news = {"ready_at": now, "until": now + lease.seconds, "reason": None}
                self.change_lease(lease, state=LeaseState.READY, **news)
                self._note("ready", now, lease=lease.id)
            case decide.End(state=state, reason=reason):
                self.end(lease, state, reason)

    def _apply_to_hold(self, hold: Hold, effect: decide.HoldEffect, now: float) -> None:
        match effect:
            case decide.Built():
                self._change_hold(hold, built_at=now)
            case decide.Usable():
                self._change_hold(hold, ready_at=now, reason=None)
            case decide.Break(reason=reason):
                self._change_hold(hold, broken=reason)
            case decide.Name(specs=specs):
                self._name(hold, specs, now)
            case decide.Retry(reason=reason):
                self._retry(hold, reason, now)

    def _grant(self, lease: LeaseRow, nodes: Sequence[NodeName], now: float) -> None:
        plans = self._plan(lease, nodes, now, attempt=1)
        if plans is None:
            return
        lease = self.change_lease(lease, state=LeaseState.PREPARING, reason=None)
        self._note("preparing", now, lease=lease.id)
        for hold, rows in plans:
            self.journal.draft.add_hold(hold)
            self._hand_over(hold, rows)

    def _retry(self, hold: Hold, reason: Reason, now: float) -> None:
        self._note("retrying", now, node=hold.node, lease=hold.lease, reason=reason)
        lease = self.book.leases[hold.lease]
        plans = self._plan(lease, (hold.node,), now, attempt=hold.attempt + 1)
        for fresh, rows in plans or ():
            self._drop(hold)
            self.journal.draft.save_hold(fresh)
            self._hand_over(fresh, rows)

    def _name(self, hold: Hold, specs: Sequence[RecordSpec], now: float) -> None:
        config = self.machine_type_of(hold.node)
        assert config is not None
        assert config.dns is not None, "names are only set for machine types that have a domain"
        rows = names.rows_for(hold, config.dns, specs, now)
        objects = (*hold.objects, *(row.id for row in rows))
        self._change_hold(hold, objects=objects)
        for row in rows:
            self._put(row)
        self.journal.draft.plan(rows)

    def _plan(
        self, lease: LeaseRow, nodes: Sequence[NodeName], now: float, *, attempt: int
    ) -> list[Plan] | None:
        """Plan servers; None if the lease had to be ended, because they cannot be had any more."""
        try:
            return self.planner.plan(lease, nodes, now, attempt=attempt)
        except (NotOffered, BadUserData) as error:
            self.end(lease, LeaseState.FAILED, Reason(cause=Cause.NOT_FOUND, text=str(error)))
            return None

    def _hand_over(self, hold: Hold, rows: list[Row]) -> None:
        """Have the engine make what a hold needs, once the hold is durable."""
        self.book.hold(hold)
        for row in rows:
            self._put(row)
        self._touch(hold.node)
        self.journal.draft.plan(rows)

    def _drop(self, hold: Hold) -> None:
        for object_id in hold.objects:
            row = self.rows.get(object_id)
            if row is not None and row.state is State.GONE:
                del self.rows[object_id]
        self.journal.draft.drop(hold.objects)

    def _change_hold(self, hold: Hold, **changes: object) -> None:
        after = msgspec.structs.replace(hold, **changes)
        if after == hold:
            return
        self.book.hold(after)
        self._touch(hold.node)
        self.journal.draft.save_hold(after)

    def _put(self, row: Row) -> None:
        node = NodeName(row.subject)
        if row.state is State.GONE:
            self._objects[node].discard(row.id)
            hold = self.book.holds.get(node)
            if hold is not None and row.id in hold.objects:
                self.rows[row.id] = row  # the hold has yet to draw its conclusions from it
            else:
                self.rows.pop(row.id, None)
        else:
            self.rows[row.id] = row
            self._objects[node].add(row.id)
        if node:
            self._touch(node)

    def _touch(self, node: NodeName) -> None:
        """Something happened to a node: who holds it or waits for it has to be looked at."""
        self._touched.add(node)
        hold = self.book.holds.get(node)
        if hold is not None:
            self._stirred.add(("lease", hold.lease))
        occupied = bool(self._objects.get(node))
        awaited = self.inventory.note(node, held=hold is not None, occupied=occupied)
        if awaited is not None:
            self._stirred.add(("queue", awaited))

    def _stir(self, lease: LeaseRow) -> None:
        waits = lease.state is LeaseState.WAITING
        self._stirred.add(("queue", lease.machine_type) if waits else ("lease", lease.id))

    def _note(
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

    def _tell(self, now: float) -> None:
        """Record what changed about nodes; point the prober and known_hosts at what is there."""
        touched, self._touched = self._touched, set()
        for node in touched:
            hold = self.book.holds.get(node)
            config = self.machine_type_of(node)
            if config is None:
                self.aim.forget(node)
                continue
            how = self.progress(node, config)
            self.aim.at(node, hold, how, config)
            before = self.told.get(node) or Told(state=NodeState.FREE, since=now)
            text = how.reason.text if how.reason else None
            if (before.state, before.reason) == (how.state, text):
                continue
            since = now if before.state is not how.state else before.since
            self.told[node] = Told(state=how.state, since=since, reason=text)
            lease = hold.lease if hold else None
            self._note(how.state.value, now, node=node, lease=lease, reason=how.reason)
        self.aim.tell()

    def type_name_of(self, node: NodeName) -> str | None:
        """A node's machine type; a held one keeps it when the configuration has fewer nodes now."""
        hold = self.book.holds.get(node)
        return self.book.leases[hold.lease].machine_type if hold else self.type_names.get(node)

    def machine_type_of(self, node: NodeName) -> MachineTypeConfig | None:
        return self.config.machine_types.get(self.type_name_of(node) or "")


def nodes_of(config: Config) -> dict[str, tuple[NodeName, ...]]:
    """The nodes of each machine type, in order."""
    return {
        name: tuple(NodeName(each.node_name(name, n)) for n in range(1, each.count + 1))
        for name, each in config.machine_types.items()
    }
