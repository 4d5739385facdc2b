"""Networks of Neutron."""

from typing import Any

from libcloud.compute.drivers.openstack import OpenStackNetwork

from leasehold.libcloud.part import Part
from leasehold.openstack.network import Network


class Networks(Part):
    """The networks that the project sees."""

    def ex_list_networks(self) -> list[OpenStackNetwork]:
        """List the networks."""
        return [network_of(network, driver=self) for network in self.cloud.network.networks()]

    def ex_get_network(self, network_id: str) -> OpenStackNetwork:
        """Get one network."""
        return network_of(self.cloud.network.network(network_id), driver=self)

    def ex_create_network(self, name: str, **kwargs: Any) -> OpenStackNetwork:
        """Make a network; more of Neutron's fields by keyword, for instance ``mtu=1400``."""
        return network_of(self.cloud.network.create_network(name=name, extra=kwargs), driver=self)

    def ex_delete_network(self, network: OpenStackNetwork) -> bool:
        """Delete a network."""
        self.cloud.network.delete_network(network.id)
        return True


def network_of(network: Network, *, driver: Any) -> OpenStackNetwork:
    """Show a network as Libcloud does; in `extra` is only what there is something to say of."""
    extra = {
        "router:external": network.is_external or None,
        "subnets": list(network.subnet_ids) or None,
        "tags": list(network.tags) or None,
        "is_default": network.is_default,
        "description": network.description,
    }
    return OpenStackNetwork(
        id=network.id,
        name=network.name,
        cidr=None,
        driver=driver,
        extra={name: value for name, value in extra.items() if value is not None},
    )
