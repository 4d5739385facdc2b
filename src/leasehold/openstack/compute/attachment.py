"""What hangs on a server: volumes, and network interfaces."""

import msgspec

from leasehold.openstack.ids import NetworkId, PortId, ServerId, SubnetId, VolumeId
from leasehold.openstack.paging import Collection
from leasehold.openstack.service import Shape


class VolumeAttachment(msgspec.Struct, frozen=True, kw_only=True):
    """A volume on a server, as Nova sees it. Do not trust `device`: the guest names its disks."""

    volume_id: VolumeId = msgspec.field(name="volumeId")
    server_id: ServerId = msgspec.field(name="serverId")
    device: str | None = None
    delete_on_termination: bool | None = None


class FixedIp(msgspec.Struct, frozen=True, kw_only=True):
    """An address of an interface, and the subnet it is of."""

    ip_address: str
    subnet_id: SubnetId | None = None


class Interface(msgspec.Struct, frozen=True, kw_only=True):
    """A network interface of a server, which is a port."""

    port_id: PortId
    network_id: NetworkId = msgspec.field(name="net_id")
    mac_address: str | None = msgspec.field(name="mac_addr", default=None)
    state: str | None = msgspec.field(name="port_state", default=None)
    fixed_ips: tuple[FixedIp, ...] = ()


# Neither list can be in pages.
VOLUME_ATTACHMENTS: Collection[VolumeAttachment] = Collection(
    "/servers/{server_id}/os-volume_attachments",
    VolumeAttachment,
    key="volumeAttachments",
    page_size=None,
)
INTERFACES: Collection[Interface] = Collection(
    "/servers/{server_id}/os-interface", Interface, key="interfaceAttachments", page_size=None
)
VOLUME_ATTACHMENT = Shape(VolumeAttachment, key="volumeAttachment")
INTERFACE = Shape(Interface, key="interfaceAttachment")
