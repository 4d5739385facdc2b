"""A server as Nova shows it."""

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Literal

import msgspec

from leasehold.openstack.ids import FlavorId, ImageId, ServerId, VolumeId
from leasehold.openstack.paging import Collection
from leasehold.openstack.secret import Secret
from leasehold.openstack.service import Shape


class Address(msgspec.Struct, frozen=True, kw_only=True, gc=False):
    """One address on one of the server's networks."""

    addr: str
    version: int = 4
    kind: Literal["fixed", "floating"] = msgspec.field(name="OS-EXT-IPS:type", default="fixed")
    mac: str | None = msgspec.field(name="OS-EXT-IPS-MAC:mac_addr", default=None)


class Fault(msgspec.Struct, frozen=True, kw_only=True, gc=False):
    """Why a server is in ERROR, in Nova's words."""

    message: str = ""
    code: int | None = None
    created: datetime | None = None
    details: str | None = None


class ServerFlavor(msgspec.Struct, frozen=True, kw_only=True, gc=False):
    """The size of a server: its own copy from microversion 2.47 on, before that the flavor's id."""

    id: FlavorId | None = None
    original_name: str | None = None
    vcpus: int | None = None
    ram: int | None = None
    """MiB."""
    disk: int | None = None
    """GiB."""
    extra_specs: dict[str, str] = {}

    def __hash__(self) -> int:
        # What makes two of them equal but for the specs, which as a dict have no hash.
        return hash((self.id, self.original_name, self.vcpus, self.ram, self.disk))


class _Reference(msgspec.Struct, frozen=True, gc=False):
    id: str


class _Named(msgspec.Struct, frozen=True, gc=False):
    name: str


class Server(msgspec.Struct, frozen=True, kw_only=True, gc=False):
    """A server. All but the id may be missing: of a cell that is down Nova knows little more."""

    id: ServerId
    name: str = ""
    status: str = "UNKNOWN"
    created: datetime | None = None
    updated: datetime | None = None
    addresses: dict[str, tuple[Address, ...]] = {}
    """By name of the network, each in Nova's order."""
    metadata: dict[str, str] = {}
    flavor: ServerFlavor = ServerFlavor()
    fault: Fault | None = None
    key_name: str | None = None
    description: str | None = None
    project_id: str | None = msgspec.field(name="tenant_id", default=None)
    user_id: str | None = None
    host_id: str | None = msgspec.field(name="hostId", default=None)
    progress: int | None = None
    config_drive: str | bool | None = None
    access_ipv4: str | None = msgspec.field(name="accessIPv4", default=None)
    access_ipv6: str | None = msgspec.field(name="accessIPv6", default=None)
    availability_zone: str | None = msgspec.field(name="OS-EXT-AZ:availability_zone", default=None)
    vm_state: str | None = msgspec.field(name="OS-EXT-STS:vm_state", default=None)
    task_state: str | None = msgspec.field(name="OS-EXT-STS:task_state", default=None)
    power_state: int | None = msgspec.field(name="OS-EXT-STS:power_state", default=None)
    host: str | None = msgspec.field(name="OS-EXT-SRV-ATTR:host", default=None)
    """For administrators, as the next."""
    hypervisor_hostname: str | None = msgspec.field(
        name="OS-EXT-SRV-ATTR:hypervisor_hostname", default=None
    )
    disk_config: str | None = msgspec.field(name="OS-DCF:diskConfig", default=None)
    locked: bool | None = None
    locked_reason: str | None = None
    tags: tuple[str, ...] = ()
    image: _Reference | str | None = None
    security_groups: tuple[_Named, ...] = ()
    volumes: tuple[_Reference, ...] = msgspec.field(
        name="os-extended-volumes:volumes_attached", default=()
    )

    @property
    def image_id(self) -> ImageId | None:
        """The image that it was made from; None for a server that boots from a volume."""
        return ImageId(self.image.id) if isinstance(self.image, _Reference) else None

    @property
    def volume_ids(self) -> tuple[VolumeId, ...]:
        """The volumes attached to it."""
        return tuple(VolumeId(volume.id) for volume in self.volumes)

    @property
    def security_group_names(self) -> tuple[str, ...]:
        """The names of its security groups; a name appears once for each port that has it."""
        return tuple(group.name for group in self.security_groups)

    def addresses_of(self, kind: Literal["fixed", "floating"]) -> tuple[str, ...]:
        """List its addresses of one kind, through all networks."""
        return tuple(
            address.addr
            for network in self.addresses.values()
            for address in network
            if address.kind == kind
        )


class NewServer(msgspec.Struct, frozen=True, kw_only=True):
    """Nova's answer to a create or rebuild: an id, and the one time that the password is told."""

    id: ServerId
    admin_password: Secret | None = msgspec.field(name="adminPass", default=None)


class BootVolume(msgspec.Struct, frozen=True, kw_only=True):
    """Boots a server from a volume: one that is there, or a new one made from an image."""

    volume_id: str | None = None
    image_id: str | None = None
    size: int | None = None
    """GiB; needed with `image_id`."""
    volume_type: str | None = None
    delete_on_termination: bool = False


class BlockDevice(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True):
    """A disk of a new server, in Nova's second way of saying it (block_device_mapping_v2).

    `source_type` is volume, image, snapshot or blank; `destination_type` volume or local;
    `volume_size` is GiB. The one with `boot_index` 0 is booted from.
    """

    source_type: str
    destination_type: str
    uuid: str | None = None
    boot_index: int | None = None
    volume_size: int | None = None
    volume_type: str | None = None
    """From microversion 2.67 on."""
    delete_on_termination: bool = False
    device_name: str | None = None
    device_type: str | None = None
    disk_bus: str | None = None
    guest_format: str | None = None
    tag: str | None = None
    """How the guest tells it from others; from microversion 2.42 on."""
    no_device: bool = False


class ServerNetwork(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True):
    """A network interface for a new server: a port that is there, or a network to make one on."""

    port: str | None = None
    uuid: str | None = None
    fixed_ip: str | None = None


class ServerChange(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True):
    """The fields of Nova's update; those left alone are not sent."""

    name: str | None = None
    description: str | None = None
    hostname: str | None = None
    access_ipv4: str | None = msgspec.field(name="accessIPv4", default=None)
    access_ipv6: str | None = msgspec.field(name="accessIPv6", default=None)
    disk_config: str | None = msgspec.field(name="OS-DCF:diskConfig", default=None)


class RebuildBody(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True):
    """The fields of Nova's rebuild; those left alone are not sent."""

    image_id: str = msgspec.field(name="imageRef")
    name: str | None = None
    admin_password: str | None = msgspec.field(name="adminPass", default=None)
    metadata: Mapping[str, str] | None = None
    files: Sequence[Mapping[str, str]] = msgspec.field(name="personality", default=())
    user_data: str | None = None
    key_name: str | None = None
    description: str | None = None
    disk_config: str | None = msgspec.field(name="OS-DCF:diskConfig", default=None)
    preserve_ephemeral: bool | None = None


SERVERS: Collection[Server] = Collection(
    "/servers/detail",
    Server,
    key="servers",
    shared=("flavor", "host_id", "host", "hypervisor_hostname", "disk_config"),
)
SERVER = Shape(Server, key="server")
NEW_SERVER = Shape(NewServer, key="server")
