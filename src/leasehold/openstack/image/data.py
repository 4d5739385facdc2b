"""What images hold: sent and fetched piece by piece, never as a whole in memory."""

import hashlib
import os
from collections.abc import Iterator
from pathlib import Path

from leasehold.openstack.errors import MalformedAnswer, NotFound, OpenStackError
from leasehold.openstack.image.image import IMAGE, Image
from leasehold.openstack.service import Verbs
from leasehold.openstack.stream import Source, Stream, sending

NO_DATA = 204
"""What Glance answers for an image that has none yet."""


class ImageData(Verbs):
    """Data of images."""

    def upload(self, image_id: str, source: Source, *, size: int | None = None) -> Image:
        """Give a queued image its data: of a file open for reading, or of pieces of bytes.

        The size is told to Glance if it is given, or the file can tell it. Never repeated. What
        fails says in which state that leaves the image: one that is still queued can be uploaded
        anew, others are best deleted. Raises `Conflict` if it is not queued, and what the source
        raises.
        """
        path = f"/images/{image_id}"
        # It also renews a token that is near its end: once the data is on its way it is too late.
        self.service.get(path, IMAGE)
        body = sending(source, size=size)
        try:
            self.service.stream("PUT", f"{path}/file", body=body).close()
        except Exception as error:
            state = f"the image is {self._status(image_id)} now"
            if body.failed is not None:
                body.failed.add_note(state)
                raise body.failed from None
            if isinstance(error, OpenStackError):
                error.message = f"{error.message}; {state}"
            raise
        return self.service.get(path, IMAGE)

    def _status(self, image_id: str) -> str:
        try:
            return self.service.get(f"/images/{image_id}", IMAGE).status
        except OpenStackError:
            return "in a state that cannot be seen"

    def download(self, image_id: str) -> Iterator[bytes]:
        """Fetch an image's data piece by piece, checking it against Glance's own sum of it.

        Raises `NotFound` if it has no data yet, and `MalformedAnswer`, after the last piece, if
        what came is not what Glance has; so use nothing before the end. `save` sees to that.
        """
        image = self.service.get(f"/images/{image_id}", IMAGE)
        stream = self.service.stream("GET", f"/images/{image_id}/file")
        if stream.status == NO_DATA:
            stream.close()
            raise NotFound(f"image {image_id} is {image.status} and holds no data", service="image")
        return _checked(image, stream)

    def save(self, image_id: str, path: Path | str) -> None:
        """Write an image's data to a file, which is there only once it is whole and checked.

        Raises as `download` does.
        """
        target = Path(path)
        partial = target.with_name(f"{target.name}.part")
        try:
            with partial.open("wb") as file:
                for piece in self.download(image_id):
                    file.write(piece)
                file.flush()
                os.fsync(file.fileno())
            partial.replace(target)
        finally:
            partial.unlink(missing_ok=True)


def _checked(image: Image, stream: Stream) -> Iterator[bytes]:
    algorithm, expected = _sum_of(image)
    found, size = hashlib.new(algorithm, usedforsecurity=False), 0
    for piece in stream:
        found.update(piece)
        size += len(piece)
        yield piece
    if image.size is not None and size != image.size:
        raise MalformedAnswer(
            f"image {image.id} has {image.size} bytes, but {size} came", service="image"
        )
    if expected is not None and (sum_ := found.hexdigest()) != expected:
        raise MalformedAnswer(
            f"image {image.id} came damaged: its {algorithm} sum is {sum_}, not {expected}",
            service="image",
        )


def _sum_of(image: Image) -> tuple[str, str | None]:
    """Choose the better sum that Glance tells; MD5 is all there was before Rocky (2018)."""
    if image.os_hash_algo in hashlib.algorithms_available and image.os_hash_value:
        return str(image.os_hash_algo), image.os_hash_value
    return "md5", image.checksum
