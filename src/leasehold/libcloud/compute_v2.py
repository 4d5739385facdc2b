"""The driver of API version 2: Nova 2.x with Glance, Neutron, Cinder and Blazar beside it."""

from leasehold.libcloud.driver import OpenStackNodeDriver
from leasehold.libcloud.key_pairs import KeyPairs
from leasehold.libcloud.node_actions import NodeActions
from leasehold.libcloud.nodes import Nodes
from leasehold.libcloud.server_groups import ServerGroups
from leasehold.libcloud.sizes import Sizes


class OpenStack_2_NodeDriver(  # noqa: N801 - Libcloud's name
    Nodes,
    NodeActions,
    Sizes,
    KeyPairs,
    ServerGroups,
    OpenStackNodeDriver,
    api_versions=("2.0", "2.1", "2.2"),
):
    """Takes the place of Libcloud's class of the same name."""

    default_auth_version = "3.x_password"
