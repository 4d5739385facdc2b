"""The steps by which a server takes hold of a volume and lets go of it again."""

from typing import Any

from leasehold.emulator.http import Fault
from leasehold.emulator.volume.attachments import Attachments
from leasehold.emulator.volume.faults import invalid_volume
from leasehold.emulator.volume.records import Attachment, AttachStatus, Volume, VolumeStatus
from leasehold.emulator.volume.volumes import Volumes
from leasehold.emulator.world import World

_RESERVABLE = (VolumeStatus.AVAILABLE, VolumeStatus.DOWNLOADING)


class Attaching:
    """Reserve, connect, complete, detach; each sets the volume's status as it goes."""

    def __init__(self, world: World, volumes: Volumes, attachments: Attachments) -> None:
        self._world = world
        self._volumes = volumes
        self._attachments = attachments

    def reserve(
        self, volume: Volume, server_id: str | None, *, mode: str = "rw", by_nova: bool = False
    ) -> Attachment:
        """Take a free volume; again for the same server, which may be moving between hosts."""
        if "error" in volume.status:
            raise invalid_volume(
                "Volume attachments can not be created if the volume is in an error state. The "
                f"Volume {volume.id} currently has a status of: {volume.status} "
            )
        allowed = (*_RESERVABLE, VolumeStatus.IN_USE) if volume.multiattach else _RESERVABLE
        if volume.status not in allowed and not self._is_again(volume, server_id):
            raise invalid_volume(
                f"Volume {volume.id} status must be {_either(allowed)} to reserve, but the current "
                f"status is {volume.status}."
            )
        attachment = self._attachments.add(
            volume_id=volume.id,
            project_id=volume.project_id,
            server_id=server_id,
            mode="ro" if volume.readonly else mode,
            by_nova=by_nova,
        )
        if volume.status is not VolumeStatus.IN_USE:
            self._volumes.change(volume, status=VolumeStatus.RESERVED)
        return attachment

    def connect(self, attachment: Attachment, connector: dict[str, Any]) -> Attachment:
        """Name the host, and the device the volume will be there."""
        holders = self._attachments.held(attachment.volume_id)
        if connector.get("host") in {holder.host_name for holder in holders}:
            raise Fault(
                409,
                "Resource conflict: duplicate connectors detected on volume "
                f"{attachment.volume_id}",
            )
        changed = self._attachments.change(
            attachment,
            connected=True,
            host_name=connector.get("host"),
            device=connector.get("mountpoint"),
        )
        self._settle(attachment.volume_id)
        return changed

    def complete(self, attachment: Attachment, *, device: str | None = None) -> Attachment:
        """The server has it."""
        changed = self._attachments.change(
            attachment,
            status=AttachStatus.ATTACHED,
            connected=True,
            device=device or attachment.device,
            attached_at=self._world.timeline.now(),
        )
        self._settle(attachment.volume_id)
        return changed

    def detach(self, attachment: Attachment) -> None:
        """The server has it no more."""
        self._attachments.remove(attachment)
        volume = self._volumes.records.get(attachment.volume_id)
        if volume is not None:
            self._volumes.change(volume, attached_mode=None)
        self._settle(attachment.volume_id)

    def begin_detaching(self, volume: Volume) -> None:
        if volume.status is not VolumeStatus.IN_USE or not self._attachments.held(volume.id):
            raise invalid_volume(
                "Unable to detach volume. Volume status must be 'in-use' and attach_status must "
                "be 'attached' to detach."
            )
        self._volumes.change(volume, status=VolumeStatus.DETACHING)

    def roll_detaching(self, volume: Volume) -> None:
        if volume.status is VolumeStatus.DETACHING:
            self._volumes.change(volume, status=VolumeStatus.IN_USE)

    def mark_attaching(self, volume: Volume) -> None:
        """The older way to reserve, without an attachment."""
        if volume.status is not VolumeStatus.AVAILABLE:
            raise invalid_volume(
                f"Volume status must be available to reserve, but the status is {volume.status}."
            )
        self._volumes.change(volume, status=VolumeStatus.ATTACHING)

    def unmark_attaching(self, volume: Volume) -> None:
        if volume.status is VolumeStatus.ATTACHING:
            self._settle(volume.id)

    def attach_at_once(
        self, volume: Volume, *, server_id: str | None, host: str | None, device: str, mode: str
    ) -> None:
        """The older way to attach: in one step, by whoever has seen to the rest."""
        if self._attachments.held(volume.id) and not volume.multiattach:
            raise invalid_volume("volume is already attached")
        self._volumes.change(volume, attached_mode=mode, readonly=volume.readonly or False)
        self._attachments.add(
            volume_id=volume.id,
            project_id=volume.project_id,
            server_id=server_id,
            host_name=host,
            device=device,
            mode=mode,
            status=AttachStatus.ATTACHED,
            attached_at=self._world.timeline.now(),
        )
        self._settle(volume.id)

    def refuse_while_nova_holds(self, attachment: Attachment) -> None:
        """What Nova attached, only Nova detaches: else a guest would lose its disk unawares."""
        if attachment.by_nova and attachment.connected:
            raise held_by_nova(attachment.server_id or "")

    def _settle(self, volume_id: str) -> None:
        volume = self._volumes.records.get(volume_id)
        if volume is not None:
            self._volumes.change(volume, status=self._attachments.status_of(volume_id))

    def _is_again(self, volume: Volume, server_id: str | None) -> bool:
        if server_id is None or volume.status not in (VolumeStatus.IN_USE, VolumeStatus.RESERVED):
            return False
        return any(one.server_id == server_id for one in self._attachments.of(volume.id))


def held_by_nova(server_id: str) -> Fault:
    return Fault(
        409,
        f"ConflictNovaUsingAttachment: Detach volume from instance {server_id} using the Compute "
        "API",
    )


def _either(words: tuple[VolumeStatus, ...]) -> str:
    *most, last = words
    return f"{', '.join(most)} or {last}"
