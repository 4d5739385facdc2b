"""The driver of API version 1.1: Nova alone, which then had everything."""

from leasehold.libcloud.driver import OpenStackNodeDriver
from leasehold.libcloud.key_pairs import KeyPairs
from leasehold.libcloud.node_actions import NodeActions
from leasehold.libcloud.nodes import Nodes
from leasehold.libcloud.nova.floating_ips import FloatingIps
from leasehold.libcloud.nova.images import Images
from leasehold.libcloud.nova.networks import Networks
from leasehold.libcloud.nova.security_groups import NodeSecurityGroups, SecurityGroups
from leasehold.libcloud.nova.volumes import Volumes
from leasehold.libcloud.sizes import Sizes
from leasehold.libcloud.snapshots import Snapshots
from leasehold.libcloud.volumes import Attachments


class OpenStack_1_1_NodeDriver(  # noqa: N801 - Libcloud's name
    Nodes,
    NodeActions,
    Sizes,
    Images,
    KeyPairs,
    Volumes,
    Attachments,
    Snapshots,
    Networks,
    FloatingIps,
    SecurityGroups,
    NodeSecurityGroups,
    OpenStackNodeDriver,
    api_versions=("1.1",),
):
    """Takes the place of Libcloud's class of the same name."""

    compute_version = "1.1"
