"""What one can do with Neutron."""

from leasehold.openstack.network.floating_ip import FloatingIps
from leasehold.openstack.network.network import Networks
from leasehold.openstack.network.port import Ports
from leasehold.openstack.network.quota import Quotas
from leasehold.openstack.network.router import Routers
from leasehold.openstack.network.security_group import SecurityGroups
from leasehold.openstack.network.subnet import Subnets
from leasehold.openstack.network.tag import Tags
from leasehold.openstack.network.zone import Zones


class Networking(
    Networks, Subnets, Ports, Routers, FloatingIps, SecurityGroups, Tags, Quotas, Zones
):
    """The network service of a connection. Every verb raises leaves of `OpenStackError`."""
