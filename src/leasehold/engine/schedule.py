"""When to list what: one observer per cloud lists for everybody. Pure.

Deltas of servers while any is on its way, complete listings where only absence can tell, and a
complete audit of every kind now and then.
"""

from collections.abc import Collection, Mapping

import msgspec

from leasehold.engine.cloud import Kind

INTERVAL = {
    Kind.SERVER: 2.0,
    Kind.VOLUME: 3.0,
    Kind.PORT: 5.0,
    Kind.FLOATING_IP: 5.0,
    Kind.RECORD: 1.0,
    Kind.SNAPSHOT: 5.0,
}
"""Seconds between the starts of two listings of a kind that something waits for."""

COMPLETE_INTERVAL = 5.0
"""Seconds between two complete listings of servers at least, while deltas cannot tell."""

AUDIT_INTERVAL = 60.0
"""Seconds between two complete listings of a kind while the ledger has objects in the cloud."""

RECORD_AUDIT_INTERVAL = 20.0
"""The same for records: others change zones by hand, and a look costs next to nothing."""

IDLE_INTERVAL = 300.0
"""The same, while it has none."""

FIRST_RETRY, SLOWEST_RETRY = 2.0, 60.0
"""Seconds of pause after a failed listing, doubling."""


class Track(msgspec.Struct, frozen=True, kw_only=True):
    """How listing of one kind in one cloud went so far. Times are Unix seconds."""

    began_at: float | None = None
    """Start of the newest listing, of either sort."""
    complete_at: float | None = None
    """Start of the newest complete listing that ended well."""
    failures: int = 0
    failed_at: float | None = None


class Waiting(msgspec.Struct, frozen=True, kw_only=True):
    """What the ledger waits to learn about one kind in one cloud."""

    any: bool = False
    """Something is on its way, in or out."""
    complete_after: float | None = None
    """A complete listing begun after this moment would settle something that a delta cannot."""
    again: bool = False
    """The last complete listing lacked an object, and one more may confirm that it is not there."""
    objects: bool = False
    """The ledger has objects of the kind there at all."""
    forced_at: float | None = None
    """Somebody asked at this moment for a complete listing."""
    peeked_at: float | None = None
    """Somebody asked at this moment for a look, for which a delta will do."""


class Due(msgspec.Struct, frozen=True, kw_only=True):
    kind: Kind
    at: float
    complete: bool


def due(kind: Kind, track: Track, waiting: Waiting) -> Due:
    """When the next listing of `kind` should leave, and whether it has to be a complete one."""
    complete_at = track.complete_at
    if complete_at is None or track.began_at is None:
        complete, at = True, 0.0
    elif waiting.forced_at is not None and complete_at < waiting.forced_at:
        complete, at = True, waiting.forced_at
    else:
        audit = RECORD_AUDIT_INTERVAL if kind is Kind.RECORD else AUDIT_INTERVAL
        at = complete_at + (audit if waiting.objects else IDLE_INTERVAL)
        complete = True
        if waiting.any:
            poll = track.began_at + INTERVAL[kind]
            if poll < at:
                at, complete = poll, kind is not Kind.SERVER
        peek = waiting.peeked_at
        if peek is not None and track.began_at < peek < at:
            at, complete = peek, kind is not Kind.SERVER
        after = waiting.complete_after
        if waiting.again or (after is not None and complete_at <= after):
            settle = max(after or 0.0, complete_at + COMPLETE_INTERVAL)
            if settle <= at:
                at, complete = settle, True
    if track.failed_at is not None:
        pause = min(SLOWEST_RETRY, FIRST_RETRY * 2 ** min(track.failures - 1, 10))
        at = max(at, track.failed_at + pause)
    return Due(kind=kind, at=at, complete=complete)


def next_due(
    tracks: Mapping[Kind, Track], waiting: Mapping[Kind, Waiting], busy: Collection[Kind]
) -> Due | None:
    """The most overdue listing of a cloud; kinds that are being listed wait for the answer."""
    dues = [due(kind, tracks[kind], waiting[kind]) for kind in tracks if kind not in busy]
    return min(dues, key=lambda each: each.at, default=None)
