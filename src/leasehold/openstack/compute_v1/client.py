"""What one can do with Nova 1.0."""

from leasehold.openstack.compute_v1.account import Account
from leasehold.openstack.compute_v1.image import Images
from leasehold.openstack.compute_v1.server import Servers
from leasehold.openstack.compute_v1.shared_ip_group import SharedIps


class ComputeV1(Servers, Images, SharedIps, Account):
    """The compute service in its first version. Every verb raises leaves of `OpenStackError`.

    It shares nothing with its successors but the names of things: ids are numbers, and there are no
    networks, key pairs, user-data or volumes.
    """
