"""Compute 1.0: the API of Rackspace's Cloud Servers and of the first Novas."""

from leasehold.openstack.compute_v1.account import BackupSchedule, Limits, RateLimit
from leasehold.openstack.compute_v1.client import ComputeV1
from leasehold.openstack.compute_v1.image import Flavor, Image
from leasehold.openstack.compute_v1.server import Addresses, Id, Server
from leasehold.openstack.compute_v1.shared_ip_group import SharedIpGroup

__all__ = [
    "Addresses",
    "BackupSchedule",
    "ComputeV1",
    "Flavor",
    "Id",
    "Image",
    "Limits",
    "RateLimit",
    "Server",
    "SharedIpGroup",
]
