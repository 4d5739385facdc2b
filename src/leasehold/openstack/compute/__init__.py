"""Compute: servers, their sizes and keys, and what is attached to them (Nova, v2.1)."""

from leasehold.openstack.compute.attachment import FixedIp, Interface, VolumeAttachment
from leasehold.openstack.compute.client import Compute
from leasehold.openstack.compute.flavor import Flavor
from leasehold.openstack.compute.key_pair import KeyPair
from leasehold.openstack.compute.limits import ComputeLimits
from leasehold.openstack.compute.server import (
    Address,
    BlockDevice,
    BootVolume,
    Fault,
    NewServer,
    Server,
    ServerFlavor,
    ServerNetwork,
)

__all__ = [
    "Address",
    "BlockDevice",
    "BootVolume",
    "Compute",
    "ComputeLimits",
    "Fault",
    "FixedIp",
    "Flavor",
    "Interface",
    "KeyPair",
    "NewServer",
    "Server",
    "ServerFlavor",
    "ServerNetwork",
    "VolumeAttachment",
]
