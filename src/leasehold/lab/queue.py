"""Who gets free nodes, and what the others are told. Pure: no I/O, no clock, no chance."""

from collections.abc import Collection, Sequence

import msgspec

from leasehold.engine.reason import Cause, Reason
from leasehold.lab.book import LeaseRow
from leasehold.lab.config import MachineTypeConfig
from leasehold.lab.duration import parse_duration
from leasehold.lab.effects import Effect, End, Explain, Grant
from leasehold.lab.model import LeaseState, NodeName

OFFERS_RETRY = 1.0
"""Seconds between two looks whether a cloud has told what it offers."""


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
    down: int = 0
    """How many are not given out, because they are marked down."""


def busy(lease: LeaseRow, queue: Queue, place: int) -> Reason:
    """Why a lease waits: what is free now, what will be, and who is before it."""
    free = len(queue.free)
    text = f"{free} of {queue.nodes} nodes of {queue.machine_type} are free, {lease.count} wanted"
    if queue.leaving:
        text += f"; {queue.leaving} are being given back"
    if queue.down:
        text += f"; {queue.down} are down"
    if place > 1:
        text += f"; place {place} in the queue"
    return Reason(cause=Cause.NODES_BUSY, text=text, have=float(free), want=float(lease.count))


def serve(
    queue: Queue, config: MachineTypeConfig | None, mute: Reason | None, now: float
) -> tuple[list[Effect], float | None]:
    """What to do for those who wait, and when time alone can change it.

    Without `config` the machine type is no more. `mute` says why no server can be planned yet.
    """
    if config is None:
        return [_fail(lease, unknown(lease)) for lease in queue.waiting], None
    effects: list[Effect] = []
    wakes: list[float] = []
    free = list(queue.free)
    place = 1
    for lease in queue.waiting:
        ends = lease.created_at + parse_duration(config.queue_patience)
        hopeless = _hopeless(lease, config, queue.nodes, overdue=now >= ends)
        if hopeless is not None:
            effects.append(_fail(lease, hopeless))
            continue
        wakes.append(ends)
        if mute is not None:
            wakes.append(mute.until.timestamp() if mute.until else now + OFFERS_RETRY)
            if lease.reason is None or lease.reason.text != mute.text:
                effects.append(Explain(lease=lease.id, reason=mute))
        elif place == 1 and len(free) >= lease.count:
            effects.append(Grant(lease=lease.id, nodes=tuple(free[: lease.count])))
            del free[: lease.count]
            continue
        elif lease.reason is None or lease.reason.cause is not Cause.NODES_BUSY:
            effects.append(Explain(lease=lease.id, reason=busy(lease, queue, place)))
        place += 1
    return effects, min(wakes, default=None)


def unknown(lease: LeaseRow) -> Reason:
    """That a lease's machine type is no more."""
    text = f"machine type {lease.machine_type} is not in the configuration any more"
    return Reason(cause=Cause.NOT_FOUND, text=text)


def _hopeless(
    lease: LeaseRow, config: MachineTypeConfig, nodes: int, *, overdue: bool
) -> Reason | None:
    """Why a lease in the queue need not wait any longer."""
    if nodes < lease.count:
        text = f"{lease.count} nodes wanted; {lease.machine_type} has only {nodes} now"
        return Reason(cause=Cause.REFUSED, text=text)
    if overdue:
        patience = float(parse_duration(config.queue_patience))
        text = f"no {lease.count} free nodes of {lease.machine_type} in {config.queue_patience}"
        return Reason(cause=Cause.DEADLINE, text=text, want=patience)
    return None


def _fail(lease: LeaseRow, reason: Reason) -> End:
    return End(lease=lease.id, state=LeaseState.FAILED, reason=reason)
