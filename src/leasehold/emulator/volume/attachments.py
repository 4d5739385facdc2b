"""Attachments: which server holds which volume, or is about to."""

from typing import Any

import msgspec

from leasehold.emulator.volume.faults import not_found
from leasehold.emulator.volume.records import Attachment, AttachStatus, VolumeStatus
from leasehold.emulator.world import World


class Attachments:
    """Cinder's attachments, by id and by volume."""

    def __init__(self, world: World) -> None:
        self._world = world
        self.records = world.collection(owner=_project)
        self._of: dict[str, dict[str, None]] = {}

    def find(self, attachment_id: str) -> Attachment:
        """The attachment; raises Fault 404."""
        attachment = self.records.get(attachment_id)
        if attachment is None:
            raise not_found(
                "Volume attachment could not be found with filter: attachment_id = "
                f"{attachment_id}."
            )
        return attachment

    def of(self, volume_id: str) -> list[Attachment]:
        """The volume's attachments and reservations, the oldest first."""
        found = (self.records.get(one) for one in self._of.get(volume_id, ()))
        return [attachment for attachment in found if attachment is not None]

    def held(self, volume_id: str) -> list[Attachment]:
        """Those that are complete: what the volume itself shows."""
        return [one for one in self.of(volume_id) if one.status is AttachStatus.ATTACHED]

    def add(self, **fields: Any) -> Attachment:
        attachment = Attachment(id=self._world.ids.uuid(), **fields)
        self._of.setdefault(attachment.volume_id, {})[attachment.id] = None
        return self.records.put(attachment)

    def change(self, attachment: Attachment, **fields: Any) -> Attachment:
        return self.records.put(msgspec.structs.replace(attachment, **fields))

    def remove(self, attachment: Attachment) -> None:
        self.records.remove(attachment.id)
        others = self._of[attachment.volume_id]
        others.pop(attachment.id, None)
        if not others:
            del self._of[attachment.volume_id]

    def status_of(self, volume_id: str) -> VolumeStatus:
        """What its attachments make of a volume that nothing else happens to."""
        all_of_it = self.of(volume_id)
        if any(one.status is AttachStatus.ATTACHED for one in all_of_it):
            return VolumeStatus.IN_USE
        if any(one.connected for one in all_of_it):
            return VolumeStatus.ATTACHING
        return VolumeStatus.RESERVED if all_of_it else VolumeStatus.AVAILABLE


def _project(attachment: Attachment) -> str:
    return attachment.project_id
