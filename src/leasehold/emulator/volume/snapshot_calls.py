"""The calls about snapshots."""

from typing import Any

from leasehold.emulator.caller import Caller
from leasehold.emulator.effects import Effect
from leasehold.emulator.http import Request, Response, Router
from leasehold.emulator.volume import bodies as read
from leasehold.emulator.volume.faults import bad_request, demand_admin, invalid_volume
from leasehold.emulator.volume.listing import listing, of_caller
from leasehold.emulator.volume.metadata import Metadata
from leasehold.emulator.volume.quotas import VolumeQuotas, too_many
from leasehold.emulator.volume.records import Snapshot, SnapshotStatus, VolumeStatus
from leasehold.emulator.volume.snapshots import Snapshots
from leasehold.emulator.volume.views import snapshot_view
from leasehold.emulator.volume.volumes import Volumes

_FILTERS = ("name", "status", "volume_id", "metadata", "availability_zone", "consumes_quota")
_SORTS = ("id", "name", "status", "volume_id", "size", "created_at", "updated_at")
_CHANGEABLE = ("name", "display_name", "description", "display_description")


class SnapshotCalls:
    """``/v3/snapshots``."""

    def __init__(
        self, snapshots: Snapshots, volumes: Volumes, quotas: VolumeQuotas, router: Router
    ) -> None:
        self._snapshots = snapshots
        self._volumes = volumes
        self._quotas = quotas
        router.add("GET", "/v3/snapshots", lambda request: self._list(request, full=False))
        router.add("GET", "/v3/snapshots/detail", lambda request: self._list(request, full=True))
        router.add("POST", "/v3/snapshots", self._create)
        router.add("GET", "/v3/snapshots/{id}", self._show)
        router.add("PUT", "/v3/snapshots/{id}", self._update)
        router.add("DELETE", "/v3/snapshots/{id}", self._delete)
        router.add("POST", "/v3/snapshots/{id}/action", self._act)
        Metadata(router, "/v3/snapshots", "Snapshot", snapshots.find, snapshots.change)

    def _find(self, request: Request) -> Snapshot:
        return self._snapshots.find(request.params["id"], Caller.of(request))

    def _list(self, request: Request, *, full: bool) -> Response:
        return listing(
            request,
            "snapshots",
            of_caller(request, self._snapshots.records),
            lambda snapshot: snapshot_view(snapshot, request, full=full),
            filters=_FILTERS,
            find=lambda snapshot_id: self._snapshots.find(snapshot_id, Caller.of(request)),
            sorts=_SORTS,
        )

    def _create(self, request: Request) -> Response:
        caller = Caller.of(request)
        given = read.body_of(request, "snapshot")
        volume_id = str(read.required("snapshot", given, "volume_id"))
        fields: dict[str, Any] = {
            "name": read.text("name", given.get("name", given.get("display_name"))),
            "description": read.text("description", given.get("description")),
            "metadata": read.metadata(given.get("metadata")),
        }
        volume = self._volumes.find(volume_id, caller)
        # Since 3.66, a volume in use may be snapshotted without being forced to.
        force = read.boolean("force", given.get("force") or False)
        if request.at_least(3, 66) and "force" in given and not force:
            raise bad_request(
                "Since microversion 3.66 the 'force' flag is invalid for this request. For backward "
                "compatability, however, when the 'force' flag is passed with a value evaluating to "
                "True, it is silently ignored."
            )
        forced = request.at_least(3, 66) or force
        allowed = ("available", "in-use") if forced else ("available",)
        if volume.status not in allowed:
            raise invalid_volume(
                f"Volume {volume.id} status must be {' or '.join(allowed)}, but current status "
                f"is: {VolumeStatus(volume.status)}."
            )
        if Effect.QUOTA in request.effects:
            raise too_many("snapshots", self._quotas.used(caller.project_id)["snapshots"])
        snapshot = self._snapshots.create(volume, caller, request.effects, **fields)
        return Response(202, {"snapshot": snapshot_view(snapshot, request)})

    def _show(self, request: Request) -> Response:
        return Response(200, {"snapshot": snapshot_view(self._find(request), request, full=True)})

    def _update(self, request: Request) -> Response:
        given = read.body_of(request, "snapshot")
        read.refuse_unknown("snapshot", given, _CHANGEABLE)
        fields = {
            name: read.text(name, given[word])
            for name in ("name", "description")
            for word in (name, f"display_{name}")
            if word in given
        }
        snapshot = self._snapshots.change(self._find(request), **fields)
        return Response(200, {"snapshot": snapshot_view(snapshot, request)})

    def _delete(self, request: Request) -> Response:
        self._snapshots.delete(self._find(request), request.effects)
        return Response(202)

    def _act(self, request: Request) -> Response:
        body = read.whole_body(request)
        snapshot = self._find(request)
        rule = "volume_extension:snapshot_admin_actions"
        if "os-reset_status" in body:
            demand_admin(request, f"{rule}:reset_status")
            status = (body["os-reset_status"] or {}).get("status")
            if status not in tuple(SnapshotStatus):
                raise bad_request(f"Snapshot status: {status} is invalid")
            self._snapshots.change(snapshot, status=SnapshotStatus(status))
        elif "os-force_delete" in body:
            demand_admin(request, f"{rule}:force_delete")
            self._snapshots.delete(snapshot, request.effects, force=True)
        else:
            raise bad_request(
                f"There is no such action: {next(iter(body), '')}. Verify the request body and "
                "Content-Type header and try again."
            )
        return Response(202)
