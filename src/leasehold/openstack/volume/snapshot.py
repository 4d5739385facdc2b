"""A snapshot: what a volume held at one moment."""

from datetime import datetime

import msgspec

from leasehold.openstack.ids import SnapshotId, VolumeId
from leasehold.openstack.paging import Collection
from leasehold.openstack.service import Shape
from leasehold.openstack.times import in_utc


class Snapshot(msgspec.Struct, frozen=True, kw_only=True, gc=False):
    """A snapshot of a volume that had `size` GiB."""

    id: SnapshotId
    volume_id: VolumeId
    name: str | None = None
    status: str = ""
    size: int = 0
    description: str | None = None
    created_at: datetime | None = None
    metadata: dict[str, str] = {}

    def __post_init__(self) -> None:
        in_utc(self, "created_at")


SNAPSHOTS: Collection[Snapshot] = Collection("/snapshots/detail", Snapshot, key="snapshots")
SNAPSHOT = Shape(Snapshot, key="snapshot")
