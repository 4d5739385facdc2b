"""All of Cinder's state in one place, and what Nova asks of it."""

from collections.abc import Callable

from leasehold.emulator import seams
from leasehold.emulator.caller import Caller
from leasehold.emulator.http import Fault
from leasehold.emulator.image.images import Images
from leasehold.emulator.volume.attaching import Attaching
from leasehold.emulator.volume.attachments import Attachments
from leasehold.emulator.volume.birth import VolumeBirth
from leasehold.emulator.volume.disks import Disks
from leasehold.emulator.volume.quotas import VolumeQuotas
from leasehold.emulator.volume.records import Volume, VolumeStatus
from leasehold.emulator.volume.snapshots import Snapshots
from leasehold.emulator.volume.types import VolumeTypes
from leasehold.emulator.volume.volumes import Volumes
from leasehold.emulator.world import World

_NOVAS_HOST = "emulator-1"


class BlockStorage:
    """Cinder's state; implements `seams.VolumeState` for Nova."""

    def __init__(self, world: World, images: Images, disks: Disks) -> None:
        self._world = world
        self._disks = disks
        self.quotas = VolumeQuotas(world)
        self.types = VolumeTypes(world)
        self.attachments = Attachments(world)
        self.snapshots = Snapshots(world, self.quotas, disks)
        self.volumes = Volumes(world, self.quotas, self.attachments, self.snapshots, disks)
        self.attaching = Attaching(world, self.volumes, self.attachments)
        self.birth = VolumeBirth(self.volumes, self.snapshots, self.types, images)

    def volume(self, project_id: str, volume_id: str) -> seams.VolumeView | None:
        volume = self.volumes.records.get(volume_id)
        if volume is None or volume.project_id != project_id:
            return None
        return _view(volume)

    def snapshot_volume_size(self, project_id: str, snapshot_id: str) -> int | None:
        snapshot = self.snapshots.records.get(snapshot_id)
        if snapshot is None or snapshot.project_id != project_id:
            return None
        return snapshot.size

    def create_volume(
        self,
        project_id: str,
        *,
        size: int,
        name: str = "",
        image_id: str | None = None,
        snapshot_id: str | None = None,
        volume_type: str | None = None,
        then: Callable[[seams.VolumeView], None],
    ) -> seams.VolumeView:
        caller = Caller(project_id=project_id)
        smallest = self.snapshot_volume_size(project_id, snapshot_id) if snapshot_id else None
        given = {
            "size": max(size, smallest or 1),
            "name": name,
            "imageRef": image_id,
            "snapshot_id": snapshot_id,
            "volume_type": volume_type,
        }
        fields = self.birth.fields_of(given, caller, strict=False)
        volume = self.volumes.create(fields, caller, {}, lambda made: then(_view(made)))
        return _view(volume)

    def reserve(self, volume_id: str, server_id: str) -> str:
        holders = {
            one.server_id for one in self.attachments.of(volume_id) if one.by_nova and one.server_id
        }
        volume = self.volumes.records.get(volume_id)
        if volume is None:
            raise Fault(404, f"Volume {volume_id} could not be found.")
        if holders and not (volume.multiattach and server_id not in holders):
            raise Fault(
                400,
                f"Invalid volume: volume {volume_id} is already attached to instances: "
                f"{', '.join(sorted(holders))}",
            )
        try:
            return self.attaching.reserve(volume, server_id, by_nova=True).id
        except Fault as fault:
            raise self._as_nova_says(fault, "Invalid input received: ") from fault

    def attach(self, volume_id: str, server_id: str, device: str) -> None:
        for attachment in self.attachments.of(volume_id):
            if attachment.server_id == server_id and attachment.by_nova:
                self._disks.attach(volume_id, server_id)
                connector = {"host": _NOVAS_HOST, "mountpoint": device}
                connected = self.attaching.connect(attachment, connector)
                self.attaching.complete(connected, device=device)

    def release(self, volume_id: str) -> bool:
        return self._disks.detach(volume_id)

    def detach(self, volume_id: str, server_id: str) -> None:
        self._disks.detach(volume_id, by_force=True)
        for attachment in self.attachments.of(volume_id):
            if attachment.server_id == server_id and attachment.by_nova:
                self.attaching.detach(attachment)

    def begin_detaching(self, volume_id: str) -> None:
        volume = self.volumes.records.get(volume_id)
        if volume is None:
            raise Fault(404, f"Volume {volume_id} could not be found.")
        try:
            self.attaching.begin_detaching(volume)
        except Fault as fault:
            prefix = "Invalid volume: Invalid input received: "
            raise self._as_nova_says(fault, prefix) from fault

    def roll_detaching(self, volume_id: str) -> None:
        volume = self.volumes.records.get(volume_id)
        if volume is not None:
            self.attaching.roll_detaching(volume)

    def delete_volume(self, volume_id: str) -> None:
        volume = self.volumes.records.get(volume_id)
        if volume is not None and volume.status is not VolumeStatus.DELETING:
            self.volumes.delete(volume, {})

    def _as_nova_says(self, fault: Fault, prefix: str) -> Fault:
        """Nova passes Cinder's refusal on, with the id of its own request to Cinder."""
        request_id = f"req-{self._world.ids.uuid()}"
        return Fault(
            400, f"{prefix}{fault.message} (HTTP {fault.status}) (Request-ID: {request_id})"
        )


def _view(volume: Volume) -> seams.VolumeView:
    return seams.VolumeView(
        id=volume.id,
        project_id=volume.project_id,
        name=volume.name or "",
        status=volume.status,
        size=volume.size,
        bootable=volume.bootable,
        multiattach=volume.multiattach,
        image_id=volume.image_id,
        zone=volume.availability_zone,
    )
