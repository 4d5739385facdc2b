"""Glance's resources: images, and the projects they are shared with."""

from datetime import datetime
from typing import Any

import msgspec

VISIBILITIES = ("community", "public", "private", "shared")
DISK_FORMATS = (
    "ami", "ari", "aki", "vhd", "vhdx", "vmdk", "raw", "qcow2", "vdi", "iso", "ploop",
)  # fmt: skip
CONTAINER_FORMATS = ("ami", "ari", "aki", "bare", "ovf", "ova", "docker", "compressed")
STATUSES = (
    "queued", "saving", "active", "killed", "deleted", "uploading", "importing",
    "pending_delete", "deactivated",
)  # fmt: skip


class Image(msgspec.Struct, frozen=True, kw_only=True):
    id: str
    owner: str
    name: str | None = None
    status: str = "queued"
    visibility: str = "shared"
    protected: bool = False
    os_hidden: bool = False
    checksum: str | None = None
    os_hash_algo: str | None = None
    os_hash_value: str | None = None
    size: int | None = None
    virtual_size: int | None = None
    container_format: str | None = None
    disk_format: str | None = None
    created_at: datetime
    updated_at: datetime
    tags: tuple[str, ...] = ()
    min_disk: int = 0
    """GiB."""
    min_ram: int = 0
    """MiB."""
    properties: dict[str, str] = {}
    """Whatever else the owner wrote on it."""


class Member(msgspec.Struct, frozen=True, kw_only=True):
    """A project that an image is shared with, and what it made of the offer."""

    image_id: str
    member_id: str
    status: str = "pending"
    created_at: datetime
    updated_at: datetime

    @property
    def id(self) -> str:
        return member_key(self.image_id, self.member_id)


def member_key(image_id: str, member_id: str) -> str:
    return f"{image_id}/{member_id}"


def image_view(image: Image) -> dict[str, Any]:
    """The image as the API shows it."""
    shown = msgspec.structs.asdict(image)
    properties = shown.pop("properties")
    path = f"/v2/images/{image.id}"
    shown |= {
        "created_at": moment(image.created_at),
        "updated_at": moment(image.updated_at),
        "self": path,
        "file": f"{path}/file",
        "schema": "/v2/schemas/image",
    }
    if image.status == "active":
        shown["stores"] = "file"
    return {**properties, **shown}


def member_view(member: Member) -> dict[str, Any]:
    return {
        "member_id": member.member_id,
        "image_id": member.image_id,
        "status": member.status,
        "created_at": moment(member.created_at),
        "updated_at": moment(member.updated_at),
        "schema": "/v2/schemas/member",
    }


def moment(when: datetime) -> str:
    """As Glance writes times: to the second."""
    return when.strftime("%Y-%m-%dT%H:%M:%SZ")
