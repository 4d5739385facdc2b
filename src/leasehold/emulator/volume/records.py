"""Cinder's resources: volumes, attachments, snapshots and volume types."""

from datetime import datetime
from enum import StrEnum

import msgspec

ZONE = "nova"
"""The one availability zone."""
HOST = "controller@emulator#emulator"
"""Where every volume is: the backend's host, its name and its pool."""


class VolumeStatus(StrEnum):
    """All words Cinder knows; the emulator itself uses some of them."""

    CREATING = "creating"
    AVAILABLE = "available"
    DELETING = "deleting"
    ERROR = "error"
    ERROR_DELETING = "error_deleting"
    ERROR_MANAGING = "error_managing"
    MANAGING = "managing"
    ATTACHING = "attaching"
    IN_USE = "in-use"
    DETACHING = "detaching"
    MAINTENANCE = "maintenance"
    RESTORING_BACKUP = "restoring-backup"
    ERROR_RESTORING = "error_restoring"
    RESERVED = "reserved"
    AWAITING_TRANSFER = "awaiting-transfer"
    BACKING_UP = "backing-up"
    ERROR_BACKING_UP = "error_backing-up"
    ERROR_EXTENDING = "error_extending"
    DOWNLOADING = "downloading"
    UPLOADING = "uploading"
    RETYPING = "retyping"
    EXTENDING = "extending"


class Volume(msgspec.Struct, frozen=True, kw_only=True):
    id: str
    project_id: str
    user_id: str
    name: str | None = None
    description: str | None = None
    size: int
    """GiB."""
    status: VolumeStatus = VolumeStatus.CREATING
    availability_zone: str = ZONE
    created_at: datetime
    updated_at: datetime | None = None
    volume_type_id: str
    snapshot_id: str | None = None
    source_volid: str | None = None
    image_id: str | None = None
    """The image it was made from."""
    metadata: dict[str, str] = {}
    image_metadata: dict[str, str] = {}
    bootable: bool = False
    multiattach: bool = False
    readonly: bool | None = None
    attached_mode: str | None = None


class AttachStatus(StrEnum):
    RESERVED = "reserved"
    ATTACHED = "attached"


class Attachment(msgspec.Struct, frozen=True, kw_only=True):
    """A volume held by a server, or about to be."""

    id: str
    volume_id: str
    project_id: str
    server_id: str | None = None
    status: AttachStatus = AttachStatus.RESERVED
    mode: str = "rw"
    device: str | None = None
    host_name: str | None = None
    attached_at: datetime | None = None
    connected: bool = False
    """Whether a host was named that the volume is connected to."""
    by_nova: bool = False
    """Made by Nova for its server: then only Nova may end it."""


class SnapshotStatus(StrEnum):
    CREATING = "creating"
    AVAILABLE = "available"
    DELETING = "deleting"
    ERROR = "error"
    ERROR_DELETING = "error_deleting"


class Snapshot(msgspec.Struct, frozen=True, kw_only=True):
    id: str
    project_id: str
    user_id: str
    volume_id: str
    name: str | None = None
    description: str | None = None
    size: int
    """GiB, of the volume when the snapshot was taken."""
    status: SnapshotStatus = SnapshotStatus.CREATING
    created_at: datetime
    updated_at: datetime | None = None
    metadata: dict[str, str] = {}


class VolumeType(msgspec.Struct, frozen=True, kw_only=True):
    id: str
    name: str
    description: str | None = None
    is_public: bool = True
    projects: tuple[str, ...] = ()
    """Who may see a type that is not public."""
    extra_specs: dict[str, str] = {}

    @property
    def multiattach(self) -> bool:
        return self.extra_specs.get("multiattach", "").strip() == "<is> True"
