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
from leasehold.lab.model import LeaseId, LeaseState, NodeName, NodeState

WORTH_A_RETRY = frozenset(
    {Cause.NO_HOST, Cause.BUILD_FAILED, Cause.DEADLINE, Cause.LOST, Cause.NO_ANSWER}
)
"""Failures that another server may not share."""

OFFERS_RETRY = 1.0
"""Seconds between two looks whether a cloud has told what it offers."""


class Grant(msgspec.Struct, frozen=True, kw_only=True):
    """Give these nodes to a lease, and plan their servers."""

    lease: LeaseId
    nodes: tuple[NodeName, ...]


class Explain(msgspec.Struct, frozen=True, kw_only=True):
    """Tell a lease what it waits for."""

    lease: LeaseId
    reason: Reason


class Ready(msgspec.Struct, frozen=True, kw_only=True):
    """Every node of the lease is ready."""

    lease: LeaseId


class End(msgspec.Struct, frozen=True, kw_only=True):
    """The lease is over; its nodes are given back."""

    lease: LeaseId
    state: LeaseState
    reason: Reason


class Built(msgspec.Struct, frozen=True, kw_only=True):
    """The cloud took the order for a node's server."""

    node: NodeName


class Usable(msgspec.Struct, frozen=True, kw_only=True):
    """A node is ready because its cloud says so, and no more proof is asked for."""

    node: NodeName


class Name(msgspec.Struct, frozen=True, kw_only=True):
    """Set these names for a node, whose address or host key is known by now."""

    node: NodeName
    specs: tuple[RecordSpec, ...]


class Retry(msgspec.Struct, frozen=True, kw_only=True):
    """Give up the node's present server and plan another."""

    node: NodeName
    reason: Reason


class Break(msgspec.Struct, frozen=True, kw_only=True):
    """A node that was ready has lost its server."""

    node: NodeName
    reason: Reason


LeaseEffect = Grant | Explain | Ready | End
HoldEffect = Built | Usable | Name | Retry | Break
Effect = LeaseEffect | HoldEffect


class Queue(msgspec.Struct, frozen=True, kw_only=True):
    """Who waits for nodes of one machine type, and what there is for them."""

    machine_type: str
    waiting: Collection[LeaseRow]
    """The oldest first."""
    free: Sequence[NodeName]
    nodes: int
    """How many nodes there are."""
    leaving: int
    """How many are being given back."""


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


def decide(scene: Scene) -> Decision:
    """Decide for leases with nodes in hand, then for the queues."""
    pass_ = _Pass(scene)
    for lease in sorted(scene.leases, key=lambda each: each.epoch):
        pass_.with_nodes(lease)
    for queue in scene.queues:
        pass_.in_queue(queue)
    return Decision(effects=tuple(pass_.effects), wakes=pass_.wakes)


def busy(lease: LeaseRow, queue: Queue, place: int) -> Reason:
    """Why a lease waits: what is free now, what will be, and who is before it."""
    free = len(queue.free)
    text = f"{free} of {queue.nodes} nodes of {queue.machine_type} are free, {lease.count} wanted"
    if queue.leaving:
        text += f"; {queue.leaving} are being given back"
    if place > 1:
        text += f"; place {place} in the queue"
    return Reason(cause=Cause.NODES_BUSY, text=text, have=float(free), want=float(lease.count))


class _Pass:
    def __init__(self, scene: Scene) -> None:
        self.scene = scene
        self.now = scene.now
        self.effects: list[Effect] = []
        self.wakes: dict[Topic, float | None] = {}
        self.topic: Topic = ("queue", "")

    def wake(self, at: float) -> None:
        """Look at what is being looked at again by then."""
        known = self.wakes[self.topic]
        self.wakes[self.topic] = at if known is None else min(known, at)

    # -- in the queue ----------------------------------------------------------------------------

    def in_queue(self, queue: Queue) -> None:
        self.topic = ("queue", queue.machine_type)
        self.wakes[self.topic] = None
        config = self.scene.machine_types.get(queue.machine_type)
        if config is None:
            for lease in queue.waiting:
                self.fail(lease, _unknown(lease))
            return
        mute = self.scene.mute.get(config.cloud)
        free = list(queue.free)
        place = 1
        for lease in queue.waiting:
            hopeless = self.hopeless(lease, config, queue.nodes)
            if hopeless is not None:
                self.fail(lease, hopeless)
                continue
            if mute is not None:
                self.wake(self.now + OFFERS_RETRY)
                self.explain(lease, mute)
            elif place == 1 and len(free) >= lease.count:
                self.effects.append(Grant(lease=lease.id, nodes=tuple(free[: lease.count])))
                del free[: lease.count]
                continue
            elif lease.reason is None or lease.reason.cause is not Cause.NODES_BUSY:
                self.explain(lease, busy(lease, queue, place))
            place += 1

    def hopeless(self, lease: LeaseRow, config: MachineTypeConfig, nodes: int) -> Reason | None:
        """Why a lease in the queue need not wait any longer."""
        if nodes < lease.count:
            text = f"{lease.count} nodes wanted; {lease.machine_type} has only {nodes} now"
            return Reason(cause=Cause.REFUSED, text=text)
        patience = parse_duration(config.queue_patience)
        ends = lease.created_at + patience
        if self.now >= ends:
            text = f"no {lease.count} free nodes of {lease.machine_type} in {config.queue_patience}"
            return Reason(cause=Cause.DEADLINE, text=text, want=float(patience))
        self.wake(ends)
        return None

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
        config = self.scene.machine_types.get(lease.machine_type)
        if config is not None:
            self.holding(lease, config)
        elif lease.state is not LeaseState.READY:
            self.fail(lease, _unknown(lease))

    def holding(self, lease: LeaseRow, config: MachineTypeConfig) -> None:
        settled = True
        for hold in self.scene.held.get(lease.id, ()):
            if hold.broken is not None:
                continue
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
            elif hold.attempt >= config.attempts or trouble.cause not in WORTH_A_RETRY:
                self.fail(lease, trouble)
                return
            elif config.cloud in self.scene.mute:
                self.wake(self.now + OFFERS_RETRY)
            else:
                self.effects.append(Retry(node=hold.node, reason=trouble))
        if settled and lease.state is LeaseState.PREPARING:
            self.effects.append(Ready(lease=lease.id))

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
            since, patience = hold.ready_at, parse_duration(config.queue_patience)
            what = "its names were not set"
        else:
            boot, ready = config.boot_patience, config.ready_patience
            since, patience = hold.built_at, parse_duration(boot) + parse_duration(ready)
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

    def explain(self, lease: LeaseRow, reason: Reason) -> None:
        if lease.reason is None or lease.reason.text != reason.text:
            self.effects.append(Explain(lease=lease.id, reason=reason))


def _unknown(lease: LeaseRow) -> Reason:
    text = f"machine type {lease.machine_type} is not in the configuration any more"
    return Reason(cause=Cause.NOT_FOUND, text=text)
