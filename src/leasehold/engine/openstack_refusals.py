"""What a failure of the driver means to the engine: refused, busy, or no telling."""

import re
from collections.abc import Iterator
from contextlib import contextmanager

from leasehold.engine.cloud import CloudBusy, CloudError, CloudRefused, CloudUnsure, Refusal
from leasehold.openstack import (
    AuthenticationFailed,
    BadRequest,
    Conflict,
    EndpointMissing,
    Forbidden,
    NotFound,
    OpenStackError,
    QuotaExceeded,
    VersionUnsupported,
)

# Neutron's 409 for a network that has no address left: full, not wrong, so waiting can help.
_FULL = frozenset({"IpAddressGenerationFailure", "ExternalIpAddressExhausted", "NoMoreIpAddresses"})

# Nova and Cinder say 400 where they mean something else; only their words tell.
_GONE = re.compile(
    r"could not be found|can ?not find|unable to find|not found|does not exist"
    r"|invalid key_name|invalid image identifier|failed to get (volume|image|snapshot)"
    r"|availability zone\S* .*(invalid|not available)",
    re.IGNORECASE,
)
_NOT_NOW = re.compile(
    r"status must be|must not be|still in use|in-use|is already attached|in vm_state|task_state",
    re.IGNORECASE,
)


@contextmanager
def told() -> Iterator[None]:
    """Raise the engine's error in place of the driver's."""
    try:
        yield
    except OpenStackError as error:
        raise meaning(error) from error


def meaning(error: OpenStackError) -> CloudError:
    """Translate one error.

    The driver knows whether a call may have had effect: a 5xx or a lost reply after a writing call
    is no telling, and so is a 503 without Retry-After, since some proxies say that when the service
    died half-way. Looking once too often costs one listing; making a server twice costs a server.
    """
    message = _message(error)
    if error.unsure:
        return CloudUnsure(message, status=error.status, request_id=error.request_id)
    if why := _refusal(error):
        return CloudRefused(message, why=why, status=error.status, request_id=error.request_id)
    return CloudBusy(
        message,
        retry_after=error.retry_after,
        status=error.status,
        request_id=error.request_id,
    )


def _refusal(error: OpenStackError) -> Refusal | None:
    """Say why it was refused; None if it was not, and the same call may work the next time."""
    match error:
        case AuthenticationFailed():
            return Refusal.CREDENTIALS
        case QuotaExceeded():
            return Refusal.QUOTA
        case Conflict():
            return Refusal.QUOTA if error.code in _FULL else Refusal.CONFLICT
        case NotFound() | EndpointMissing():
            return Refusal.NOT_FOUND
        case Forbidden():
            return Refusal.FORBIDDEN
        case BadRequest() if _NOT_NOW.search(error.message):
            return Refusal.CONFLICT
        case BadRequest() if _GONE.search(error.message):
            return Refusal.NOT_FOUND
        case BadRequest() | VersionUnsupported():
            return Refusal.BAD_REQUEST
        case _:
            return None


def _message(error: OpenStackError) -> str:
    """Put what was asked before the cloud's words, which seldom say."""
    status = f" {error.status}" if error.status else ""
    return f"{error.service}{status}: {error.message}" if error.service else error.message
