"""Who gets free nodes, and who waits on. Pure: no I/O, no clock, no chance.

Wishes are served in the order of `precedence`, each whole or not at all. One that cannot be served yet
keeps what is free of the nodes that would do for it, so that smaller ones do not pass it for ever.
Whoever comes later may use what is kept only if it ends before the time at which the first will have
all it needs, as that was foreseen when it began to keep: so nobody is delayed, and nothing is idle
without need. A wish that hangs on a lease without end, or on a node that is down, keeps nothing.
"""

from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from math import inf
from typing import Protocol

import msgspec

from leasehold.engine.decide import moment
from leasehold.engine.reason import Cause, Reason
from leasehold.lab.book import NOTHING, Hold, LeaseRow, Standing
from leasehold.lab.config.limits import LimitsConfig
from leasehold.lab.config.machine_types import MachineTypeConfig
from leasehold.lab.duration import parse_duration
from leasehold.lab.effects import Effect, End, Explain, Grant
from leasehold.lab.forecast import LEAVING, end_of, enough_at
from leasehold.lab.inventory import Count
from leasehold.lab.model import LeaseId, LeaseState, NodeName
from leasehold.lab.node_row import NodeRow, Want
from leasehold.lab.paces import UNKNOWN, Pace
from leasehold.lab.precedence import in_order

OFFERS_RETRY = 1.0
"""Seconds between two looks whether a cloud has told what it offers."""


class Nodes(Protocol):
    """What of the inventory is looked at here."""

    def row(self, node: NodeName) -> NodeRow | None: ...
    def rows(self, machine_types: Iterable[str]) -> Iterator[NodeRow]: ...
    def is_free(self, node: NodeName) -> bool: ...
    def fits(self, node: NodeName, want: Want) -> bool: ...
    def free(
        self, machine_types: Sequence[str], want: Want, *, limit: int | None = None
    ) -> list[NodeName]: ...
    def count(self, machine_types: Sequence[str], want: Want) -> Count: ...


class Queue(msgspec.Struct, frozen=True, kw_only=True):
    """All who wait for nodes of machine types that some of them want in common."""

    names: Collection[str]
    """The machine types, as they were asked for."""
    waiting: Collection[LeaseRow]
    nodes: Nodes
    machine_types: Mapping[str, MachineTypeConfig]
    holds: Mapping[NodeName, Hold] = {}
    leases: Mapping[LeaseId, LeaseRow] = {}
    """The open leases, by which the ends of the holds are known."""
    owners: Mapping[str, Standing] = {}
    served_at: Mapping[LeaseId, float] = {}
    """When one that stood before it, of the same owner, was last served."""
    limits: LimitsConfig = LimitsConfig()
    paces: Mapping[str, Pace] = {}
    mute: Mapping[str, Reason] = {}
    """Clouds that have not told yet what they offer, and why: no server can be planned there."""
    paused: Mapping[str, Reason] = {}
    """Machine types whose servers are not made for a while."""
    promises: Mapping[LeaseId, float] = {}
    """When those that keep nodes were to have all, as was foreseen when they began to."""


class Served(msgspec.Struct, frozen=True, kw_only=True):
    """What came of a look at a queue."""

    effects: tuple[Effect, ...]
    wake_at: float | None
    """When time alone can change it."""
    promises: Mapping[LeaseId, float]
    """Of those that keep nodes now."""
    blocked: Mapping[LeaseId, tuple[Reason, ...]]
    """Of those that wait on, in their order: what is in the way."""


def want_of(lease: LeaseRow) -> Want:
    """What its nodes have to be like."""
    return Want(os_type=lease.os_type, os_version=lease.os_version, arch=lease.arch)


def serve(queue: Queue, now: float) -> Served:
    """Decide for everybody who waits."""
    turn = _Turn(queue, now)
    for lease in in_order(queue.waiting, queue.owners, queue.served_at, now):
        turn.serve(lease)
    wake_at = min(turn.wakes, default=None)
    return Served(
        effects=tuple(turn.effects),
        wake_at=wake_at,
        promises=turn.promises,
        blocked=turn.blocked,
    )


class _Turn:
    def __init__(self, queue: Queue, now: float) -> None:
        self.queue = queue
        self.now = now
        self.effects: list[Effect] = []
        self.wakes: list[float] = []
        self.promises: dict[LeaseId, float] = {}
        self.blocked: dict[LeaseId, tuple[Reason, ...]] = {}
        self.taken: set[NodeName] = set()
        self.kept: dict[NodeName, float] = {}
        """Free nodes that a lease waits with, and when it will have all that it needs."""
        self.granted: dict[str, Standing] = {}
        self.foreseen: dict[tuple[tuple[str, ...], Want, tuple[NodeName, ...]], list[float]] = {}

    def serve(self, lease: LeaseRow) -> None:
        types = [each for each in lease.machine_types if each in self.queue.machine_types]
        configs = [self.queue.machine_types[each] for each in types]
        ends = lease.created_at + min(
            (parse_duration(each.queue_patience) for each in configs), default=0
        )
        hopeless = hopelessness(self.queue, lease, types) or self.overdue(lease, configs, ends)
        if hopeless is not None:
            self.effects.append(End(lease=lease.id, state=LeaseState.FAILED, reason=hopeless))
            return
        self.wakes.append(ends)
        place = len(self.blocked) + 1
        limited = over_limit(self.queue, lease, self.granted.get(lease.owner, NOTHING))
        mute = self.mute(types)
        if mute:
            self.wakes += [self.again_at(each) for each in mute.values()]
            types = [each for each in types if each not in mute]
        free = self.free(lease, types) if types else []
        chosen = [] if limited else self.choose(lease, types, free)
        if chosen:
            self.grant(lease, chosen)
            return
        blocks = [limited] if limited else []
        blocks += dict.fromkeys(mute.values())
        if types and len(free) < lease.count:
            blocks.append(busy(self.queue, lease, place))
        elif types and not limited:
            blocks.append(behind(lease, free, self.kept, place))
        if free and not limited:
            self.keep(lease, types, free)
        self.explain(lease, *blocks)

    def mute(self, types: Sequence[str]) -> dict[str, Reason]:
        """The machine types of which nothing can be made now, and why."""
        found: dict[str, Reason] = {}
        for name in types:
            why = self.queue.mute.get(self.queue.machine_types[name].cloud)
            why = why or self.queue.paused.get(name)
            if why is not None:
                found[name] = why
        return found

    def again_at(self, why: Reason) -> float:
        return why.until.timestamp() if why.until else self.now + OFFERS_RETRY

    def overdue(
        self, lease: LeaseRow, configs: Sequence[MachineTypeConfig], ends: float
    ) -> Reason | None:
        if self.now < ends:
            return None
        patience = min((each.queue_patience for each in configs), key=parse_duration)
        text = f"no {lease.count} free nodes of {lease.machine_type} in {patience}"
        return Reason(cause=Cause.DEADLINE, text=text, want=float(parse_duration(patience)))

    def free(self, lease: LeaseRow, types: Sequence[str]) -> list[NodeName]:
        """Nodes that would do for a lease, and that nobody was given in this turn."""
        nodes = self.queue.nodes
        if lease.nodes:
            rows = {each: nodes.row(each) for each in lease.nodes if nodes.is_free(each)}
            found = [each for each, row in rows.items() if row and row.machine_type in types]
        else:
            most = lease.count + len(self.taken) + len(self.kept)
            want = want_of(lease)
            found = [node for each in types for node in nodes.free((each,), want, limit=most)]
        return [each for each in found if each not in self.taken]

    def choose(
        self, lease: LeaseRow, types: Sequence[str], free: Sequence[NodeName]
    ) -> list[NodeName]:
        """Nodes for the whole lease, of one machine type if possible; none if there are too few."""
        if len(free) < lease.count:
            return []
        ends = self.now + lasts(self.queue, lease)
        usable = [each for each in free if ends <= self.kept.get(each, inf)]
        if len(usable) < lease.count:
            return []
        usable.sort(key=lambda each: each in self.kept)
        if len(types) > 1 and not lease.nodes:
            for name in types:
                own = [each for each in usable if _type_of(self.queue.nodes, each) == name]
                if len(own) >= lease.count:
                    return own[: lease.count]
        return usable[: lease.count]

    def grant(self, lease: LeaseRow, nodes: Sequence[NodeName]) -> None:
        self.effects.append(Grant(lease=lease.id, nodes=tuple(nodes)))
        self.taken.update(nodes)
        before = self.granted.get(lease.owner, NOTHING)
        self.granted[lease.owner] = Standing(
            nodes=before.nodes + lease.count, leases=before.leases + 1
        )

    def keep(self, lease: LeaseRow, types: Sequence[str], free: Sequence[NodeName]) -> None:
        """Keep what is free for a lease, if it can be foreseen when it will have the rest."""
        promise = self.queue.promises.get(lease.id)
        missing = lease.count - len(free)
        if missing > 0:
            foreseen = enough_at(self.comings(lease, types), missing)
            if foreseen is None:
                return
            promise = foreseen if promise is None else min(promise, foreseen)
        elif promise is None:
            # Enough is free, but kept by others: it is behind them in turn.
            promise = max(self.kept.get(each, self.now) for each in free)
        self.promises[lease.id] = promise
        for node in free[: lease.count]:
            self.kept[node] = min(promise, self.kept.get(node, inf))

    def comings(self, lease: LeaseRow, types: Sequence[str]) -> list[float]:
        """`comings`, worked out once for all who want the same: it looks at every hold there is."""
        alike = (tuple(types), want_of(lease), lease.nodes)
        found = self.foreseen.get(alike)
        if found is None:
            found = self.foreseen[alike] = comings(self.queue, lease, types, self.now)
        return found

    def explain(self, lease: LeaseRow, *blocks: Reason) -> None:
        """Tell a lease what it waits for; the numbers alone are no news."""
        self.blocked[lease.id] = blocks
        known, first = lease.reason, blocks[0]
        counted = first.cause in (Cause.NODES_BUSY, Cause.LIMIT)
        told = known is not None and known.cause is first.cause
        if known is None or not told or (not counted and known.text != first.text):
            self.effects.append(Explain(lease=lease.id, reason=first))


def hopelessness(queue: Queue, lease: LeaseRow, types: Sequence[str]) -> Reason | None:
    """Why a lease need not wait at all: there will never be enough for it."""
    if not types:
        text = f"machine type {lease.machine_type} is not in the configuration any more"
        return Reason(cause=Cause.NOT_FOUND, text=text)
    if lease.nodes:
        gone = [each for each in lease.nodes if queue.nodes.row(each) is None]
        text = f"{', '.join(gone)}: no such node any more"
        return Reason(cause=Cause.NOT_FOUND, text=text) if gone else None
    exist = queue.nodes.count(types, want_of(lease)).all
    if exist < lease.count:
        text = f"{lease.count} nodes wanted; {what(lease)} has only {exist} now"
        return Reason(cause=Cause.REFUSED, text=text)
    return None


def over_limit(queue: Queue, lease: LeaseRow, granted: Standing = NOTHING) -> Reason | None:
    """Why its owner may not have it yet: the limits are for what one holds at a time."""
    if not queue.limits.any:
        return None
    limits, standing = queue.limits.of(lease.owner), queue.owners.get(lease.owner, NOTHING)
    nodes, leases = standing.nodes + granted.nodes, standing.leases + granted.leases
    for name, have, want, limit in (
        ("nodes", nodes, lease.count, limits.nodes),
        ("leases", leases, 1, limits.leases),
    ):
        if limit is not None and have + want > limit:
            text = f"{lease.owner} may hold {limit} {name}, holds {have} and wants {want} more"
            return Reason(cause=Cause.LIMIT, text=text, have=float(have), want=float(limit))
    return None


def busy(queue: Queue, lease: LeaseRow, place: int = 1) -> Reason:
    """Why a lease waits: what is free now, what will be, and who is before it."""
    cause = Cause.NODES_BUSY
    if lease.nodes:
        rows = [queue.nodes.row(each) for each in lease.nodes if not queue.nodes.is_free(each)]
        taken = [row for row in rows if row is not None]
        free = lease.count - len(taken)
        text = "; ".join(_whereabouts(queue, row) for row in taken) or "others get them first"
        down = next((row for row in taken if not row.up), None)
        if down is not None:
            cause = Cause.UNHEALTHY if down.down_by_check else Cause.DOWN
    else:
        count = queue.nodes.count(lease.machine_types, want_of(lease))
        free = count.free
        text = f"{free} of {count.all} nodes of {what(lease)} are free, {lease.count} wanted"
        if count.leaving:
            text += f"; {count.leaving} are being given back"
        if count.down:
            text += f"; {count.down} are down"
    if place > 1:
        text += f"; place {place} in the queue"
    return Reason(cause=cause, text=text, have=float(free), want=float(lease.count))


def _whereabouts(queue: Queue, row: NodeRow) -> str:
    """Why a node cannot be had: whether it is down, and who has it until when."""
    said = []
    if not row.up:
        said.append(f"down: {row.note}" if row.note else "down")
    hold = queue.holds.get(row.name)
    if hold is not None:
        holder = queue.leases[hold.lease]
        if holder.until is not None:
            end = f" until {moment(holder.until):%Y-%m-%d %H:%M:%S} UTC"
        else:
            end = ", without end" if holder.seconds is None else ""
        said.append(f"held by {holder.owner}{end}")
    return f"{row.name} is {', and '.join(said) or 'being given back'}"


def behind(
    lease: LeaseRow, free: Sequence[NodeName], kept: Mapping[NodeName, float], place: int
) -> Reason:
    """Why a lease waits though enough nodes are free: who is before it waits with them."""
    number = sum(each in kept for each in free)
    text = f"{number} of {len(free)} free nodes are kept for who waits longer for more"
    if place > 1:
        text += f"; place {place} in the queue"
    return Reason(
        cause=Cause.NODES_BUSY, text=text, have=float(len(free) - number), want=float(lease.count)
    )


def what(lease: LeaseRow) -> str:
    """What kind of nodes a lease wants, in words."""
    system = " ".join(filter(None, (lease.os_type, lease.os_version, lease.arch)))
    return f"{lease.machine_type} with {system}" if system else lease.machine_type


def comings(queue: Queue, lease: LeaseRow, types: Sequence[str], now: float) -> list[float]:
    """When each node that would do for a lease, and is not free, comes free by itself."""
    want, found = want_of(lease), []
    for node in lease.nodes or queue.holds:
        row, hold = queue.nodes.row(node), queue.holds.get(node)
        if row is None or not row.up or row.machine_type not in types:
            continue
        if queue.nodes.is_free(node):
            continue  # a spare may hold it, for whoever asks
        if hold is None:
            found.append(now + LEAVING)
        elif lease.nodes or queue.nodes.fits(node, want):
            holder = queue.leases[hold.lease]
            pace = queue.paces.get(row.machine_type, UNKNOWN)
            found.append(end_of(holder, hold, pace, patience(queue, row.machine_type), now))
    if not lease.nodes:
        found += [now + LEAVING] * queue.nodes.count(types, want).leaving
    return found


def lasts(queue: Queue, lease: LeaseRow) -> float:
    """Seconds from being granted until its nodes are free again; `inf` without end."""
    if lease.seconds is None:
        return inf
    paces = [(each, queue.paces.get(each, UNKNOWN)) for each in lease.machine_types]
    boot = max(patience(queue, each) if pace.boot is None else pace.boot for each, pace in paces)
    leave = max(LEAVING if pace.leave is None else pace.leave for _, pace in paces)
    return boot + lease.seconds + leave


def patience(queue: Queue, machine_type: str) -> float:
    """How long a node of a machine type may take to be ready at most."""
    config = queue.machine_types.get(machine_type)
    if config is None:
        return 0.0
    return float(parse_duration(config.boot_patience) + parse_duration(config.ready_patience))


def _type_of(nodes: Nodes, node: NodeName) -> str | None:
    row = nodes.row(node)
    return row.machine_type if row else None
