"""Images, by Nova's own door to Glance."""

from typing import Any

from libcloud.compute.base import NodeImage, NodeLocation

from leasehold.libcloud.part import Part
from leasehold.libcloud.times import zulu
from leasehold.openstack.compute import ComputeImage


class Images(Part):
    """The images that the project may use."""

    def list_images(
        self, location: NodeLocation | None = None, ex_only_active: bool = True
    ) -> list[NodeImage]:
        """List the images; those that cannot be used yet, or no longer, if asked.

        `location` does nothing, for a driver is for one region.
        """
        filters = {"status": "ACTIVE"} if ex_only_active else {}
        found = self.cloud.compute.compute_images(**filters)
        return [image_of(image, driver=self) for image in found]

    def get_image(self, image_id: str) -> NodeImage:
        """Get one image."""
        return image_of(self.cloud.compute.compute_image(image_id), driver=self)

    def delete_image(self, image: NodeImage) -> bool:
        """Delete an image of the project's."""
        self.cloud.compute.delete_compute_image(image.id)
        return True


def image_of(image: ComputeImage, *, driver: Any) -> NodeImage:
    """Show an image as Libcloud does."""
    return NodeImage(
        id=image.id,
        name=image.name,
        driver=driver,
        extra={
            "visibility": None,  # of Glance's own images only, as the next but two
            "updated": zulu(image.updated),
            "created": zulu(image.created),
            "status": image.status,
            "progress": image.progress,
            "metadata": image.metadata,
            "os_type": None,
            "os_distro": None,
            "os_version": None,
            "serverId": image.server_id,
            "minDisk": image.min_disk,
            "minRam": image.min_ram,
        },
    )
