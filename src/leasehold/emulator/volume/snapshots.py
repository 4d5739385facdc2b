"""Snapshots: what a volume held at one moment."""

from typing import Any

import msgspec

from leasehold.emulator.caller import Caller
from leasehold.emulator.effects import Effect
from leasehold.emulator.volume.disks import Disks
from leasehold.emulator.volume.faults import bad_request, not_found
from leasehold.emulator.volume.quotas import VolumeQuotas
from leasehold.emulator.volume.records import Snapshot, SnapshotStatus, Volume
from leasehold.emulator.world import World

_DELETABLE = (SnapshotStatus.AVAILABLE, SnapshotStatus.ERROR)


class Snapshots:
    """Cinder's snapshots. Making and deleting one takes `Delays.volume`."""

    def __init__(self, world: World, quotas: VolumeQuotas, disks: Disks) -> None:
        self._world = world
        self._quotas = quotas
        self._disks = disks
        self.records = world.collection(owner=_project)
        self._of: dict[str, dict[str, None]] = {}

    def find(self, snapshot_id: str, caller: Caller) -> Snapshot:
        """A snapshot the caller may see; raises Fault 404."""
        snapshot = self.records.get(snapshot_id)
        if snapshot is None or not (caller.admin or snapshot.project_id == caller.project_id):
            raise not_found(f"Snapshot {snapshot_id} could not be found.")
        return snapshot

    def of(self, volume_id: str) -> list[Snapshot]:
        found = (self.records.get(one) for one in self._of.get(volume_id, ()))
        return [snapshot for snapshot in found if snapshot is not None]

    def create(
        self, volume: Volume, caller: Caller, effects: dict[Effect, str | None], **fields: Any
    ) -> Snapshot:
        """Start to take a snapshot of the volume; raises Fault 413."""
        self._quotas.take(volume.project_id, gigabytes=volume.size, snapshots=1)
        snapshot = self.records.put(
            Snapshot(
                id=self._world.ids.uuid(),
                project_id=volume.project_id,
                user_id=caller.user_id,
                volume_id=volume.id,
                size=volume.size,
                created_at=self._world.timeline.now(),
                **fields,
            )
        )
        self._of.setdefault(volume.id, {})[snapshot.id] = None
        failed = Effect.FAILED_BUILD in effects or not self._copy_disk(snapshot)
        if Effect.STUCK_BUILD not in effects:
            status = SnapshotStatus.ERROR if failed else SnapshotStatus.AVAILABLE
            self._later(snapshot.id, SnapshotStatus.CREATING, status)
        return snapshot

    def _copy_disk(self, snapshot: Snapshot) -> bool:
        try:
            self._disks.make(snapshot.id, snapshot.size, snapshot.volume_id)
        except OSError:
            return False
        return True

    def change(self, snapshot: Snapshot, **fields: Any) -> Snapshot:
        now = self._world.timeline.now()
        return self.records.put(msgspec.structs.replace(snapshot, updated_at=now, **fields))

    def delete(
        self, snapshot: Snapshot, effects: dict[Effect, str | None], *, force: bool = False
    ) -> None:
        """Start to delete; raises Fault 400 for a snapshot that is busy."""
        if not force and snapshot.status not in _DELETABLE:
            raise bad_request(
                "Invalid snapshot: Snapshot status must be available or error, and must not be "
                "part of a group."
            )
        self.change(snapshot, status=SnapshotStatus.DELETING)
        if Effect.STUCK_DELETE in effects:
            return
        if Effect.FAILED_DELETE in effects:
            self._later(snapshot.id, SnapshotStatus.DELETING, SnapshotStatus.ERROR_DELETING)
            return
        delay = self._world.settings.delays.volume
        self._world.timeline.after(delay, lambda: self.remove(snapshot.id))

    def remove(self, snapshot_id: str) -> None:
        """Take it away at once, and give its quota back."""
        snapshot = self.records.remove(snapshot_id)
        if snapshot is not None:
            self._disks.remove(snapshot_id)
            self._of[snapshot.volume_id].pop(snapshot_id, None)
            self._quotas.give_back(snapshot.project_id, gigabytes=snapshot.size, snapshots=1)

    def _later(self, snapshot_id: str, old: SnapshotStatus, new: SnapshotStatus) -> None:
        def turn() -> None:
            snapshot = self.records.get(snapshot_id)
            if snapshot is not None and snapshot.status is old:
                self.change(snapshot, status=new)

        self._world.timeline.after(self._world.settings.delays.volume, turn)


def _project(snapshot: Snapshot) -> str:
    return snapshot.project_id
