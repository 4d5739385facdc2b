"""An image that servers and volumes are made from."""

from datetime import datetime

import msgspec

from leasehold.openstack.ids import ImageId
from leasehold.openstack.paging import Collection
from leasehold.openstack.service import Shape


class Image(msgspec.Struct, frozen=True, kw_only=True, gc=False):
    """An image. `size` is bytes, `min_disk` GiB, `min_ram` MiB."""

    id: ImageId
    name: str | None = None
    status: str = ""
    visibility: str | None = None
    owner: str | None = None
    size: int | None = None
    min_disk: int = 0
    min_ram: int = 0
    disk_format: str | None = None
    container_format: str | None = None
    checksum: str | None = None
    """MD5."""
    os_hash_algo: str | None = None
    os_hash_value: str | None = None
    virtual_size: int | None = None
    created_at: datetime | None = None
    updated_at: datetime | None = None
    protected: bool = False
    os_hidden: bool = False
    tags: tuple[str, ...] = ()
    os_type: str | None = None
    os_distro: str | None = None
    os_version: str | None = None
    architecture: str | None = None


IMAGES: Collection[Image] = Collection("/images", Image, key="images")
IMAGE = Shape(Image)
