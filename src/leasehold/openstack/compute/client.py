"""What one can do with Nova."""

from collections.abc import Iterator, Mapping, Sequence
from datetime import datetime

import msgspec

from leasehold.openstack.call import FilterValue
from leasehold.openstack.compute import attachment, flavor, key_pair, limits, new_server, server
from leasehold.openstack.compute.attachment import Interface, VolumeAttachment
from leasehold.openstack.compute.flavor import Flavor
from leasehold.openstack.compute.key_pair import KeyPair
from leasehold.openstack.compute.limits import ComputeLimits
from leasehold.openstack.compute.server import (
    BlockDevice,
    BootVolume,
    NewServer,
    Server,
    ServerNetwork,
)
from leasehold.openstack.microversion import Version
from leasehold.openstack.paging import Page
from leasehold.openstack.service import Service, Shape
from leasehold.openstack.zone import ZONES, AvailabilityZone

_CONSOLE = Shape(str, key="output")
_AUTO_NETWORKS: Version = (2, 37)


class Compute:
    """The compute service of a connection. Every verb raises leaves of `OpenStackError`."""

    def __init__(self, service: Service) -> None:
        self.service = service

    # Servers

    def servers(
        self, *, changes_since: datetime | None = None, **filters: FilterValue
    ) -> Iterator[Server]:
        """List servers, filtered by Nova (``status="ACTIVE"``, ``name="^ci-"`` ...).

        With `changes_since` only those that changed since then, deleted ones included with status
        DELETED. A server deleted between two pages can make Nova refuse the next one: then the
        listing raises `BadRequest`, and has to be begun anew.
        """
        query = {**filters, "changes-since": changes_since}
        return self.service.items(server.SERVERS, query)

    def server_pages(
        self, *, changes_since: datetime | None = None, **filters: FilterValue
    ) -> Iterator[Page[Server]]:
        """List servers page by page, each with the cloud's clock, as the next delta needs it."""
        query = {**filters, "changes-since": changes_since}
        return self.service.pages(server.SERVERS, query)

    def server(self, server_id: str) -> Server:
        """Get one server. Raises `NotFound`."""
        return self.service.get(f"/servers/{server_id}", server.SERVER)

    def create_server(
        self,
        *,
        name: str,
        flavor_id: str,
        image_id: str | None = None,
        boot_volume: BootVolume | None = None,
        networks: Sequence[ServerNetwork] | None = None,
        key_name: str | None = None,
        user_data: str | None = None,
        metadata: Mapping[str, str] | None = None,
        availability_zone: str | None = None,
        security_groups: Sequence[str] = (),
        description: str | None = None,
        config_drive: bool = False,
        block_devices: Sequence[BlockDevice] = (),
        scheduler_hints: Mapping[str, object] | None = None,
        extra: Mapping[str, object] | None = None,
    ) -> NewServer:
        """Start to make a server; it is there when its status says ACTIVE.

        `networks` None leaves the choice to the cloud, () is none at all. `user_data` is plain
        text. `security_groups` are names, and apply to the ports that Nova makes itself. `extra`
        holds more fields of Nova's create, under its own names; they go before ours. Raises
        `QuotaExceeded`, `BadRequest` (an image, flavor or key that is gone) and, if the answer was
        lost, errors with `unsure` set.
        """
        boot = (new_server.boot_device(boot_volume),) if boot_volume else ()
        body = new_server.ServerBody(
            name=name,
            flavor_id=flavor_id,
            image_id=image_id,
            block_devices=(*boot, *block_devices),
            networks=self._networks(networks),
            key_name=key_name,
            user_data=new_server.encoded_user_data(user_data),
            metadata=metadata or {},
            availability_zone=availability_zone,
            security_groups=tuple({"name": group} for group in security_groups),
            description=description,
            config_drive=config_drive,
        )
        fields = {**msgspec.to_builtins(body), **(extra or {})}
        hints = {"os:scheduler_hints": scheduler_hints} if scheduler_hints else {}
        return self.service.post("/servers", {"server": fields, **hints}, server.NEW_SERVER)

    def _networks(
        self, networks: Sequence[ServerNetwork] | None
    ) -> Sequence[ServerNetwork] | str | None:
        """Say "auto" and "none" to a Nova that knows the words; an older one is "auto" by itself."""
        if networks:
            return networks
        if networks is not None:
            self.service.need(_AUTO_NETWORKS, "make a server without any network")
            return "none"
        return "auto" if (self.service.version() or (2, 1)) >= _AUTO_NETWORKS else None

    def delete_server(self, server_id: str) -> None:
        """Ask for a server's end. Raises `NotFound`."""
        self.service.delete(f"/servers/{server_id}")

    def start_server(self, server_id: str) -> None:
        """Start a stopped server. Raises `Conflict` if it is not stopped."""
        self._action(server_id, {"os-start": None})

    def stop_server(self, server_id: str) -> None:
        """Stop a server. Raises `Conflict` if it is not running."""
        self._action(server_id, {"os-stop": None})

    def reboot_server(self, server_id: str, *, hard: bool = False) -> None:
        """Reboot a server: by its own system, or `hard`, as by the power switch."""
        self._action(server_id, {"reboot": {"type": "HARD" if hard else "SOFT"}})

    def console_output(self, server_id: str, *, lines: int | None = None) -> str:
        """Get the last `lines` lines of a server's console, or all that the cloud keeps."""
        length = {} if lines is None else {"length": lines}
        body = {"os-getConsoleOutput": length}
        return self.service.post(f"/servers/{server_id}/action", body, _CONSOLE)

    def _action(self, server_id: str, body: Mapping[str, object]) -> None:
        self.service.act(f"/servers/{server_id}/action", body)

    # What hangs on a server

    def volume_attachments(self, server_id: str) -> Iterator[VolumeAttachment]:
        """List the volumes of a server. Raises `NotFound`."""
        path = attachment.VOLUME_ATTACHMENTS.path.format(server_id=server_id)
        return self.service.items(attachment.VOLUME_ATTACHMENTS.at(path), {})

    def create_volume_attachment(self, server_id: str, volume_id: str) -> VolumeAttachment:
        """Attach a volume. Raises `BadRequest` or `Conflict` if one of the two is not ready."""
        path = attachment.VOLUME_ATTACHMENTS.path.format(server_id=server_id)
        body = {"volumeAttachment": {"volumeId": volume_id}}
        return self.service.post(path, body, attachment.VOLUME_ATTACHMENT)

    def delete_volume_attachment(self, server_id: str, volume_id: str) -> None:
        """Detach a volume. Raises `NotFound` if the server is gone or does not have it.

        Not repeated after a lost reply: the second call would meet a volume that is detaching.
        """
        path = attachment.VOLUME_ATTACHMENTS.path.format(server_id=server_id)
        self.service.delete(f"{path}/{volume_id}", repeatable=False)

    def interfaces(self, server_id: str) -> Iterator[Interface]:
        """List the network interfaces of a server. Raises `NotFound`."""
        path = attachment.INTERFACES.path.format(server_id=server_id)
        return self.service.items(attachment.INTERFACES.at(path), {})

    def create_interface(self, server_id: str, port_id: str) -> Interface:
        """Attach a port to a server. Raises `Conflict` if the port is in use."""
        path = attachment.INTERFACES.path.format(server_id=server_id)
        body = {"interfaceAttachment": {"port_id": port_id}}
        return self.service.post(path, body, attachment.INTERFACE)

    def delete_interface(self, server_id: str, port_id: str) -> None:
        """Detach a port from a server. Raises `NotFound`; not repeated after a lost reply."""
        path = attachment.INTERFACES.path.format(server_id=server_id)
        self.service.delete(f"{path}/{port_id}", repeatable=False)

    # What servers are made of

    def flavors(self, **filters: FilterValue) -> Iterator[Flavor]:
        """List flavors, filtered by Nova (``minRam=2048``, ``minDisk=10`` ...)."""
        return self.service.items(flavor.FLAVORS, filters)

    def flavor(self, flavor_id: str) -> Flavor:
        """Get one flavor. Raises `NotFound`."""
        return self.service.get(f"/flavors/{flavor_id}", flavor.FLAVOR)

    def flavor_extra_specs(self, flavor_id: str) -> dict[str, str]:
        """Get the extra specs of a flavor. Raises `NotFound`."""
        return self.service.get(f"/flavors/{flavor_id}/os-extra_specs", flavor.EXTRA_SPECS)

    def key_pairs(self) -> Iterator[KeyPair]:
        """List the key pairs of the user that is signed in."""
        return self.service.items(key_pair.KEY_PAIRS, {})

    def key_pair(self, name: str) -> KeyPair:
        """Get one key pair. Raises `NotFound`."""
        return self.service.get(f"/os-keypairs/{name}", key_pair.KEY_PAIR)

    def create_key_pair(self, name: str, *, public_key: str | None = None) -> KeyPair:
        """Register a public key; without one Nova makes a pair and tells its private half once.

        Raises `Conflict` if the name is taken.
        """
        body = {"name": name} if public_key is None else {"name": name, "public_key": public_key}
        return self.service.post("/os-keypairs", {"keypair": body}, key_pair.KEY_PAIR)

    def delete_key_pair(self, name: str) -> None:
        """Forget a key pair; servers keep what they were given. Raises `NotFound`."""
        self.service.delete(f"/os-keypairs/{name}")

    # What there is room for

    def limits(self) -> ComputeLimits:
        """Get the project's limits and use."""
        return self.service.get("/limits", limits.LIMITS).absolute

    def availability_zones(self) -> Iterator[AvailabilityZone]:
        """List the zones that servers can be placed in."""
        return self.service.items(ZONES, {})
