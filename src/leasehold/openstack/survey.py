"""Looks at a cloud through a connection: who we are there, what it offers, what would fail."""

from collections.abc import Callable, Iterable
from datetime import datetime
from enum import StrEnum
from typing import TypeVar

import msgspec

from leasehold.openstack.call import ServiceType
from leasehold.openstack.catalog import Endpoint
from leasehold.openstack.connection import Connection
from leasehold.openstack.errors import OpenStackError
from leasehold.openstack.microversion import Version
from leasehold.openstack.service import Service
from leasehold.openstack.sign_in import Identity

T = TypeVar("T")


class ServiceSeen(msgspec.Struct, frozen=True, kw_only=True):
    """One of the services that we use: where it is, what it speaks, what ails it."""

    type: ServiceType
    url: str | None = None
    microversion: Version | None = None
    """The one that we use with it."""
    newest: Version | None = None
    trouble: str | None = None
    """Why it cannot be used; None if it answered."""


class Room(msgspec.Struct, frozen=True, kw_only=True):
    """One limit of the project, and what of it is used."""

    name: str
    total: int | None
    """None is unlimited."""
    used: int


class Stock(msgspec.Struct, frozen=True, kw_only=True):
    """How many there are to choose from; None where the cloud did not say."""

    images: int | None = None
    flavors: int | None = None
    networks: int | None = None
    external_networks: int | None = None
    security_groups: int | None = None
    key_pairs: int | None = None
    volume_types: int | None = None


class Severity(StrEnum):
    """FAIL: leases would not work. WARN: they may, but something should be known."""

    FAIL = "fail"
    WARN = "warn"


class Finding(msgspec.Struct, frozen=True, kw_only=True):
    """Something that is wrong, why, and what to do about it."""

    severity: Severity
    about: str
    message: str


class Survey(msgspec.Struct, frozen=True, kw_only=True):
    """What was seen."""

    cloud: str | None
    auth_url: str
    region: str | None
    interface: str
    verified: bool
    """Whether the cloud's certificate is checked."""
    identity: Identity | None = None
    trouble: str | None = None
    """Why signing in did not work."""
    catalog: tuple[Endpoint, ...] = ()
    services: tuple[ServiceSeen, ...] = ()
    room: tuple[Room, ...] = ()
    stock: Stock = Stock()
    skew: float | None = None
    """Seconds that the cloud's clock is ahead of ours; None if it does not tell its time."""


def survey(connection: Connection, *, now: Callable[[], datetime]) -> Survey:
    """Look at everything that a lease needs. Reads only, and never raises for what is missing.

    Takes about fifteen calls, one after the other; a service that does not answer costs a time-out.
    """
    settings = connection.settings
    seen = Survey(
        cloud=settings.name,
        auth_url=settings.sign_in.auth_url,
        region=settings.region,
        interface=settings.interface,
        verified=settings.verify is not False,
    )
    try:
        identity, catalog = connection.identity(), connection.transport.catalog
    except OpenStackError as error:
        return msgspec.structs.replace(seen, trouble=str(error))
    return msgspec.structs.replace(
        seen,
        identity=identity,
        catalog=catalog,
        services=tuple(_service(service, probe) for service, probe in _probes(connection)),
        room=(*_compute_room(connection), *_network_room(connection), *_volume_room(connection)),
        stock=_stock(connection),
        skew=_or_none(lambda: _skew(connection, now)),
    )


def _probes(connection: Connection) -> Iterable[tuple[Service, Callable[[], object]]]:
    """Pair each service with the cheapest call that shows it at work."""
    yield connection.compute.service, connection.compute.limits
    yield connection.image.service, lambda: next(connection.image.images(limit=1), None)
    yield connection.network.service, lambda: next(connection.network.networks(limit=1), None)
    yield connection.volume.service, connection.volume.limits


def _service(service: Service, probe: Callable[[], object]) -> ServiceSeen:
    url = None
    try:
        url = service.url
        probe()
    except OpenStackError as error:
        return ServiceSeen(type=service.type, url=url, trouble=str(error))
    return ServiceSeen(
        type=service.type,
        url=url,
        microversion=_or_none(service.version),
        newest=_or_none(service.newest),
    )


def _or_none(read: Callable[[], T]) -> T | None:
    try:
        return read()
    except OpenStackError:
        return None


def _compute_room(connection: Connection) -> Iterable[Room]:
    if limits := _or_none(connection.compute.limits):
        yield _room("servers", limits.max_servers, limits.used_servers)
        yield _room("cores", limits.max_cores, limits.used_cores)
        yield _room("RAM (MiB)", limits.max_ram, limits.used_ram)


def _network_room(connection: Connection) -> Iterable[Room]:
    if quotas := _or_none(connection.network.quotas):
        yield _room("ports", quotas.ports.limit, quotas.ports.taken)
        yield _room("floating IPs", quotas.floating_ips.limit, quotas.floating_ips.taken)


def _volume_room(connection: Connection) -> Iterable[Room]:
    if limits := _or_none(connection.volume.limits):
        yield _room("volumes", limits.max_volumes, limits.used_volumes)
        yield _room("volume GiB", limits.max_gigabytes, limits.used_gigabytes)


def _room(name: str, total: int, used: int) -> Room:
    return Room(name=name, total=None if total < 0 else total, used=used)


def _stock(connection: Connection) -> Stock:
    networks = _or_none(lambda: list(connection.network.networks()))
    return Stock(
        images=_count(lambda: connection.image.images(status="active")),
        flavors=_count(connection.compute.flavors),
        networks=None if networks is None else len(networks),
        external_networks=None if networks is None else sum(n.is_external for n in networks),
        security_groups=_count(connection.network.security_groups),
        key_pairs=_count(connection.compute.key_pairs),
        volume_types=_count(connection.volume.types),
    )


def _count(listed: Callable[[], Iterable[object]]) -> int | None:
    return _or_none(lambda: sum(1 for _ in listed()))


def _skew(connection: Connection, now: Callable[[], datetime]) -> float | None:
    page = next(connection.compute.server_pages(limit=1))
    # The header has whole seconds, cut off: on average it is half a second behind.
    return (page.date - now()).total_seconds() + 0.5 if page.date else None
