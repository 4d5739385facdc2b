"""Volumes of servers: attach, detach, list (os-volume_attachments)."""

from typing import Any

import msgspec

from leasehold.emulator.compute.faults import bad_input, check_policy, invalid_state, not_found
from leasehold.emulator.compute.pages import page_limits
from leasehold.emulator.compute.server_birth import next_device
from leasehold.emulator.compute.server_delete import check_unlocked
from leasehold.emulator.compute.server_register import Servers
from leasehold.emulator.compute.server_wish import TRUE, body_of, is_uuid, part
from leasehold.emulator.compute.servers import AttachedVolume, Server, VmState
from leasehold.emulator.effects import Effect
from leasehold.emulator.http import Fault, Request, Response, Router
from leasehold.emulator.timeline import fixed
from leasehold.emulator.world import World

_PATH = "/v2.1/servers/{server_id}/os-volume_attachments"
_LOOK_AGAIN = fixed(0.2)
_ATTACHABLE = frozenset(
    {VmState.ACTIVE, VmState.PAUSED, VmState.STOPPED, VmState.RESIZED}
    | {VmState.SHELVED, VmState.SHELVED_OFFLOADED}
)


class ServerVolumes:
    """Attachments, seen from the server."""

    def __init__(self, world: World, servers: Servers) -> None:
        self._world = world
        self._servers = servers

    def route(self, router: Router) -> None:
        router.add("GET", _PATH, self._index)
        router.add("POST", _PATH, self._attach)
        router.add("GET", f"{_PATH}/{{volume_id}}", self._show)
        router.add("PUT", f"{_PATH}/{{volume_id}}", self._update)
        router.add("DELETE", f"{_PATH}/{{volume_id}}", self._detach)

    def _index(self, request: Request) -> Response:
        server = self._servers.wanted(request)
        limit, _ = page_limits(request)
        offset = int(request.one("offset") or 0)
        volumes = server.volumes[offset : offset + limit]
        shown = [_document(request, server, volume) for volume in volumes]
        return Response(200, {"volumeAttachments": shown})

    def _show(self, request: Request) -> Response:
        server, volume = self._attached(request)
        return Response(200, {"volumeAttachment": _document(request, server, volume)})

    def _attach(self, request: Request) -> Response:
        given = part(body_of(request), "volumeAttachment")
        volume_id = given.get("volumeId")
        if not is_uuid(volume_id):
            raise bad_input("volumeId", volume_id, f"'{volume_id}' is not a 'uuid'")
        server = self._servers.wanted(request)
        self._check_state(request, server, "attach_volume")
        volume = self._world.volume.volume(server.project_id, str(volume_id))
        if volume is None:
            raise not_found(f"Volume {volume_id} could not be found.")
        device = given.get("device") or next_device(server)
        if device in {other.device for other in server.volumes}:
            raise Fault(409, f"The supplied device path ({device}) is in use.")
        attached = AttachedVolume(
            volume_id=volume.id,
            device=device,
            attachment_id=self._world.volume.reserve(volume.id, server.id),
            mapping_id=self._world.ids.uuid(),
            delete_on_termination=given.get("delete_on_termination") in TRUE,
            tag=given.get("tag"),
        )
        self._servers.change(server.id, volumes=(*server.volumes, attached))
        self._servers.record(server, "attach_volume", request)
        if Effect.STUCK_BUILD not in request.effects:
            ended = self._give_up if Effect.FAILED_BUILD in request.effects else self._complete
            self._world.timeline.after(
                self._world.settings.delays.volume, lambda: ended(server.id, attached)
            )
        if request.at_least(2, 101):
            return Response(202)
        return Response(200, {"volumeAttachment": _created(request, server, attached)})

    def _complete(self, server_id: str, volume: AttachedVolume) -> None:
        server = self._servers.alive.get(server_id)
        if server is not None and volume in server.volumes:
            try:
                self._world.volume.attach(volume.volume_id, server_id, volume.device)
            except OSError:
                self._give_up(server_id, volume)
            else:
                self._servers.record_end(server_id)

    def _give_up(self, server_id: str, volume: AttachedVolume) -> None:
        """The attach failed: as if it had never been asked for."""
        server = self._servers.alive.get(server_id)
        if server is not None and volume in server.volumes:
            self._world.volume.detach(volume.volume_id, server_id)
            volumes = tuple(other for other in server.volumes if other is not volume)
            self._servers.change(server_id, volumes=volumes)
            self._servers.record_end(server_id, failed=True)

    def _detach(self, request: Request) -> Response:
        server = self._servers.wanted(request)
        volume_id = request.params["volume_id"]
        if self._world.volume.volume(server.project_id, volume_id) is None:
            raise not_found(f"Volume {volume_id} could not be found.")
        server, volume = self._attached(request)
        if volume.root:
            raise Fault(400, "Cannot detach a root device volume")
        self._check_state(request, server, "detach_volume")
        self._world.volume.begin_detaching(volume_id)
        self._servers.record(server, "detach_volume", request)
        if Effect.STUCK_DELETE not in request.effects:
            ended = self._keep if Effect.FAILED_DELETE in request.effects else self._end
            self._world.timeline.after(
                self._world.settings.delays.volume, lambda: ended(server.id, volume_id)
            )
        return Response(202)

    def _end(self, server_id: str, volume_id: str) -> None:
        server = self._servers.alive.get(server_id)
        if server is None or volume_id not in {v.volume_id for v in server.volumes}:
            return
        if not self._world.volume.release(volume_id):  # the guest has it mounted: Nova waits for it
            self._world.timeline.after(_LOOK_AGAIN, lambda: self._end(server_id, volume_id))
            return
        self._world.volume.detach(volume_id, server_id)
        volumes = tuple(v for v in server.volumes if v.volume_id != volume_id)
        self._servers.change(server_id, volumes=volumes)
        self._servers.record_end(server_id)

    def _keep(self, server_id: str, volume_id: str) -> None:
        """The detach failed: the volume is in use as before."""
        self._world.volume.roll_detaching(volume_id)
        self._servers.record_end(server_id, failed=True)

    def _update(self, request: Request) -> Response:
        """Change delete_on_termination (2.85); swapping volumes is Cinder's own business."""
        given = part(body_of(request), "volumeAttachment")
        if not request.at_least(2, 85) or given.get("volumeId") != request.params["volume_id"]:
            check_policy(request, "os-volumes-attachments:swap")
            message = f"volume {request.params['volume_id']} is not migrating; "
            raise Fault(409, message + "this API should only be called by Cinder")
        server, volume = self._attached(request)
        ends = given.get("delete_on_termination", volume.delete_on_termination) in TRUE
        changed = msgspec.structs.replace(volume, delete_on_termination=ends)
        volumes = tuple(changed if v is volume else v for v in server.volumes)
        self._servers.change(server.id, volumes=volumes)
        return Response(202)

    def _attached(self, request: Request) -> tuple[Server, AttachedVolume]:
        server, volume_id = self._servers.wanted(request), request.params["volume_id"]
        for volume in server.volumes:
            if volume.volume_id == volume_id:
                return server, volume
        raise not_found(f"Instance {server.id} is not attached to volume {volume_id}")

    def _check_state(self, request: Request, server: Server, action: str) -> None:
        check_unlocked(request, server)
        if server.vm_state not in _ATTACHABLE:
            raise invalid_state(action, server.id, "vm_state", server.vm_state)
        if server.task_state is not None:
            raise invalid_state(action, server.id, "task_state", server.task_state)


def _created(request: Request, server: Server, volume: AttachedVolume) -> dict[str, Any]:
    document = _document(request, server, volume)
    document["id"] = volume.volume_id
    for name in ("attachment_id", "bdm_uuid"):
        document.pop(name, None)
    return document


def _document(request: Request, server: Server, volume: AttachedVolume) -> dict[str, Any]:
    document: dict[str, Any] = {}
    if not request.at_least(2, 89):
        document["id"] = volume.volume_id
    document |= {
        "volumeId": volume.volume_id,
        "serverId": server.id,
        "device": volume.device,
    }
    if request.at_least(2, 70):
        document["tag"] = volume.tag
    if request.at_least(2, 79):
        document["delete_on_termination"] = volume.delete_on_termination
    if request.at_least(2, 89):
        document["attachment_id"] = volume.attachment_id
        document["bdm_uuid"] = volume.mapping_id
    return document
