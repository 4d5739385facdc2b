"""What the engine remembers of one cloud, or name server, between two turns."""

from collections import deque
from collections.abc import Collection, Mapping
from concurrent.futures import Future
from datetime import datetime

import msgspec

from leasehold.engine.budget import Budget
from leasehold.engine.cloud import LISTED_KINDS, Authority, Kind, ObjectId, Sighting
from leasehold.engine.observe import Memory
from leasehold.engine.quota import Snapshot
from leasehold.engine.reason import Reason
from leasehold.engine.schedule import Due, Track, Waiting, next_due

LIMITS_AGE = 300.0
"""Seconds after which quotas are asked for again, if anything is to be made."""

SHORT_LIMITS_AGE = 30.0
"""The same, while something waits for quota."""

REFUSED_LIMITS_AGE = 5.0
"""The same, after the cloud refused an order for quota that we thought would fit."""

CALL_PATIENCE = 300.0
"""Seconds after which a call that has not come back counts as unanswered: far beyond the time-outs
of any driver, so that not even a broken one can hold a place, or a listing, for ever."""


class Pace(msgspec.Struct, frozen=True, kw_only=True):
    """How hard a cloud may be worked."""

    calls_per_second: float = 10.0
    burst: int = 20
    calls_at_once: int = 16
    lists_per_second: float = 0.45
    """The background: listings and limits, whatever the number of objects."""
    lists_at_once: int = 4
    """How many of those may leave after a rest: enough to hurry after a lock."""
    first_lists: int = 12
    """How many may leave at the start, to look around."""


FAULTS = 20
"""Failed calls that are remembered of each cloud."""


class Fault(msgspec.Struct, frozen=True, kw_only=True):
    """A call that failed."""

    at: datetime
    call: str
    """``make``, ``delete``, ``grow``, ``list`` or ``limits``."""
    what: str
    """The kind of object."""
    subject: str | None = None
    """Whom the object is for: a node."""
    reason: Reason


class Survey(msgspec.Struct, frozen=True, kw_only=True):
    """What the newest complete listings of a cloud showed beside the ledger's own objects."""

    began_at: float
    strays: tuple[Sighting, ...]
    foreign: int


class Watch:
    """One cloud or name server: its budget, the state of its listings, the calls under way."""

    def __init__(
        self, name: str, cloud: Authority, pace: Pace, kinds: Collection[Kind] = LISTED_KINDS
    ) -> None:
        self.name = name
        self.cloud = cloud
        self.pace = pace
        self.budget = Budget(pace.calls_per_second, pace.burst)
        self.background = Budget(
            pace.lists_per_second, pace.lists_at_once, at_first=pace.first_lists
        )
        self.tracks = {kind: Track() for kind in kinds}
        self.memories = {kind: Memory() for kind in (*kinds, Kind.ATTACHMENT)}
        self.strays: dict[Kind, tuple[Sighting, ...]] = {}
        self.foreign: dict[Kind, int] = {}
        self.in_flight: dict[ObjectId, float] = {}
        """Make and delete calls under way, and when they left."""
        self.listing: dict[Kind, float] = {}
        """Listings under way, and when they left."""
        self.as_of: dict[Kind, datetime] = {}
        """By the cloud's clock: up to when its deltas have been read."""
        self.snapshot: Snapshot | None = None
        self.ceiling: Snapshot | None = None
        self.limits_at: float | None = None
        self.asking_limits: float | None = None
        """Since when a call for the limits is under way."""
        self.refused = False
        """The cloud refused an order for quota since the limits were asked for."""
        self.shut: dict[Kind, Reason] = {}
        self.troubles: dict[Kind, Reason] = {}
        """Why listings of a kind fail at the moment."""
        self.faults: deque[Fault] = deque(maxlen=FAULTS)
        self.forced_at: float | None = None
        self.peeked_at: float | None = None
        self.audits: list[tuple[float, Future[Survey]]] = []

    def allowance(self, now: float) -> int:
        """How many calls may leave now."""
        return min(self.budget.available(now), self.pace.calls_at_once - len(self.in_flight))

    def next_call_at(self, now: float) -> float | None:
        """When the next call may leave; None: not before one of those under way ends."""
        full = len(self.in_flight) >= self.pace.calls_at_once
        return None if full else self.budget.next_at(now)

    def late_at(self) -> float | None:
        """When the oldest call under way will have been out too long."""
        left = [*self.in_flight.values(), *self.listing.values()]
        left += [self.asking_limits] if self.asking_limits is not None else []
        return min(left) + CALL_PATIENCE if left else None

    @property
    def trouble(self) -> Reason | None:
        """Why there is no news of servers at the moment, or else of something."""
        troubles = self.troubles
        return troubles.get(Kind.SERVER) or next(iter(troubles.values()), None)

    def open_shut(self, now: float) -> Mapping[Kind, Reason]:
        """The kinds that are still shut."""
        self.shut = {
            kind: reason
            for kind, reason in self.shut.items()
            if reason.until is not None and reason.until.timestamp() > now
        }
        return self.shut

    def next_listing(self, waiting: dict[Kind, Waiting]) -> Due | None:
        return next_due(self.tracks, waiting, self.listing)

    def limits_due(self, *, planned: bool, short: bool) -> float | None:
        """When quotas should be asked for again; None while nothing is to be made."""
        if self.asking_limits is not None or not planned:
            return None
        if self.limits_at is None:
            return 0.0
        age = SHORT_LIMITS_AGE if short else LIMITS_AGE
        return self.limits_at + (REFUSED_LIMITS_AGE if self.refused else age)

    def known_limits(self, now: float) -> tuple[Snapshot, ...]:
        """The limits that are new enough to say no by: old ones may have been raised since."""
        fresh = self.limits_at is not None and now < self.limits_at + LIMITS_AGE
        known = (self.ceiling, self.snapshot if fresh else None)
        return tuple(each for each in known if each is not None)

    def survey(self) -> Survey | None:
        """The newest complete picture; None until every kind has been listed once."""
        times = [track.complete_at for track in self.tracks.values()]
        known = [at for at in times if at is not None]
        if len(known) < len(times):
            return None
        return Survey(
            began_at=min(known),
            strays=tuple(each for strays in self.strays.values() for each in strays),
            foreign=sum(self.foreign.values()),
        )
