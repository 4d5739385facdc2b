"""What one can do with Nova."""

from leasehold.openstack.compute.attachment import Attachments
from leasehold.openstack.compute.compute_image import ComputeImages
from leasehold.openstack.compute.flavor import Flavors
from leasehold.openstack.compute.host import Hosts
from leasehold.openstack.compute.key_pair import KeyPairs
from leasehold.openstack.compute.limits import Room
from leasehold.openstack.compute.quota import Quotas
from leasehold.openstack.compute.server_addresses import ServerAddresses
from leasehold.openstack.compute.server_changes import ServerChanges
from leasehold.openstack.compute.server_console import ServerConsole
from leasehold.openstack.compute.server_group import ServerGroups
from leasehold.openstack.compute.server_hosts import ServerHosts
from leasehold.openstack.compute.server_labels import ServerLabels
from leasehold.openstack.compute.server_power import ServerPower
from leasehold.openstack.compute.servers import Servers
from leasehold.openstack.compute.usage import Usages


class Compute(
    Servers,
    ServerPower,
    ServerChanges,
    ServerLabels,
    ServerAddresses,
    ServerConsole,
    ServerHosts,
    Attachments,
    ServerGroups,
    Flavors,
    KeyPairs,
    ComputeImages,
    Room,
    Quotas,
    Usages,
    Hosts,
):
    """The compute service of a connection. Every verb raises leaves of `OpenStackError`."""
