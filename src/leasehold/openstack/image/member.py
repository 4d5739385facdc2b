"""Members: the projects that an image is shared with."""

from collections.abc import Iterator
from datetime import datetime

import msgspec

from leasehold.openstack.ids import ImageId, ProjectId
from leasehold.openstack.paging import Collection
from leasehold.openstack.service import Shape, Verbs


class ImageMember(msgspec.Struct, frozen=True, kw_only=True):
    """A project that was offered an image. `status` is pending, accepted or rejected."""

    image_id: ImageId
    member_id: ProjectId
    status: str = "pending"
    created_at: datetime | None = None
    updated_at: datetime | None = None


MEMBERS: Collection[ImageMember] = Collection(
    "/images/{image_id}/members", ImageMember, key="members", page_size=None
)
MEMBER = Shape(ImageMember)


class ImageMembers(Verbs):
    """Sharing of images. Only one whose visibility is shared has members."""

    def members(self, image_id: str) -> Iterator[ImageMember]:
        """List the projects that an image is shared with. Raises `Forbidden` if it is not shared."""
        return self.service.items(MEMBERS.at(f"/images/{image_id}/members"), {})

    def member(self, image_id: str, project_id: str) -> ImageMember:
        """Get one project's share. Raises `NotFound`."""
        return self.service.get(f"/images/{image_id}/members/{project_id}", MEMBER)

    def add_member(self, image_id: str, project_id: str) -> ImageMember:
        """Offer an image to a project. Raises `Conflict` if it was."""
        body = {"member": project_id}
        return self.service.post(f"/images/{image_id}/members", body, MEMBER)

    def update_member(self, image_id: str, project_id: str, *, status: str) -> ImageMember:
        """Answer an offer, as the project that was made it: accepted, rejected or pending.

        An image that is not accepted works too, but is not in the project's list.
        """
        body = {"status": status}
        return self.service.put(f"/images/{image_id}/members/{project_id}", body, MEMBER)

    def delete_member(self, image_id: str, project_id: str) -> None:
        """Share an image with a project no longer. Raises `NotFound`."""
        self.service.delete(f"/images/{image_id}/members/{project_id}")
