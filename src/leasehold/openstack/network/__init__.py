"""Networks, ports, routers, floating IPs and security groups (Neutron, v2.0)."""

from leasehold.openstack.network.client import Networking
from leasehold.openstack.network.floating_ip import FloatingIp, PortDetails
from leasehold.openstack.network.network import Network
from leasehold.openstack.network.port import AddressPair, FixedIp, Port
from leasehold.openstack.network.quota import NetworkQuotas
from leasehold.openstack.network.router import ExternalGateway, Router, RouterInterface
from leasehold.openstack.network.security_group import SecurityGroup, SecurityGroupRule
from leasehold.openstack.network.subnet import AllocationPool, HostRoute, Subnet
from leasehold.openstack.network.zone import NetworkZone

__all__ = [
    "AddressPair",
    "AllocationPool",
    "ExternalGateway",
    "FixedIp",
    "FloatingIp",
    "HostRoute",
    "Network",
    "NetworkQuotas",
    "NetworkZone",
    "Networking",
    "Port",
    "PortDetails",
    "Router",
    "RouterInterface",
    "SecurityGroup",
    "SecurityGroupRule",
    "Subnet",
]
