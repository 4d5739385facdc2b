"""Backups: copies of volumes, kept elsewhere."""

from collections.abc import Iterator
from datetime import datetime

import msgspec

from leasehold.openstack.body import given
from leasehold.openstack.call import FilterValue
from leasehold.openstack.ids import BackupId, SnapshotId, VolumeId
from leasehold.openstack.microversion import Version
from leasehold.openstack.paging import Collection
from leasehold.openstack.service import Shape, Verbs
from leasehold.openstack.times import in_utc

_UPDATE: Version = (3, 9)


class Backup(msgspec.Struct, frozen=True, kw_only=True):
    """A backup of a volume of `size` GiB. `fail_reason` is told when its status is error."""

    id: BackupId
    volume_id: VolumeId | None = None
    name: str | None = None
    status: str = ""
    size: int = 0
    description: str | None = None
    container: str | None = None
    snapshot_id: SnapshotId | None = None
    is_incremental: bool = False
    has_dependent_backups: bool = False
    fail_reason: str | None = None
    created_at: datetime | None = None
    updated_at: datetime | None = None

    def __post_init__(self) -> None:
        in_utc(self, "created_at", "updated_at")


class Restored(msgspec.Struct, frozen=True, kw_only=True):
    """The volume that a backup is being written to."""

    backup_id: BackupId
    volume_id: VolumeId
    volume_name: str | None = None


BACKUPS: Collection[Backup] = Collection("/backups/detail", Backup, key="backups")
BACKUP = Shape(Backup, key="backup")
RESTORED = Shape(Restored, key="restore")


class Backups(Verbs):
    """Backups, on clouds that run cinder-backup."""

    def backups(self, **filters: FilterValue) -> Iterator[Backup]:
        """List backups, filtered by Cinder (``volume_id=...`` ...)."""
        return self.service.items(BACKUPS, filters)

    def backup(self, backup_id: str) -> Backup:
        """Get one backup. Raises `NotFound`."""
        return self.service.get(f"/backups/{backup_id}", BACKUP)

    def create_backup(
        self,
        *,
        volume_id: str,
        name: str | None = None,
        description: str | None = None,
        container: str | None = None,
        snapshot_id: str | None = None,
        incremental: bool = False,
        force: bool = False,
    ) -> Backup:
        """Start to back a volume up; `incremental` only what changed since the last time.

        `force` also one that is attached.
        """
        fields = given(
            volume_id=volume_id,
            name=name,
            description=description,
            container=container,
            snapshot_id=snapshot_id,
            incremental=incremental,
            force=force,
        )
        return self.service.post("/backups", {"backup": fields}, BACKUP)

    def update_backup(
        self, backup_id: str, *, name: str | None = None, description: str | None = None
    ) -> Backup:
        """Change what is not None of a backup. Raises `NotFound`."""
        self.service.need(_UPDATE, "change a backup")
        body = {"backup": given(name=name, description=description)}
        return self.service.put(f"/backups/{backup_id}", body, BACKUP)

    def restore_backup(
        self, backup_id: str, *, volume_id: str | None = None, name: str | None = None
    ) -> Restored:
        """Start to write a backup to a volume, whose data is lost, or to a new one."""
        body = {"restore": given(volume_id=volume_id, name=name)}
        return self.service.post(f"/backups/{backup_id}/restore", body, RESTORED)

    def delete_backup(self, backup_id: str) -> None:
        """Delete a backup. Raises `NotFound`, or `BadRequest` while others build on it."""
        self.service.delete(f"/backups/{backup_id}")
