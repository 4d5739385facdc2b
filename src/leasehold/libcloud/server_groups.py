"""Server groups of Nova."""

from collections.abc import Mapping
from typing import Any

from libcloud.compute.drivers.openstack import OpenStack_2_ServerGroup

from leasehold.libcloud.part import Part
from leasehold.openstack.compute import ServerGroup


class ServerGroups(Part):
    """Which nodes shall share a host, and which shall not."""

    def ex_list_server_groups(self) -> list[OpenStack_2_ServerGroup]:
        """List the server groups."""
        return [server_group_of(each, driver=self) for each in self.cloud.compute.server_groups()]

    def ex_get_server_group(self, server_group_id: str) -> OpenStack_2_ServerGroup:
        """Get one server group."""
        return server_group_of(self.cloud.compute.server_group(server_group_id), driver=self)

    def ex_add_server_group(
        self, name: str, policy: str, rules: Mapping[str, int] | None = None
    ) -> OpenStack_2_ServerGroup:
        """Make a server group; `rules` need Nova 2.64, see `ex_force_microversion`."""
        made = self.cloud.compute.create_server_group(name=name, policy=policy, rules=rules or None)
        return server_group_of(made, driver=self)

    def ex_del_server_group(self, server_group: OpenStack_2_ServerGroup) -> bool:
        """Delete a server group; its nodes stay."""
        self.cloud.compute.delete_server_group(server_group.id)
        return True


def server_group_of(group: ServerGroup, *, driver: Any) -> OpenStack_2_ServerGroup:
    """Show a server group as Libcloud does."""
    return OpenStack_2_ServerGroup(
        id=group.id,
        name=group.name,
        policy=group.policy,
        members=list(group.members),
        rules=group.rules,
        driver=driver,
    )
