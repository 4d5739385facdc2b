"""Cinder's resources as its API shows them, by microversion."""

from datetime import datetime
from typing import Any

from leasehold.emulator.http import Request
from leasehold.emulator.volume.attachments import Attachments
from leasehold.emulator.volume.paths import base_of, version_of
from leasehold.emulator.volume.records import (
    HOST,
    Attachment,
    Snapshot,
    Volume,
    VolumeStatus,
    VolumeType,
)
from leasehold.emulator.volume.types import VolumeTypes

_SERVICE_ID = "5f0c1f53-9f1c-4b8a-9a55-1d6a9c1b6a31"
"""Of the one service that all volumes are at."""


class VolumeViews:
    """Shows volumes with their attachments and the names of their types."""

    def __init__(self, attachments: Attachments, types: VolumeTypes) -> None:
        self._attachments = attachments
        self._types = types

    def brief(self, volume: Volume, request: Request) -> dict[str, Any]:
        """v1 knows no brief form."""
        if version_of(request) == "v1":
            return self.full(volume, request)
        return {"id": volume.id, "name": volume.name, "links": _links(volume, request)}

    def born(self, volume: Volume, request: Request) -> dict[str, Any]:
        """As the answer to a create shows it, which says a little less than a later look."""
        type_ = self._types.records.get(volume.volume_type_id)
        shown = {
            "id": volume.id,
            "status": volume.status,
            "size": volume.size,
            "availability_zone": volume.availability_zone,
            "created_at": moment(volume.created_at),
            "updated_at": moment(volume.updated_at),
            "name": volume.name,
            "description": volume.description,
            "volume_type": type_.name if type_ is not None else None,
            "snapshot_id": volume.snapshot_id,
            "source_volid": volume.source_volid,
            "metadata": {**volume.metadata, **_shown_with_metadata(volume)},
            "links": _links(volume, request),
            "user_id": volume.user_id,
            "bootable": str(volume.bootable).lower(),
            "encrypted": False,
            "replication_status": None,
            "consistencygroup_id": None,
            "multiattach": volume.multiattach,
            "attachments": [
                self._attachment(one, request) for one in self._attachments.held(volume.id)
            ],
        }
        if request.at_least(3, 13):
            shown["group_id"] = None
        if request.at_least(3, 48):
            placed = volume.status is not VolumeStatus.CREATING
            shown["shared_targets"] = not placed
            shown["service_uuid"] = _SERVICE_ID if placed else None
        if request.at_least(3, 61) and request.is_admin:
            shown["cluster_name"] = None
        if request.at_least(3, 63):
            shown["volume_type_id"] = volume.volume_type_id
        if request.at_least(3, 65):
            shown["consumes_quota"] = True
        return shown

    def full(self, volume: Volume, request: Request) -> dict[str, Any]:
        shown = self.born(volume, request)
        if request.is_admin:
            shown |= {
                "migration_status": None,
                "os-vol-mig-status-attr:migstat": None,
                "os-vol-mig-status-attr:name_id": None,
                "os-vol-host-attr:host": HOST,
            }
        shown["os-vol-tenant-attr:tenant_id"] = volume.project_id
        if volume.image_metadata:
            shown["volume_image_metadata"] = volume.image_metadata
        return shown

    def _attachment(self, attachment: Attachment, request: Request) -> dict[str, Any]:
        return {
            "id": attachment.volume_id,
            "attachment_id": attachment.id,
            "volume_id": attachment.volume_id,
            "server_id": attachment.server_id,
            "host_name": attachment.host_name if request.is_admin else None,
            "device": attachment.device,
            "attached_at": moment(attachment.attached_at),
        }


def brief_attachment(attachment: Attachment) -> dict[str, Any]:
    return {
        "id": attachment.id,
        "status": attachment.status,
        "instance": attachment.server_id,
        "volume_id": attachment.volume_id,
    }


def full_attachment(attachment: Attachment) -> dict[str, Any]:
    connection: dict[str, Any] = {}
    if attachment.connected:
        connection = {
            "driver_volume_type": "emulator",
            "attachment_id": attachment.id,
            "access_mode": attachment.mode,
            "encrypted": False,
            "cacheable": False,
            "qos_specs": None,
            "enforce_multipath": False,
        }
    return {
        **brief_attachment(attachment),
        "attached_at": moment(attachment.attached_at) or "",
        "detached_at": "",
        "attach_mode": attachment.mode,
        "connection_info": connection,
    }


def snapshot_view(snapshot: Snapshot, request: Request, *, full: bool = False) -> dict[str, Any]:
    shown: dict[str, Any] = {
        "id": snapshot.id,
        "created_at": moment(snapshot.created_at),
        "updated_at": moment(snapshot.updated_at),
        "name": snapshot.name,
        "description": snapshot.description,
        "volume_id": snapshot.volume_id,
        "status": snapshot.status,
        "size": snapshot.size,
        "metadata": snapshot.metadata,
    }
    if request.at_least(3, 14):
        shown["group_snapshot_id"] = None
    if request.at_least(3, 41):
        shown["user_id"] = snapshot.user_id
    if request.at_least(3, 65):
        shown["consumes_quota"] = True
    if full:
        shown["os-extended-snapshot-attributes:project_id"] = snapshot.project_id
        ready = snapshot.status == "available"
        shown["os-extended-snapshot-attributes:progress"] = "100%" if ready else "0%"
    return shown


def type_view(volume_type: VolumeType, *, admin: bool) -> dict[str, Any]:
    """Extra specs are the administrator's business."""
    shown: dict[str, Any] = {
        "id": volume_type.id,
        "name": volume_type.name,
        "is_public": volume_type.is_public,
        "description": volume_type.description,
        "extra_specs": volume_type.extra_specs if admin else {},
        "os-volume-type-access:is_public": volume_type.is_public,
    }
    if admin:
        shown["qos_specs_id"] = None
    return shown


def moment(when: datetime | None) -> str | None:
    """As Cinder writes times: no zone, and a fraction that is always zero."""
    return None if when is None else when.strftime("%Y-%m-%dT%H:%M:%S.000000")


def _shown_with_metadata(volume: Volume) -> dict[str, str]:
    """What Cinder notes about a volume and shows among its owner's metadata."""
    notes = {}
    if volume.readonly is not None:
        notes["readonly"] = str(volume.readonly)
    if volume.attached_mode is not None:
        notes["attached_mode"] = volume.attached_mode
    return notes


def _links(volume: Volume, request: Request) -> list[dict[str, str]]:
    return [
        {"rel": "self", "href": f"{base_of(request)}/volumes/{volume.id}"},
        {"rel": "bookmark", "href": f"{base_of(request, versioned=False)}/volumes/{volume.id}"},
    ]
