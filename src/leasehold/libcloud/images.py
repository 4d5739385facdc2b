"""Images of Glance, and who they are shared with."""

from collections.abc import Mapping, Sequence
from typing import Any

from libcloud.compute.base import NodeImage, NodeImageMember, NodeLocation

from leasehold.libcloud.part import Part
from leasehold.libcloud.times import zulu
from leasehold.openstack.image import Image, ImageMember


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

    def delete_image(self, image: NodeImage) -> bool:
        """Delete an image."""
        self.cloud.image.delete_image(image.id)
        return True

    def ex_update_image(
        self, image_id: str, data: Sequence[Mapping[str, Any]] | Mapping[str, Any]
    ) -> NodeImage:
        """Change an image by JSON patch operations, one or several."""
        operations = [data] if isinstance(data, Mapping) else data
        return image_of(self.cloud.image.patch_image(image_id, operations), driver=self)

    # Members

    def ex_list_image_members(self, image_id: str) -> list[NodeImageMember]:
        """List the projects that an image is shared with."""
        return [member_of(each, driver=self) for each in self.cloud.image.members(image_id)]

    def ex_create_image_member(self, image_id: str, member_id: str) -> NodeImageMember:
        """Share an image with a project."""
        return member_of(self.cloud.image.add_member(image_id, member_id), driver=self)

    def ex_get_image_member(self, image_id: str, member_id: str) -> NodeImageMember:
        """Get what has become of sharing an image with a project."""
        return member_of(self.cloud.image.member(image_id, member_id), driver=self)

    def ex_accept_image_member(self, image_id: str, member_id: str) -> NodeImageMember:
        """Accept an image that another project shares with ours."""
        made = self.cloud.image.update_member(image_id, member_id, status="accepted")
        return member_of(made, driver=self)


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


def member_of(member: ImageMember, *, driver: Any) -> NodeImageMember:
    """Show a member of an image as Libcloud does."""
    return NodeImageMember(
        id=member.member_id,
        image_id=member.image_id,
        state=member.status,
        created=zulu(member.created_at),
        driver=driver,
        extra={"schema": "/v2/schemas/member", "updated": zulu(member.updated_at)},
    )
