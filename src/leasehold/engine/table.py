"""The state machine of a ledger row, as one table. The diagram in the docs is generated from it."""

from enum import StrEnum

import msgspec

from leasehold.engine.cloud import Kind
from leasehold.engine.reason import Reason
from leasehold.engine.row import Row, State


class Event(StrEnum):
    """What can happen to a row."""

    START = "start"
    """All that it needs is there: the make call may leave."""
    TAKEN = "taken"
    """The cloud took the order, or a listing shows it: it exists."""
    PUT_OFF = "put off"
    """The call certainly had no effect, and is worth another try."""
    REFUSED = "refused"
    """The cloud said no for good."""
    NO_ANSWER = "no answer"
    """The make call may or may not have had effect."""
    NOT_THERE = "not there"
    """Complete listings do not show it."""
    USABLE = "usable"
    FAILED = "failed"
    """The cloud gave up on it, or its time to build is over."""
    DROPPED = "dropped"
    """Nobody wants it any more."""
    CALL_DELETE = "call delete"
    """Nothing of ours stands on it any more: the delete call may leave."""
    STILL_THERE = "still there"
    """Its deletion was refused, unanswered or without effect so far."""
    UNDONE = "undone"
    """Somebody else removed or changed a record of ours: it has to be put back."""
    RECALLED = "recalled"
    """Nobody wants a record any more that may have been set before."""
    APPEARED = "appeared"
    """It was believed gone, and a listing shows it."""
    FOUND = "found"
    """The same of what is still wanted: it was never gone."""
    GROW = "grow"
    """It has to become larger: the call may leave."""
    GROWN = "grown"
    """A listing shows it as large as it should be."""
    AILED = "ailed"
    """What would be deleted for a failure holds data or is in use, so it is not."""


TABLE: dict[tuple[State, Event], State] = {
    (State.PLANNED, Event.START): State.MAKING,
    (State.PLANNED, Event.REFUSED): State.GONE,
    (State.PLANNED, Event.DROPPED): State.GONE,
    (State.PLANNED, Event.TAKEN): State.BUILDING,
    (State.PLANNED, Event.RECALLED): State.LEAVING,
    (State.MAKING, Event.TAKEN): State.BUILDING,
    (State.MAKING, Event.PUT_OFF): State.PLANNED,
    (State.MAKING, Event.REFUSED): State.GONE,
    (State.MAKING, Event.NO_ANSWER): State.UNSURE,
    (State.UNSURE, Event.TAKEN): State.BUILDING,
    (State.UNSURE, Event.NOT_THERE): State.PLANNED,
    (State.UNSURE, Event.UNDONE): State.PLANNED,
    (State.BUILDING, Event.USABLE): State.UP,
    (State.BUILDING, Event.FAILED): State.LEAVING,
    (State.BUILDING, Event.AILED): State.AILING,
    (State.BUILDING, Event.DROPPED): State.LEAVING,
    (State.BUILDING, Event.NOT_THERE): State.GONE,
    (State.BUILDING, Event.UNDONE): State.PLANNED,
    (State.UP, Event.FAILED): State.LEAVING,
    (State.UP, Event.AILED): State.AILING,
    (State.UP, Event.GROW): State.GROWING,
    (State.UP, Event.DROPPED): State.LEAVING,
    (State.UP, Event.NOT_THERE): State.GONE,
    (State.UP, Event.UNDONE): State.PLANNED,
    (State.GROWING, Event.GROWN): State.UP,
    (State.GROWING, Event.PUT_OFF): State.UP,
    (State.GROWING, Event.AILED): State.AILING,
    (State.GROWING, Event.DROPPED): State.LEAVING,
    (State.GROWING, Event.NOT_THERE): State.GONE,
    (State.AILING, Event.USABLE): State.UP,
    (State.AILING, Event.DROPPED): State.LEAVING,
    (State.AILING, Event.NOT_THERE): State.GONE,
    (State.LEAVING, Event.CALL_DELETE): State.DELETING,
    (State.LEAVING, Event.NOT_THERE): State.GONE,
    (State.DELETING, Event.NOT_THERE): State.GONE,
    (State.DELETING, Event.STILL_THERE): State.LEAVING,
    (State.GONE, Event.APPEARED): State.LEAVING,
    (State.GONE, Event.FOUND): State.AILING,
}

OPEN_STATES = frozenset(State) - {State.UP, State.AILING, State.GONE}
"""States in which something is due: a call, a listing or a deadline."""

GRACE = 15.0
"""Seconds after an unanswered call before a listing may prove that it had no effect: a request can
sit in a proxy or a queue for a while after its client gave up."""

PROOFS = {
    State.UNSURE: 2,
    State.BUILDING: 2,
    State.UP: 2,
    State.GROWING: 2,
    State.AILING: 2,
    State.LEAVING: 1,
    State.DELETING: 1,
}
"""Complete listings in a row that must lack an object before it counts as not there."""

SLOWEST_RETRY = 300.0
"""Seconds between two tries of the same step at most."""

USABLE_STATUS = {
    Kind.SERVER: frozenset({"ACTIVE"}),
    Kind.PORT: frozenset({"ACTIVE", "DOWN", "BUILD"}),
    Kind.FLOATING_IP: frozenset({"ACTIVE", "DOWN"}),
    Kind.VOLUME: frozenset({"AVAILABLE", "IN-USE", "ATTACHING", "RESERVED"}),
    Kind.ATTACHMENT: frozenset({"ATTACHED"}),
    Kind.RECORD: frozenset({"SET"}),
    Kind.SNAPSHOT: frozenset({"AVAILABLE", "BACKING-UP"}),
}
"""Which of the cloud's words mean that an object can be used. A port is of use at once: it has its
address, and is DOWN or BUILD only until its server runs."""


def is_error(kind: Kind, status: str) -> bool:
    """Whether a status says that the cloud gave up. A port or floating IP in ERROR may recover."""
    return kind in (Kind.SERVER, Kind.VOLUME, Kind.SNAPSHOT) and status.startswith("ERROR")


def step(row: Row, event: Event, now: float, **changes: object) -> Row:
    """The row after `event`; raises KeyError for one that its state does not know."""
    state = TABLE[row.state, event]
    if state == row.state:
        return msgspec.structs.replace(row, **changes)
    fresh: dict[str, object] = {"absent": 0, "reason": None, "wake_at": None, "calls": 0}
    return msgspec.structs.replace(row, **{"state": state, "since": now, **fresh, **changes})


def backoff(calls: int, *, first: float = 2.0) -> float:
    """Seconds before try number `calls` + 1: doubling from `first` up to `SLOWEST_RETRY`."""
    return float(min(SLOWEST_RETRY, first * 2 ** min(calls, 12)))


def fail(row: Row, reason: Reason, now: float) -> Row:
    """The row given up for `reason`: it has to go, if it is there at all and holds no data.

    A server that could be used may be in use: clouds show one in ERROR that runs as before, after a
    live migration that failed, say. It stays until it is dropped.
    """
    if row.state in (State.PLANNED, State.MAKING):
        return step(row, Event.REFUSED, now, failure=row.failure or reason, reason=reason)
    was_usable = row.kind is Kind.SERVER and row.state in (State.UP, State.AILING)
    if row.kept or was_usable:
        return ail(row, reason, now)
    return step(row, Event.FAILED, now, failure=row.failure or reason, reason=reason)


def ail(row: Row, reason: Reason, now: float) -> Row:
    """The row of what stays, with what is wrong with it."""
    if row.state is State.AILING:
        told = row.reason
        if told is not None and (told.cause, told.text) == (reason.cause, reason.text):
            return row
        return msgspec.structs.replace(row, reason=reason)
    return step(row, Event.AILED, now, reason=reason)
