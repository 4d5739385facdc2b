"""Images and flavors of 1.0."""

from collections.abc import Iterator
from datetime import datetime

import msgspec

from leasehold.openstack.compute_v1.server import Id
from leasehold.openstack.paging import Collection
from leasehold.openstack.service import Shape, Verbs


class Image(msgspec.Struct, frozen=True, kw_only=True, rename="camel"):
    """An image. `status` is ACTIVE, SAVING, QUEUED, PREPARING, ERROR or UNKNOWN."""

    id: Id
    name: str | None = None
    status: str = "UNKNOWN"
    progress: int | None = None
    created: datetime | None = None
    updated: datetime | None = None
    server_id: Id | None = None
    """The server that it was taken of."""


class Flavor(msgspec.Struct, frozen=True, kw_only=True):
    """A size that servers come in."""

    id: Id
    name: str = ""
    ram: int = 0
    """MiB."""
    disk: int = 0
    """GiB."""


_IMAGES: Collection[Image] = Collection("/images/detail", Image, key="images", by_offset=True)
_IMAGE = Shape(Image, key="image")
_FLAVORS: Collection[Flavor] = Collection("/flavors/detail", Flavor, key="flavors", by_offset=True)
_FLAVOR = Shape(Flavor, key="flavor")


class Images(Verbs):
    """What servers are made of, and what is made of servers."""

    def images(self) -> Iterator[Image]:
        """List the images, the cloud's and one's own."""
        return self.service.items(_IMAGES, {})

    def image(self, image_id: Id) -> Image:
        """Get one image. Raises `NotFound`."""
        return self.service.get(f"/images/{image_id}", _IMAGE)

    def create_image(self, *, server_id: Id, name: str) -> Image:
        """Start to take an image of a server; it is there when its status says ACTIVE."""
        body = {"image": {"serverId": server_id, "name": name}}
        return self.service.post("/images", body, _IMAGE)

    def delete_image(self, image_id: Id) -> None:
        """Delete an image of one's own. Raises `NotFound`."""
        self.service.delete(f"/images/{image_id}")

    def flavors(self) -> Iterator[Flavor]:
        """List the sizes."""
        return self.service.items(_FLAVORS, {})

    def flavor(self, flavor_id: Id) -> Flavor:
        """Get one size. Raises `NotFound`."""
        return self.service.get(f"/flavors/{flavor_id}", _FLAVOR)
