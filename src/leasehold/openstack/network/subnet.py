"""Subnets: the ranges of addresses on networks."""

from collections.abc import Iterator, Sequence
from datetime import datetime

import msgspec
from msgspec import UNSET, UnsetType

from leasehold.openstack.body import given, nullable
from leasehold.openstack.call import FilterValue
from leasehold.openstack.ids import NetworkId, SubnetId
from leasehold.openstack.paging import Collection
from leasehold.openstack.service import Shape, Verbs


class AllocationPool(msgspec.Struct, frozen=True, kw_only=True, gc=False):
    """Addresses that Neutron may give away by itself, from `start` to `end`."""

    start: str
    end: str


class HostRoute(msgspec.Struct, frozen=True, kw_only=True, gc=False):
    """A route that servers are told of by DHCP, or that a router has."""

    destination: str
    """A range of addresses, such as 10.1.0.0/16."""
    nexthop: str


class Subnet(msgspec.Struct, frozen=True, kw_only=True, gc=False):
    """A range of addresses on a network. Without a `gateway_ip` servers are told of none."""

    id: SubnetId
    network_id: NetworkId
    cidr: str
    ip_version: int = 4
    name: str = ""
    description: str | None = None
    project_id: str | None = None
    gateway_ip: str | None = None
    enable_dhcp: bool = True
    dns_nameservers: tuple[str, ...] = ()
    host_routes: tuple[HostRoute, ...] = ()
    allocation_pools: tuple[AllocationPool, ...] = ()
    ipv6_ra_mode: str | None = None
    ipv6_address_mode: str | None = None
    subnetpool_id: str | None = None
    is_external: bool = msgspec.field(name="router:external", default=False)
    tags: tuple[str, ...] = ()
    created_at: datetime | None = None
    updated_at: datetime | None = None


SUBNETS: Collection[Subnet] = Collection("/subnets", Subnet, key="subnets")
SUBNET = Shape(Subnet, key="subnet")


class Subnets(Verbs):
    """Subnets. A `gateway_ip` of None takes the gateway away; left out, Neutron chooses one."""

    def subnets(self, **filters: FilterValue) -> Iterator[Subnet]:
        """List subnets, filtered by Neutron."""
        return self.service.items(SUBNETS, filters)

    def subnet(self, subnet_id: str) -> Subnet:
        """Get one subnet. Raises `NotFound`."""
        return self.service.get(f"/subnets/{subnet_id}", SUBNET)

    def create_subnet(
        self,
        *,
        network_id: str,
        cidr: str | None = None,
        ip_version: int = 4,
        name: str = "",
        description: str | None = None,
        gateway_ip: str | UnsetType | None = UNSET,
        enable_dhcp: bool | None = None,
        dns_nameservers: Sequence[str] | None = None,
        host_routes: Sequence[HostRoute] | None = None,
        allocation_pools: Sequence[AllocationPool] | None = None,
        subnetpool_id: str | None = None,
        ipv6_ra_mode: str | None = None,
        ipv6_address_mode: str | None = None,
    ) -> Subnet:
        """Give a network a range of addresses: `cidr`, or some of a subnet pool's."""
        fields = {
            **given(
                network_id=network_id,
                cidr=cidr,
                ip_version=ip_version,
                name=name,
                description=description,
                enable_dhcp=enable_dhcp,
                dns_nameservers=dns_nameservers,
                host_routes=host_routes,
                allocation_pools=allocation_pools,
                subnetpool_id=subnetpool_id,
                ipv6_ra_mode=ipv6_ra_mode,
                ipv6_address_mode=ipv6_address_mode,
            ),
            **nullable(gateway_ip=gateway_ip),
        }
        return self.service.post("/subnets", {"subnet": fields}, SUBNET)

    def update_subnet(
        self,
        subnet_id: str,
        *,
        name: str | None = None,
        description: str | None = None,
        gateway_ip: str | UnsetType | None = UNSET,
        enable_dhcp: bool | None = None,
        dns_nameservers: Sequence[str] | None = None,
        host_routes: Sequence[HostRoute] | None = None,
        allocation_pools: Sequence[AllocationPool] | None = None,
    ) -> Subnet:
        """Change what is given of a subnet; lists are replaced as a whole. Raises `NotFound`."""
        fields = {
            **given(
                name=name,
                description=description,
                enable_dhcp=enable_dhcp,
                dns_nameservers=dns_nameservers,
                host_routes=host_routes,
                allocation_pools=allocation_pools,
            ),
            **nullable(gateway_ip=gateway_ip),
        }
        return self.service.put(f"/subnets/{subnet_id}", {"subnet": fields}, SUBNET)

    def delete_subnet(self, subnet_id: str) -> None:
        """Delete a subnet. Raises `NotFound`, or `Conflict` while its addresses are in use."""
        self.service.delete(f"/subnets/{subnet_id}")
