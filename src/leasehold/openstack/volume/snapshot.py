"""A snapshot: what a volume held at one moment."""

from collections.abc import Iterator, Mapping
from datetime import datetime

import msgspec

from leasehold.openstack.body import given
from leasehold.openstack.call import FilterValue
from leasehold.openstack.ids import SnapshotId, VolumeId
from leasehold.openstack.service import Verbs
from leasehold.openstack.times import in_utc
from leasehold.openstack.volume.dialect import Dialects, spelled


class Snapshot(msgspec.Struct, frozen=True, kw_only=True, gc=False):
    """A snapshot of a volume that had `size` GiB."""

    id: SnapshotId
    volume_id: VolumeId
    name: str | None = None
    status: str = ""
    size: int = 0
    description: str | None = None
    created_at: datetime | None = None
    updated_at: datetime | None = None
    metadata: dict[str, str] = {}
    progress: str | None = msgspec.field(
        name="os-extended-snapshot-attributes:progress", default=None
    )
    project_id: str | None = msgspec.field(
        name="os-extended-snapshot-attributes:project_id", default=None
    )

    def __post_init__(self) -> None:
        in_utc(self, "created_at", "updated_at")


class SnapshotV1(Snapshot, frozen=True, kw_only=True, gc=False):
    """The same, as Cinder v1 spells it."""

    name: str | None = msgspec.field(name="display_name", default=None)
    description: str | None = msgspec.field(name="display_description", default=None)


SNAPSHOTS: Dialects[Snapshot] = Dialects(
    "/snapshots/detail", new=Snapshot, old=SnapshotV1, keys=("snapshots", "snapshot")
)


class Snapshots(Verbs):
    """Snapshots."""

    def snapshots(self, **filters: FilterValue) -> Iterator[Snapshot]:
        """List snapshots, filtered by Cinder (``volume_id=...`` ...). v1 may cut the list."""
        return SNAPSHOTS.items(self.service, filters)

    def snapshot(self, snapshot_id: str) -> Snapshot:
        """Get one snapshot. Raises `NotFound`."""
        return self.service.get(f"/snapshots/{snapshot_id}", SNAPSHOTS.shape(self.service))

    def create_snapshot(
        self,
        *,
        volume_id: str,
        name: str = "",
        description: str | None = None,
        force: bool = False,
        metadata: Mapping[str, str] | None = None,
    ) -> Snapshot:
        """Start to make a snapshot; `force` also of a volume that is attached."""
        fields = given(
            volume_id=volume_id,
            name=name,
            description=description,
            force=force or None,  # from 3.66 on Cinder refuses to hear that it shall not
            metadata=metadata or None,
        )
        body = {"snapshot": spelled(self.service, fields)}
        return self.service.post("/snapshots", body, SNAPSHOTS.shape(self.service))

    def update_snapshot(
        self, snapshot_id: str, *, name: str | None = None, description: str | None = None
    ) -> Snapshot:
        """Change what is not None of a snapshot. Raises `NotFound`."""
        fields = spelled(self.service, given(name=name, description=description))
        shape = SNAPSHOTS.shape(self.service)
        return self.service.put(f"/snapshots/{snapshot_id}", {"snapshot": fields}, shape)

    def delete_snapshot(self, snapshot_id: str) -> None:
        """Delete a snapshot. Raises `NotFound`."""
        self.service.delete(f"/snapshots/{snapshot_id}")

    def reset_snapshot_status(self, snapshot_id: str, *, status: str) -> None:
        """Make Cinder believe that a snapshot is in a status. For administrators."""
        body = {"os-reset_status": {"status": status}}
        self.service.act(f"/snapshots/{snapshot_id}/action", body)
