"""Volumes and snapshots through Nova, as before there was Cinder: until 2.35."""

from typing import Any

from leasehold.emulator.caller import Caller
from leasehold.emulator.compute.faults import bad_input, unexpected
from leasehold.emulator.compute.floating_ips import check_not_removed
from leasehold.emulator.compute.pages import offset_page
from leasehold.emulator.compute.paths import base_of
from leasehold.emulator.compute.server_wish import TRUE, body_of, part
from leasehold.emulator.effects import Effect
from leasehold.emulator.http import Fault, Request, Response, Router
from leasehold.emulator.volume.records import Snapshot, Volume
from leasehold.emulator.volume.state import BlockStorage
from leasehold.emulator.volume.views import moment

_VOLUMES = "/v2.1/os-volumes"
_SNAPSHOTS = "/v2.1/os-snapshots"
_OF_VOLUME = frozenset(
    {"volume_type", "metadata", "snapshot_id", "size", "availability_zone"}
    | {"display_name", "display_description"}
)
_OF_SNAPSHOT = frozenset({"volume_id", "force", "display_name", "display_description"})


class ComputeVolumes:
    """Nova in front of Cinder. The short and the detailed listings are the same."""

    def __init__(self, state: BlockStorage) -> None:
        self._state = state

    def route(self, router: Router) -> None:
        for path in (_VOLUMES, f"{_VOLUMES}/detail"):
            router.add("GET", path, self._volumes)
        router.add("POST", _VOLUMES, self._create_volume)
        router.add("GET", f"{_VOLUMES}/{{id}}", self._show_volume)
        router.add("DELETE", f"{_VOLUMES}/{{id}}", self._delete_volume)
        for path in (_SNAPSHOTS, f"{_SNAPSHOTS}/detail"):
            router.add("GET", path, self._snapshots)
        router.add("POST", _SNAPSHOTS, self._create_snapshot)
        router.add("GET", f"{_SNAPSHOTS}/{{id}}", self._show_snapshot)
        router.add("DELETE", f"{_SNAPSHOTS}/{{id}}", self._delete_snapshot)

    def _volumes(self, request: Request) -> Response:
        check_not_removed(request)
        found = self._state.volumes.records.newest(request.project.id)
        return Response(
            200, {"volumes": [self._volume(one) for one in offset_page(request, found)]}
        )

    def _show_volume(self, request: Request) -> Response:
        return Response(200, {"volume": self._volume(self._wanted_volume(request))})

    def _create_volume(self, request: Request) -> Response:
        check_not_removed(request)
        given = part(body_of(request), "volume")
        _check_names("volume", given, _OF_VOLUME, "size")
        caller = Caller.of(request)
        if Effect.QUOTA in request.effects:
            raise Fault(403, "Quota exceeded for volumes")
        try:
            fields = self._state.birth.fields_of(given, caller, strict=False)
            volume = self._state.volumes.create(fields, caller, request.effects)
        except Fault as fault:
            raise _as_nova_says(fault) from fault
        location = f"{base_of(request)}/os-volumes/{volume.id}"
        return Response(200, {"volume": self._volume(volume)}, {"Location": location})

    def _delete_volume(self, request: Request) -> Response:
        volume = self._wanted_volume(request)
        try:
            self._state.volumes.delete(volume, request.effects)
        except Fault as fault:
            raise _as_nova_says(fault) from fault
        return Response(202)

    def _snapshots(self, request: Request) -> Response:
        check_not_removed(request)
        found = self._state.snapshots.records.newest(request.project.id)
        return Response(200, {"snapshots": [_snapshot(one) for one in offset_page(request, found)]})

    def _show_snapshot(self, request: Request) -> Response:
        return Response(200, {"snapshot": _snapshot(self._wanted_snapshot(request))})

    def _create_snapshot(self, request: Request) -> Response:
        check_not_removed(request)
        given = part(body_of(request), "snapshot")
        _check_names("snapshot", given, _OF_SNAPSHOT, "volume_id")
        caller = Caller.of(request)
        if Effect.QUOTA in request.effects:
            raise Fault(403, "Quota exceeded for snapshots")
        try:
            volume = self._state.volumes.find(str(given["volume_id"]), caller)
        except Fault as fault:
            raise unexpected() from fault
        allowed = ("available", "in-use") if given.get("force") in TRUE else ("available",)
        if volume.status not in allowed:
            raise unexpected()
        try:
            snapshot = self._state.snapshots.create(
                volume,
                caller,
                request.effects,
                name=given.get("display_name"),
                description=given.get("display_description"),
            )
        except Fault as fault:
            raise _as_nova_says(fault) from fault
        return Response(200, {"snapshot": _snapshot(snapshot)})

    def _delete_snapshot(self, request: Request) -> Response:
        snapshot = self._wanted_snapshot(request)
        try:
            self._state.snapshots.delete(snapshot, request.effects)
        except Fault as fault:
            raise unexpected() from fault
        return Response(202)

    def _wanted_volume(self, request: Request) -> Volume:
        check_not_removed(request)
        return self._state.volumes.find(request.params["id"], Caller.of(request))

    def _wanted_snapshot(self, request: Request) -> Snapshot:
        check_not_removed(request)
        return self._state.snapshots.find(request.params["id"], Caller.of(request))

    def _volume(self, volume: Volume) -> dict[str, Any]:
        volume_type = self._state.types.records.get(volume.volume_type_id)
        return {
            "id": volume.id,
            "status": volume.status,
            "size": volume.size,
            "availabilityZone": volume.availability_zone,
            "createdAt": moment(volume.created_at),
            "attachments": self._attachments(volume),
            "displayName": volume.name,
            "displayDescription": volume.description,
            "volumeType": volume_type.name if volume_type is not None else None,
            "snapshotId": volume.snapshot_id,
            "metadata": volume.metadata,
        }

    def _attachments(self, volume: Volume) -> list[dict[str, Any]]:
        """The first one; a free volume has one that says nothing."""
        for held in self._state.attachments.held(volume.id):
            shown = {"id": volume.id, "volumeId": volume.id, "serverId": held.server_id}
            return [shown | ({"device": held.device} if held.device else {})]
        return [{}]


def _snapshot(snapshot: Snapshot) -> dict[str, Any]:
    return {
        "id": snapshot.id,
        "volumeId": snapshot.volume_id,
        "status": snapshot.status,
        "size": snapshot.size,
        "createdAt": moment(snapshot.created_at),
        "displayName": snapshot.name,
        "displayDescription": snapshot.description,
    }


def _check_names(what: str, given: dict[str, Any], known: frozenset[str], required: str) -> None:
    if required not in given:
        raise bad_input(what, given, f"'{required}' is a required property")
    for name in given:
        if name not in known:
            problem = f"Additional properties are not allowed ('{name}' was unexpected)"
            raise bad_input(what, given, problem)


def _as_nova_says(fault: Fault) -> Fault:
    """Cinder's refusal as Nova passes it on: too much is 403, what is wrong 400."""
    if fault.status == 413:
        return Fault(403, fault.message)
    if fault.status == 400:
        return Fault(400, f"Invalid input received: {fault.message}")
    return fault
