"""From the body of a create to the fields of a volume: what it is made of, and how large."""

from typing import Any

from leasehold.emulator.caller import Caller
from leasehold.emulator.image.images import Images
from leasehold.emulator.image.records import Image
from leasehold.emulator.volume import bodies as read
from leasehold.emulator.volume.faults import MALFORMED, bad_field, bad_request, invalid_input
from leasehold.emulator.volume.records import ZONE, SnapshotStatus, VolumeType
from leasehold.emulator.volume.snapshots import Snapshots
from leasehold.emulator.volume.types import VolumeTypes
from leasehold.emulator.volume.volumes import Volumes

_KNOWN = (
    "name",
    "display_name",
    "description",
    "display_description",
    "volume_type",
    "metadata",
    "snapshot_id",
    "source_volid",
    "consistencygroup_id",
    "size",
    "availability_zone",
    "multiattach",
    "image_id",
    "imageRef",
    "group_id",
    "backup_id",
    "OS-SCH-HNT:scheduler_hints",
)
_GIB = 2**30


class VolumeBirth:
    """Reads the wish for a volume against what there is to make it of."""

    def __init__(
        self, volumes: Volumes, snapshots: Snapshots, types: VolumeTypes, images: Images
    ) -> None:
        self._volumes = volumes
        self._snapshots = snapshots
        self._types = types
        self._images = images

    def fields_of(self, given: dict[str, Any], caller: Caller, *, strict: bool) -> dict[str, Any]:
        """Fields for `Volumes.create`; `strict` refuses unknown ones. Raises Fault 400 or 404."""
        if strict:
            read.refuse_unknown("volume", given, _KNOWN)
        _refuse_multiattach(given.get("multiattach", False))
        size = given.get("size")
        fields: dict[str, Any] = {
            "size": None if size is None else read.size("size", size),
            "name": read.text("name", given.get("name", given.get("display_name"))),
            "description": read.text(
                "description", given.get("description", given.get("display_description"))
            ),
            "metadata": read.metadata(given.get("metadata")),
            "availability_zone": _zone(given.get("availability_zone")),
        }
        fields |= self._source(given, fields["size"], caller)
        if fields["size"] is None:
            raise bad_request(MALFORMED)
        return {**fields, **self._typed(given.get("volume_type"), fields, caller)}

    def _typed(self, name: Any, fields: dict[str, Any], caller: Caller) -> dict[str, Any]:
        """The type: the one asked for, or the one of the source, or the default one."""
        if name is None and "volume_type_id" in fields:
            found: VolumeType = self._types.known(fields["volume_type_id"])
        else:
            found = self._types.named(read.word("volume_type", name), caller)
        return {"volume_type_id": found.id, "multiattach": found.multiattach}

    def _source(self, given: dict[str, Any], size: int | None, caller: Caller) -> dict[str, Any]:
        snapshot_id = read.word("snapshot_id", given.get("snapshot_id"))
        source_id = read.word("source_volid", given.get("source_volid"))
        image_id = read.word("imageRef", given.get("imageRef", given.get("image_id")))
        if snapshot_id is not None:
            return self._from_snapshot(snapshot_id, size, caller)
        if source_id is not None:
            return self._from_volume(source_id, size, caller)
        if image_id is not None:
            return self._from_image(image_id, size, caller)
        return {}

    def _from_snapshot(self, snapshot_id: str, size: int | None, caller: Caller) -> dict[str, Any]:
        snapshot = self._snapshots.find(snapshot_id, caller)
        if snapshot.status is not SnapshotStatus.AVAILABLE:
            raise bad_request(
                "Invalid snapshot: Originating snapshot status must be one of 'available' values"
            )
        if size is not None and size < snapshot.size:
            raise invalid_input(
                f"Volume size '{size}'GB cannot be smaller than the snapshot size "
                f"{snapshot.size}GB. They must be >= original snapshot size."
            )
        parent = self._volumes.find(snapshot.volume_id, caller)
        return {
            "snapshot_id": snapshot.id,
            "size": size or snapshot.size,
            "bootable": parent.bootable,
            "image_id": parent.image_id,
            "image_metadata": parent.image_metadata,
            "volume_type_id": parent.volume_type_id,
        }

    def _from_volume(self, source_id: str, size: int | None, caller: Caller) -> dict[str, Any]:
        source = self._volumes.find(source_id, caller)
        if source.status not in ("available", "in-use"):
            raise bad_request(
                "Invalid volume: Unable to create a volume from source volume "
                f"{source.id} in status {source.status}"
            )
        if size is not None and size < source.size:
            raise invalid_input(
                f"Volume size '{size}'GB cannot be smaller than original volume size  "
                f"{source.size}GB. They must be >= original volume size."
            )
        return {
            "source_volid": source.id,
            "size": size or source.size,
            "bootable": source.bootable,
            "image_id": source.image_id,
            "image_metadata": source.image_metadata,
            "volume_type_id": source.volume_type_id,
        }

    def _from_image(self, image_id: str, size: int | None, caller: Caller) -> dict[str, Any]:
        image = self._images.records.get(image_id)
        if image is None or not self._images.readable(image, caller):
            raise bad_request("Invalid image identifier or unable to access requested image.")
        if image.status != "active":
            raise invalid_input(f"Image {image_id} is not active.")
        if size is not None:
            _check_room(image, size)
        return {"image_id": image.id, "image_metadata": _image_metadata(image)}


def _check_room(image: Image, size: int) -> None:
    taken = -(-(image.size or 0) // _GIB)
    if taken > size:
        raise invalid_input(
            f"Size of specified image {taken}GB is larger than volume size {size}GB."
        )
    if image.min_disk > size:
        raise invalid_input(
            f"Volume size {size}GB cannot be smaller than the image minDisk size "
            f"{image.min_disk}GB."
        )


def _image_metadata(image: Image) -> dict[str, str]:
    return {
        **image.properties,
        "image_id": image.id,
        "image_name": image.name or "",
        "checksum": image.checksum or "",
        "container_format": image.container_format or "",
        "disk_format": image.disk_format or "",
        "min_disk": str(image.min_disk),
        "min_ram": str(image.min_ram),
        "size": str(image.size),
    }


def _zone(value: Any) -> str:
    zone = read.word("availability_zone", value)
    if zone not in (None, ZONE):
        raise bad_request(f"Availability zone '{zone}' is invalid.")
    return ZONE


def _refuse_multiattach(value: Any) -> None:
    if value is not None and not isinstance(value, bool) and value not in ("true", "false"):
        raise bad_field(
            "multiattach", value, f"{value!r} is not valid under any of the given schemas"
        )
    if value in (True, "true"):
        raise bad_request(
            "multiattach parameter has been removed. The default behavior is to use multiattach "
            "enabled volume types. Contact your administrator to create a multiattach enabled "
            "volume type and use it to create multiattach volumes."
        )
