"""Writes the request for a new server."""

from base64 import b64encode
from collections.abc import Mapping, Sequence

import msgspec

from leasehold.openstack.compute.server import BlockDevice, BootVolume, ServerNetwork
from leasehold.openstack.errors import BadRequest

USER_DATA_LIMIT = 65_535
"""Bytes of base64 that Nova takes (nova/api/openstack/compute/schemas/servers.py)."""


class ServerBody(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True):
    """The fields of Nova's create; those left alone are not sent."""

    name: str
    flavor_id: str = msgspec.field(name="flavorRef")
    image_id: str | None = msgspec.field(name="imageRef", default=None)
    block_devices: Sequence[BlockDevice] = msgspec.field(name="block_device_mapping_v2", default=())
    networks: Sequence[ServerNetwork] | str | None = None
    key_name: str | None = None
    user_data: str | None = None
    files: Sequence[Mapping[str, str]] = msgspec.field(name="personality", default=())
    metadata: Mapping[str, str] = {}
    tags: Sequence[str] = ()
    availability_zone: str | None = None
    security_groups: Sequence[Mapping[str, str]] = ()
    description: str | None = None
    config_drive: bool = False
    admin_password: str | None = msgspec.field(name="adminPass", default=None)
    disk_config: str | None = msgspec.field(name="OS-DCF:diskConfig", default=None)
    min_count: int | None = None
    max_count: int | None = None


def boot_device(boot: BootVolume) -> BlockDevice:
    """Say in Nova's way which volume the server boots from.

    Raises `BadRequest` if it is not exactly one of a volume and an image with a size.
    """
    if boot.volume_id and not boot.image_id:
        source, uuid = "volume", boot.volume_id
    elif boot.image_id and boot.size and not boot.volume_id:
        source, uuid = "image", boot.image_id
    else:
        raise BadRequest("a boot volume is either volume_id, or image_id with size")
    return BlockDevice(
        uuid=uuid,
        source_type=source,
        destination_type="volume",
        boot_index=0,
        volume_size=boot.size,
        volume_type=boot.volume_type,
        delete_on_termination=boot.delete_on_termination,
    )


def personality(files: Mapping[str, str | bytes] | None) -> Sequence[Mapping[str, str]]:
    """Say files, contents by path, in Nova's way."""
    return tuple(
        {"path": path, "contents": _base64(contents)} for path, contents in (files or {}).items()
    )


def _base64(contents: str | bytes) -> str:
    raw = contents.encode() if isinstance(contents, str) else contents
    return b64encode(raw).decode()


def encoded_user_data(text: str | bytes | None) -> str | None:
    """Encode user-data as Nova wants it. Raises `BadRequest` if it is longer than Nova takes."""
    if text is None:
        return None
    encoded = _base64(text)
    if len(encoded) > USER_DATA_LIMIT:
        raise BadRequest(
            f"user_data is {len(encoded)} bytes of base64; Nova takes {USER_DATA_LIMIT}: "
            "fetch the larger part from within"
        )
    return encoded
