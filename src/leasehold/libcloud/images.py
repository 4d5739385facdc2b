"""Images of Glance, and who they are shared with."""

from typing import Any

from libcloud.compute.base import NodeImage, NodeLocation

from leasehold.libcloud.part import Part
from leasehold.libcloud.times import zulu
from leasehold.openstack.image import Image


class Images(Part):
    """The images that the project may use, and their members."""

    def list_images(
        self, location: NodeLocation | None = None, ex_only_active: bool = True
    ) -> list[NodeImage]:
        """List the images, through all pages; those that cannot be used yet, or no longer, if asked.

        `location` does nothing, for a driver is for one region.
        """
        filters = {"status": "active"} if ex_only_active else {}
        return [image_of(image, driver=self) for image in self.cloud.image.images(**filters)]

    def get_image(self, image_id: str) -> NodeImage:
        """Get one image."""
        return image_of(self.cloud.image.image(image_id), driver=self)


def image_of(image: Image, *, driver: Any) -> NodeImage:
    """Show an image as Libcloud does."""
    return NodeImage(
        id=image.id,
        name=image.name,
        driver=driver,
        extra={
            "visibility": image.visibility,
            "updated": zulu(image.updated_at),
            "created": zulu(image.created_at),
            "status": image.status,
            "progress": None,  # of Nova's own images only
            "metadata": None,
            "os_type": image.os_type,
            "os_distro": image.os_distro,
            "os_version": image.os_version,
            "serverId": None,
            "minDisk": image.min_disk,
            "minRam": image.min_ram,
        },
    )
