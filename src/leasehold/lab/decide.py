"""What to do with leases and nodes now. Pure: no I/O, no clock, no chance."""

from collections import defaultdict
from collections.abc import Collection, Mapping, Sequence

import msgspec

from leasehold.engine.cloud import ObjectId
from leasehold.engine.decide import moment
from leasehold.engine.reason import Cause, Reason
from leasehold.engine.row import Row, State
from leasehold.lab import progress
from leasehold.lab.book import Hold, LeaseRow
from leasehold.lab.config import MachineTypeConfig
from leasehold.lab.duration import parse_duration
from leasehold.lab.model import LeaseId, LeaseState, NodeName, NodeState

WORTH_A_RETRY = frozenset(
    {Cause.NO_HOST, Cause.BUILD_FAILED, Cause.DEADLINE, Cause.LOST, Cause.NO_ANSWER}
)
"""Failures that another server may not share."""


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


class Retry(msgspec.Struct, frozen=True, kw_only=True):
    """Give up the node's present server and plan another."""

    node: NodeName
    reason: Reason


class Break(msgspec.Struct, frozen=True, kw_only=True):
    """A node that was ready has lost its server."""

    node: NodeName
    reason: Reason


Effect = Grant | Explain | Ready | End | Built | Usable | Retry | Break


class Scene(msgspec.Struct, frozen=True, kw_only=True):
    """All that a decision of the lab depends on."""

    now: float
    leases: Collection[LeaseRow]
    """The open ones."""
    holds: Mapping[NodeName, Hold]
    rows: Mapping[ObjectId, Row]
    occupied: Collection[NodeName]
    """Nodes of which something is left in a cloud."""
    machine_types: Mapping[str, MachineTypeConfig]
    nodes: Mapping[str, Sequence[NodeName]]
    """The nodes of each machine type, in order."""


class Decision(msgspec.Struct, frozen=True, kw_only=True):
    effects: tuple[Effect, ...]
    wake_at: float | None


def decide(scene: Scene) -> Decision:
    """Decide for every open lease, in the order in which they were asked for."""
    pass_ = _Pass(scene)
    for lease in sorted(scene.leases, key=lambda each: each.epoch):
        pass_.consider(lease)
    return Decision(effects=tuple(pass_.effects), wake_at=min(pass_.wakes, default=None))


class _Pass:
    def __init__(self, scene: Scene) -> None:
        self.scene = scene
        self.now = scene.now
        self.effects: list[Effect] = []
        self.wakes: list[float] = []
        self.queues: defaultdict[str, int] = defaultdict(int)
        self.granted: set[NodeName] = set()
        self.held: defaultdict[LeaseId, list[Hold]] = defaultdict(list)
        for hold in scene.holds.values():
            self.held[hold.lease].append(hold)

    def consider(self, lease: LeaseRow) -> None:
        config = self.scene.machine_types.get(lease.machine_type)
        if lease.until is not None and lease.until <= self.now:
            text = f"the time of the lease was up at {moment(lease.until):%Y-%m-%d %H:%M:%S} UTC"
            self.end(lease, LeaseState.EXPIRED, Reason(cause=Cause.EXPIRED, text=text))
        elif config is None:
            text = f"machine type {lease.machine_type} is not in the configuration any more"
            if lease.state is not LeaseState.READY:
                self.fail(lease, Reason(cause=Cause.NOT_FOUND, text=text))
        elif lease.state is LeaseState.WAITING:
            self.waiting(lease, config)
        else:
            self.holding(lease, config)

    # -- in the queue ----------------------------------------------------------------------------

    def waiting(self, lease: LeaseRow, config: MachineTypeConfig) -> None:
        patience = parse_duration(config.queue_patience)
        if self.now >= lease.created_at + patience:
            text = f"no {lease.count} free nodes of {lease.machine_type} in {config.queue_patience}"
            self.fail(lease, Reason(cause=Cause.DEADLINE, text=text, want=float(patience)))
            return
        self.wakes.append(lease.created_at + patience)
        self.queues[lease.machine_type] += 1
        place = self.queues[lease.machine_type]
        names = self.scene.nodes[lease.machine_type]
        if len(names) < lease.count:
            text = f"{lease.count} nodes wanted; {lease.machine_type} has only {len(names)} now"
            self.fail(lease, Reason(cause=Cause.REFUSED, text=text))
            return
        free = [name for name in names if self.is_free(name)]
        if place == 1 and len(free) >= lease.count:
            chosen = tuple(free[: lease.count])
            self.granted.update(chosen)
            self.queues[lease.machine_type] -= 1
            self.effects.append(Grant(lease=lease.id, nodes=chosen))
            return
        self.explain(lease, self.queue_reason(lease, len(free), place))

    def is_free(self, name: NodeName) -> bool:
        taken = name in self.scene.holds or name in self.granted
        return not taken and name not in self.scene.occupied

    def queue_reason(self, lease: LeaseRow, free: int, place: int) -> Reason:
        names = self.scene.nodes[lease.machine_type]
        leaving = sum(
            name in self.scene.occupied and name not in self.scene.holds for name in names
        )
        text = (
            f"{free} of {len(names)} nodes of {lease.machine_type} are free, {lease.count} wanted"
        )
        if leaving:
            text += f"; {leaving} are being given back"
        if place > 1:
            text += f"; place {place} in the queue"
        return Reason(cause=Cause.NODES_BUSY, text=text, have=float(free), want=float(lease.count))

    # -- with nodes in hand ----------------------------------------------------------------------

    def holding(self, lease: LeaseRow, config: MachineTypeConfig) -> None:
        if lease.until is not None:
            self.wakes.append(lease.until)
        settled = True
        for hold in sorted(self.held[lease.id], key=lambda each: each.node):
            if hold.broken is not None:
                continue
            how = progress.held(hold, self.scene.rows, config)
            if lease.state is LeaseState.READY:
                if how.failure is not None:
                    self.effects.append(Break(node=hold.node, reason=how.failure))
                continue
            if how.state is NodeState.READY:
                continue
            settled = False
            trouble = how.failure or self.overdue(hold, how, config)
            if trouble is not None:
                if hold.attempt >= config.attempts or trouble.cause not in WORTH_A_RETRY:
                    self.fail(lease, trouble)
                    return
                self.effects.append(Retry(node=hold.node, reason=trouble))
                continue
            self.advance(hold, how, config)
        if settled and lease.state is LeaseState.PREPARING:
            self.effects.append(Ready(lease=lease.id))

    def advance(self, hold: Hold, how: progress.Progress, config: MachineTypeConfig) -> None:
        server = self.scene.rows.get(hold.server)
        taken = server is not None and server.state in progress.TAKEN
        if taken and hold.built_at is None:
            self.effects.append(Built(node=hold.node))
        if config.ready == "active" and how.state is NodeState.ADDRESSED:
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
        else:
            boot, ready = config.boot_patience, config.ready_patience
            since, patience = hold.built_at, parse_duration(boot) + parse_duration(ready)
            what = "it did not prove that it is ready"
        if self.now < since + patience:
            self.wakes.append(since + patience)
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
