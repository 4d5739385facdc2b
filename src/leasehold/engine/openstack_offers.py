"""What an OpenStack has to choose from, and what room the project has."""

from collections.abc import Callable, Iterable
from typing import TypeVar

from leasehold.engine.cloud import Flavor, Image, Limit, Limits, Named, Network, Offers
from leasehold.openstack import (
    AuthenticationFailed,
    Connection,
    EndpointMissing,
    Forbidden,
    NotFound,
    OpenStackError,
)

T = TypeVar("T")


def offers_of(connection: Connection) -> Offers:
    """List what there is; of a service that the cloud lacks, nothing. Raises `OpenStackError`."""
    return Offers(
        images=_all(lambda: _images(connection)),
        flavors=_all(lambda: _flavors(connection)),
        networks=_all(lambda: _networks(connection)),
        security_groups=_all(lambda: _security_groups(connection)),
        key_pairs=_all(
            lambda: (Named(id=key.name, name=key.name) for key in connection.compute.key_pairs())
        ),
        volume_types=_spared(
            lambda: (Named(id=kind.id, name=kind.name) for kind in connection.volume.types())
        ),
        availability_zones=_spared(
            lambda: (
                Named(id=zone.name, name=zone.name)
                for zone in connection.compute.availability_zones()
                if zone.available
            )
        ),
    )


def _all(listed: Callable[[], Iterable[T]]) -> tuple[T, ...]:
    try:
        return tuple(listed())
    except EndpointMissing:
        return ()


def _spared(listed: Callable[[], Iterable[T]]) -> tuple[T, ...]:
    """The same of what few recipes name: a Cinder that is out must not keep servers from booting."""
    try:
        return tuple(listed())
    except AuthenticationFailed:
        raise
    except OpenStackError:
        return ()


def _images(connection: Connection) -> Iterable[Image]:
    for image in connection.image.images(status="active"):
        yield Image(
            id=image.id,
            name=image.name or "",
            status=image.status.upper(),
            min_disk_gib=image.min_disk,
            min_ram_mib=image.min_ram,
            created_at=image.created_at,
            os_distro=image.os_distro,
            os_version=image.os_version,
        )


def _flavors(connection: Connection) -> Iterable[Flavor]:
    for flavor in connection.compute.flavors():
        if not flavor.is_disabled:
            yield Flavor(
                id=flavor.id,
                name=flavor.name,
                cores=flavor.vcpus,
                ram_mib=flavor.ram,
                disk_gib=flavor.disk,
            )


def _networks(connection: Connection) -> Iterable[Network]:
    for network in connection.network.networks():
        yield Network(
            id=network.id,
            name=network.name,
            external=network.is_external,
            subnets=tuple(network.subnet_ids),
        )


def _security_groups(connection: Connection) -> Iterable[Named]:
    # An administrator is shown everybody's, which the project's servers cannot have.
    for group in connection.network.security_groups(project_id=connection.identity().project_id):
        yield Named(id=group.id, name=group.name)


def limits_of(connection: Connection) -> Limits:
    """Read quotas and use; a service that the cloud lacks limits nothing. Raises `OpenStackError`."""
    compute = _if_there(connection.compute.limits)
    network = _if_there(connection.network.quotas)
    volume = _if_there(connection.volume.limits)
    unlimited = Limits()
    return Limits(
        servers=_limit(compute.max_servers, compute.used_servers) if compute else unlimited.servers,
        cores=_limit(compute.max_cores, compute.used_cores) if compute else unlimited.cores,
        ram_mib=_limit(compute.max_ram, compute.used_ram) if compute else unlimited.ram_mib,
        ports=_limit(network.ports.limit, network.ports.taken) if network else unlimited.ports,
        floating_ips=(
            _limit(network.floating_ips.limit, network.floating_ips.taken)
            if network
            else unlimited.floating_ips
        ),
        volumes=_limit(volume.max_volumes, volume.used_volumes) if volume else unlimited.volumes,
        volume_gib=(
            _limit(volume.max_gigabytes, volume.used_gigabytes) if volume else unlimited.volume_gib
        ),
    )


def _if_there(read: Callable[[], T]) -> T | None:
    """Read limits, unless there are none to read: no such service, too old, or not for us."""
    try:
        return read()
    except (EndpointMissing, NotFound, Forbidden):
        return None


def _limit(total: int, used: int) -> Limit:
    return Limit(total=None if total < 0 else total, used=used)
