"""A snapshot of a volume in Nova's words."""

from collections.abc import Iterator
from datetime import datetime

import msgspec

from leasehold.openstack.ids import SnapshotId, VolumeId
from leasehold.openstack.paging import Collection
from leasehold.openstack.service import Shape, Verbs
from leasehold.openstack.times import in_utc


class Snapshot(msgspec.Struct, frozen=True, kw_only=True):
    """A snapshot of a volume that had `size` GiB."""

    id: SnapshotId
    volume_id: VolumeId = msgspec.field(name="volumeId")
    name: str | None = msgspec.field(name="displayName", default=None)
    status: str = ""
    size: int = 0
    description: str | None = msgspec.field(name="displayDescription", default=None)
    created_at: datetime | None = msgspec.field(name="createdAt", default=None)

    def __post_init__(self) -> None:
        in_utc(self, "created_at")


class _SnapshotBody(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True):
    """The fields of Nova's create; those left alone are not sent."""

    volume_id: str
    name: str = msgspec.field(name="display_name", default="")
    description: str | None = msgspec.field(name="display_description", default=None)
    force: bool = False


_SNAPSHOTS: Collection[Snapshot] = Collection(
    "/os-snapshots/detail", Snapshot, key="snapshots", by_offset=True
)
_SNAPSHOT = Shape(Snapshot, key="snapshot")


class Snapshots(Verbs):
    """Snapshots of volumes."""

    def snapshots(self, *, volume_id: str | None = None) -> Iterator[Snapshot]:
        """List the project's snapshots, or those of a volume: picked here, for Nova does not."""
        found = self.service.items(_SNAPSHOTS, {})
        return (each for each in found if volume_id in (None, each.volume_id))

    def snapshot(self, snapshot_id: str) -> Snapshot:
        """Get one snapshot. Raises `NotFound`."""
        return self.service.get(f"/os-snapshots/{snapshot_id}", _SNAPSHOT)

    def create_snapshot(
        self,
        *,
        volume_id: str,
        name: str = "",
        description: str | None = None,
        force: bool = False,
    ) -> Snapshot:
        """Start to make a snapshot; `force` also of a volume that is attached."""
        body = _SnapshotBody(volume_id=volume_id, name=name, description=description, force=force)
        return self.service.post("/os-snapshots", {"snapshot": body}, _SNAPSHOT)

    def delete_snapshot(self, snapshot_id: str) -> None:
        """Delete a snapshot. Raises `NotFound`."""
        self.service.delete(f"/os-snapshots/{snapshot_id}")
