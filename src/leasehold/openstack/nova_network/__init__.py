"""Networks as Nova had them before there was Neutron, and showed them until microversion 2.35."""

from leasehold.openstack.nova_network.client import NovaNetwork
from leasehold.openstack.nova_network.floating_ip import FloatingIp, FloatingIpPool
from leasehold.openstack.nova_network.network import Network
from leasehold.openstack.nova_network.security_group import (
    IpRange,
    SecurityGroup,
    SecurityGroupRule,
    SourceGroup,
)

__all__ = [
    "FloatingIp",
    "FloatingIpPool",
    "IpRange",
    "Network",
    "NovaNetwork",
    "SecurityGroup",
    "SecurityGroupRule",
    "SourceGroup",
]
