"""When nodes that are not free will be, as far as it can be known. Pure.

A lease ends when its time is up, or earlier; it can be extended, and then this was too good. One that
is held has no end: what hangs on it is unknown.
"""

from collections.abc import Iterable, Mapping
from heapq import nsmallest
from math import inf

import msgspec

from leasehold.lab.book import Hold, LeaseRow
from leasehold.lab.model import LeaseId, NodeName
from leasehold.lab.paces import Pace

LEAVING = 60.0
"""Seconds that a node needs from being given back to being free, while none was measured."""


class Coming(msgspec.Struct, frozen=True, kw_only=True):
    """A node and when it can be had; `inf`: nobody knows."""

    node: NodeName
    at: float


def end_of(lease: LeaseRow, hold: Hold, pace: Pace, patience: float, now: float) -> float:
    """When a node comes free by itself: after its lease's end, once its server is gone."""
    leaving = LEAVING if pace.leave is None else pace.leave
    if lease.seconds is None:
        return inf
    if lease.until is not None:
        return max(now, lease.until) + leaving
    boot = patience if pace.boot is None else pace.boot
    return max(now, hold.planned_at + boot) + lease.seconds + leaving


def enough_at(times: Iterable[float], count: int) -> float | None:
    """When `count` of these are there; None if that is unknown, or never."""
    first = nsmallest(count, times)
    return first[-1] if len(first) == count and first[-1] < inf else None


class Claim(msgspec.Struct, frozen=True, kw_only=True):
    """What a lease that waits needs, for `starts`."""

    lease: LeaseId
    nodes: frozenset[NodeName]
    """Those that would do."""
    count: int
    lasts: float
    """From being granted to the last node being free again; `inf` without end."""


def starts(
    claims: Iterable[Claim], free_at: Mapping[NodeName, float]
) -> dict[LeaseId, float | None]:
    """When each lease gets its nodes if all before it get theirs first; None: unknown."""
    free_at = dict(free_at)
    found: dict[LeaseId, float | None] = {}
    for claim in claims:
        first = nsmallest(
            claim.count, ((free_at[node], node) for node in claim.nodes if node in free_at)
        )
        at = first[-1][0] if len(first) == claim.count else inf
        found[claim.lease] = at if at < inf else None
        for _, node in first if at < inf else ():
            free_at[node] = at + claim.lasts
    return found
