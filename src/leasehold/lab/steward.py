"""Carries out what the lab decides: the records change in memory, then durably, then for the engine.

Every change happens under one lock, and its write is queued before the lock is let go, so that the
database sees changes in the same order. Nobody waits for the database with the lock in hand.
"""

import threading
from collections import defaultdict
from collections.abc import Callable, Collection, Mapping
from concurrent.futures import Future

import msgspec
import structlog
from sqlalchemy import Connection

from leasehold.engine.clock import Clock
from leasehold.engine.cloud import Kind, ObjectId
from leasehold.engine.engine import Change, Engine
from leasehold.engine.ledger import new_id
from leasehold.engine.reason import Cause, Reason
from leasehold.engine.row import Row, State
from leasehold.lab import book, decide, progress
from leasehold.lab.blueprint import Site, rows_for
from leasehold.lab.book import Book, Hold, LeaseRow
from leasehold.lab.config import Config, MachineTypeConfig
from leasehold.lab.errors import NotOffered
from leasehold.lab.model import LeaseId, LeaseState, NodeName, NodeState
from leasehold.lab.prober import Finding, Target
from leasehold.lab.recipe import resolve
from leasehold.lab.stock import Stock
from leasehold.lab.user_data import BadUserData
from leasehold.store import Database

log = structlog.get_logger()

Work = Callable[[Connection], Callable[[], None] | None]
"""A write; what it returns is called after the commit."""

OFFERS_RETRY = 1.0
"""Seconds between two looks whether a cloud has told what it offers."""


class Told(msgspec.Struct, frozen=True, kw_only=True):
    """What was last recorded of a node."""

    state: NodeState
    since: float
    reason: str | None = None


class Steward:
    """The lab's state, and the hands that change it."""

    def __init__(
        self, database: Database, config: Config, stock: Stock, clock: Clock, lab_key: str
    ) -> None:
        self.database = database
        self.config = config
        self.stock = stock
        self.clock = clock
        self.lab_key = lab_key
        self.engine: Engine
        """Set by `attach`: the engine needs `heard_rows`, and we need the engine."""
        self.lock = threading.RLock()
        self.settled = threading.Condition(self.lock)
        self.nodes = nodes_of(config)
        self.type_names = {node: name for name, nodes in self.nodes.items() for node in nodes}
        self.book = Book()
        self.rows: dict[ObjectId, Row] = {}
        self.told: dict[NodeName, Told] = {}
        self.wake_at = 0.0
        self.epoch = 0
        self.look_at: Callable[[Collection[Target]], None] = lambda _: None
        self.on_hosts: Callable[[Mapping[NodeName, tuple[str, int, str]]], None] = lambda _: None
        self.on_commit: Callable[[], None] = lambda: None
        self._objects: defaultdict[NodeName, set[ObjectId]] = defaultdict(set)
        self._touched: set[NodeName] = set()
        self._work: list[Work] = []
        self._hosts: dict[NodeName, tuple[str, int, str]] = {}

    def attach(self, engine: Engine) -> None:
        """Take the engine, and what the database knows."""
        self.engine = engine
        self.reload()

    # -- news ------------------------------------------------------------------------------------

    def heard_rows(self, changes: Collection[Change]) -> None:
        """The engine's rows changed. Called in its thread, after its commit."""
        with self.lock:
            for _, row in changes:
                self._put(row)
            self.turn()
            self.settled.notify_all()

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
        """Read everything back; in the engine's thread, or before it runs."""
        with self.lock:
            with self.database.read() as connection:
                self.book = book.load(connection)
                self.epoch = book.last_epoch(connection)
            self.rows.clear()
            self._objects.clear()
            self._work.clear()
            for row in self.engine.ledger.rows.values():
                self._put(row)
            self._touched.update(name for names in self.nodes.values() for name in names)
            self._tell(self.clock.now(), record=False)
            self.turn()

    # -- decide and act --------------------------------------------------------------------------

    def turn(self) -> "Future[None]":
        """Do what there is to do; the future ends when it is durable. Call with the lock in hand."""
        now = self.clock.now()
        self.wake_at = now + 3600.0
        while True:
            decision = decide.decide(self._scene(now))
            for effect in decision.effects:
                self._apply(effect, now)
            if not decision.effects:
                break
        if decision.wake_at is not None:
            self.wake_at = min(self.wake_at, decision.wake_at)
        self._tell(now)
        self.settled.notify_all()
        return self._flush()

    def end(self, lease: LeaseRow, state: LeaseState, reason: Reason) -> None:
        """End a lease and give everything back. Call with the lock in hand."""
        now = self.clock.now()
        for hold in self.book.held_by(lease.id):
            self.let_go(hold)
        self.book.leases.pop(lease.id, None)
        ended = msgspec.structs.replace(lease, state=state, ended_at=now, reason=reason)
        self.write(lambda connection: book.save_lease(connection, ended))
        self._note(state.value, now, lease=lease.id, reason=reason)

    def let_go(self, hold: Hold) -> None:
        """Take a node from its lease. Call with the lock in hand."""
        del self.book.holds[hold.node]
        self._touched.add(hold.node)
        self.write(lambda connection: book.remove_hold(connection, hold))
        self._drop(hold)

    def change_lease(self, lease: LeaseRow, **changes: object) -> LeaseRow:
        after = msgspec.structs.replace(lease, **changes)
        self.book.leases[lease.id] = after
        self.write(lambda connection: book.save_lease(connection, after))
        return after

    def add_lease(self, lease: LeaseRow) -> None:
        self.book.leases[lease.id] = lease
        self.write(lambda connection: book.add_lease(connection, lease))
        self._note(lease.state.value, lease.created_at, lease=lease.id)

    def write(self, work: Work) -> None:
        self._work.append(work)

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
        return progress.troubled(how, self.engine.watches[config.cloud].trouble)

    # -- inside ----------------------------------------------------------------------------------

    def _scene(self, now: float) -> decide.Scene:
        return decide.Scene(
            now=now,
            leases=[lease for lease in self.book.leases.values() if not self._unstocked(lease)],
            holds=self.book.holds,
            rows=self.rows,
            occupied={node for node, objects in self._objects.items() if objects},
            machine_types=self.config.machine_types,
            nodes=self.nodes,
        )

    def _unstocked(self, lease: LeaseRow) -> bool:
        """Whether a lease has to wait until its cloud has told what it offers."""
        config = self.config.machine_types.get(lease.machine_type)
        if lease.state is not LeaseState.WAITING or config is None:
            return False
        if self.stock.peek(config.cloud) is not None:
            return False
        self.wake_at = min(self.wake_at, self.clock.now() + OFFERS_RETRY)
        return True

    def _apply(self, effect: decide.Effect, now: float) -> None:
        match effect:
            case decide.Grant(lease=lease_id, nodes=nodes):
                self._grant(self.book.leases[lease_id], nodes, now)
            case decide.Explain(lease=lease_id, reason=reason):
                self.change_lease(self.book.leases[lease_id], reason=reason)
                self._note("waiting", now, lease=lease_id, reason=reason)
            case decide.Ready(lease=lease_id):
                lease = self.book.leases[lease_id]
                news = {"ready_at": now, "until": now + lease.seconds, "reason": None}
                self.change_lease(lease, state=LeaseState.READY, **news)
                self._note("ready", now, lease=lease_id)
            case decide.End(lease=lease_id, state=state, reason=reason):
                self.end(self.book.leases[lease_id], state, reason)
            case decide.Built(node=node):
                self._change_hold(self.book.holds[node], built_at=now)
            case decide.Usable(node=node):
                self._change_hold(self.book.holds[node], ready_at=now, reason=None)
            case decide.Break(node=node, reason=reason):
                self._change_hold(self.book.holds[node], broken=reason)
            case decide.Retry(node=node, reason=reason):
                self._retry(self.book.holds[node], reason, now)

    def _grant(self, lease: LeaseRow, nodes: Collection[NodeName], now: float) -> None:
        try:
            planned = [(node, self._plan(lease, node, now)) for node in nodes]
        except (NotOffered, BadUserData) as error:
            reason = Reason(cause=Cause.NOT_FOUND, text=str(error))
            self.end(lease, LeaseState.FAILED, reason)
            return
        self.change_lease(lease, state=LeaseState.PREPARING, reason=None)
        self._note("preparing", now, lease=lease.id)
        for node, rows in planned:
            hold = _hold(node, lease.id, 1, rows, now)
            self.book.holds[node] = hold
            self.write(_adding(hold))
            self._hand_over(hold, rows)

    def _retry(self, hold: Hold, reason: Reason, now: float) -> None:
        lease = self.book.leases[hold.lease]
        self._note("retrying", now, node=hold.node, lease=hold.lease, reason=reason)
        try:
            rows = self._plan(lease, hold.node, now)
        except (NotOffered, BadUserData) as error:
            gone = Reason(cause=Cause.NOT_FOUND, text=str(error))
            self.end(lease, LeaseState.FAILED, gone)
            return
        self._drop(hold)
        fresh = _hold(hold.node, hold.lease, hold.attempt + 1, rows, now)
        self.book.holds[hold.node] = fresh
        self.write(lambda connection: book.save_hold(connection, fresh))
        self._hand_over(fresh, rows)

    def _plan(self, lease: LeaseRow, node: NodeName, now: float) -> list[Row]:
        config = self.config.machine_types[lease.machine_type]
        offers = self.stock.peek(config.cloud)
        assert offers is not None, "a lease is not granted before its cloud's offers are known"
        recipe = resolve(lease.machine_type, config, offers)
        site = Site(node=node, lease=lease.id, now=now, new_id=new_id)
        return rows_for(site, config, recipe, (self.lab_key, *lease.public_keys))

    def _hand_over(self, hold: Hold, rows: list[Row]) -> None:
        """Have the engine make what a hold needs, once the hold is durable."""
        for row in rows:
            self._put(row)
        self._touched.add(hold.node)
        self.write(lambda connection: self.engine.plan(connection, rows))

    def _drop(self, hold: Hold) -> None:
        for object_id in hold.objects:
            row = self.rows.get(object_id)
            if row is not None and row.state is State.GONE:
                del self.rows[object_id]
        self.write(lambda connection: self.engine.drop(connection, hold.objects))

    def _change_hold(self, hold: Hold, **changes: object) -> None:
        after = msgspec.structs.replace(hold, **changes)
        if after == hold:
            return
        self.book.holds[hold.node] = after
        self._touched.add(hold.node)
        self.write(lambda connection: book.save_hold(connection, after))

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
            self._touched.add(node)

    def _note(
        self,
        state: str,
        now: float,
        *,
        node: NodeName | None = None,
        lease: LeaseId | None = None,
        reason: Reason | None = None,
    ) -> None:
        self.write(
            lambda connection: book.record(
                connection, now, state, node=node, lease=lease, reason=reason
            )
        )

    def _tell(self, now: float, *, record: bool = True) -> None:
        """Record what changed about nodes; point the prober and known_hosts at what is there."""
        touched, self._touched = self._touched, set()
        for node in touched:
            config = self.machine_type_of(node)
            if config is None:
                continue
            how = self.progress(node, config)
            before = self.told.get(node)
            text = how.reason.text if how.reason else None
            if before is not None and (before.state, before.reason) == (how.state, text):
                continue
            moved = before is None or before.state is not how.state
            since = now if moved or before is None else before.since
            self.told[node] = Told(state=how.state, since=since, reason=text)
            if record:
                hold = self.book.holds.get(node)
                lease = hold.lease if hold else None
                self._note(how.state.value, now, node=node, lease=lease, reason=how.reason)
        if touched:
            self._aim()

    def _aim(self) -> None:
        targets, hosts = [], {}
        for hold in self.book.holds.values():
            config = self.machine_type_of(hold.node)
            if config is None:
                continue
            how = progress.held(hold, self.rows, config)
            if how.address is None:
                continue
            if hold.host_key is not None:
                hosts[hold.node] = (how.address, config.ssh_port, hold.host_key)
            if hold.ready_at is None and hold.built_at is not None and config.ready != "active":
                targets.append(
                    Target(
                        node=hold.node,
                        server=hold.server,
                        address=how.address,
                        port=config.ssh_port,
                        user=config.ssh_user,
                        proof=config.ready,
                        host_key=hold.host_key,
                    )
                )
        self.look_at(targets)
        if hosts != self._hosts:
            self._hosts = hosts
            self.on_hosts(hosts)

    def machine_type_of(self, node: NodeName) -> MachineTypeConfig | None:
        name = self.type_names.get(node)
        return self.config.machine_types[name] if name else None

    def _flush(self) -> "Future[None]":
        work, self._work = self._work, []
        done: Future[None] = Future()
        if not work:
            done.set_result(None)
            return done

        def write(connection: Connection) -> list[Callable[[], None]]:
            return [after for each in work if (after := each(connection)) is not None]

        def committed(future: "Future[list[Callable[[], None]]]") -> None:
            error = future.exception()
            if error is not None:
                log.error("lab.store_failed", error=str(error))
                self.engine.tell(self.reload)
                done.set_exception(error)
                return
            for after in future.result():
                after()
            self.on_commit()
            done.set_result(None)

        self.database.write(write).add_done_callback(committed)
        return done


def _hold(node: NodeName, lease: LeaseId, attempt: int, rows: list[Row], now: float) -> Hold:
    server = next(row.id for row in rows if row.kind is Kind.SERVER)
    return Hold(
        node=node,
        lease=lease,
        attempt=attempt,
        planned_at=now,
        server=server,
        objects=tuple(row.id for row in rows),
    )


def _adding(hold: Hold) -> Work:
    return lambda connection: book.add_hold(connection, hold)


def nodes_of(config: Config) -> dict[str, tuple[NodeName, ...]]:
    """The nodes of each machine type, in order."""
    return {
        name: tuple(NodeName(each.node_name(name, n)) for n in range(1, each.nodes + 1))
        for name, each in config.machine_types.items()
    }
