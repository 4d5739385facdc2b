"""What to do with leases and nodes now. Pure: no I/O, no clock, no chance."""

from collections.abc import Collection, Mapping, Sequence

import msgspec

from leasehold.engine.cloud import Kind, ObjectId, RecordSpec
from leasehold.engine.decide import moment
from leasehold.engine.reason import Cause, Reason
from leasehold.engine.row import Row, State
from leasehold.lab import names, progress
from leasehold.lab.alarms import Topic
from leasehold.lab.book import Hold, LeaseRow
from leasehold.lab.config import DnsConfig, MachineTypeConfig
from leasehold.lab.duration import parse_duration
from leasehold.lab.effects import (
    Break,
    Built,
    Effect,
    End,
    Failed,
    Mend,
    Name,
    Ready,
    Retry,
    Swap,
    Usable,
    Warn,
)
from leasehold.lab.model import LeaseId, LeaseState, NodeState
from leasehold.lab.queue import OFFERS_RETRY, Queue, serve
from leasehold.lab.streak import WORTH_A_RETRY


class Scene(msgspec.Struct, frozen=True, kw_only=True):
    """All that a decision of the lab depends on; only what something happened to is in it."""

    now: float
    queues: Collection[Queue]
    leases: Collection[LeaseRow]
    """Open ones with nodes in hand."""
    held: Mapping[LeaseId, Sequence[Hold]]
    """The holds of these leases, by node name."""
    rows: Mapping[ObjectId, Row]
    machine_types: Mapping[str, MachineTypeConfig]
    mute: Mapping[str, Reason]
    """Clouds that have not told yet what they offer, and why: no server can be planned there."""
    dns: Mapping[str, DnsConfig] = {}
    """By the name that machine types have for it."""


class Decision(msgspec.Struct, frozen=True, kw_only=True):
    effects: tuple[Effect, ...]
    wakes: Mapping[Topic, float | None]
    """For all that was in the scene: when time alone can change the outcome."""
    promises: Mapping[LeaseId, float | None]
    """For all that waited in the scene: when those that keep nodes were to have all."""


def decide(scene: Scene) -> Decision:
    """Decide for leases with nodes in hand, then for the queues."""
    pass_ = _Pass(scene)
    for lease in sorted(scene.leases, key=lambda each: each.epoch):
        pass_.with_nodes(lease)
    for queue in scene.queues:
        pass_.in_queue(queue)
    return Decision(effects=tuple(pass_.effects), wakes=pass_.wakes, promises=pass_.promises)


class _Pass:
    def __init__(self, scene: Scene) -> None:
        self.scene = scene
        self.now = scene.now
        self.effects: list[Effect] = []
        self.wakes: dict[Topic, float | None] = {}
        self.promises: dict[LeaseId, float | None] = {}
        self.topic: Topic = ("queue", "")

    def wake(self, at: float) -> None:
        """Look at what is being looked at again by then."""
        known = self.wakes[self.topic]
        self.wakes[self.topic] = at if known is None else min(known, at)

    def in_queue(self, queue: Queue) -> None:
        served = serve(queue, self.now)
        self.effects += served.effects
        for name in queue.names:
            self.wakes["queue", name] = served.wake_at
        for lease in queue.waiting:
            self.promises[lease.id] = served.promises.get(lease.id)

    # -- with nodes in hand ----------------------------------------------------------------------

    def with_nodes(self, lease: LeaseRow) -> None:
        self.topic = ("lease", lease.id)
        self.wakes[self.topic] = None
        if lease.until is not None and lease.until <= self.now:
            text = f"the time of the lease was up at {moment(lease.until):%Y-%m-%d %H:%M:%S} UTC"
            self.end(lease, LeaseState.EXPIRED, Reason(cause=Cause.EXPIRED, text=text))
            return
        if lease.until is not None:
            self.wake(lease.until)
            self.before_end(lease, lease.until)
        self.holding(lease)

    def before_end(self, lease: LeaseRow, until: float) -> None:
        """Warn once before each end: an extension makes a new one."""
        if lease.warned_until == until:
            return
        types = self.scene.machine_types
        before = [
            parse_duration(types[each].warn_before) for each in lease.machine_types if each in types
        ]
        warn_at = until - min([(lease.seconds or 0) / 2, *before])
        if self.now < warn_at:
            self.wake(warn_at)
            return
        text = f"the time of the lease is up at {moment(until):%Y-%m-%d %H:%M:%S} UTC"
        reason = Reason(cause=Cause.ENDS_SOON, text=text, until=moment(until))
        self.effects.append(Warn(lease=lease.id, reason=reason))

    def holding(self, lease: LeaseRow) -> None:
        settled = True
        for hold in self.scene.held.get(lease.id, ()):
            config = self.scene.machine_types.get(hold.machine_type or lease.machine_type)
            if hold.broken is not None:
                if config is not None and progress.is_whole(hold, self.scene.rows):
                    self.effects.append(Mend(node=hold.node))
                continue
            if config is None and lease.state is LeaseState.READY:
                continue
            if config is None:
                gone = f"machine type {hold.machine_type or lease.machine_type}"
                text = f"{gone} is not in the configuration any more"
                self.fail(lease, Reason(cause=Cause.NOT_FOUND, text=text))
                return
            how = progress.held(hold, self.scene.rows, config)
            if lease.state is LeaseState.READY:
                if how.failure is not None:
                    self.effects.append(Break(node=hold.node, reason=how.failure))
                continue
            nameless = self.nameless(hold, config)
            if nameless and how.failure is None:
                self.effects.append(Name(node=hold.node, specs=nameless))
            elif how.state is NodeState.READY:
                continue
            settled = False
            trouble = how.failure or self.overdue(hold, how, config)
            if trouble is None:
                self.advance(hold, how, config)
            elif config.kind == "fixed":
                self.effects.append(Swap(node=hold.node, reason=trouble))
            elif not self.worth_a_retry(hold, trouble, config):
                self.tell_of(hold, trouble)
                self.fail(lease, trouble)
                return
            elif config.cloud in self.scene.mute:
                self.wake(self.now + OFFERS_RETRY)
            else:
                self.tell_of(hold, trouble)
                self.effects.append(Retry(node=hold.node, reason=trouble))
        if settled and lease.state is LeaseState.PREPARING:
            self.effects.append(Ready(lease=lease.id))

    def worth_a_retry(self, hold: Hold, trouble: Reason, config: MachineTypeConfig) -> bool:
        """Whether another server may do better. Each availability zone is worth an attempt."""
        left = hold.attempt < max(config.attempts, len(config.availability_zones))
        return left and trouble.cause in WORTH_A_RETRY

    def tell_of(self, hold: Hold, trouble: Reason) -> None:
        """Have a boot's failure written down; one that was never ordered is none."""
        never_ordered = hold.built_at is None and trouble.cause is Cause.DEADLINE
        if hold.ready_at is None and not never_ordered:
            self.effects.append(Failed(node=hold.node, reason=trouble))

    def nameless(self, hold: Hold, config: MachineTypeConfig) -> tuple[RecordSpec, ...]:
        """The names that a node should have by now, and that are not planned yet."""
        dns = self.scene.dns.get(config.dns or "")
        return names.missing(hold, self.scene.rows, config, dns) if dns else ()

    def unnamed(self, hold: Hold) -> bool:
        """Whether a record of the node is not set yet, or not any more."""
        mine = [self.scene.rows[each] for each in hold.objects if each in self.scene.rows]
        return any(row.kind is Kind.RECORD and row.state is not State.UP for row in mine)

    def advance(self, hold: Hold, how: progress.Progress, config: MachineTypeConfig) -> None:
        server = self.scene.rows.get(hold.server)
        taken = server is not None and server.state in progress.TAKEN
        if taken and hold.built_at is None:
            self.effects.append(Built(node=hold.node))
        if config.proof == "active" and how.state is NodeState.ADDRESSED:
            assert server is not None
            if server.state is State.UP:
                self.effects.append(Usable(node=hold.node))

    def overdue(
        self, hold: Hold, how: progress.Progress, config: MachineTypeConfig
    ) -> Reason | None:
        """Why a node has taken too long; None while it is in time."""
        if hold.built_at is None:
            since, patience = hold.planned_at, parse_duration(config.queue_patience)
            what = "its order was not taken by the cloud"
        elif hold.ready_at is not None and self.unnamed(hold):
            # Another server would not help: it would wait for the same name server.
            since = max(hold.ready_at, hold.given_at or 0.0)
            patience = parse_duration(config.queue_patience)
            what = "its names were not set"
        else:
            since = max(hold.built_at, hold.given_at or 0.0)
            patience = parse_duration(config.ready_patience)
            if config.kind == "cloud":
                patience += parse_duration(config.boot_patience)
            what = "it did not prove that it is ready"
        if self.now < since + patience:
            self.wake(since + patience)
            return None
        last = f"; last: {how.reason}" if how.reason else ""
        text = f"{hold.node}: {what} within {patience} s{last}"
        request_id = how.reason.request_id if how.reason else None
        return Reason(cause=Cause.DEADLINE, text=text, want=float(patience), request_id=request_id)

    # -- outcomes --------------------------------------------------------------------------------

    def end(self, lease: LeaseRow, state: LeaseState, reason: Reason) -> None:
        self.effects.append(End(lease=lease.id, state=state, reason=reason))

    def fail(self, lease: LeaseRow, reason: Reason) -> None:
        self.end(lease, LeaseState.FAILED, reason)
