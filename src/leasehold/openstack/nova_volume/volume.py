"""A volume in Nova's words."""

from collections.abc import Iterator, Mapping
from datetime import datetime

import msgspec

from leasehold.openstack.ids import ServerId, SnapshotId, VolumeId
from leasehold.openstack.paging import Collection
from leasehold.openstack.service import Shape, Verbs
from leasehold.openstack.times import in_utc


class Attached(msgspec.Struct, frozen=True, kw_only=True):
    """Where a volume is attached. `device` is the cloud's guess, not the guest's name for it."""

    server_id: ServerId | None = msgspec.field(name="serverId", default=None)
    device: str | None = None


class Volume(msgspec.Struct, frozen=True, kw_only=True):
    """A volume of `size` GiB."""

    id: VolumeId
    name: str | None = msgspec.field(name="displayName", default=None)
    status: str = ""
    size: int = 0
    description: str | None = msgspec.field(name="displayDescription", default=None)
    created_at: datetime | None = msgspec.field(name="createdAt", default=None)
    volume_type: str | None = msgspec.field(name="volumeType", default=None)
    availability_zone: str | None = msgspec.field(name="availabilityZone", default=None)
    metadata: dict[str, str] = {}
    attachments: tuple[Attached, ...] = ()
    snapshot_id: SnapshotId | None = msgspec.field(name="snapshotId", default=None)

    def __post_init__(self) -> None:
        in_utc(self, "created_at")
        # Of a free volume Nova shows one attachment, which is empty.
        held = tuple(one for one in self.attachments if one.server_id is not None)
        msgspec.structs.force_setattr(self, "attachments", held)


class _VolumeBody(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True):
    """The fields of Nova's create; those left alone are not sent."""

    size: int
    name: str | None = msgspec.field(name="display_name", default=None)
    description: str | None = msgspec.field(name="display_description", default=None)
    volume_type: str | None = None
    availability_zone: str | None = None
    snapshot_id: str | None = None
    metadata: dict[str, str] = {}


_VOLUMES: Collection[Volume] = Collection(
    "/os-volumes/detail", Volume, key="volumes", by_offset=True
)
_VOLUME = Shape(Volume, key="volume")


class Volumes(Verbs):
    """Volumes. `compute.create_volume_attachment` gives one to a server."""

    def volumes(self) -> Iterator[Volume]:
        """List the project's volumes."""
        return self.service.items(_VOLUMES, {})

    def volume(self, volume_id: str) -> Volume:
        """Get one volume. Raises `NotFound`."""
        return self.service.get(f"/os-volumes/{volume_id}", _VOLUME)

    def create_volume(
        self,
        *,
        size: int,
        name: str | None = None,
        description: str | None = None,
        volume_type: str | None = None,
        availability_zone: str | None = None,
        snapshot_id: str | None = None,
        metadata: Mapping[str, str] | None = None,
    ) -> Volume:
        """Start to make a volume of `size` GiB, empty or with what a snapshot holds.

        It is there when its status says available. Raises `QuotaExceeded`.
        """
        body = _VolumeBody(
            size=size,
            name=name,
            description=description,
            volume_type=volume_type,
            availability_zone=availability_zone,
            snapshot_id=snapshot_id,
            metadata=dict(metadata or {}),
        )
        return self.service.post("/os-volumes", {"volume": body}, _VOLUME)

    def delete_volume(self, volume_id: str) -> None:
        """Delete a volume with all it holds. Raises `NotFound`; `BadRequest` while it is in use."""
        self.service.delete(f"/os-volumes/{volume_id}")
