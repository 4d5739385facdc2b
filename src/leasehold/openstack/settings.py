"""How to reach and sign in to one cloud: the outcome of `connect()`'s reading of its sources."""

from collections.abc import Mapping

import msgspec

from leasehold.openstack.call import ServiceType
from leasehold.openstack.secret import Secret

CONNECT_TIMEOUT = 10.0
"""Seconds to make a connection, name look-up and TLS included."""

READ_TIMEOUT = 60.0
"""Seconds of silence on a connection. Nova's slowest honest answers are quota-laden creates and
detailed pages of a busy database; what is silent for a minute is not coming."""

RETRIES = 3


class SignIn(msgspec.Struct, frozen=True, kw_only=True):
    """Who signs in, and how: a keystoneauth plugin by name, with its options."""

    auth_type: str
    auth_url: str
    options: Mapping[str, str | Secret]


class Settings(msgspec.Struct, frozen=True, kw_only=True):
    """Everything that a connection needs to know of a cloud."""

    sign_in: SignIn
    name: str | None = None
    """Its name in clouds.yaml, if it came from there."""
    region: str | None = None
    interface: str = "public"
    endpoints: Mapping[ServiceType, str] = {}
    """Endpoints to use instead of the catalog's."""
    microversions: Mapping[ServiceType, str] = {}
    """Microversions to use instead of the negotiated ones, e.g. ``2.60`` for compute."""
    verify: bool | str = True
    """False, or a file of CA certificates; True is the system's."""
    cert: str | tuple[str, str] | None = None
    """A client certificate: one file, or certificate and key."""
    connect_timeout: float = CONNECT_TIMEOUT
    timeout: float = READ_TIMEOUT
    retries: int = RETRIES
