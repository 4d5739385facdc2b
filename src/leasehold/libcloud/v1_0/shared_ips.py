"""Addresses of nodes, and the groups within which nodes share public ones."""

from libcloud.compute.base import Node
from libcloud.compute.drivers.openstack import (
    OpenStack_1_0_NodeIpAddresses,
    OpenStack_1_0_SharedIpGroup,
)

from leasehold.libcloud.part import Part
from leasehold.libcloud.v1_0.nodes import id_of
from leasehold.openstack.compute_v1 import SharedIpGroup


class SharedIps(Part):
    """Shared IP groups, and the addresses of a node."""

    def ex_list_ip_addresses(self, node_id: str | Node) -> OpenStack_1_0_NodeIpAddresses:
        """List a node's public and private addresses."""
        found = self.cloud.compute_v1.server_addresses(id_of(node_id))
        return OpenStack_1_0_NodeIpAddresses(list(found.public), list(found.private))

    def ex_list_ip_groups(self, details: bool = False) -> list[OpenStack_1_0_SharedIpGroup]:
        """List the shared IP groups, with `details` also their members."""
        groups = self.cloud.compute_v1.shared_ip_groups()
        return [group_of(group, details=details) for group in groups]

    def ex_create_ip_group(
        self, group_name: str, node_id: str | Node | None = None
    ) -> OpenStack_1_0_SharedIpGroup:
        """Make a shared IP group, with a node whose addresses are to be shared."""
        server_id = None if node_id is None else id_of(node_id)
        made = self.cloud.compute_v1.create_shared_ip_group(name=group_name, server_id=server_id)
        return group_of(made, details=True)

    def ex_delete_ip_group(self, group_id: str) -> bool:
        """Delete a shared IP group."""
        self.cloud.compute_v1.delete_shared_ip_group(group_id)
        return True

    def ex_share_ip(
        self, group_id: str, node_id: str | Node, ip: str, configure_node: bool = True
    ) -> bool:
        """Give a node the public address of another one of its group."""
        self.cloud.compute_v1.share_ip(
            id_of(node_id), ip, shared_ip_group_id=group_id, configure=configure_node
        )
        return True

    def ex_unshare_ip(self, node_id: str | Node, ip: str) -> bool:
        """Take a shared address from a node again."""
        self.cloud.compute_v1.unshare_ip(id_of(node_id), ip)
        return True


class Limits(Part):
    """What the account may."""

    def ex_limits(self) -> dict[str, object]:
        """Get the limits: of calls under ``rate``, of things under ``absolute``; numbers are text."""
        limits = self.cloud.compute_v1.limits()
        rate = [
            {
                "verb": each.verb,
                "URI": each.uri,
                "regex": each.regex,
                "value": str(each.value),
                "remaining": str(each.remaining),
                "unit": each.unit,
                "resetTime": str(each.reset_time),
            }
            for each in limits.rate
        ]
        return {"rate": rate, "absolute": {n: str(value) for n, value in limits.absolute.items()}}


def group_of(group: SharedIpGroup, *, details: bool) -> OpenStack_1_0_SharedIpGroup:
    """Show a group as Libcloud does; without `details` its members are None."""
    servers = [str(server_id) for server_id in group.server_ids] if details else None
    return OpenStack_1_0_SharedIpGroup(id=group.id, name=group.name, servers=servers)
