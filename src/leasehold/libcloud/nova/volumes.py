"""Volumes of Nova's own."""

from libcloud.compute.base import NodeLocation, StorageVolume, VolumeSnapshot

from leasehold.libcloud.nodes import zone_of
from leasehold.libcloud.storage import NovaStorage
from leasehold.libcloud.volumes import AnyVolumes, volume_of


class Volumes(NovaStorage, AnyVolumes):
    """Nova's volumes."""

    def create_volume(
        self,
        size: int,
        name: str,
        location: NodeLocation | str | None = None,
        snapshot: VolumeSnapshot | None = None,
        ex_volume_type: str | None = None,
    ) -> StorageVolume:
        """Start to make a volume of `size` GiB, empty or with what a snapshot holds.

        `location` is a zone. As Libcloud does, writes the name into the description and metadata.
        """
        made = self._storage.create_volume(
            size=size,
            name=name,
            description=name,
            availability_zone=zone_of(location),
            snapshot_id=snapshot.id if snapshot else None,
            volume_type=ex_volume_type,
            metadata={"contents": name},
        )
        return volume_of(made, driver=self)
