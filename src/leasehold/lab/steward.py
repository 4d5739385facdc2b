"""Carries out what the lab decides: the records change in memory, then durably, then for the engine.

Every change happens under one lock, and its write is queued before the lock is let go, so that the
database sees changes in the same order. Nobody waits for the database with the lock in hand.
"""

import threading
from collections import Counter, defaultdict
from collections.abc import Callable, Collection, Iterable, Mapping
from concurrent.futures import Future
from math import inf

import msgspec
import structlog
from sqlalchemy import Connection

from leasehold.engine.clock import Clock
from leasehold.engine.cloud import Kind, ObjectId
from leasehold.engine.engine import Change, Engine
from leasehold.engine.quota import NOTHING, Use
from leasehold.engine.reason import Reason
from leasehold.engine.stock import Stock
from leasehold.lab import (
    boot_records,
    decide,
    names,
    node_records,
    outlook,
    paces,
    progress,
    records,
    room,
)
from leasehold.lab.aim import Aim
from leasehold.lab.book import LeaseRow
from leasehold.lab.config import Config, MachineTypeConfig
from leasehold.lab.hands import Hands
from leasehold.lab.health import Health, visit_of
from leasehold.lab.journal import Journal
from leasehold.lab.memory import Memory
from leasehold.lab.model import LeaseId, LeaseState, NodeName, NodeState
from leasehold.lab.outlook import LOOKED_AT, Outlook
from leasehold.lab.planner import Planner
from leasehold.lab.prober import Checkup, Finding, Target
from leasehold.lab.queue import Queue
from leasehold.lab.records import Told
from leasehold.lab.spare_hands import shown
from leasehold.store import Database

log = structlog.get_logger()

STORE_RETRY = 5.0
"""Seconds until we act by ourselves again after a write was lost, for example on a full disk."""

IDLE = 3600.0
"""Seconds between two turns when nothing happens."""


OUTLOOK_AGE = 2.0
"""Seconds for which what those in a queue are told may stand, while nothing happens."""


class _Seen(msgspec.Struct, frozen=True, kw_only=True):
    """What those in a queue were told."""

    at: float
    queue: Queue
    outlooks: Mapping[LeaseId, Outlook]


class Steward(Memory):
    """The lab's memory, with what makes it take its turns."""

    def __init__(
        self, database: Database, config: Config, stock: Stock, clock: Clock, lab_key: str
    ) -> None:
        super().__init__(config, clock, Journal(database))
        self.database = database
        self.stock = stock
        self.engine: Engine
        """Set by `attach`: the engine needs `heard_rows`, and we need the engine."""
        self.lock = threading.RLock()
        self.settled = threading.Condition(self.lock)
        self.wake_at = 0.0
        self.aim = Aim()
        self.health = Health()
        self.check: Callable[[Collection[Target]], None] = lambda _: None
        """Has nodes checked; the answers come to `heard_checkup`."""
        self.journal.on_ended = lambda lease: self.book.forget(lease)
        self.journal.on_lost = lambda: self.engine.tell(self.reload)
        self.boots.on_console = self._heard_console
        self._outlooks: dict[str, _Seen] = {}
        self.planner = Planner(config, stock, lab_key)
        self._hands = Hands(self, self.planner)

    def attach(self, engine: Engine) -> None:
        """Take the engine, and what the database knows."""
        self.engine = self.journal.engine = engine
        engine.reader = self.boots
        with self.lock:
            self.reload()
            self.turn()

    # -- news ------------------------------------------------------------------------------------

    def heard_rows(self, changes: Collection[Change]) -> None:
        """The engine's rows changed. Called in its thread, after its commit."""
        with self.lock:
            for _, row in changes:
                self.put(row)
            self.turn()

    def heard_finding(self, finding: Finding) -> None:
        """The prober has news of a node."""
        with self.lock:
            hold = self.book.holds.get(finding.node)
            if hold is None or hold.server != finding.server:
                return
            if hold.ready_at is not None and not hold.owed:
                return
            now = self.clock.now()
            reached_at = hold.reached_at or (now if finding.host_key else None)
            if finding.ready and hold.ready_at is None:
                self._hands.came_up(msgspec.structs.replace(hold, reached_at=reached_at), now)
            self.change_hold(
                hold,
                reason=finding.reason,
                host_key=finding.host_key or hold.host_key,
                reached_at=reached_at,
                ready_at=hold.ready_at or (now if finding.ready else None),
                owed=tuple(key for key in hold.owed if key not in finding.keys),
            )
            self.turn()

    def _heard_console(self, server: ObjectId, text: str) -> None:
        with self.lock:
            self.journal.draft.add_console(server, text)
            self.journal.flush()

    def heard_checkup(self, checkup: Checkup) -> None:
        """A health check has ended. A node that is held is never taken from who has it."""
        with self.lock:
            diagnosis = self.health.heard(checkup, self.clock.now())
            if diagnosis is not None:
                hold = self.book.holds.get(diagnosis.node)
                if hold is not None:
                    self.change_hold(hold, health=diagnosis.reason)
                self.diagnose(diagnosis.node, diagnosis.reason)
            self.turn()

    def reload(self) -> None:
        """Read everything back; in the engine's thread, or before it runs.

        It does not turn: after a lost write, the next one would soon be lost as well. Raises
        `StoreFailed` if the database cannot be read; then nothing may be written, and `wake` asks
        for it again.
        """
        with self.lock:
            with self.database.read() as connection:
                self.furnish(node_records.load(connection))
                self.book = records.load(connection)
                self.epoch = records.last_epoch(connection)
                nodes = [row.name for row in self.inventory.rows()]
                self.told = records.last_told(connection, nodes)
                self.boots.load(connection, self.machine_types)
                self._recall_paces(connection)
            self.journal.renew()
            self.rows.clear()
            self.objects.clear()
            self.last_holders.clear()
            self.alarms.clear()
            self.short.clear()
            self.promises.clear()
            for row in self.engine.ledger.rows.values():
                self.put(row)
            for node in [*nodes, *self.book.holds]:
                self.touch(node)
            self.stirred.update(("lease", each) for each in self.book.leases)
            self.stirred.update(("queue", each) for each in self.book.queues())
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
        self.stirred |= self.alarms.due(now)
        self._outlooks.clear()
        self._settle(now)
        restock_at = self._hands.restock(now)
        self._settle(now)
        self._tell(now)
        self.check(self.health.due(now))
        idle = STORE_RETRY if self.journal.behind else IDLE
        times = (now + idle, self.alarms.next_at(), self.health.next_at(), restock_at)
        self.wake_at = min(each for each in times if each is not None)
        self.settled.notify_all()
        return self.journal.flush()

    def _settle(self, now: float) -> None:
        """Decide about all that is stirred, until nothing is."""
        while self.stirred:
            decision = decide.decide(self._scene(now))
            for topic, at in decision.wakes.items():
                self.alarms.put(topic, at)
            for lease, promise in decision.promises.items():
                self._promise(lease, promise)
            for effect in decision.effects:
                self._hands.apply(effect, now)

    def _promise(self, lease: LeaseId, at: float | None) -> None:
        if at is None:
            self.promises.pop(lease, None)
        else:
            self.promises[lease] = at

    def progress(self, node: NodeName, config: MachineTypeConfig) -> progress.Progress:
        hold = self.book.holds.get(node)
        if hold is None:
            how = progress.unheld(self.rows_of(node), self.inventory.row(node))
        else:
            how = shown(progress.held(hold, self.rows, config), self.book.leases[hold.lease])
        if config.kind == "fixed":
            return how
        if config.dns is not None and self._has_only_names(node):
            trouble = self.engine.watches[names.authority(config.dns)].trouble
            return progress.troubled(how, trouble, "name server")
        return progress.troubled(how, self.engine.watches[config.cloud].trouble)

    def _has_only_names(self, node: NodeName) -> bool:
        """Whether nothing but records is left of a node."""
        left = self.objects.get(node, ())
        return bool(left) and all(self.rows[each].kind is Kind.RECORD for each in left)

    # -- inside ----------------------------------------------------------------------------------

    def _recall_paces(self, connection: Connection) -> None:
        """Know how long boots took before we ran; of fixed nodes, only those in use now tell it."""
        held = defaultdict[str, list[float]](list)
        for hold in self.book.holds.values():
            if hold.ready_at is not None and hold.ready_at > hold.planned_at:  # it proved itself
                held[hold.machine_type].append(hold.ready_at - hold.planned_at)
        for name in self.machine_types:
            boots = boot_records.times_of(connection, name, paces.KEPT)
            self.paces.recall(name, boots or held[name])

    def _scene(self, now: float) -> decide.Scene:
        """All that something happened to since the last look."""
        stirred, self.stirred = self.stirred, set()
        leases = [
            lease
            for kind, name in stirred
            if kind == "lease" and (lease := self.book.leases.get(LeaseId(name)))
            if lease.state is not LeaseState.WAITING
        ]
        queues = self._queues(name for kind, name in stirred if kind == "queue")
        types = {hold.machine_type for lease in leases for hold in self.book.held_by(lease.id)}
        types |= {name for lease in leases for name in lease.machine_types}
        return decide.Scene(
            now=now,
            queues=queues,
            leases=leases,
            held={lease.id: self.book.held_by(lease.id) for lease in leases},
            rows=self.rows,
            machine_types=self.machine_types,
            dns=self.config.dns,
            mute=self._mute(types),
        )

    def _queues(self, names: Iterable[str]) -> list[Queue]:
        """The queues that these machine types belong to, each once.

        Types that a lease named together may have a queue each once it waits no more.
        """
        found, seen = [], set[str]()
        for name in sorted({each for several in names for each in several.split("|")}):
            if name not in seen:
                queue = self.queue(name)
                found.append(queue)
                seen.update(each for several in queue.names for each in several.split("|"))
        return found

    def queue(self, machine_type: str, *more: LeaseRow) -> Queue:
        """Who waits for nodes of a machine type, and who with them; as if `more` waited, too."""
        waiting = [*self.book.line(machine_type), *more]
        names = {machine_type, *(lease.machine_type for lease in waiting)}
        types = {each for several in names for each in several.split("|")}
        return Queue(
            names=names,
            waiting=waiting,
            nodes=self.inventory,
            machine_types=self.machine_types,
            holds=self.book.holds,
            leases=self.book.leases,
            owners=self.book.owners,
            served_at={each.id: self.book.served_at(each) for each in waiting},
            limits=self.config.limits,
            paces={each: self.pace_of(each) for each in types},
            mute=self._mute(types),
            paused=self._paused(types),
            promises=self.promises,
        )

    def lacking(
        self, lease: LeaseRow, machine_types: Iterable[str], *, at_best: bool = False
    ) -> tuple[Reason, ...]:
        """What its clouds are known to lack for a lease with a node of each of `machine_types`.

        `at_best`, as if nothing of ours were there.
        """
        now, needs = self.clock.now(), defaultdict[str, Use](Use)
        for name, count in Counter(machine_types).items():
            node = self.planner.use(name, lease.os_type, lease.os_version)
            if node is not None:
                needs[self.machine_types[name].cloud] += node * count
        found: list[Reason] = []
        for cloud, need in needs.items():
            limits = self.engine.watches[cloud].known_limits(now)
            if limits:
                rows = (row for row in self.rows.values() if row.cloud == cloud)
                ours = NOTHING if at_best else room.claimed(rows, self.book.spares)
                found += room.lacking(limits, ours, need)
        return tuple(found)

    def outlook(self, lease: LeaseRow) -> tuple[Outlook, float | None]:
        """How a lease stands in its queue, and when it will be ready; None: unknown."""
        now = self.clock.now()
        known = self._outlooks.get(lease.machine_type)
        if known is None or lease.id not in known.outlooks or known.at < now - OUTLOOK_AGE:
            queue = self.queue(lease.machine_type)
            known = _Seen(at=now, queue=queue, outlooks=outlook.look(queue, now))
            self._outlooks.update(dict.fromkeys(queue.names, known))
        found = known.outlooks.get(lease.id, Outlook(position=1, blocks=(LOOKED_AT,)))
        return found, outlook.ready_at(known.queue, lease, found.starts_at)

    def ready_at(self, lease: LeaseRow) -> float | None:
        """When a lease with nodes will be ready, by how long they took lately; None: unknown."""
        times = []
        for hold in self.book.held_by(lease.id):
            boot = self.pace_of(hold.machine_type).boot
            if hold.ready_at is None:
                times.append(inf if boot is None else hold.planned_at + boot)
        last = max(times, default=inf)
        return last if self.clock.now() < last < inf else None

    def _paused(self, types: Collection[str]) -> Mapping[str, Reason]:
        found = {each: self.boots.pause(each, self.clock.now()) for each in types}
        return {each: why for each, why in found.items() if why is not None}

    def _mute(self, types: Collection[str]) -> Mapping[str, Reason]:
        configs = [self.machine_types.get(each) for each in types]
        clouds = {config.cloud for config in configs if config and config.kind == "cloud"}
        return {each: self.stock.trouble(each) for each in clouds if self.stock.peek(each) is None}

    def _tell(self, now: float) -> None:
        """Record what changed about nodes; point the prober and known_hosts at what is there."""
        touched, self.touched = self.touched, set()
        for node in touched:
            hold = self.book.holds.get(node)
            config = self.machine_type_of(node)
            if config is None:
                self.aim.forget(node)
                self.health.at(node, None, now)
                continue
            how = self.progress(node, config)
            self.aim.at(node, hold, how, config)
            visit = visit_of(node, hold, self.inventory.row(node), how, config)
            self.health.at(node, visit, now)
            before = self.told.get(node) or Told(state=NodeState.FREE, since=now)
            text = how.reason.text if how.reason else None
            if (before.state, before.reason) == (how.state, text):
                continue
            since = now if before.state is not how.state else before.since
            self.told[node] = Told(state=how.state, since=since, reason=text)
            lease = hold.lease if hold else None
            self.note(how.state.value, now, node=node, lease=lease, reason=how.reason)
        self.aim.tell()
