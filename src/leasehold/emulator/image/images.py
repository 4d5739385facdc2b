"""Images: what they say, what they hold, and who may use them."""

import hashlib
from collections.abc import Callable
from typing import Any

import msgspec

from leasehold.emulator import seams
from leasehold.emulator.caller import Caller
from leasehold.emulator.http import Fault
from leasehold.emulator.image.changes import forbidden
from leasehold.emulator.image.records import Image, Member, member_key
from leasehold.emulator.timeline import NO_DELAY
from leasehold.emulator.world import World


class Images:
    """Glance's state; implements `seams.ImageState` for Nova."""

    def __init__(self, world: World) -> None:
        self._world = world
        self.records = world.collection(owner=_owner)
        self._members = world.collection(owner=_image_id)
        self._data: dict[str, bytes] = {}
        self._staged: dict[str, bytes] = {}

    def find(
        self,
        image_id: str,
        caller: Caller,
        *,
        message: str = "No image found with ID {id}",
        status: int = 404,
    ) -> Image:
        """An image the caller may see; raises Fault."""
        image = self.records.get(image_id)
        if image is None or not self.readable(image, caller):
            raise Fault(status, message.format(id=image_id))
        return image

    def readable(self, image: Image, caller: Caller) -> bool:
        if caller.admin or image.owner == caller.project_id:
            return True
        if image.visibility == "shared":
            return self.member(image.id, caller.project_id) is not None
        return image.visibility in ("public", "community")

    def create(self, fields: dict[str, Any]) -> Image:
        """Make an image of checked fields, still without data: status queued."""
        image_id = fields.pop("id", None) or self._world.ids.uuid()
        if image_id in self.records:
            raise Fault(409, f"Image ID {image_id} already exists!")
        now = self._world.timeline.now()
        return self.records.put(Image(id=image_id, created_at=now, updated_at=now, **fields))

    def change(self, image: Image, **fields: Any) -> Image:
        now = self._world.timeline.now()
        return self.records.put(msgspec.structs.replace(image, updated_at=now, **fields))

    def put(self, image: Image) -> Image:
        """Keep a changed image; its time of change is now."""
        return self.change(image)

    def delete(self, image: Image) -> None:
        if image.protected:
            raise Fault(403, f"Image {image.id} is protected and cannot be deleted.")
        self.records.remove(image.id)
        self._data.pop(image.id, None)
        self._staged.pop(image.id, None)
        for member in list(self._members.oldest(image.id)):
            self._members.remove(member.id)

    def data(self, image: Image) -> bytes:
        """What was uploaded; nothing for an image whose data is only made believe."""
        return self._data.get(image.id, b"")

    def upload(self, image: Image, data: bytes) -> Image:
        """Give a queued image its data: saving, then active."""
        self._demand_status(image, "saving", "queued")
        missing = [name for name in ("disk_format", "container_format") if not getattr(image, name)]
        if missing:
            names = ", ".join(missing)
            raise Fault(400, f"Properties {names} must be set prior to saving data.")
        return self._activate(image, data)

    def stage(self, image: Image, data: bytes) -> Image:
        """Lay data down for an import."""
        self._demand_status(image, "uploading", "queued")
        self._staged[image.id] = data
        return self.change(image, status="uploading", size=len(data))

    def import_staged(self, image: Image) -> None:
        """Make the staged data the image's, after a while."""
        if image.id not in self._staged:
            if image.status != "queued":
                raise Fault(409, f"Image with status {image.status} cannot be target for import")
            raise Fault(409, "Image needs to be staged before 'glance-direct' method can be used")
        data = self._staged.pop(image.id)
        image = self.change(image, status="importing")
        self._world.timeline.after(
            self._world.settings.delays.image, lambda: self._finish(image.id, data)
        )

    def member(self, image_id: str, project_id: str) -> Member | None:
        return self._members.get(member_key(image_id, project_id))

    def members(self, image_id: str) -> list[Member]:
        return list(self._members.oldest(image_id))

    def put_member(self, image_id: str, project_id: str, status: str = "pending") -> Member:
        now = self._world.timeline.now()
        old = self.member(image_id, project_id)
        return self._members.put(
            Member(
                image_id=image_id,
                member_id=project_id,
                status=status,
                created_at=old.created_at if old else now,
                updated_at=now,
            )
        )

    def remove_member(self, member: Member) -> None:
        self._members.remove(member.id)

    def check_owner(self, image: Image, caller: Caller, action: str) -> None:
        if not caller.admin and image.owner != caller.project_id:
            raise forbidden(action)

    def image(self, project_id: str, image_id: str) -> seams.ImageView | None:
        image = self.records.get(image_id)
        if image is None or not self.readable(image, Caller(project_id=project_id)):
            return None
        return seams.ImageView(
            id=image.id,
            name=image.name or "",
            status=image.status,
            min_disk=image.min_disk,
            min_ram=image.min_ram,
            size=image.size or 0,
            properties=image.properties,
        )

    def create_snapshot(
        self,
        project_id: str,
        name: str,
        *,
        server_id: str,
        base_image_id: str | None,
        properties: dict[str, str],
        min_disk: int,
        then: Callable[[], None],
    ) -> str:
        base = self.records.get(base_image_id or "")
        inherited = base.properties if base is not None else {}
        origin = {"image_type": "snapshot", "instance_uuid": server_id}
        if base_image_id:
            origin["base_image_ref"] = base_image_id
        image = self.create(
            {
                "owner": project_id,
                "name": name,
                "visibility": "private",
                "min_disk": min_disk,
                "disk_format": base.disk_format if base is not None else "raw",
                "container_format": base.container_format if base is not None else "bare",
                "properties": {**inherited, **origin, **properties},
            }
        )
        self._world.timeline.after(NO_DELAY, lambda: self._start_saving(image.id))
        data = self.data(base) if base is not None else b""

        def finish() -> None:
            self._finish(image.id, data)
            then()

        self._world.timeline.after(self._world.settings.delays.image, finish)
        return image.id

    def rotate_backups(self, server_id: str, kind: str, *, keep: int) -> None:
        origin = {"instance_uuid": server_id, "image_type": kind}.items()
        backups = [image for image in self.records.newest() if origin <= image.properties.items()]
        for image in backups[keep:]:
            self.delete(image)

    def create_from_volume(self, fields: dict[str, Any], then: Callable[[], None]) -> Image:
        """Start to make an image of a volume; `then` is called when it is active."""
        image = self.create(fields)
        self._world.timeline.after(NO_DELAY, lambda: self._start_saving(image.id))

        def finish() -> None:
            self._finish(image.id, b"")
            then()

        self._world.timeline.after(self._world.settings.delays.image, finish)
        return image

    def _demand_status(self, image: Image, wanted: str, allowed: str) -> None:
        if image.status != allowed:
            raise Fault(
                409, f"Image status transition from {image.status} to {wanted} is not allowed"
            )

    def _start_saving(self, image_id: str) -> None:
        image = self.records.get(image_id)
        if image is not None and image.status == "queued":
            self.change(image, status="saving")

    def _finish(self, image_id: str, data: bytes) -> None:
        """Unless it was deleted in the meantime."""
        image = self.records.get(image_id)
        if image is not None:
            self._activate(image, data)

    def _activate(self, image: Image, data: bytes) -> Image:
        self._data[image.id] = data
        return self.change(
            image,
            status="active",
            size=len(data),
            virtual_size=len(data),
            checksum=hashlib.md5(data, usedforsecurity=False).hexdigest(),
            os_hash_algo="sha512",
            os_hash_value=hashlib.sha512(data).hexdigest(),
        )


def _owner(image: Image) -> str:
    return image.owner


def _image_id(member: Member) -> str:
    return member.image_id
