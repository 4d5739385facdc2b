"""Volumes and snapshots (Cinder, v3)."""

from leasehold.openstack.volume.client import Volumes
from leasehold.openstack.volume.limits import VolumeLimits
from leasehold.openstack.volume.snapshot import Snapshot
from leasehold.openstack.volume.volume import Attached, Volume, VolumeType

__all__ = ["Attached", "Snapshot", "Volume", "VolumeLimits", "VolumeType", "Volumes"]
