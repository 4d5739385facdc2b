"""Snapshots of Cinder's or Nova's volumes, under the names they have and had in Libcloud."""

from typing import Any

from libcloud.compute.base import StorageVolume, VolumeSnapshot
from libcloud.compute.types import VolumeSnapshotState

from leasehold.libcloud import states
from leasehold.libcloud.part import deprecated
from leasehold.libcloud.storage import Storage
from leasehold.libcloud.times import without_zone
from leasehold.openstack import nova_volume, volume


class Snapshots(Storage):
    """The project's snapshots."""

    def ex_list_snapshots(self) -> list[VolumeSnapshot]:
        """List the snapshots, through all pages."""
        return self._snapshots()

    def list_volume_snapshots(self, volume: StorageVolume) -> list[VolumeSnapshot]:
        """List the snapshots of a volume: chosen by Cinder, where Libcloud reads all there are."""
        return self._snapshots(volume_id=volume.id)

    def _snapshots(self, **filters: str) -> list[VolumeSnapshot]:
        found = self._storage.snapshots(**filters)
        return [snapshot_of(snapshot, driver=self) for snapshot in found]

    def ex_get_snapshot(self, snapshotId: str) -> VolumeSnapshot:  # noqa: N803 - Libcloud's name
        """Get one snapshot."""
        return snapshot_of(self._storage.snapshot(snapshotId), driver=self)

    def create_volume_snapshot(
        self,
        volume: StorageVolume,
        name: str | None = None,
        ex_description: str | None = None,
        ex_force: bool = True,
    ) -> VolumeSnapshot:
        """Start to make a snapshot, with `ex_force` also of a volume that is attached."""
        made = self._storage.create_snapshot(
            volume_id=volume.id, name=name or "", description=ex_description, force=ex_force
        )
        return snapshot_of(made, driver=self)

    def destroy_volume_snapshot(self, snapshot: VolumeSnapshot) -> bool:
        """Delete a snapshot. True also for Nova, whose answer Libcloud takes for a failure."""
        self._storage.delete_snapshot(snapshot.id)
        return True

    # The old names

    def ex_create_snapshot(
        self,
        volume: StorageVolume,
        name: str,
        description: str | None = None,
        force: bool = False,
    ) -> VolumeSnapshot:
        """The old name of `create_volume_snapshot`."""
        deprecated("create_volume_snapshot")
        return self.create_volume_snapshot(volume, name, ex_description=description, ex_force=force)

    def ex_delete_snapshot(self, snapshot: VolumeSnapshot) -> bool:
        """The old name of `destroy_volume_snapshot`."""
        deprecated("destroy_volume_snapshot")
        return self.destroy_volume_snapshot(snapshot)


def snapshot_of(snapshot: volume.Snapshot | nova_volume.Snapshot, *, driver: Any) -> VolumeSnapshot:
    """Show a snapshot as Libcloud does."""
    return VolumeSnapshot(
        id=snapshot.id,
        driver=driver,
        size=snapshot.size,
        created=snapshot.created_at,
        state=states.SNAPSHOT.get(snapshot.status, VolumeSnapshotState.UNKNOWN),
        name=snapshot.name,
        extra={
            "volume_id": snapshot.volume_id,
            "name": snapshot.name,
            "created": without_zone(snapshot.created_at),
            "description": snapshot.description,
            "status": snapshot.status,
        },
    )
