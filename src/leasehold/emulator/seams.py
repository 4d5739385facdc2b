"""What one service needs of another: Nova of Neutron, Cinder and Glance, and they of Nova.

Each is the state of a service, without HTTP. Methods raise `http.Fault` with the status and the
words that Nova itself would answer with.
"""

from collections.abc import Callable
from typing import Protocol

import msgspec


class FixedIp(msgspec.Struct, frozen=True, kw_only=True):
    address: str
    subnet_id: str
    version: int = 4


class PortView(msgspec.Struct, frozen=True, kw_only=True):
    """A port as Nova sees it."""

    id: str
    project_id: str
    network_id: str
    network_name: str
    mac_address: str
    status: str
    device_id: str
    fixed_ips: tuple[FixedIp, ...]
    floating_ips: tuple[str, ...] = ()
    security_groups: tuple[str, ...] = ()
    """Names, for the server's own ``security_groups``."""
    made_by_nova: bool = False
    """Made for the server, and to be deleted with it."""


class NetworkView(msgspec.Struct, frozen=True, kw_only=True):
    id: str
    name: str
    shared: bool = False
    external: bool = False


class NetworkState(Protocol):
    """Neutron's part in a server's life."""

    def networks_for(self, project_id: str) -> list[NetworkView]:
        """Networks a server of the project may be put on: its own and shared, not external."""

    def network(self, project_id: str, network_id: str) -> NetworkView | None: ...

    def port(self, project_id: str, port_id: str) -> PortView | None: ...

    def ports_of(self, server_id: str) -> list[PortView]:
        """Ports bound to the server, in the order they were plugged."""

    def ports_left(self, project_id: str) -> int | None:
        """How many more ports the project's quota allows; None for any number."""

    def security_group(self, project_id: str, name_or_id: str) -> str | None:
        """The id of a group, by name or id; None when there is none."""

    def create_port(
        self,
        project_id: str,
        network_id: str,
        *,
        server_id: str,
        fixed_ip: str | None = None,
        security_group_ids: tuple[str, ...] | None = None,
        zone: str = "nova",
    ) -> PortView:
        """Make a port for the server (``made_by_nova``), not yet bound: status DOWN.

        Raises Fault: no address left, address in use, not in any subnet, quota.
        """

    def bind_port(self, port_id: str, server_id: str, host: str, zone: str = "nova") -> None:
        """Plug the port into the server: device_id, device_owner, ACTIVE."""

    def unbind_port(self, port_id: str) -> None:
        """Unplug: no device, DOWN. The port stays."""

    def delete_port(self, port_id: str) -> None:
        """Delete, with its address given back and floating IPs loosed; no error when it is gone."""

    def set_security_group(self, server_id: str, group_id: str, *, present: bool) -> None:
        """Add or remove a group on every port of the server."""


class VolumeView(msgspec.Struct, frozen=True, kw_only=True):
    """A volume as Nova sees it."""

    id: str
    project_id: str
    name: str
    status: str
    size: int
    bootable: bool
    multiattach: bool = False
    image_id: str | None = None
    """The image the volume was made from."""
    zone: str = "nova"


class VolumeState(Protocol):
    """Cinder's part in a server's life."""

    def volume(self, project_id: str, volume_id: str) -> VolumeView | None: ...

    def snapshot_volume_size(self, project_id: str, snapshot_id: str) -> int | None:
        """GiB of a snapshot's volume; None when there is no such snapshot."""

    def create_volume(
        self,
        project_id: str,
        *,
        size: int,
        name: str = "",
        image_id: str | None = None,
        snapshot_id: str | None = None,
        volume_type: str | None = None,
        then: Callable[[VolumeView], None],
    ) -> VolumeView:
        """Start to make a volume; `then` is called once it is available or in error.

        Raises Fault: quota (Nova tells it as 403), unknown image or snapshot.
        """

    def reserve(self, volume_id: str, server_id: str) -> str:
        """Take an available volume for the server (status reserved); returns the attachment id.

        Raises Fault 400 with Cinder's words when its state does not allow it.
        """

    def attach(self, volume_id: str, server_id: str, device: str) -> None:
        """Complete a reservation: in-use, with its device. Raises OSError if no disk can be given."""

    def release(self, volume_id: str) -> bool:
        """Whether the server lets go of its disk: not while it has it mounted."""

    def detach(self, volume_id: str, server_id: str) -> None:
        """End an attachment or a reservation: available again when it was the last."""

    def begin_detaching(self, volume_id: str) -> None:
        """Status detaching."""

    def roll_detaching(self, volume_id: str) -> None:
        """In use again, after a detach that failed."""

    def delete_volume(self, volume_id: str) -> None:
        """Delete with its server (delete_on_termination); no error when it is gone."""


class ImageView(msgspec.Struct, frozen=True, kw_only=True):
    id: str
    name: str
    status: str
    min_disk: int = 0
    min_ram: int = 0
    size: int = 0
    properties: dict[str, str] = {}


class ImageState(Protocol):
    """Glance's part in a server's life."""

    def image(self, project_id: str, image_id: str) -> ImageView | None:
        """An image the project may use: public, shared with it or its own."""

    def create_snapshot(
        self,
        project_id: str,
        name: str,
        *,
        server_id: str,
        base_image_id: str | None,
        properties: dict[str, str],
        min_disk: int,
        then: Callable[[], None],
    ) -> str:
        """Start to make a server's image; returns its id, calls `then` when it is active."""

    def rotate_backups(self, server_id: str, kind: str, *, keep: int) -> None:
        """Delete a server's backups of a kind but for the newest."""


class ServerWatch(Protocol):
    """What the others tell Nova: that something a server shows has changed."""

    def server_changed(self, server_id: str) -> None:
        """A port, address, floating IP, security group or attachment of the server changed."""

    def server_zone(self, server_id: str) -> str | None: ...
