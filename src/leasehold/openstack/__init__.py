"""A driver for OpenStack: typed, thread-safe, and frugal with calls.

    >>> from leasehold.openstack import connect
    >>> cloud = connect("mycloud")  # doctest: +SKIP
    >>> for server in cloud.compute.servers(status="ACTIVE"):  # doctest: +SKIP
    ...     print(server.name, server.addresses_of("fixed"))

It knows nothing of leases. Lists are generators that hold one page; answers are frozen Structs;
errors are leaves of `OpenStackError` that carry the cloud's message and request id.
"""

from leasehold.openstack.call import ServiceType
from leasehold.openstack.connection import Connection, connect
from leasehold.openstack.debug_log import DebugLogWarning
from leasehold.openstack.errors import (
    AuthenticationFailed,
    BadId,
    BadRequest,
    Conflict,
    ConnectFailed,
    ConnectionLost,
    EndpointMissing,
    Forbidden,
    MalformedAnswer,
    NotFound,
    OpenStackError,
    QuotaExceeded,
    RateLimited,
    ServerError,
    ServiceUnavailable,
    SettingsError,
    TimedOut,
    UnknownArgument,
    UnknownCloud,
    UnverifiedTls,
    VersionUnsupported,
)
from leasehold.openstack.quota import Quota
from leasehold.openstack.secret import Secret
from leasehold.openstack.settings import Settings, SignIn
from leasehold.openstack.token_cache import TokenCache, TokenCacheWarning

__all__ = [
    "AuthenticationFailed",
    "BadId",
    "BadRequest",
    "Conflict",
    "ConnectFailed",
    "Connection",
    "ConnectionLost",
    "DebugLogWarning",
    "EndpointMissing",
    "Forbidden",
    "MalformedAnswer",
    "NotFound",
    "OpenStackError",
    "Quota",
    "QuotaExceeded",
    "RateLimited",
    "Secret",
    "ServerError",
    "ServiceType",
    "ServiceUnavailable",
    "Settings",
    "SettingsError",
    "SignIn",
    "TimedOut",
    "TokenCache",
    "TokenCacheWarning",
    "UnknownArgument",
    "UnknownCloud",
    "UnverifiedTls",
    "VersionUnsupported",
    "connect",
]
