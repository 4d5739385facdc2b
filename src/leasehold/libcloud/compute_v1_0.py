"""The driver of API version 1.0: the first Novas, and Rackspace's Cloud Servers."""

from libcloud.compute.base import StorageVolume

from leasehold.libcloud.driver import OpenStackNodeDriver
from leasehold.libcloud.v1_0.images import Images, Sizes
from leasehold.libcloud.v1_0.nodes import Nodes
from leasehold.libcloud.v1_0.shared_ips import Limits, SharedIps
from leasehold.openstack import ServiceType


class OpenStack_1_0_NodeDriver(  # noqa: N801 - Libcloud's name
    Nodes,
    Images,
    Sizes,
    SharedIps,
    Limits,
    OpenStackNodeDriver,
    api_versions=("1.0",),
):
    """Takes the place of Libcloud's class of the same name; speaks JSON, where that speaks XML.

    1.0 has no volumes, and cannot start or stop a node: those methods raise `NotImplementedError`,
    where Libcloud's fail on their way.
    """

    compute_version = "1.0"
    service = ServiceType.COMPUTE_V1

    def ex_get_volume(self, volumeId: str) -> StorageVolume:  # noqa: N803 - Libcloud's name
        """Raise `NotImplementedError`, as all methods about volumes do here."""
        raise NotImplementedError("Nova 1.0 has no volumes")
