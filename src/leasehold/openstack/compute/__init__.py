"""Compute: servers, their sizes and keys, and what is attached to them (Nova, 1.1 to 2.1)."""

from leasehold.openstack.compute.attachment import FixedIp, Interface, VolumeAttachment
from leasehold.openstack.compute.client import Compute
from leasehold.openstack.compute.compute_image import ComputeImage
from leasehold.openstack.compute.flavor import Flavor, FlavorAccess
from leasehold.openstack.compute.host import ComputeProcess, Hypervisor
from leasehold.openstack.compute.key_pair import KeyPair
from leasehold.openstack.compute.limits import ComputeLimits
from leasehold.openstack.compute.quota import ComputeQuotas
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
from leasehold.openstack.compute.server_console import RemoteConsole
from leasehold.openstack.compute.server_group import ServerGroup
from leasehold.openstack.compute.usage import Usage

__all__ = [
    "Address",
    "BlockDevice",
    "BootVolume",
    "Compute",
    "ComputeImage",
    "ComputeLimits",
    "ComputeProcess",
    "ComputeQuotas",
    "Fault",
    "FixedIp",
    "Flavor",
    "FlavorAccess",
    "Hypervisor",
    "Interface",
    "KeyPair",
    "NewServer",
    "RemoteConsole",
    "Server",
    "ServerFlavor",
    "ServerGroup",
    "ServerNetwork",
    "Usage",
    "VolumeAttachment",
]
