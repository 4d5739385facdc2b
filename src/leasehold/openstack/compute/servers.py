"""What one can do with servers: list, make, change and delete them."""

from collections.abc import Iterator, Mapping, Sequence
from datetime import datetime

import msgspec

from leasehold.openstack.call import FilterValue
from leasehold.openstack.compute import new_server, server
from leasehold.openstack.compute.server import (
    BlockDevice,
    BootVolume,
    NewServer,
    Server,
    ServerChange,
    ServerNetwork,
)
from leasehold.openstack.microversion import Version
from leasehold.openstack.paging import Page
from leasehold.openstack.secret import Secret, revealed
from leasehold.openstack.service import Service, Verbs

_DESCRIPTION: Version = (2, 19)
_AUTO_NETWORKS: Version = (2, 37)
_TAGS: Version = (2, 52)
_FILES: Version = (2, 56)
"""The last that takes files."""
_HOSTNAME: Version = (2, 90)


class Servers(Verbs):
    """Servers."""

    def servers(
        self, *, changes_since: datetime | None = None, **filters: FilterValue
    ) -> Iterator[Server]:
        """List servers, filtered by Nova (``status="ACTIVE"``, ``name="^ci-"`` ...).

        With `changes_since` only those that changed since then, deleted ones included with status
        DELETED. A server deleted between two pages can make Nova refuse the next one: then the
        listing raises `BadRequest`, and has to be begun anew. Administrators see those of every
        project with ``all_tenants=True``.
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
        block_devices: Sequence[BlockDevice] = (),
        networks: Sequence[ServerNetwork] | None = None,
        key_name: str | None = None,
        user_data: str | bytes | None = None,
        files: Mapping[str, str | bytes] | None = None,
        metadata: Mapping[str, str] | None = None,
        tags: Sequence[str] = (),
        availability_zone: str | None = None,
        security_groups: Sequence[str] = (),
        description: str | None = None,
        config_drive: bool = False,
        admin_password: Secret | str | None = None,
        disk_config: str | None = None,
        scheduler_hints: Mapping[str, object] | None = None,
        min_count: int | None = None,
        max_count: int | None = None,
        extra: Mapping[str, object] | None = None,
    ) -> NewServer:
        """Start to make a server; it is there when its status says ACTIVE.

        `networks` None leaves the choice to the cloud, () is none at all. `user_data` is plain
        text or bytes; `files` are contents by path, as Nova took them until 2.56. `security_groups` are
        names, and apply to the ports that Nova makes itself. `disk_config` is AUTO or MANUAL, and
        ``scheduler_hints={"group": id}`` puts it into a server group. With `max_count` Nova makes
        several, and tells the id of the first one. `extra` holds more fields of Nova's create, under
        its own names; they go before ours. Raises `QuotaExceeded`, `BadRequest` (an image, flavor
        or key that is gone) and, if the answer was lost, errors with `unsure` set.
        """
        if tags:
            self.service.need(_TAGS, "tag a server from the start")
        boot = (new_server.boot_device(boot_volume),) if boot_volume else ()
        body = new_server.ServerBody(
            name=name,
            flavor_id=flavor_id,
            image_id=image_id,
            block_devices=(*boot, *block_devices),
            networks=self._networks(networks),
            key_name=key_name,
            user_data=new_server.encoded_user_data(user_data),
            files=new_server.personality(files),
            metadata=metadata or {},
            tags=tags,
            availability_zone=availability_zone,
            security_groups=tuple({"name": group} for group in security_groups),
            description=description,
            config_drive=config_drive,
            admin_password=None if admin_password is None else revealed(admin_password),
            disk_config=disk_config,
            min_count=min_count,
            max_count=max_count,
        )
        fields = {**msgspec.to_builtins(body), **(extra or {})}
        hints = {"os:scheduler_hints": scheduler_hints} if scheduler_hints else {}
        service = taking_files(self.service) if files else self.service
        return service.post("/servers", {"server": fields, **hints}, server.NEW_SERVER)

    def _networks(
        self, networks: Sequence[ServerNetwork] | None
    ) -> Sequence[ServerNetwork] | str | None:
        """Say "auto" and "none" to a Nova that knows the words; an older one is "auto" by itself."""
        if networks:
            return networks
        if networks is not None:
            self.service.need(_AUTO_NETWORKS, "make a server without any network")
            return "none"
        return "auto" if self.service.speaks(_AUTO_NETWORKS) else None

    def update_server(
        self,
        server_id: str,
        *,
        name: str | None = None,
        description: str | None = None,
        hostname: str | None = None,
        access_ipv4: str | None = None,
        access_ipv6: str | None = None,
        disk_config: str | None = None,
    ) -> Server:
        """Change what is not None of a server; nothing of it reaches its guest. Raises `NotFound`.

        Before microversion 2.75 the answer leaves out what Nova's extensions tell.
        """
        if description is not None:
            self.service.need(_DESCRIPTION, "describe a server")
        if hostname is not None:
            self.service.need(_HOSTNAME, "change a server's host name")
        change = ServerChange(
            name=name,
            description=description,
            hostname=hostname,
            access_ipv4=access_ipv4,
            access_ipv6=access_ipv6,
            disk_config=disk_config,
        )
        return self.service.put(f"/servers/{server_id}", {"server": change}, server.SERVER)

    def delete_server(self, server_id: str) -> None:
        """Ask for a server's end. Raises `NotFound`."""
        self.service.delete(f"/servers/{server_id}")


def taking_files(service: Service) -> Service:
    """Give the compute service as it was when it took files."""
    return service.until(_FILES, instead="user_data")
