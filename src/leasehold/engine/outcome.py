"""What the end of a call means for its row. Pure."""

import msgspec

from leasehold.engine.cloud import (
    CloudBusy,
    CloudError,
    CloudRefused,
    CloudUnsure,
    Kind,
    Refusal,
    Sighting,
)
from leasehold.engine.decide import moment, unanswered, whose
from leasehold.engine.observe import take
from leasehold.engine.reason import Cause, Reason
from leasehold.engine.row import Row, State
from leasehold.engine.table import SLOWEST_RETRY, Event, backoff, fail, step

QUOTA_PAUSE = 30.0
"""Seconds until a refusal for quota is put to the test again."""

CONFLICT_TRIES = 6
"""How often a make that the cloud calls a conflict is sent; such states usually pass by themselves."""

UNSURE_TRIES = 3
"""How often a make is sent that ends without a clear answer, such as in a 500."""

RECORD_PAUSE = 30.0
"""Seconds between two tries to set or remove a record at most: one costs a name server next to nothing,
and a node waits for it."""

LONGEST_PAUSE = 900.0
"""Seconds of a Retry-After that are heeded: a wrong one must not keep objects alive for days."""

_CAUSES = {
    Refusal.QUOTA: Cause.QUOTA_FULL,
    Refusal.NOT_FOUND: Cause.NOT_FOUND,
    Refusal.CREDENTIALS: Cause.CREDENTIALS,
    Refusal.FORBIDDEN: Cause.CREDENTIALS,
}


def made(row: Row, sighting: Sighting, now: float) -> Row:
    """The cloud took the order for `row`; an answer that nobody waited for any more counts too."""
    return take(row, sighting, now) if row.state in (State.MAKING, State.UNSURE) else row


def not_made(row: Row, error: CloudError, now: float) -> Row:
    """The make call ended in `error`: tried again, given up, or to be looked for in listings."""
    if row.state is not State.MAKING:
        return row
    match error:
        # A record is set again without harm, and one that stood once is put back whatever it takes.
        case CloudUnsure() if row.kind is Kind.RECORD:
            return _put_off(row, error, Cause.CLOUD_BUSY, now, _busy_until(row, error, now))
        case CloudRefused() if row.kind is Kind.RECORD and row.status:
            return _put_off(row, error, Cause.RETRYING, now, _busy_until(row, error, now))
        case CloudUnsure():
            reason = Reason(
                cause=Cause.UNSURE,
                text=f"the cloud did not confirm the order ({error.message}); a listing will tell",
                request_id=error.request_id,
            )
            spent = row.calls >= UNSURE_TRIES
            failure = _given_up(row, error) if spent else row.failure
            news = {"called_at": now, "calls": row.calls, "reason": reason, "failure": failure}
            return step(row, Event.NO_ANSWER, now, **news)
        case CloudRefused(why=Refusal.QUOTA):
            return _put_off(row, error, Cause.QUOTA_FULL, now, now + QUOTA_PAUSE)
        case CloudRefused(why=Refusal.CONFLICT) if row.calls < CONFLICT_TRIES:
            return _put_off(row, error, Cause.RETRYING, now, now + backoff(row.calls - 1))
        case CloudRefused(why=why):
            cause = _CAUSES.get(why, Cause.REFUSED)
            reason = Reason(cause=cause, text=error.message, request_id=error.request_id)
            return fail(row, reason, now)
        case _:
            return _put_off(row, error, Cause.CLOUD_BUSY, now, _busy_until(row, error, now))


def grown(row: Row, now: float) -> Row:
    """The cloud took the order for a larger volume; a listing shows when it is."""
    return msgspec.structs.replace(row, called_at=now) if row.state is State.GROWING else row


def not_grown(row: Row, error: CloudError, now: float) -> Row:
    """The call for a larger volume failed: a listing tells, or it is sent again, without end.

    A volume of that size or more makes the cloud refuse it, so to send it twice does no harm.
    """
    if row.state is not State.GROWING:
        return row
    match error:
        case CloudUnsure():
            text = f"the cloud did not confirm the order ({error.message}); a listing will tell"
            reason = Reason(cause=Cause.UNSURE, text=text, request_id=error.request_id)
            return msgspec.structs.replace(row, called_at=now, reason=reason)
        case CloudRefused(why=Refusal.QUOTA):
            return _put_off(row, error, Cause.QUOTA_FULL, now, now + QUOTA_PAUSE)
        case CloudRefused(why=Refusal.CONFLICT):
            return _put_off(row, error, Cause.RETRYING, now, now + backoff(row.calls))
        case CloudRefused(why=why):
            cause = _CAUSES.get(why, Cause.REFUSED)
            return _put_off(row, error, cause, now, now + backoff(row.calls, first=15.0))
        case _:
            return _put_off(row, error, Cause.CLOUD_BUSY, now, _busy_until(row, error, now))


def deleted(row: Row, now: float, *, known: bool) -> Row:
    """The cloud took the delete, or does not know the object; a listing must still confirm it."""
    if row.state is not State.DELETING:
        return row
    authority = whose(row)
    text = f"asked the {authority} to delete it"
    if not known:
        text = f"the {authority} says that it is not there"
    reason = Reason(cause=Cause.DELETING, text=f"{text}; a listing has to confirm it")
    return msgspec.structs.replace(row, called_at=now, reason=row.failure or reason)


def not_deleted(row: Row, error: CloudError, now: float) -> Row:
    """The delete call failed: sent again later, without end, because a delete is never forgotten."""
    if row.state is not State.DELETING:
        return row
    reason = Reason(cause=Cause.RETRYING, text=error.message, request_id=error.request_id)
    return step(
        row,
        Event.STILL_THERE,
        now,
        called_at=now,
        calls=row.calls,
        reason=reason,
        wake_at=_busy_until(row, error, now),
    )


def interrupted(row: Row, now: float) -> Row:
    """A row read back after a crash: its call may have been under way when we died."""
    if row.state is State.MAKING:
        return unanswered(row, now)
    if row.state is State.DELETING:
        return step(row, Event.STILL_THERE, now, calls=row.calls, reason=row.reason)
    if row.state is State.GROWING:
        return msgspec.structs.replace(row, called_at=now)
    return row


def pause(error: CloudError) -> float | None:
    """How many seconds the cloud asks us to stay away, as far as we heed it."""
    asked = error.retry_after if isinstance(error, CloudBusy) else None
    return None if asked is None else min(max(asked, 0.0), LONGEST_PAUSE)


def shuts(row: Row, error: CloudError, now: float) -> tuple[Kind, Reason] | None:
    """The kind of which no more should be ordered for a while, when `error` is about quota."""
    if not isinstance(error, CloudRefused) or error.why is not Refusal.QUOTA:
        return None
    reason = Reason(
        cause=Cause.QUOTA_FULL,
        text=error.message,
        request_id=error.request_id,
        until=moment(now + QUOTA_PAUSE),
    )
    return row.kind, reason


def _given_up(row: Row, error: CloudError) -> Reason:
    text = f"the cloud gave no clear answer to {row.calls} orders; the last: {error.message}"
    return Reason(cause=Cause.BUILD_FAILED, text=text, request_id=error.request_id)


def _put_off(row: Row, error: CloudError, cause: Cause, now: float, until: float) -> Row:
    reason = Reason(
        cause=cause, text=error.message, request_id=error.request_id, until=moment(until)
    )
    return step(row, Event.PUT_OFF, now, calls=row.calls, reason=reason, wake_at=until)


def _busy_until(row: Row, error: CloudError, now: float) -> float:
    asked = pause(error)
    if asked is not None:
        return now + asked
    longest = RECORD_PAUSE if row.kind is Kind.RECORD else SLOWEST_RETRY
    return now + min(longest, backoff(row.calls - 1))
