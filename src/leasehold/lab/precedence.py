"""Who is served before whom. Pure.

A higher priority goes first. Within one, who holds least goes first, so that nobody's many locks keep
out another's few. Waiting counts for a lock all the time: by and by it weighs more than whatever comes
after it, so that nobody waits for ever.
"""

from collections import defaultdict
from collections.abc import Collection, Iterable, Mapping

from leasehold.lab.book import NOTHING, LeaseRow, Standing
from leasehold.lab.model import LeaseId

PRIORITY_AGE = 3600.0
"""Seconds without being served that are worth one step of priority."""

SHARE_AGE = 600.0
"""Seconds without being served that are worth one node less in hand."""


def in_order(
    waiting: Collection[LeaseRow],
    owners: Mapping[str, Standing],
    served_at: Mapping[LeaseId, float],
    now: float,
) -> list[LeaseRow]:
    """The leases that wait, the one to be served first in front.

    An owner's own go by priority, then by age; each counts those before it as if they were in hand.
    The time without being served begins anew when one of those before it is served, `served_at`: else
    whoever asked for many at once would be before all others for hours. What its owner is given of
    something else, or out of this order, does not make a lease wait anew: else a large one of an owner
    with many small ones would wait for ever.
    """
    if len(waiting) < 2:
        return list(waiting)
    keys: dict[str, tuple[int, float, int]] = {}
    for owner, own in _by_owner(waiting).items():
        share = owners.get(owner, NOTHING).nodes
        for lease in sorted(own, key=lambda each: each.rank):
            waited = max(0.0, now - max(lease.created_at, served_at.get(lease.id, 0.0)))
            priority = lease.priority + int(waited / PRIORITY_AGE)
            keys[lease.id] = (-priority, share - waited / SHARE_AGE, lease.epoch)
            share += lease.count
    return sorted(waiting, key=lambda each: keys[each.id])


def _by_owner(waiting: Iterable[LeaseRow]) -> Mapping[str, list[LeaseRow]]:
    found: defaultdict[str, list[LeaseRow]] = defaultdict(list)
    for lease in waiting:
        found[lease.owner].append(lease)
    return found
