"""The one place where our errors become the exceptions that Libcloud's users catch.

Ours stays as the ``__cause__``, with the cloud's request id and whether the call may have had effect.
"""

from collections.abc import Callable
from functools import wraps
from http import HTTPStatus
from typing import Any, ParamSpec, TypeVar

import requests
from libcloud.common.exceptions import BaseHTTPError, exception_from_message
from libcloud.common.types import InvalidCredsError, LibcloudError, MalformedResponseError

from leasehold.errors import LeaseholdError
from leasehold.openstack import (
    AuthenticationFailed,
    ConnectFailed,
    ConnectionLost,
    MalformedAnswer,
    OpenStackError,
    TimedOut,
)

P = ParamSpec("P")
T = TypeVar("T")


def in_libcloud_words(verb: Callable[P, T]) -> Callable[P, T]:
    """Let a method of a driver, or of a connection of one, raise Libcloud's exceptions for ours."""

    @wraps(verb)
    def worded(*args: P.args, **kwargs: P.kwargs) -> T:
        try:
            return verb(*args, **kwargs)
        except LeaseholdError as error:
            raise translated(error, driver=getattr(args[0], "driver", args[0])) from error

    return worded


def translated(error: LeaseholdError, *, driver: Any) -> Exception:
    """Choose the exception that Libcloud's own driver raises for the same event."""
    match error:
        case ConnectFailed() | ConnectionLost():
            return requests.ConnectionError(str(error))
        case TimedOut():
            return requests.ReadTimeout(str(error))
        case AuthenticationFailed(service="identity"):
            return InvalidCredsError(str(error), driver=driver)
        case MalformedAnswer() | OpenStackError(service="identity", status=300 | 500):
            return MalformedResponseError(str(error), driver=driver)
        case OpenStackError(status=int(status)):
            return _refusal(error, status)
        case _:
            return LibcloudError(str(error), driver=driver)


def _refusal(error: OpenStackError, status: int) -> BaseHTTPError:
    headers = {
        "x-openstack-request-id": error.request_id,
        "retry-after": None if error.retry_after is None else str(error.retry_after),
    }
    refusal: BaseHTTPError = exception_from_message(
        code=status,
        message=f"{status} {_reason(status)} {error.message}",
        headers={name: value for name, value in headers.items() if value is not None},
    )
    return refusal


def _reason(status: int) -> str:
    try:
        return HTTPStatus(status).phrase
    except ValueError:
        return "Unknown"
