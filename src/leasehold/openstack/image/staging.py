"""Import: Glance takes an image's data from where it was laid down, and can convert it."""

import msgspec

from leasehold.openstack.service import Shape, Verbs
from leasehold.openstack.stream import Source, sending


class _Methods(msgspec.Struct, frozen=True):
    value: tuple[str, ...] = ()


_METHODS = Shape(_Methods, key="import-methods")


class ImageImport(Verbs):
    """Import of images."""

    def import_methods(self) -> tuple[str, ...]:
        """List the ways to import that the cloud has: glance-direct, web-download ..."""
        return self.service.get("/info/import", _METHODS).value

    def stage(self, image_id: str, source: Source, *, size: int | None = None) -> None:
        """Lay data down for an import by glance-direct. `source` and `size` are as for `upload`."""
        body = sending(source, size=size)
        try:
            self.service.stream("PUT", f"/images/{image_id}/stage", body=body).close()
        except Exception:
            if body.failed is not None:
                raise body.failed from None
            raise

    def import_image(
        self, image_id: str, *, method: str = "glance-direct", uri: str | None = None
    ) -> None:
        """Start an import; the image is there when its status says active.

        glance-direct takes what `stage` laid down, web-download what is at `uri`.
        """
        way = {"name": method} if uri is None else {"name": method, "uri": uri}
        self.service.act(f"/images/{image_id}/import", {"method": way})
