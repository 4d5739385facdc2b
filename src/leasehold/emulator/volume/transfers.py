"""Transfers: a volume that is offered to whoever has the key."""

from datetime import datetime
from typing import Any

import msgspec

from leasehold.emulator.caller import Caller
from leasehold.emulator.http import Request, Response, Router
from leasehold.emulator.volume import bodies as read
from leasehold.emulator.volume.faults import bad_request, invalid_volume, not_found
from leasehold.emulator.volume.listing import listing, of_caller
from leasehold.emulator.volume.records import VolumeStatus
from leasehold.emulator.volume.views import moment
from leasehold.emulator.volume.volumes import Volumes
from leasehold.emulator.world import World

_PATHS = ("os-volume-transfer", "volume-transfers")
"""The path of old, and that of since 3.55."""


class Transfer(msgspec.Struct, frozen=True, kw_only=True):
    id: str
    project_id: str
    volume_id: str
    name: str | None
    auth_key: str
    created_at: datetime


class Transfers:
    """Offers of volumes, and the calls about them."""

    def __init__(self, world: World, volumes: Volumes, router: Router) -> None:
        self._world = world
        self._volumes = volumes
        self._records = world.collection(owner=_project)
        for path in _PATHS:
            router.add("GET", f"/v3/{path}", lambda request: self._list(request, _brief))
            router.add("GET", f"/v3/{path}/detail", lambda request: self._list(request, _full))
            router.add("POST", f"/v3/{path}", self._create)
            router.add("GET", f"/v3/{path}/{{id}}", self._show)
            router.add("DELETE", f"/v3/{path}/{{id}}", self._delete)
            router.add("POST", f"/v3/{path}/{{id}}/accept", self._accept)

    def _list(self, request: Request, view: Any) -> Response:
        # The old path takes it for a filter, as the real one does.
        old = not request.path.startswith("/v3/volume-transfers")
        return listing(
            request,
            "transfers",
            [] if "limit" in request.query and old else of_caller(request, self._records),
            view,
            filters=("name", "volume_id"),
            find=lambda transfer_id: self._find(transfer_id, Caller.of(request)),
            sorts=("id", "name", "volume_id", "created_at"),
        )

    def _create(self, request: Request) -> Response:
        caller, given = Caller.of(request), read.body_of(request, "transfer")
        volume_id = str(read.required("transfer", given, "volume_id"))
        volume = self._volumes.find(volume_id, caller)
        if volume.status is not VolumeStatus.AVAILABLE:
            raise invalid_volume("status must be available")
        self._volumes.change(volume, status=VolumeStatus.AWAITING_TRANSFER)
        transfer = self._records.put(
            Transfer(
                id=self._world.ids.uuid(),
                project_id=volume.project_id,
                volume_id=volume.id,
                name=read.text("name", given.get("name")),
                auth_key=self._world.ids.token(16),
                created_at=self._world.timeline.now(),
            )
        )
        return Response(202, {"transfer": {**_full(transfer), "auth_key": transfer.auth_key}})

    def _show(self, request: Request) -> Response:
        transfer = self._find(request.params["id"], Caller.of(request))
        return Response(200, {"transfer": _full(transfer)})

    def _delete(self, request: Request) -> Response:
        transfer = self._find(request.params["id"], Caller.of(request))
        self._end(transfer)
        return Response(202)

    def _accept(self, request: Request) -> Response:
        """Whoever has the key may; the volume counts in their project from then on."""
        caller, given = Caller.of(request), read.body_of(request, "accept")
        transfer = self._records.get(request.params["id"])
        if transfer is None:
            raise _missing(request.params["id"])
        if given.get("auth_key") != transfer.auth_key:
            raise bad_request(
                f"Invalid auth key: Attempt to transfer {transfer.id} with invalid auth key."
            )
        self._end(transfer, project_id=caller.project_id, user_id=caller.user_id)
        return Response(202, {"transfer": _brief(transfer)})

    def _end(self, transfer: Transfer, **owner: str) -> None:
        self._records.remove(transfer.id)
        volume = self._volumes.records.get(transfer.volume_id)
        if volume is not None:
            self._volumes.hand_over(volume, **owner)

    def _find(self, transfer_id: str, caller: Caller) -> Transfer:
        transfer = self._records.get(transfer_id)
        if transfer is None or not (caller.admin or transfer.project_id == caller.project_id):
            raise _missing(transfer_id)
        return transfer


def _missing(transfer_id: str) -> Exception:
    return not_found(f"Transfer {transfer_id} could not be found.")


def _brief(transfer: Transfer) -> dict[str, Any]:
    return {
        "id": transfer.id,
        "volume_id": transfer.volume_id,
        "name": transfer.name,
        "links": [],
    }


def _full(transfer: Transfer) -> dict[str, Any]:
    return {**_brief(transfer), "created_at": moment(transfer.created_at)}


def _project(transfer: Transfer) -> str:
    return transfer.project_id
