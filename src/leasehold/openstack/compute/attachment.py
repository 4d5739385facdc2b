"""What hangs on a server: volumes, and network interfaces."""

from collections.abc import Iterator

import msgspec

from leasehold.openstack.body import given
from leasehold.openstack.ids import NetworkId, PortId, ServerId, SubnetId, VolumeId
from leasehold.openstack.microversion import Version
from leasehold.openstack.paging import Collection
from leasehold.openstack.service import Shape, Verbs

_ANSWERED_ATTACHMENT: Version = (2, 100)
"""The last in which an attach tells what it made; a newer one is silent."""
_DELETED_WITH_SERVER: Version = (2, 79)


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


class Attachments(Verbs):
    """What hangs on servers."""

    def volume_attachments(self, server_id: str) -> Iterator[VolumeAttachment]:
        """List the volumes of a server. Raises `NotFound`."""
        path = VOLUME_ATTACHMENTS.path.format(server_id=server_id)
        return self.service.items(VOLUME_ATTACHMENTS.at(path), {})

    def create_volume_attachment(
        self,
        server_id: str,
        volume_id: str,
        *,
        device: str | None = None,
        delete_on_termination: bool = False,
    ) -> VolumeAttachment:
        """Attach a volume. Raises `BadRequest` or `Conflict` if one of the two is not ready.

        `device` is a wish that most hypervisors ignore.
        """
        wish: dict[str, object] = {"volumeId": volume_id}
        if device is not None:
            wish["device"] = device
        if delete_on_termination:
            self.service.need(_DELETED_WITH_SERVER, "delete a volume with its server")
            wish["delete_on_termination"] = True
        path = VOLUME_ATTACHMENTS.path.format(server_id=server_id)
        service = self.service.until(_ANSWERED_ATTACHMENT)
        return service.post(path, {"volumeAttachment": wish}, VOLUME_ATTACHMENT)

    def delete_volume_attachment(self, server_id: str, volume_id: str) -> None:
        """Detach a volume. Raises `NotFound` if the server is gone or does not have it.

        Not repeated after a lost reply: the second call would meet a volume that is detaching.
        """
        path = VOLUME_ATTACHMENTS.path.format(server_id=server_id)
        self.service.delete(f"{path}/{volume_id}", repeatable=False)

    def interfaces(self, server_id: str) -> Iterator[Interface]:
        """List the network interfaces of a server. Raises `NotFound`."""
        path = INTERFACES.path.format(server_id=server_id)
        return self.service.items(INTERFACES.at(path), {})

    def create_interface(
        self,
        server_id: str,
        port_id: str | None = None,
        *,
        network_id: str | None = None,
        fixed_ip: str | None = None,
    ) -> Interface:
        """Attach a port to a server, or a new one on a network, with the address that is wished.

        Raises `Conflict` if the port is in use.
        """
        fields = given(
            port_id=port_id,
            net_id=network_id,
            fixed_ips=None if fixed_ip is None else [{"ip_address": fixed_ip}],
        )
        path = INTERFACES.path.format(server_id=server_id)
        return self.service.post(path, {"interfaceAttachment": fields}, INTERFACE)

    def delete_interface(self, server_id: str, port_id: str) -> None:
        """Detach a port from a server. Raises `NotFound`; not repeated after a lost reply."""
        path = INTERFACES.path.format(server_id=server_id)
        self.service.delete(f"{path}/{port_id}", repeatable=False)
