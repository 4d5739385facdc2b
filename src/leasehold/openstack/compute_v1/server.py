"""Servers of 1.0, and what can be done to them."""

from collections.abc import Iterator, Mapping, Sequence
from typing import Any

import msgspec

from leasehold.openstack.body import given
from leasehold.openstack.compute.action import act
from leasehold.openstack.compute.new_server import personality
from leasehold.openstack.paging import Collection
from leasehold.openstack.secret import Secret, revealed
from leasehold.openstack.service import Shape, Verbs

Id = int | str
"""A whole number, in the API as it was specified; the last Novas that spoke it had UUIDs too."""


class Addresses(msgspec.Struct, frozen=True, kw_only=True):
    """A server's addresses on the internet, and those within the cloud."""

    public: tuple[str, ...] = ()
    private: tuple[str, ...] = ()


class Server(msgspec.Struct, frozen=True, kw_only=True, rename="camel"):
    """A server. `progress` is per cent of what its status says is being done."""

    id: Id
    name: str = ""
    status: str = "UNKNOWN"
    image_id: Id | None = None
    flavor_id: Id | None = None
    host_id: str | None = None
    """Tells whether two servers are on one host."""
    progress: int | None = None
    metadata: dict[str, str] = {}
    addresses: Addresses = Addresses()
    shared_ip_group_id: Id | None = None
    admin_password: Secret | None = msgspec.field(name="adminPass", default=None)
    """Told once, in the answer to a create."""


class _ServerBody(msgspec.Struct, frozen=True, kw_only=True, rename="camel", omit_defaults=True):
    """The fields of Nova's create; those left alone are not sent."""

    name: str
    image_id: Id
    flavor_id: Id
    metadata: Mapping[str, str] = {}
    files: Sequence[Mapping[str, str]] = msgspec.field(name="personality", default=())
    shared_ip_group_id: Id | None = None


_SERVERS: Collection[Server] = Collection("/servers/detail", Server, key="servers", by_offset=True)
_SERVER = Shape(Server, key="server")
_ADDRESSES = Shape(Addresses, key="addresses")


class Servers(Verbs):
    """Servers by number. Actions raise `Conflict` in a state that does not allow them."""

    def servers(self) -> Iterator[Server]:
        """List the account's servers."""
        return self.service.items(_SERVERS, {})

    def server(self, server_id: Id) -> Server:
        """Get one server. Raises `NotFound`."""
        return self.service.get(f"/servers/{server_id}", _SERVER)

    def create_server(
        self,
        *,
        name: str,
        image_id: Id,
        flavor_id: Id,
        metadata: Mapping[str, str] | None = None,
        files: Mapping[str, str | bytes] | None = None,
        shared_ip_group_id: Id | None = None,
    ) -> Server:
        """Start to make a server, with `files` by their path; the answer has its password.

        Only a server made into a shared IP group can have the addresses of others there.
        Raises `QuotaExceeded`.
        """
        body = _ServerBody(
            name=name,
            image_id=image_id,
            flavor_id=flavor_id,
            metadata=metadata or {},
            files=personality(files),
            shared_ip_group_id=shared_ip_group_id,
        )
        return self.service.post("/servers", {"server": body}, _SERVER)

    def update_server(
        self,
        server_id: Id,
        *,
        name: str | None = None,
        admin_password: Secret | str | None = None,
    ) -> None:
        """Change a server's name, or the administrator's password in it. Raises `NotFound`."""
        password = None if admin_password is None else revealed(admin_password)
        body = {"server": given(name=name, adminPass=password)}
        self.service.act(f"/servers/{server_id}", body, method="PUT")

    def delete_server(self, server_id: Id) -> None:
        """Ask for a server's end. Raises `NotFound`."""
        self.service.delete(f"/servers/{server_id}")

    def reboot_server(self, server_id: Id, *, hard: bool = False) -> None:
        """Reboot a server: by its own system, or `hard`, as by the power switch."""
        self._act(server_id, "reboot", {"type": "HARD" if hard else "SOFT"})

    def rebuild_server(self, server_id: Id, *, image_id: Id) -> None:
        """Make a server's disk anew from an image; its number and addresses stay."""
        self._act(server_id, "rebuild", {"imageId": image_id})

    def resize_server(self, server_id: Id, *, flavor_id: Id) -> None:
        """Move a server to another flavor; in VERIFY_RESIZE it waits for a confirm or revert."""
        self._act(server_id, "resize", {"flavorId": flavor_id})

    def confirm_resize(self, server_id: Id) -> None:
        """Keep the new size, and give the old place up. Raises `Conflict` if there is none."""
        self._act(server_id, "confirmResize")

    def revert_resize(self, server_id: Id) -> None:
        """Go back to the old size. Raises `Conflict` if the server was not resized."""
        self._act(server_id, "revertResize")

    def server_addresses(self, server_id: Id) -> Addresses:
        """Get a server's addresses. Raises `NotFound`."""
        return self.service.get(f"/servers/{server_id}/ips", _ADDRESSES)

    def _act(self, server_id: Id, name: str, wish: Mapping[str, Any] | None = None) -> None:
        act(self.service, str(server_id), name, wish)
