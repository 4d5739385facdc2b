"""A volume: a disk that outlives servers."""

from datetime import datetime

import msgspec

from leasehold.openstack.ids import ServerId, SnapshotId, VolumeId
from leasehold.openstack.times import in_utc
from leasehold.openstack.volume.dialect import Dialects


class Attached(msgspec.Struct, frozen=True, kw_only=True, gc=False):
    """Where a volume is attached. `device` is the cloud's guess, not the guest's name for it."""

    server_id: ServerId | None = None
    """None if it is a host outside Nova: Ironic's, or who attached the volume without Nova."""
    device: str | None = None
    attachment_id: str | None = None
    host_name: str | None = None
    """For administrators."""
    attached_at: datetime | None = None

    @property
    def holder(self) -> str:
        """The server's id; of a host outside Nova its name, where that is shown."""
        return self.server_id or self.host_name or "a host outside Nova"


class Volume(msgspec.Struct, frozen=True, kw_only=True, gc=False):
    """A volume of `size` GiB."""

    id: VolumeId
    name: str | None = None
    status: str = ""
    size: int = 0
    description: str | None = None
    created_at: datetime | None = None
    updated_at: datetime | None = None
    volume_type: str | None = None
    availability_zone: str | None = None
    metadata: dict[str, str] = {}
    attachments: tuple[Attached, ...] = ()
    bootable: bool = False
    encrypted: bool = False
    multiattach: bool = False
    snapshot_id: SnapshotId | None = None
    source_volume_id: VolumeId | None = msgspec.field(name="source_volid", default=None)
    image_metadata: dict[str, str] | None = msgspec.field(
        name="volume_image_metadata", default=None
    )
    user_id: str | None = None
    host: str | None = msgspec.field(name="os-vol-host-attr:host", default=None)
    """For administrators."""
    project_id: str | None = msgspec.field(name="os-vol-tenant-attr:tenant_id", default=None)

    def __post_init__(self) -> None:
        in_utc(self, "created_at", "updated_at")


class VolumeV1(Volume, frozen=True, kw_only=True, gc=False):
    """The same, as Cinder v1 spells it."""

    name: str | None = msgspec.field(name="display_name", default=None)
    description: str | None = msgspec.field(name="display_description", default=None)


VOLUMES: Dialects[Volume] = Dialects(
    "/volumes/detail", new=Volume, old=VolumeV1, keys=("volumes", "volume")
)
