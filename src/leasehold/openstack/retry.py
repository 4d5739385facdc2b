"""Decides whether a call that failed is sent again, and after how long. Pure; it waits for nobody."""

from collections.abc import Callable

from leasehold.openstack.call import Call
from leasehold.openstack.errors import (
    ConnectFailed,
    ConnectionLost,
    OpenStackError,
    RateLimited,
    ServiceUnavailable,
)
from leasehold.openstack.settings import BACKOFF, RETRY_DELAY

LONGEST_DELAY = 20.0
"""Seconds. A Retry-After beyond it is not waited for: the caller knows better what to do then."""


def delay_before_retry(
    call: Call,
    error: OpenStackError,
    attempt: int,
    *,
    retries: int,
    random: Callable[[], float],
    first_delay: float = RETRY_DELAY,
    backoff: float = BACKOFF,
) -> float | None:
    """Give the seconds to wait before attempt number `attempt` + 1, or None to give up.

    Any call again after a connection that was not made, and after 429 (or an old cloud's 413 for
    too many calls): neither had effect. Repeatable calls (GET, HEAD, and the DELETEs of which a
    second one is harmless) also after a lost connection and after 502, 503 and 504. At most
    `retries` times, after `first_delay` seconds and then `backoff` times longer each time, up to
    20 s, or as long as Retry-After asks; each is drawn out by up to a half at random, so that
    callers that failed together do not come back together. Other errors, and time-outs, are not
    retried.
    """
    if attempt > retries:
        return None
    harmless = isinstance(error, ConnectFailed | RateLimited)
    passing = isinstance(error, ConnectionLost | ServiceUnavailable)
    if not (harmless or (passing and call.repeatable)):
        return None
    if error.retry_after is not None and error.retry_after > LONGEST_DELAY:
        return None
    delay: float = min(LONGEST_DELAY, first_delay * backoff ** (attempt - 1))
    return max(error.retry_after or 0.0, delay) * (1 + random() / 2)
