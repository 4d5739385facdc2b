"""Networks and their subnets."""

import msgspec

from leasehold.openstack.ids import NetworkId, SubnetId
from leasehold.openstack.paging import Collection
from leasehold.openstack.service import Shape


class Network(msgspec.Struct, frozen=True, kw_only=True, gc=False):
    """A network. From an `is_external` one come floating IPs."""

    id: NetworkId
    name: str = ""
    status: str = ""
    description: str | None = None
    project_id: str | None = None
    admin_state_up: bool = True
    mtu: int | None = None
    is_shared: bool = msgspec.field(name="shared", default=False)
    is_external: bool = msgspec.field(name="router:external", default=False)
    is_default: bool | None = None
    """Whether an external one is what the cloud takes if nobody names another."""
    port_security_enabled: bool | None = None
    subnet_ids: tuple[SubnetId, ...] = msgspec.field(name="subnets", default=())
    tags: tuple[str, ...] = ()


class Subnet(msgspec.Struct, frozen=True, kw_only=True, gc=False):
    """A range of addresses on a network."""

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
    tags: tuple[str, ...] = ()


NETWORKS: Collection[Network] = Collection("/networks", Network, key="networks")
NETWORK = Shape(Network, key="network")
SUBNETS: Collection[Subnet] = Collection("/subnets", Subnet, key="subnets")
SUBNET = Shape(Subnet, key="subnet")
