"""Volumes: how they are made, how they grow, and how they go."""

from collections.abc import Callable
from functools import partial
from typing import Any

import msgspec

from leasehold.emulator.caller import Caller
from leasehold.emulator.effects import Effect
from leasehold.emulator.volume.attachments import Attachments
from leasehold.emulator.volume.disks import Disks
from leasehold.emulator.volume.faults import invalid_input, invalid_volume, no_volume
from leasehold.emulator.volume.quotas import VolumeQuotas
from leasehold.emulator.volume.records import Volume, VolumeStatus, VolumeType
from leasehold.emulator.volume.snapshots import Snapshots
from leasehold.emulator.world import World

Effects = dict[Effect, str | None]

_DELETABLE = (
    VolumeStatus.AVAILABLE,
    VolumeStatus.ERROR,
    VolumeStatus.ERROR_RESTORING,
    VolumeStatus.ERROR_EXTENDING,
    VolumeStatus.ERROR_MANAGING,
)
_NOT_FREE = (
    "must not be migrating, attached, belong to a group, have snapshots, awaiting a transfer, or "
    "be disassociated from snapshots after volume transfer."
)


class Volumes:
    """Cinder's volumes. What takes time takes `Delays.volume`."""

    def __init__(
        self,
        world: World,
        quotas: VolumeQuotas,
        attachments: Attachments,
        snapshots: Snapshots,
        disks: Disks,
    ) -> None:
        self._world = world
        self._quotas = quotas
        self._attachments = attachments
        self._snapshots = snapshots
        self._disks = disks
        self.records = world.collection(owner=_project)

    def find(self, volume_id: str, caller: Caller) -> Volume:
        """A volume the caller may see; raises Fault 404."""
        volume = self.records.get(volume_id)
        if volume is None or not (caller.admin or volume.project_id == caller.project_id):
            raise no_volume(volume_id)
        return volume

    def create(
        self,
        fields: dict[str, Any],
        caller: Caller,
        effects: Effects,
        then: Callable[[Volume], None] | None = None,
    ) -> Volume:
        """Start to make a volume of checked fields; `then` is told when it is made, or in error.

        Raises Fault 413.
        """
        size = fields["size"]
        self._quotas.check_size(caller.project_id, size)
        self._quotas.take(caller.project_id, gigabytes=size, volumes=1)
        volume = self.records.put(
            Volume(
                id=self._world.ids.uuid(),
                project_id=caller.project_id,
                user_id=caller.user_id,
                created_at=self._world.timeline.now(),
                **fields,
            )
        )
        made = self._make_disk(volume)
        if Effect.STUCK_BUILD not in effects:
            failed = Effect.FAILED_BUILD in effects or not made
            end = VolumeStatus.ERROR if failed else VolumeStatus.AVAILABLE
            bootable = volume.bootable or volume.image_id is not None
            self._later(volume.id, VolumeStatus.CREATING, then, status=end, bootable=bootable)
        return volume

    def change(self, volume: Volume, **fields: Any) -> Volume:
        now = self._world.timeline.now()
        return self.records.put(msgspec.structs.replace(volume, updated_at=now, **fields))

    def hand_over(self, volume: Volume, *, project_id: str = "", user_id: str = "") -> Volume:
        """End a transfer; to a new owner, if one is named, with the quota that it takes."""
        owner = {"project_id": project_id, "user_id": user_id} if project_id else {}
        if owner:
            self._quotas.take(project_id, gigabytes=volume.size, volumes=1)
            self._quotas.give_back(volume.project_id, gigabytes=volume.size, volumes=1)
        return self.change(volume, status=VolumeStatus.AVAILABLE, **owner)

    def delete(self, volume: Volume, effects: Effects, *, cascade: bool = False) -> None:
        """Start to delete; raises Fault 400 for a volume that is busy, held or has snapshots."""
        snapshots = self._snapshots.of(volume.id)
        held = self._attachments.of(volume.id)
        if volume.status not in _DELETABLE or held or (snapshots and not cascade):
            words = " or ".join(_DELETABLE)
            raise invalid_volume(f"Volume status must be {words} and {_NOT_FREE}")
        for snapshot in snapshots:
            self._snapshots.delete(snapshot, {}, force=True)
        self._start_deleting(volume, effects)

    def force_delete(self, volume: Volume, effects: Effects) -> None:
        """Start to delete whatever the status; still not while it is held or has snapshots."""
        if self._attachments.of(volume.id) or self._snapshots.of(volume.id):
            raise invalid_volume(f"Volume  {_NOT_FREE}")
        self._start_deleting(volume, effects)

    def extend(self, volume: Volume, size: int, effects: Effects, *, in_use: bool) -> None:
        """Start to make it larger; a volume in use only if `in_use` allows it."""
        allowed = ("available", "in-use") if in_use else "available"
        if volume.status not in ("available", *(["in-use"] if in_use else [])):
            raise invalid_volume(
                f"Volume {volume.id} status must be '{ {'status': allowed} }' to extend, currently "
                f"{volume.status}."
            )
        if size <= volume.size:
            raise invalid_input(
                "New size for extend must be greater than current size. "
                f"(current: {volume.size}, extended: {size})."
            )
        self._quotas.check_size(volume.project_id, size)
        self._quotas.take(volume.project_id, gigabytes=size - volume.size)
        self.change(volume, status=VolumeStatus.EXTENDING)
        if Effect.FAILED_BUILD in effects:
            self._quotas.give_back(volume.project_id, gigabytes=size - volume.size)
            self._later(volume.id, VolumeStatus.EXTENDING, status=VolumeStatus.ERROR_EXTENDING)
        elif Effect.STUCK_BUILD not in effects:
            grown = partial(self._grow_disk, size=size)
            self._later(volume.id, VolumeStatus.EXTENDING, grown, status=volume.status, size=size)

    def retype(self, volume: Volume, volume_type: VolumeType) -> None:
        if volume.status not in ("available", "in-use") or volume_type.id == volume.volume_type_id:
            raise invalid_volume(
                "Retype needs volume to be in available or in-use state, not be part of an active "
                "migration or a consistency group, requested type has to be different that the "
                "one from the volume, and for in-use volumes front-end qos specs cannot change."
            )
        self.change(volume, status=VolumeStatus.RETYPING)
        self._later(
            volume.id,
            VolumeStatus.RETYPING,
            status=volume.status,
            volume_type_id=volume_type.id,
            multiattach=volume_type.multiattach,
        )

    def _start_deleting(self, volume: Volume, effects: Effects) -> None:
        self.change(volume, status=VolumeStatus.DELETING)
        if Effect.STUCK_DELETE in effects:
            return
        if Effect.FAILED_DELETE in effects:
            self._later(volume.id, VolumeStatus.DELETING, status=VolumeStatus.ERROR_DELETING)
            return
        delay = self._world.settings.delays.volume
        self._world.timeline.after(delay, lambda: self._remove(volume.id))

    def _remove(self, volume_id: str) -> None:
        volume = self.records.get(volume_id)
        if volume is not None and volume.status is VolumeStatus.DELETING:
            self.records.remove(volume_id)
            self._disks.remove(volume_id)
            for snapshot in self._snapshots.of(volume_id):
                self._snapshots.remove(snapshot.id)
            self._quotas.give_back(volume.project_id, gigabytes=volume.size, volumes=1)

    def _make_disk(self, volume: Volume) -> bool:
        try:
            self._disks.make(volume.id, volume.size, volume.snapshot_id or volume.source_volid)
        except OSError:
            return False
        return True

    def _grow_disk(self, volume: Volume, size: int) -> None:
        try:
            self._disks.grow(volume.id, size)
        except OSError:
            self.change(volume, status=VolumeStatus.ERROR_EXTENDING)

    def _later(
        self,
        volume_id: str,
        busy: VolumeStatus,
        then: Callable[[Volume], None] | None = None,
        **fields: Any,
    ) -> None:
        """Change the volume after a while, unless something else has happened to it by then."""

        def turn() -> None:
            volume = self.records.get(volume_id)
            if volume is not None and volume.status is busy:
                volume = self.change(volume, **fields)
                if then is not None:
                    then(volume)

        self._world.timeline.after(self._world.settings.delays.volume, turn)


def _project(volume: Volume) -> str:
    return volume.project_id
