"""Shared IP groups: servers that can take over one another's public addresses."""

from collections.abc import Iterator

import msgspec

from leasehold.openstack.call import segment
from leasehold.openstack.compute_v1.server import Id
from leasehold.openstack.paging import Collection
from leasehold.openstack.service import Shape, Verbs


class SharedIpGroup(msgspec.Struct, frozen=True, kw_only=True):
    """A shared IP group and its members."""

    id: Id
    name: str = ""
    server_ids: tuple[Id, ...] = msgspec.field(name="servers", default=())


_GROUPS: Collection[SharedIpGroup] = Collection(
    "/shared_ip_groups/detail", SharedIpGroup, key="sharedIpGroups", by_offset=True
)
_GROUP = Shape(SharedIpGroup, key="sharedIpGroup")


class SharedIps(Verbs):
    """Shared IP groups. Servers join by `create_server`, or one when the group is made."""

    def shared_ip_groups(self) -> Iterator[SharedIpGroup]:
        """List the shared IP groups."""
        return self.service.items(_GROUPS, {})

    def shared_ip_group(self, group_id: Id) -> SharedIpGroup:
        """Get one shared IP group. Raises `NotFound`."""
        return self.service.get(f"/shared_ip_groups/{group_id}", _GROUP)

    def create_shared_ip_group(self, *, name: str, server_id: Id | None = None) -> SharedIpGroup:
        """Make a shared IP group, with a server whose addresses are to be shared."""
        first = {} if server_id is None else {"server": server_id}
        return self.service.post(
            "/shared_ip_groups", {"sharedIpGroup": {"name": name, **first}}, _GROUP
        )

    def delete_shared_ip_group(self, group_id: Id) -> None:
        """Delete a shared IP group; what is shared stays so. Raises `NotFound`."""
        self.service.delete(f"/shared_ip_groups/{group_id}")

    def share_ip(
        self, server_id: Id, address: str, *, shared_ip_group_id: Id, configure: bool = True
    ) -> None:
        """Give a server the public address of another one of its group, beside its own.

        `configure` also sets the address up in the guest, which is rebooted for it.
        """
        body = {"shareIp": {"sharedIpGroupId": shared_ip_group_id, "configureServer": configure}}
        self.service.act(_ip_path(server_id, address), body, method="PUT")

    def unshare_ip(self, server_id: Id, address: str) -> None:
        """Take a shared address from a server again."""
        self.service.delete(_ip_path(server_id, address))


def _ip_path(server_id: Id, address: str) -> str:
    return f"/servers/{server_id}/ips/public/{segment(address)}"
