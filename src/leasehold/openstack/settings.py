"""How to reach and sign in to one cloud: the outcome of `connect()`'s reading of its sources."""

import re
from collections.abc import Mapping

import msgspec

from leasehold.openstack.call import ServiceType
from leasehold.openstack.secret import Secret
from leasehold.openstack.token_cache import TokenCache

CONNECT_TIMEOUT = 10.0
"""Seconds to make a connection, name look-up and TLS included."""

READ_TIMEOUT = 60.0
"""Seconds of silence on a connection. Nova's slowest honest answers are quota-laden creates and
detailed pages of a busy database; what is silent for a minute is not coming."""

RETRIES = 3

RETRY_DELAY = 0.5
"""Seconds before the first retry."""

BACKOFF = 2.0
"""How many times longer each further wait is."""


_USER_OF_URL = re.compile(r"(?<=://)[^/@\s'\"]+(?=@)")


class _Shown(msgspec.Struct, frozen=True, kw_only=True):
    """Shows its URLs without the user and password that they may hold."""

    def __repr__(self) -> str:
        return _USER_OF_URL.sub("***", super().__repr__())


class SignIn(_Shown, frozen=True, kw_only=True):
    """Who signs in, and how: a keystoneauth plugin by name, with its options."""

    auth_type: str
    auth_url: str
    """As the plugin wants it: of Keystone's own, with the version at its end. May be empty for those
    that ask nobody."""
    options: Mapping[str, str | Secret]
    certificate: str | None = None
    """The file of the client certificate, where that is the proof."""
    older: tuple["SignIn", ...] = ()
    """What may be tried, newest first, if there is no Keystone of that version: nobody named one."""

    @property
    def is_given_token(self) -> bool:
        """Whether it is no sign-in at all, but a token that somebody else manages."""
        return self.auth_type in ("admin_token", "leasehold_given_token")


class Wish(msgspec.Struct, frozen=True, kw_only=True):
    """Which entry of the catalog is meant for a service, where there are several; None is any."""

    type: str | None = None
    name: str | None = None
    region: str | None = None
    interface: str | None = None


class Debug(msgspec.Struct, frozen=True, kw_only=True):
    """Where requests and answers are written down."""

    path: str
    pretty: bool = False
    """Whether JSON is spread over lines."""


class Settings(_Shown, frozen=True, kw_only=True):
    """Everything that a connection needs to know of a cloud."""

    sign_in: SignIn
    name: str | None = None
    """Its name in clouds.yaml, if it came from there."""
    region: str | None = None
    usual_region: str | None = None
    """The one to take of several if none is named."""
    interface: str = "public"
    token_cache: TokenCache | None = None
    """None keeps the token with the connection."""
    endpoints: Mapping[ServiceType, str] = {}
    """Endpoints to use instead of the catalog's."""
    wishes: Mapping[ServiceType, Wish] = {}
    plain_compute: bool = False
    """Whether compute is spoken to as before there were microversions."""
    microversions: Mapping[ServiceType, str] = {}
    """Microversions to use instead of the negotiated ones, e.g. ``2.60`` for compute."""
    verify: bool | str = True
    """False, or a file of CA certificates; True is the system's."""
    cert: str | tuple[str, str] | None = None
    """A client certificate: one file, or certificate and key."""
    debug: Debug | None = None
    proxy_url: Secret | None = None
    """The proxy of all requests, perhaps with a password in it; None leaves it to the environment
    (``HTTPS_PROXY`` ...)."""
    connect_timeout: float = CONNECT_TIMEOUT
    timeout: float = READ_TIMEOUT
    retries: int = RETRIES
    retry_delay: float = RETRY_DELAY
    backoff: float = BACKOFF
