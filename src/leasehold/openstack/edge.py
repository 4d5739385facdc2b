"""The one place where answers and foreign exceptions become our errors."""

import re
import ssl
from collections.abc import Iterator
from email.utils import parsedate_to_datetime
from math import isfinite, nan
from urllib.parse import urlsplit, urlunsplit

import requests
import urllib3
from keystoneauth1 import exceptions as keystone

from leasehold.openstack.call import Answer
from leasehold.openstack.errors import (
    AuthenticationFailed,
    BadRequest,
    Conflict,
    ConnectFailed,
    ConnectionLost,
    Forbidden,
    MalformedAnswer,
    NotFound,
    OpenStackError,
    QuotaExceeded,
    RateLimited,
    ServerError,
    ServiceUnavailable,
    TimedOut,
)
from leasehold.openstack.fault import Fault, read_fault

LONGEST_RETRY_AFTER = 86_400.0
"""Seconds. What asks for more is broken, or a joke."""

_READING = frozenset({"GET", "HEAD", "OPTIONS"})
_QUOTA = re.compile(
    r"quota|maximum number of (?!attempts).*exceeded|over (a |the |its )?limit", re.IGNORECASE
)
_POLICY = re.compile(r"policy", re.IGNORECASE)
_KEYSTONE = re.compile(r"""Keystone uri=["']([^"']+)""", re.IGNORECASE)
_RATE = re.compile(r"rate.?limit|too many requests|over.?rate", re.IGNORECASE)

# Said first, so that the message is of use even when the cloud said nothing.
_SILENT = {
    300: "the endpoint is a list of versions, not a version: its URL in the catalog is too short",
    401: "the cloud does not accept the credentials or the token",
    403: "signed in, but not allowed to do that; ask the project's owner for the role it needs",
    404: "no such thing, or nothing at that URL: is it the service's own endpoint?",
    429: "too many calls",
    502: "a proxy before the service got no sense out of it",
    503: "the service is not available now",
    504: "a proxy before the service waited in vain for it",
}


def refusal(answer: Answer, *, service: str, method: str) -> OpenStackError:
    """Make the error of an answer with status 300 or more."""
    fault = read_fault(answer.content)
    message = _redirected(answer) or fault.message or _SILENT.get(answer.status)
    if not message:
        message = f"the cloud answered {answer.status} and gave no reason"
    retry_after = _retry_after(answer)
    return _leaf(answer.status, fault, retry_after)(
        message,
        status=answer.status,
        code=fault.code,
        service=service,
        method=method,
        url=public_url(answer.url),
        request_id=answer.request_id,
        retry_after=retry_after,
        unsure=_unsure(answer.status, method, retry_after),
    )


def _redirected(answer: Answer) -> str | None:
    location = answer.headers.get("location")
    if not 300 < answer.status < 400 or not location:
        return None
    return f"it redirects to {public_url(location)}, which is not followed: give that address"


def _leaf(status: int, fault: Fault, retry_after: float | None) -> type[OpenStackError]:
    match status:
        case 401:
            return AuthenticationFailed
        case 403:
            # A policy may forbid to read quotas, and then names them.
            over = _QUOTA.search(fault.message) and not _POLICY.search(fault.message)
            return QuotaExceeded if over else Forbidden
        case 404 | 410:
            return NotFound
        case 409:
            full = fault.code == "OverQuota" or _QUOTA.search(fault.message)
            return QuotaExceeded if full else Conflict
        case 413:
            return _too_much(fault, retry_after)
        case 429:
            return RateLimited
        case 502 | 503 | 504:
            return ServiceUnavailable
        case _ if status >= 500 and status != 501:
            return ServerError
        case _:
            return BadRequest


def _too_much(fault: Fault, retry_after: float | None) -> type[OpenStackError]:
    """Tell the three meanings of 413 apart: Cinder's quota, an old cloud's rate, a body too big."""
    if _RATE.search(fault.message):
        return RateLimited
    if fault.code == "overLimit" or _QUOTA.search(fault.message):
        return QuotaExceeded
    return RateLimited if retry_after else BadRequest


def _unsure(status: int, method: str, retry_after: float | None) -> bool:
    """Say whether a refused call may have had effect.

    A 503 with Retry-After is a door held shut on purpose. Without it, some proxies also say 503
    when the service died in the middle of the request, so a writing call may have happened.
    """
    if method in _READING or status == 501:
        return False
    if status == 503:
        return retry_after is None
    return status >= 500 or status == 408


def _retry_after(answer: Answer) -> float | None:
    """Read Retry-After, in seconds or as a date; a date counts from the cloud's own clock."""
    text = answer.headers.get("retry-after")
    if not text:
        return None
    try:
        seconds = float(text)
    except ValueError:
        seconds = _seconds_until(text, answer)
    return min(max(0.0, seconds), LONGEST_RETRY_AFTER) if isfinite(seconds) else None


def _seconds_until(text: str, answer: Answer) -> float:
    try:
        until = parsedate_to_datetime(text)
    except ValueError:
        return nan
    return (until - answer.date).total_seconds() if until.tzinfo and answer.date else nan


def malformed(answer: Answer, reason: str, *, service: str, method: str) -> MalformedAnswer:
    """Make the error of a 2xx whose body is not what it should be."""
    return MalformedAnswer(
        f"the answer cannot be read: {reason}",
        status=answer.status,
        service=service,
        method=method,
        url=public_url(answer.url),
        request_id=answer.request_id,
        unsure=method not in _READING,
    )


def failure(
    error: Exception, *, outside: BaseException | None, service: str, method: str, url: str
) -> OpenStackError:
    """Make the error of a call that got no answer, from what keystoneauth and requests raised.

    `outside` is what the caller was handling when it called: Python links it to whatever is raised
    then, but it says nothing of this call.
    """
    place = public_url(url)
    kind, message = _lost(error, _host(place), outside)
    unsure = method not in _READING and kind is not ConnectFailed
    return kind(message, service=service, method=method, url=place, unsure=unsure)


def _lost(
    error: Exception, host: str, outside: BaseException | None = None
) -> tuple[type[OpenStackError], str]:
    """Tell a request that never left from one whose answer was lost.

    keystoneauth raises the same class for both, so the exceptions beneath it decide; what none of
    them explains counts as lost, for that is the careful answer.
    """
    chain = list(_beneath(error, outside))
    for cause in chain:
        match cause:
            case ssl.SSLCertVerificationError():
                why = f"({cause.verify_message}); name its CA by `cacert`"
                return ConnectFailed, f"the certificate of {host} is not trusted {why}"
            case urllib3.exceptions.NameResolutionError():
                return ConnectFailed, f"{host} has no address: is the host name right?"
            case urllib3.exceptions.NewConnectionError():
                why = _why(cause.__cause__ or cause)
                return ConnectFailed, f"{host} does not take connections: {why}"
            case urllib3.exceptions.ConnectTimeoutError() | requests.ConnectTimeout():
                return ConnectFailed, f"{host} did not take the connection in time"
            case urllib3.exceptions.ProxyError():
                return ConnectFailed, f"the proxy on the way to {host} refused: {_why(cause)}"
            case requests.exceptions.InvalidURL() | requests.exceptions.MissingSchema():
                return ConnectFailed, f"{host} is not an address that can be called"
            case requests.exceptions.InvalidHeader():
                # Its own words would show what may be a token.
                return ConnectFailed, "a header would have a character that none may have"
            case ssl.SSLError() if cause.reason == "WRONG_VERSION_NUMBER":
                return ConnectionLost, f"{host} does not speak TLS: is its address an http:// one?"
            case requests.ReadTimeout() | urllib3.exceptions.ReadTimeoutError():
                return TimedOut, f"{host} took the request but did not answer in time"
    why = _why(chain[-1])
    return ConnectionLost, f"{host} took the request, then the connection broke: {why}"


def _beneath(error: BaseException, outside: BaseException | None) -> Iterator[BaseException]:
    """Walk from an exception to all that it wraps: by cause, context, argument or `reason`."""
    seen = {id(outside)}
    ahead: list[object] = [error]
    while ahead:
        found = ahead.pop(0)
        if not isinstance(found, BaseException) or id(found) in seen:
            continue
        seen.add(id(found))
        yield found
        ahead += [found.__cause__, found.__context__, getattr(found, "reason", None), *found.args]


def _why(error: BaseException) -> str:
    text = str(getattr(error, "original_error", error)) or type(error).__name__
    return text.rpartition(">: ")[2][:300]  # urllib3 puts the repr of its object first


def sign_in_failure(error: Exception, *, auth_url: str) -> OpenStackError:
    """Make the error of a sign-in. Nothing but the sign-in was sent, so it is never unsure."""
    response = getattr(error, "response", None)
    if isinstance(response, requests.Response) and response.status_code >= 300:
        return _refused_sign_in(response)
    if isinstance(error, keystone.ConnectionError):
        kind, message = _lost(error, _host(public_url(auth_url)))
        return _sign_in_error(kind, message, auth_url)
    if response is not None or not isinstance(error, keystone.ClientException):
        message = "the sign-in was answered, but not with a token: is auth_url Keystone's?"
        return _sign_in_error(MalformedAnswer, message, auth_url)
    return _sign_in_error(AuthenticationFailed, f"cannot sign in: {error}", auth_url)


def _sign_in_error(kind: type[OpenStackError], message: str, auth_url: str) -> OpenStackError:
    return kind(message, service="identity", method="POST", url=public_url(auth_url))


def _refused_sign_in(response: requests.Response) -> OpenStackError:
    answer = Answer(
        status=response.status_code,
        headers=response.headers,
        content=response.content,
        url=response.url,
        elapsed=response.elapsed.total_seconds(),
    )
    error = refusal(answer, service="identity", method="POST")
    if answer.status == 404 and error.message.startswith("Could not find"):
        # Keystone's word for an application credential, say, that it does not have.
        message = f"Keystone does not accept the credentials. It says: {error.message}"
        return _sign_in_error(AuthenticationFailed, message, answer.url)
    if answer.status in (300, 404, 405):
        error = NotFound(
            "no Keystone here: auth_url must be Keystone's, with /v3 or /v2.0 as its version",
            status=answer.status,
            service="identity",
            method="POST",
            url=public_url(answer.url),
            request_id=answer.request_id,
        )
    elif answer.status == 401:
        error.message = (
            "Keystone does not accept the credentials; user, password, project and their domains "
            f"must belong together. It says: {error.message}"
        )
        if elsewhere := _other_keystone(answer):
            error.message += f" It calls {elsewhere} its Keystone: is that the auth_url?"
    error.unsure = False
    return error


def _other_keystone(answer: Answer) -> str | None:
    """Give the Keystone that a service sends those without a token to, if it is not itself that."""
    found = _KEYSTONE.search(answer.headers.get("www-authenticate", ""))
    if not found or answer.url.startswith(found[1].rstrip("/").removesuffix("/v3")):
        return None
    return public_url(found[1])


def public_url(url: str) -> str:
    """Take credentials, query and fragment out of a URL."""
    try:
        parts = urlsplit(url)
    except ValueError:
        return "(an address that cannot be read)"
    return urlunsplit((parts.scheme, parts.netloc.rpartition("@")[2], parts.path, "", ""))


def _host(place: str) -> str:
    return urlsplit(place).netloc or place
