"""Subnets of Neutron."""

from collections.abc import Sequence
from typing import Any

from libcloud.compute.drivers.openstack import OpenStack_2_SubNet, OpenStackNetwork

from leasehold.libcloud.data import read
from leasehold.libcloud.part import Part
from leasehold.openstack.network import HostRoute, Subnet

Routes = Sequence[Any]


class Subnets(Part):
    """The ranges of addresses on networks."""

    def ex_list_subnets(self) -> list[OpenStack_2_SubNet]:
        """List the subnets."""
        return [subnet_of(subnet, driver=self) for subnet in self.cloud.network.subnets()]

    def ex_create_subnet(
        self,
        name: str,
        network: OpenStackNetwork,
        cidr: str,
        ip_version: int = 4,
        description: str = "",
        dns_nameservers: Sequence[str] | None = None,
        host_routes: Routes | None = None,
    ) -> OpenStack_2_SubNet:
        """Give a network a range of addresses."""
        made = self.cloud.network.create_subnet(
            network_id=network.id,
            cidr=cidr,
            ip_version=ip_version,
            name=name or "",
            description=description or "",
            dns_nameservers=dns_nameservers or (),
            host_routes=_routes(host_routes or ()),
        )
        return subnet_of(made, driver=self)

    def ex_update_subnet(
        self,
        subnet: OpenStack_2_SubNet,
        name: str | None = None,
        description: str | None = None,
        dns_nameservers: Sequence[str] | None = None,
        host_routes: Routes | None = None,
    ) -> OpenStack_2_SubNet:
        """Change what is not None of a subnet."""
        changed = self.cloud.network.update_subnet(
            subnet.id,
            name=name,
            description=description,
            dns_nameservers=dns_nameservers,
            host_routes=None if host_routes is None else _routes(host_routes),
        )
        return subnet_of(changed, driver=self)

    def ex_delete_subnet(self, subnet: OpenStack_2_SubNet) -> bool:
        """Delete a subnet."""
        self.cloud.network.delete_subnet(subnet.id)
        return True


def subnet_of(subnet: Subnet, *, driver: Any) -> OpenStack_2_SubNet:
    """Show a subnet as Libcloud does."""
    return OpenStack_2_SubNet(
        id=subnet.id,
        name=subnet.name,
        cidr=subnet.cidr,
        network_id=subnet.network_id,
        driver=driver,
        extra={"router:external": True} if subnet.is_external else {},
    )


def _routes(routes: Routes) -> list[HostRoute]:
    return [read(route, HostRoute, called="a host route") for route in routes]
