"""Whose volumes and snapshots a driver shows: Cinder's, or Nova's own on clouds from before it."""

from leasehold.libcloud.part import Part
from leasehold.openstack.nova_volume import NovaVolume
from leasehold.openstack.volume import BlockStorage


class Storage(Part):
    """Cinder's."""

    @property
    def _storage(self) -> BlockStorage | NovaVolume:
        return self.cloud.volume


class NovaStorage(Storage):
    """Nova's own."""

    @property
    def _storage(self) -> NovaVolume:
        return self.cloud.nova_volume
