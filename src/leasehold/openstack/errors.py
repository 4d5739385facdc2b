"""What can go wrong with a cloud, one class for each thing that a caller would do differently."""

from collections.abc import Sequence

from leasehold.errors import LeaseholdError


class SettingsError(LeaseholdError):
    """The way to the cloud is not described well enough; nothing was sent."""


class UnknownCloud(SettingsError):
    """No clouds.yaml that was found has a cloud of that name."""

    def __init__(
        self, name: str, *, near: Sequence[str], known: Sequence[str], searched: Sequence[str]
    ) -> None:
        self.name = name
        self.near = tuple(near)
        self.known = tuple(known)
        self.searched = tuple(searched)
        if near:
            hint = f"Did you mean {' or '.join(repr(other) for other in near)}? "
        else:
            hint = f"There are: {', '.join(known)}. " if known else "There is none at all. "
        super().__init__(
            f"No cloud named {name!r} in clouds.yaml. {hint}Searched: {', '.join(searched)}"
        )


class UnknownArgument(SettingsError, TypeError):
    """`connect()` does not take an argument of that name."""

    def __init__(self, name: str, *, near: str | None) -> None:
        self.name = name
        self.near = near
        hint = f"; did you mean {near!r}?" if near else ""
        super().__init__(f"connect() takes no argument {name!r}{hint}")


class BadId(LeaseholdError, ValueError):
    """An id that is empty, or that no cloud gives: it would lead a call astray. Nothing was sent."""

    def __init__(self, path: str) -> None:
        super().__init__(
            f"{path!r} would be the path of the call: an id in it is empty, or holds one of"
            " / ? # . .. or white space, which no cloud gives; take ids from what the cloud lists"
        )
        self.path = path


class UnverifiedTls(UserWarning):
    """The certificate of the cloud is not checked: anybody on the way can read the password."""


class OpenStackError(LeaseholdError):
    """A call to the cloud failed.

    `message` is the cloud's own where it gave one. `code` is the word its dialect has for the
    error ("itemNotFound", "OverQuota" ...). `url` holds neither query nor credentials. `unsure`
    says that the call may have had effect nevertheless: look before you repeat it.
    """

    def __init__(
        self,
        message: str,
        *,
        status: int | None = None,
        code: str | None = None,
        service: str | None = None,
        method: str | None = None,
        url: str | None = None,
        request_id: str | None = None,
        retry_after: float | None = None,
        unsure: bool = False,
    ) -> None:
        self.message = message
        self.status = status
        self.code = code
        self.service = service
        self.method = method
        self.url = url
        self.request_id = request_id
        self.retry_after = retry_after
        self.unsure = unsure
        super().__init__(message)

    def __str__(self) -> str:
        facts = []
        if self.method and self.url:
            answered = f" answered {self.status}" if self.status else ""
            facts.append(f"{self.method} {self.url}{answered}")
        if self.request_id:
            facts.append(f"request {self.request_id}")
        return f"{self.message} ({'; '.join(facts)})" if facts else self.message


# The cloud answered no.


class BadRequest(OpenStackError):
    """400 and its kin: the cloud does not take the request as it is."""


class AuthenticationFailed(OpenStackError):
    """401: the credentials or the token are not, or no longer, good."""


class Forbidden(OpenStackError):
    """403: signed in, but not allowed to do that."""


class NotFound(OpenStackError):
    """404: the cloud knows no such thing, or nothing at that URL."""


class Conflict(OpenStackError):
    """409: not in the state that the thing is in now."""


class QuotaExceeded(OpenStackError):
    """The project's quota is used up: Nova says it by 403, Neutron by 409, Cinder by 413."""


class RateLimited(OpenStackError):
    """429, or an old cloud's 413: too many calls; `retry_after` seconds are asked for."""


# The cloud, or what stands before it, is not well.


class ServerError(OpenStackError):
    """5xx: something broke there."""


class ServiceUnavailable(ServerError):
    """502, 503 or 504: a proxy or the service cannot serve now."""


class MalformedAnswer(OpenStackError):
    """The answer came, but is not what OpenStack's API says it is."""


# No answer at all.


class ConnectFailed(OpenStackError):
    """No connection was made: the request never left, and cannot have had effect."""


class ConnectionLost(OpenStackError):
    """The connection broke after the request had left."""


class TimedOut(OpenStackError):
    """The request left; no answer came in time."""


# The cloud is not made for it.


class EndpointMissing(OpenStackError):
    """The catalog has no endpoint for the service in that region and interface."""


class VersionUnsupported(OpenStackError):
    """The service is too old for what was asked."""
