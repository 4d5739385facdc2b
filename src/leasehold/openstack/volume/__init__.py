"""Volumes, snapshots, backups and transfers (Cinder, v1 to v3)."""

from leasehold.openstack.volume.attachment import Attachment
from leasehold.openstack.volume.backup import Backup, Restored
from leasehold.openstack.volume.client import BlockStorage
from leasehold.openstack.volume.dialect import MayBeCut
from leasehold.openstack.volume.host import Capabilities, Pool, VolumeProcess
from leasehold.openstack.volume.limits import VolumeLimits
from leasehold.openstack.volume.quota import VolumeQuotas
from leasehold.openstack.volume.snapshot import Snapshot
from leasehold.openstack.volume.transfer import Transfer
from leasehold.openstack.volume.volume import Attached, Volume
from leasehold.openstack.volume.volume_type import VolumeType

__all__ = [
    "Attached",
    "Attachment",
    "Backup",
    "BlockStorage",
    "Capabilities",
    "MayBeCut",
    "Pool",
    "Restored",
    "Snapshot",
    "Transfer",
    "Volume",
    "VolumeLimits",
    "VolumeProcess",
    "VolumeQuotas",
    "VolumeType",
]
