"""Volumes as Nova had them before there was Cinder, and showed them until microversion 2.35."""

from leasehold.openstack.nova_volume.client import NovaVolume
from leasehold.openstack.nova_volume.snapshot import Snapshot
from leasehold.openstack.nova_volume.volume import Attached, Volume

__all__ = ["Attached", "NovaVolume", "Snapshot", "Volume"]
