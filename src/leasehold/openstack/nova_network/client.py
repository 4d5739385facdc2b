"""What one can do with Nova's own networking."""

from leasehold.openstack.nova_network.floating_ip import FloatingIps
from leasehold.openstack.nova_network.network import Networks
from leasehold.openstack.nova_network.security_group import SecurityGroups


class NovaNetwork(Networks, FloatingIps, SecurityGroups):
    """Networking by Nova, spoken to without microversions. Verbs raise leaves of `OpenStackError`.

    For clouds without Neutron. On others Nova passes all of it on to Neutron, but networks it then
    only shows. What joins an address or a group to a server is among the verbs of `compute`.
    """
