"""What can be made to go wrong, one word per way."""

from enum import StrEnum


class Effect(StrEnum):
    """How a call that a fault rule matched goes wrong."""

    LATENCY = "latency"
    """The answer waits `seconds`; then the call goes on."""
    ERROR_BEFORE = "error_before"
    """An error `status` instead of the effect."""
    ERROR_AFTER = "error_after"
    """The effect happens, the answer is an error `status`."""
    LOST_BEFORE = "lost_before"
    """No effect; the connection is cut without an answer."""
    LOST_AFTER = "lost_after"
    """The effect happens; the connection is cut without an answer."""
    CONFLICT = "conflict"
    """409 instead of the effect."""
    RATE_LIMIT = "rate_limit"
    """429 (or 413) with Retry-After `seconds` instead of the effect."""
    STALE = "stale"
    """A listing answers as of `seconds` ago."""
    TRUNCATED = "truncated"
    """A listing drops its tail and its link to the next page."""
    EMPTY = "empty"
    """A listing shows nothing."""

    # Brought about by the handler itself, which finds them in `Request.effects`.
    QUOTA = "quota"
    """Refused as if the quota were used up, in the service's own words."""
    NO_VALID_HOST = "no_valid_host"
    """The server goes to ERROR: no host can take it."""
    STUCK_BUILD = "stuck_build"
    """The server or volume stays in BUILD or creating for ever (an attachment: reserved)."""
    FAILED_BUILD = "failed_build"
    """The server or volume goes to ERROR while it is made (an attachment: goes away again)."""
    STUCK_DELETE = "stuck_delete"
    """The delete is taken, and the object stays in deleting (or detaching) for ever."""
    FAILED_DELETE = "failed_delete"
    """The delete is taken, and the object goes to ERROR (a volume: error_deleting; an attachment
    stays)."""


BY_HANDLER = frozenset(
    {
        Effect.QUOTA,
        Effect.NO_VALID_HOST,
        Effect.STUCK_BUILD,
        Effect.FAILED_BUILD,
        Effect.STUCK_DELETE,
        Effect.FAILED_DELETE,
    }
)
