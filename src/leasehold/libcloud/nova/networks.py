"""Networks of Nova's own."""

from typing import Any

from libcloud.compute.drivers.openstack import OpenStackNetwork

from leasehold.libcloud.part import Part
from leasehold.openstack.nova_network import Network


class Networks(Part):
    """The networks that there are. Making and deleting them is for administrators."""

    def ex_list_networks(self) -> list[OpenStackNetwork]:
        """List the networks."""
        return [network_of(each, driver=self) for each in self.cloud.nova_network.networks()]

    def ex_get_network(self, network_id: str) -> OpenStackNetwork:
        """Get one network."""
        return network_of(self.cloud.nova_network.network(network_id), driver=self)

    def ex_create_network(self, name: str, cidr: str) -> OpenStackNetwork:
        """Make a network with the addresses of `cidr`."""
        made = self.cloud.nova_network.create_network(name=name, cidr=cidr)
        return network_of(made, driver=self)

    def ex_delete_network(self, network: OpenStackNetwork) -> bool:
        """Delete a network."""
        self.cloud.nova_network.delete_network(network.id)
        return True


def network_of(network: Network, *, driver: Any) -> OpenStackNetwork:
    """Show a network as Libcloud does."""
    return OpenStackNetwork(id=network.id, name=network.name, cidr=network.cidr, driver=driver)
