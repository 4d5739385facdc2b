"""Images and sizes of Nova 1.0."""

from typing import Any

from libcloud.compute.base import Node, NodeImage, NodeLocation, NodeSize
from libcloud.compute.drivers.openstack import OpenStackNodeSize

from leasehold.libcloud.part import Part
from leasehold.libcloud.prices import price_of
from leasehold.libcloud.times import zulu
from leasehold.libcloud.v1_0.nodes import text
from leasehold.openstack.compute_v1 import Flavor, Image


class Images(Part):
    """What nodes are made of, and what is made of nodes."""

    def list_images(
        self, location: NodeLocation | None = None, ex_only_active: bool = True
    ) -> list[NodeImage]:
        """List the images; those that cannot be used yet, or no longer, if asked."""
        return [
            image_of(image, driver=self)
            for image in self.cloud.compute_v1.images()
            if image.status == "ACTIVE" or not ex_only_active
        ]

    def get_image(self, image_id: str) -> NodeImage:
        """Get one image. Libcloud's own looks for JSON in XML, and fails."""
        return image_of(self.cloud.compute_v1.image(image_id), driver=self)

    def create_image(
        self, node: Node, name: str, description: str | None = None, reboot: bool = True
    ) -> NodeImage:
        """Start to take an image of a node. `description` and `reboot` do nothing, as in Libcloud."""
        made = self.cloud.compute_v1.create_image(server_id=node.id, name=name)
        return image_of(made, driver=self)

    def delete_image(self, image: NodeImage) -> bool:
        """Delete an image of one's own."""
        self.cloud.compute_v1.delete_image(image.id)
        return True


class Sizes(Part):
    """The sizes that nodes come in."""

    def list_sizes(self, location: NodeLocation | None = None) -> list[NodeSize]:
        """List the sizes; `location` does nothing, for a driver is for one region."""
        return [size_of(flavor, driver=self) for flavor in self.cloud.compute_v1.flavors()]


def image_of(image: Image, *, driver: Any) -> NodeImage:
    """Show an image as Libcloud does."""
    return NodeImage(
        id=str(image.id),
        name=image.name,
        driver=driver,
        extra={
            "updated": zulu(image.updated),
            "created": zulu(image.created),
            "status": image.status,
            "serverId": text(image.server_id),
            "progress": text(image.progress),
            "minDisk": None,  # in Libcloud's interface, though not in 1.0
            "minRam": None,
        },
    )


def size_of(flavor: Flavor, *, driver: Any) -> OpenStackNodeSize:
    """Show a flavor as Libcloud does: 1.0 says nothing of processors."""
    return OpenStackNodeSize(
        id=str(flavor.id),
        name=flavor.name,
        ram=flavor.ram,
        disk=flavor.disk,
        bandwidth=None,
        price=price_of(str(flavor.id), driver.api_name),
        driver=driver,
    )
