"""Addresses and security groups of a server, as Nova itself sets them."""

from collections.abc import Iterator

from leasehold.openstack.compute.action import act
from leasehold.openstack.microversion import Version
from leasehold.openstack.nova_network.security_group import SecurityGroup
from leasehold.openstack.paging import Collection
from leasehold.openstack.service import Verbs

_ADDRESS_ACTIONS: Version = (2, 43)
"""The last with addFixedIp, addFloatingIp and their opposites."""


_GROUPS: Collection[SecurityGroup] = Collection(
    "/servers/{server_id}/os-security-groups",
    SecurityGroup,
    key="security_groups",
    page_size=None,
)


class ServerAddresses(Verbs):
    """What reaches a server. On clouds with Neutron its ports say the same, and more of it."""

    def server_security_groups(self, server_id: str) -> Iterator[SecurityGroup]:
        """List the security groups of a server with their rules. Raises `NotFound`."""
        return self.service.items(_GROUPS.at(_GROUPS.path.format(server_id=server_id)), {})

    def add_security_group(self, server_id: str, name: str) -> None:
        """Put all of a server's ports into a security group. Raises `NotFound`."""
        act(self.service, server_id, "addSecurityGroup", {"name": name})

    def remove_security_group(self, server_id: str, name: str) -> None:
        """Take a server out of a security group. Raises `NotFound`."""
        act(self.service, server_id, "removeSecurityGroup", {"name": name})

    def add_fixed_ip(self, server_id: str, *, network_id: str) -> None:
        """Give a server one more address of a network. Sent in microversion 2.43 at most."""
        service = self.service.until(_ADDRESS_ACTIONS, instead="create_interface()")
        act(service, server_id, "addFixedIp", {"networkId": network_id})

    def remove_fixed_ip(self, server_id: str, address: str) -> None:
        """Take an address from a server. Sent in microversion 2.43 at most."""
        service = self.service.until(_ADDRESS_ACTIONS, instead="delete_interface()")
        act(service, server_id, "removeFixedIp", {"address": address})

    def add_floating_ip(
        self, server_id: str, address: str, *, fixed_address: str | None = None
    ) -> None:
        """Lead a floating IP to a server, or to that address of it.

        For old Novas: sent in microversion 2.43 at most. Where there is Neutron, prefer its own
        `update_floating_ip`.
        """
        service = self.service.until(_ADDRESS_ACTIONS, instead="network.update_floating_ip()")
        fixed = {} if fixed_address is None else {"fixed_address": fixed_address}
        act(service, server_id, "addFloatingIp", {"address": address, **fixed})

    def remove_floating_ip(self, server_id: str, address: str) -> None:
        """Lead a floating IP to nowhere. Raises `Conflict` if it does not lead to that server."""
        service = self.service.until(_ADDRESS_ACTIONS, instead="network.update_floating_ip()")
        act(service, server_id, "removeFloatingIp", {"address": address})
