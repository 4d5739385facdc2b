"""A volume: a disk that outlives servers."""

from datetime import datetime

import msgspec

from leasehold.openstack.ids import ServerId, SnapshotId, VolumeId, VolumeTypeId
from leasehold.openstack.paging import Collection
from leasehold.openstack.service import Shape
from leasehold.openstack.times import in_utc


class Attached(msgspec.Struct, frozen=True, kw_only=True, gc=False):
    """Where a volume is attached. `device` is the cloud's guess, not the guest's name for it."""

    server_id: ServerId
    device: str | None = None
    attachment_id: str | None = None
    host_name: str | None = None
    """For administrators."""
    attached_at: datetime | None = None


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
    project_id: str | None = msgspec.field(name="os-vol-tenant-attr:tenant_id", default=None)

    def __post_init__(self) -> None:
        in_utc(self, "created_at", "updated_at")


class VolumeBody(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True):
    """The fields of Cinder's create; those left alone are not sent."""

    size: int | None = None
    name: str | None = None
    description: str | None = None
    volume_type: str | None = None
    availability_zone: str | None = None
    image_id: str | None = msgspec.field(name="imageRef", default=None)
    snapshot_id: str | None = None
    metadata: dict[str, str] = {}


class VolumeType(msgspec.Struct, frozen=True, kw_only=True):
    """A kind of storage to choose."""

    id: VolumeTypeId
    name: str
    description: str | None = None
    is_public: bool = True


VOLUMES: Collection[Volume] = Collection("/volumes/detail", Volume, key="volumes")
VOLUME = Shape(Volume, key="volume")
TYPES: Collection[VolumeType] = Collection(
    "/types", VolumeType, key="volume_types", links="volume_type_links"
)
