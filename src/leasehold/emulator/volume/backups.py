"""Backups: copies of volumes, of which the emulator keeps what they say, not what they hold."""

from datetime import datetime
from typing import Any

import msgspec

from leasehold.emulator.caller import Caller
from leasehold.emulator.http import Request, Response, Router
from leasehold.emulator.volume import bodies as read
from leasehold.emulator.volume.birth import VolumeBirth
from leasehold.emulator.volume.faults import bad_request, invalid_volume, not_found, too_old
from leasehold.emulator.volume.listing import listing, of_caller
from leasehold.emulator.volume.records import Volume, VolumeStatus
from leasehold.emulator.volume.views import moment
from leasehold.emulator.volume.volumes import Volumes
from leasehold.emulator.world import World

_FILTERS = ("name", "status", "volume_id")
_SORTS = ("id", "name", "status", "size", "created_at", "updated_at")
_DELETABLE = ("available", "error")


class Backup(msgspec.Struct, frozen=True, kw_only=True):
    id: str
    project_id: str
    volume_id: str
    name: str | None
    description: str | None
    container: str | None
    snapshot_id: str | None
    is_incremental: bool
    size: int
    status: str = "creating"
    created_at: datetime
    updated_at: datetime | None = None


class Backups:
    """Backups, and the calls about them. What takes time takes `Delays.volume`."""

    def __init__(self, world: World, volumes: Volumes, birth: VolumeBirth, router: Router) -> None:
        self._world = world
        self._volumes = volumes
        self._birth = birth
        self._records = world.collection(owner=_project)
        router.add("GET", "/v3/backups", lambda request: self._list(request, _brief))
        router.add("GET", "/v3/backups/detail", lambda request: self._list(request, _full))
        router.add("POST", "/v3/backups", self._create)
        router.add("GET", "/v3/backups/{id}", self._show)
        router.add("PUT", "/v3/backups/{id}", self._update)
        router.add("DELETE", "/v3/backups/{id}", self._delete)
        router.add("POST", "/v3/backups/{id}/restore", self._restore)

    def _list(self, request: Request, view: Any) -> Response:
        return listing(
            request,
            "backups",
            of_caller(request, self._records),
            view,
            filters=_FILTERS,
            find=lambda backup_id: self._find(backup_id, Caller.of(request)),
            sorts=_SORTS,
        )

    def _create(self, request: Request) -> Response:
        caller, given = Caller.of(request), read.body_of(request, "backup")
        volume_id = str(read.required("backup", given, "volume_id"))
        volume = self._volumes.find(volume_id, caller)
        forced = read.boolean("force", given.get("force") or False)
        if volume.status not in (("available", "in-use") if forced else ("available",)):
            raise invalid_volume(
                "Volume to be backed up must be available or in-use, but the current status is "
                f'"{volume.status}".'
            )
        backup = self._records.put(
            Backup(
                id=self._world.ids.uuid(),
                project_id=volume.project_id,
                volume_id=volume.id,
                name=read.text("name", given.get("name")),
                description=read.text("description", given.get("description")),
                container=given.get("container"),
                snapshot_id=given.get("snapshot_id"),
                is_incremental=read.boolean("incremental", given.get("incremental") or False),
                size=volume.size,
                created_at=self._world.timeline.now(),
            )
        )
        self._volumes.change(volume, status=VolumeStatus.BACKING_UP)
        self._later(backup.id, volume, "creating")
        return Response(202, {"backup": _brief(backup)})

    def _show(self, request: Request) -> Response:
        return Response(200, {"backup": _full(self._wanted(request))})

    def _update(self, request: Request) -> Response:
        too_old(request, 3, 9)
        given, backup = read.body_of(request, "backup"), self._wanted(request)
        names = [name for name in ("name", "description") if name in given]
        fields = {name: read.text(name, given[name]) for name in names}
        return Response(200, {"backup": _brief(self._change(backup, **fields))})

    def _delete(self, request: Request) -> Response:
        backup = self._wanted(request)
        if backup.status not in _DELETABLE:
            raise bad_request("Invalid backup: Backup status must be available or error")
        self._change(backup, status="deleting")
        delay = self._world.settings.delays.volume
        self._world.timeline.after(delay, lambda: self._remove(backup.id))
        return Response(202)

    def _remove(self, backup_id: str) -> None:
        self._records.remove(backup_id)

    def _restore(self, request: Request) -> Response:
        caller, given = Caller.of(request), read.body_of(request, "restore")
        backup = self._wanted(request)
        if backup.status != "available":
            raise bad_request("Invalid backup: Backup status must be available")
        volume = self._target(request, backup, given, caller)
        self._change(backup, status="restoring")
        self._later(backup.id, volume, "restoring")
        restored = {"backup_id": backup.id, "volume_id": volume.id, "volume_name": volume.name}
        return Response(202, {"restore": restored})

    def _target(
        self, request: Request, backup: Backup, given: dict[str, Any], caller: Caller
    ) -> Volume:
        """The volume that is named, or a new one; restoring."""
        if given.get("volume_id"):
            volume = self._volumes.find(str(given["volume_id"]), caller)
            if volume.status is not VolumeStatus.AVAILABLE:
                raise invalid_volume("Volume to be restored to must be available")
            if volume.size < backup.size:
                raise invalid_volume(
                    f"volume size {volume.size} is too small to restore backup of size {backup.size}."
                )
        else:
            name = given.get("name") or f"restore_backup_{backup.id}"
            wish = {"size": backup.size, "name": name}
            fields = self._birth.fields_of(wish, caller, strict=False)
            volume = self._volumes.create(fields, caller, request.effects)
        return self._volumes.change(volume, status=VolumeStatus.RESTORING_BACKUP)

    def _later(self, backup_id: str, volume: Volume, busy: str) -> None:
        """Free backup and volume after a while, unless something else happened to them by then."""
        before = self._volumes.find(volume.id, Caller(project_id=volume.project_id)).status
        after = VolumeStatus.AVAILABLE if busy == "restoring" else volume.status

        def turn() -> None:
            backup = self._records.get(backup_id)
            if backup is not None and backup.status == busy:
                self._change(backup, status="available")
            found = self._volumes.records.get(volume.id)
            if found is not None and found.status is before:
                self._volumes.change(found, status=after)

        self._world.timeline.after(self._world.settings.delays.volume, turn)

    def _wanted(self, request: Request) -> Backup:
        return self._find(request.params["id"], Caller.of(request))

    def _find(self, backup_id: str, caller: Caller) -> Backup:
        backup = self._records.get(backup_id)
        if backup is None or not (caller.admin or backup.project_id == caller.project_id):
            raise not_found(f"Backup {backup_id} could not be found.")
        return backup

    def _change(self, backup: Backup, **fields: Any) -> Backup:
        now = self._world.timeline.now()
        return self._records.put(msgspec.structs.replace(backup, updated_at=now, **fields))


def _brief(backup: Backup) -> dict[str, Any]:
    return {"id": backup.id, "name": backup.name, "volume_id": backup.volume_id, "links": []}


def _full(backup: Backup) -> dict[str, Any]:
    return {
        **_brief(backup),
        "status": backup.status,
        "size": backup.size,
        "object_count": 1,
        "availability_zone": None,
        "container": backup.container,
        "created_at": moment(backup.created_at),
        "updated_at": moment(backup.updated_at),
        "description": backup.description,
        "fail_reason": None,
        "is_incremental": backup.is_incremental,
        "has_dependent_backups": False,
        "snapshot_id": backup.snapshot_id,
        "data_timestamp": moment(backup.created_at),
    }


def _project(backup: Backup) -> str:
    return backup.project_id
