"""Volumes and snapshots of Nova's own."""

from typing import Any

from libcloud.compute.base import NodeLocation, StorageVolume, VolumeSnapshot
from libcloud.compute.types import StorageVolumeState

from leasehold.libcloud import states
from leasehold.libcloud.nodes import zone_of
from leasehold.libcloud.part import Part
from leasehold.libcloud.snapshots import Snapshots, snapshot_of
from leasehold.libcloud.times import without_zone
from leasehold.openstack.nova_volume import Volume


class Volumes(Part):
    """The project's volumes."""

    def list_volumes(self) -> list[StorageVolume]:
        """List the volumes, through all pages."""
        return [volume_of(volume, driver=self) for volume in self.cloud.nova_volume.volumes()]

    def ex_get_volume(self, volumeId: str) -> StorageVolume:  # noqa: N803 - Libcloud's name
        """Get one volume."""
        return volume_of(self.cloud.nova_volume.volume(volumeId), driver=self)

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
        made = self.cloud.nova_volume.create_volume(
            size=size,
            name=name,
            description=name,
            availability_zone=zone_of(location),
            snapshot_id=snapshot.id if snapshot else None,
            volume_type=ex_volume_type,
            metadata={"contents": name},
        )
        return volume_of(made, driver=self)

    def destroy_volume(self, volume: StorageVolume) -> bool:
        """Delete a volume with all that it holds."""
        self.cloud.nova_volume.delete_volume(volume.id)
        return True


class NovaSnapshots(Snapshots):
    """The project's snapshots."""

    def _snapshots(self, **filters: str) -> list[VolumeSnapshot]:
        """List the snapshots; Nova knows no filters."""
        return [
            snapshot_of(snapshot, driver=self)
            for snapshot in self.cloud.nova_volume.snapshots()
            if snapshot.volume_id == filters.get("volume_id", snapshot.volume_id)
        ]

    def ex_get_snapshot(self, snapshotId: str) -> VolumeSnapshot:  # noqa: N803 - Libcloud's name
        """Get one snapshot."""
        return snapshot_of(self.cloud.nova_volume.snapshot(snapshotId), driver=self)

    def create_volume_snapshot(
        self,
        volume: StorageVolume,
        name: str | None = None,
        ex_description: str | None = None,
        ex_force: bool = True,
    ) -> VolumeSnapshot:
        """Start to make a snapshot, with `ex_force` also of a volume that is attached."""
        made = self.cloud.nova_volume.create_snapshot(
            volume_id=volume.id, name=name, description=ex_description, force=ex_force
        )
        return snapshot_of(made, driver=self)

    def destroy_volume_snapshot(self, snapshot: VolumeSnapshot) -> bool:
        """Delete a snapshot. True, where Libcloud does not know Nova's answer, and says False."""
        self.cloud.nova_volume.delete_snapshot(snapshot.id)
        return True


def volume_of(volume: Volume, *, driver: Any) -> StorageVolume:
    """Show a volume as Libcloud does; its attachments are in Nova's words."""
    return StorageVolume(
        id=volume.id,
        name=volume.name,
        size=volume.size,
        driver=driver,
        state=states.VOLUME.get(volume.status, StorageVolumeState.UNKNOWN),
        extra={
            "description": volume.description,
            "attachments": [
                {
                    "id": volume.id,
                    "volumeId": volume.id,
                    "serverId": attached.server_id,
                    **({"device": attached.device} if attached.device else {}),
                }
                for attached in volume.attachments
            ],
            "state": volume.status,
            "snapshot_id": volume.snapshot_id,
            "location": volume.availability_zone,
            "volume_type": volume.volume_type,
            "metadata": volume.metadata,
            "created_at": without_zone(volume.created_at),
        },
    )
