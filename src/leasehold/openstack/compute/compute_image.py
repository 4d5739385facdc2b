"""Images as Nova itself shows them: for old clouds, and for programs that speak to Nova only."""

from collections.abc import Iterator
from datetime import datetime
from typing import Any

import msgspec

from leasehold.openstack.call import FilterValue
from leasehold.openstack.ids import ImageId, ServerId
from leasehold.openstack.microversion import Version
from leasehold.openstack.paging import Collection
from leasehold.openstack.service import Service, Shape, Verbs

_IMAGES: Version = (2, 35)
"""The last with Nova's own door to Glance."""


class _Reference(msgspec.Struct, frozen=True, gc=False):
    id: str


class ComputeImage(msgspec.Struct, frozen=True, kw_only=True):
    """An image in Nova's words: `status` is ACTIVE, SAVING, ERROR or DELETED."""

    id: ImageId
    name: str | None = None
    status: str = ""
    progress: int | None = None
    created: datetime | None = None
    updated: datetime | None = None
    min_disk: int = msgspec.field(name="minDisk", default=0)
    """GiB."""
    min_ram: int = msgspec.field(name="minRam", default=0)
    """MiB."""
    size: int | None = msgspec.field(name="OS-EXT-IMG-SIZE:size", default=None)
    """Bytes."""
    metadata: dict[str, Any] = {}
    """Texts; but for ``block_device_mapping`` and the like, which Nova gives as what they say."""
    server: _Reference | None = None

    @property
    def server_id(self) -> ServerId | None:
        """The server that it was taken of."""
        return ServerId(self.server.id) if self.server else None


IMAGES: Collection[ComputeImage] = Collection("/images/detail", ComputeImage, key="images")
IMAGE = Shape(ComputeImage, key="image")


class ComputeImages(Verbs):
    """Nova's own door to Glance, sent in microversion 2.35 at most."""

    def compute_images(self, **filters: FilterValue) -> Iterator[ComputeImage]:
        """List images, filtered by Nova (``status="ACTIVE"``, ``server=...``, ``type=...``)."""
        return self._old().items(IMAGES, filters)

    def compute_image(self, image_id: str) -> ComputeImage:
        """Get one image. Raises `NotFound`."""
        return self._old().get(f"/images/{image_id}", IMAGE)

    def delete_compute_image(self, image_id: str) -> None:
        """Delete an image. Raises `NotFound`, or `Forbidden` if it is somebody else's."""
        self._old().delete(f"/images/{image_id}")

    def _old(self) -> Service:
        return self.service.until(_IMAGES, instead="the verbs of `image`")
