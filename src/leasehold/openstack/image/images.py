"""What one can do with images, their data apart."""

from collections.abc import Iterator, Mapping, Sequence

import msgspec

from leasehold.openstack.body import given
from leasehold.openstack.call import FilterValue, segment
from leasehold.openstack.image.image import IMAGE, IMAGES, Image
from leasehold.openstack.service import Shape, Verbs

_PATCH = "application/openstack-images-v2.1-json-patch"
_PROPERTIES = Shape(dict[str, str | int | float | bool | list[object] | None])
_OF_GLANCE = frozenset({"self", "file", "schema", "direct_url", "stores"})
"""Fields that say nothing of the image itself."""


class Images(Verbs):
    """Images."""

    def images(self, **filters: FilterValue) -> Iterator[Image]:
        """List the images that the project may use, filtered by Glance (``status="active"`` ...)."""
        return self.service.items(IMAGES, filters)

    def image(self, image_id: str) -> Image:
        """Get one image. Raises `NotFound`."""
        return self.service.get(f"/images/{image_id}", IMAGE)

    def image_properties(self, image_id: str) -> dict[str, str]:
        """Get what was written on an image beyond the fields of `Image`, such as ``hw_disk_bus``."""
        known = {field.encode_name for field in msgspec.structs.fields(Image)} | _OF_GLANCE
        found = self.service.get(f"/images/{image_id}", _PROPERTIES)
        return {
            name: value
            for name, value in found.items()
            if name not in known and isinstance(value, str)
        }

    def create_image(
        self,
        *,
        name: str | None = None,
        disk_format: str | None = None,
        container_format: str | None = None,
        visibility: str | None = None,
        min_disk: int | None = None,
        min_ram: int | None = None,
        protected: bool | None = None,
        os_hidden: bool | None = None,
        tags: Sequence[str] | None = None,
        properties: Mapping[str, str] | None = None,
    ) -> Image:
        """Make an image that is queued: it waits for its data, by `upload` or `import_image`.

        `disk_format` (qcow2, raw ...) and `container_format` (bare ...) must be there before the
        data is. `visibility` is private, shared, community or public.
        """
        fields = given(
            name=name,
            disk_format=disk_format,
            container_format=container_format,
            visibility=visibility,
            min_disk=min_disk,
            min_ram=min_ram,
            protected=protected,
            os_hidden=os_hidden,
            tags=tags,
        )
        return self.service.post("/images", {**(properties or {}), **fields}, IMAGE)

    def update_image(
        self,
        image_id: str,
        *,
        name: str | None = None,
        visibility: str | None = None,
        min_disk: int | None = None,
        min_ram: int | None = None,
        protected: bool | None = None,
        os_hidden: bool | None = None,
        tags: Sequence[str] | None = None,
        properties: Mapping[str, str] | None = None,
        remove: Sequence[str] = (),
    ) -> Image:
        """Change what is not None of an image; `remove` names properties to take off it.

        Raises `Forbidden` for a change that is for others to make, such as to make it public, and
        `Conflict` if a property to remove is not there.
        """
        fields = given(
            name=name,
            visibility=visibility,
            min_disk=min_disk,
            min_ram=min_ram,
            protected=protected,
            os_hidden=os_hidden,
            tags=tags,
            **(properties or {}),
        )
        # "add" also replaces: RFC 6902, 4.1.
        steps = [_step("add", name, value=value) for name, value in fields.items()]
        steps += [_step("remove", name) for name in remove]
        return self.service.patch(f"/images/{image_id}", steps, IMAGE, media_type=_PATCH)

    def patch_image(self, image_id: str, steps: Sequence[Mapping[str, object]]) -> Image:
        """Change an image by the steps of a JSON patch, as Glance documents them."""
        return self.service.patch(f"/images/{image_id}", steps, IMAGE, media_type=_PATCH)

    def delete_image(self, image_id: str) -> None:
        """Delete an image; servers made of it stay. Raises `NotFound`, `Forbidden` if protected."""
        self.service.delete(f"/images/{image_id}")

    def deactivate_image(self, image_id: str) -> None:
        """Let nobody download an image or make servers of it. For administrators."""
        self.service.act(f"/images/{image_id}/actions/deactivate")

    def reactivate_image(self, image_id: str) -> None:
        """Allow that again. For administrators."""
        self.service.act(f"/images/{image_id}/actions/reactivate")

    def add_image_tag(self, image_id: str, tag: str) -> None:
        """Tag an image; to tag it twice is no error."""
        self.service.act(f"/images/{image_id}/tags/{segment(tag)}", method="PUT")

    def delete_image_tag(self, image_id: str, tag: str) -> None:
        """Take a tag off an image. Raises `NotFound` if it does not have it."""
        self.service.delete(f"/images/{image_id}/tags/{segment(tag)}")


def _step(operation: str, name: str, **value: object) -> dict[str, object]:
    pointer = name.replace("~", "~0").replace("/", "~1")
    return {"op": operation, "path": f"/{pointer}", **value}
