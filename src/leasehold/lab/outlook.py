"""What those who wait can know: place, what is in the way, when it will be their turn. Pure."""

from collections.abc import Iterator, Mapping
from math import inf

import msgspec

from leasehold.engine.reason import Cause, Reason
from leasehold.lab.book import LeaseRow
from leasehold.lab.forecast import LEAVING, Claim, end_of, starts
from leasehold.lab.model import LeaseId, NodeName
from leasehold.lab.paces import UNKNOWN
from leasehold.lab.queue import Queue, lasts, patience, serve, want_of

FORESEEN = 16
"""How many of a queue, from its head, are told when their turn is: further on it is guesswork."""

LOOKED_AT = Reason(cause=Cause.NODES_BUSY, text="is being looked at")


class Outlook(msgspec.Struct, frozen=True, kw_only=True):
    """How a lease stands in its queue."""

    position: int
    blocks: tuple[Reason, ...]
    """What is in the way, the first first; never empty."""
    starts_at: float | None = None
    """When it gets its nodes, if nobody extends or gives back early; None: unknown."""


def look(queue: Queue, now: float) -> dict[LeaseId, Outlook]:
    """The outlook of everybody in a queue that waits on."""
    served = serve(queue, now)
    leases = {lease.id: lease for lease in queue.waiting}
    first = [leases[each] for each in list(served.blocked)[:FORESEEN]]
    foreseen = starts(_claims(queue, first, served.blocked), _free_at(queue, now))
    return {
        lease: Outlook(position=place, blocks=blocks, starts_at=foreseen.get(lease))
        for place, (lease, blocks) in enumerate(served.blocked.items(), 1)
    }


def ready_at(queue: Queue, lease: LeaseRow, starts_at: float | None) -> float | None:
    """When a lease that gets its nodes then is ready; None: unknown."""
    boots = [queue.paces.get(each, UNKNOWN).boot for each in lease.machine_types]
    known = [each for each in boots if each is not None]
    return starts_at + max(known) if starts_at is not None and len(known) == len(boots) else None


def _claims(
    queue: Queue, leases: list[LeaseRow], blocked: Mapping[LeaseId, tuple[Reason, ...]]
) -> Iterator[Claim]:
    """What each wants; whose owner's limit, or whose cloud, is in the way wants nothing now."""
    for lease in leases:
        if any(each.cause is not Cause.NODES_BUSY for each in blocked[lease.id]):
            continue
        fits, want = queue.nodes.fits, want_of(lease)
        rows = queue.nodes.rows(lease.machine_types)
        nodes = lease.nodes or (row.name for row in rows if fits(row.name, want))
        yield Claim(
            lease=lease.id, nodes=frozenset(nodes), count=lease.count, lasts=lasts(queue, lease)
        )


def _free_at(queue: Queue, now: float) -> dict[NodeName, float]:
    """When each node that is up comes free by itself."""
    types = {each for lease in queue.waiting for each in lease.machine_types}
    found = {}
    for row in queue.nodes.rows(types):
        hold = queue.holds.get(row.name)
        if not row.up:
            at = inf
        elif queue.nodes.is_free(row.name):
            at = now
        elif hold is not None:
            pace = queue.paces.get(row.machine_type, UNKNOWN)
            longest = patience(queue, row.machine_type)
            at = end_of(queue.leases[hold.lease], hold, pace, longest, now)
        else:
            at = now + LEAVING
        found[row.name] = at
    return found
