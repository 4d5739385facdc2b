"""A server as Nova shows it."""

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
    locked: bool | None = None
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
    """Nova's answer to a create: an id, and the one time that the password is told."""

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
    """A disk of a new server, as Nova's block_device_mapping_v2 says it."""

    uuid: str
    source_type: str
    destination_type: str
    device_name: str | None = None
    boot_index: int | None = None
    volume_size: int | None = None
    """GiB."""
    volume_type: str | None = None
    delete_on_termination: bool = False


class ServerNetwork(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True):
    """A network interface for a new server: a port that is there, or a network to make one on."""

    port: str | None = None
    uuid: str | None = None
    fixed_ip: str | None = None


SERVERS: Collection[Server] = Collection(
    "/servers/detail", Server, key="servers", shared=("flavor", "host_id")
)
SERVER = Shape(Server, key="server")
NEW_SERVER = Shape(NewServer, key="server")
