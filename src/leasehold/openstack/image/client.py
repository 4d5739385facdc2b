"""What one can do with Glance."""

from collections.abc import Iterator

from leasehold.openstack.call import FilterValue
from leasehold.openstack.image import image
from leasehold.openstack.image.image import Image
from leasehold.openstack.service import Service


class Images:
    """The image service of a connection. Every verb raises leaves of `OpenStackError`."""

    def __init__(self, service: Service) -> None:
        self.service = service

    def images(self, **filters: FilterValue) -> Iterator[Image]:
        """List the images that the project may use, filtered by Glance (``status="active"`` ...)."""
        return self.service.items(image.IMAGES, filters)

    def image(self, image_id: str) -> Image:
        """Get one image. Raises `NotFound`."""
        return self.service.get(f"/images/{image_id}", image.IMAGE)
