"""Looks every service up in a cloud's catalog: where the driver would call it, or why nowhere."""

import msgspec

from leasehold.openstack.call import ServiceType
from leasehold.openstack.catalog import Endpoint
from leasehold.openstack.connection import Connection
from leasehold.openstack.edge import public_url
from leasehold.openstack.errors import EndpointMissing
from leasehold.openstack.microversion import Version


class Choice(msgspec.Struct, frozen=True, kw_only=True):
    """Where a service would be called."""

    service: ServiceType
    url: str | None = None
    version: Version | None = None
    trouble: str | None = None
    """Why no endpoint fits; None if one does."""


class Lookup(msgspec.Struct, frozen=True, kw_only=True):
    """What a catalog offers, and what the driver makes of it."""

    cloud: str | None
    auth_url: str
    catalog: tuple[Endpoint, ...]
    choices: tuple[Choice, ...]


def look_up(connection: Connection) -> Lookup:
    """Sign in, and choose as the services' first calls would.

    Asks a service for its versions only where they would. Raises what a sign-in raises.
    """
    settings, transport = connection.settings, connection.transport
    return Lookup(
        cloud=settings.name,
        auth_url=public_url(settings.sign_in.auth_url),
        catalog=transport.catalog,
        choices=tuple(_choice(connection, service) for service in ServiceType),
    )


def _choice(connection: Connection, service: ServiceType) -> Choice:
    transport = connection.transport
    try:
        return Choice(
            service=service, url=transport.endpoint(service), version=transport.version(service)
        )
    except EndpointMissing as error:
        return Choice(service=service, trouble=str(error))
