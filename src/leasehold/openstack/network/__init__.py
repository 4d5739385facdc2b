"""Networks, ports, floating IPs and security groups (Neutron, v2.0)."""

from leasehold.openstack.network.client import Networking
from leasehold.openstack.network.floating_ip import FloatingIp, PortDetails
from leasehold.openstack.network.network import Network, Subnet
from leasehold.openstack.network.port import FixedIp, Port
from leasehold.openstack.network.quota import NetworkQuotas
from leasehold.openstack.network.security_group import SecurityGroup, SecurityGroupRule

__all__ = [
    "FixedIp",
    "FloatingIp",
    "Network",
    "NetworkQuotas",
    "Networking",
    "Port",
    "PortDetails",
    "SecurityGroup",
    "SecurityGroupRule",
    "Subnet",
]
