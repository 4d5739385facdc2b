"""Images taken of servers: snapshots, and backups of which only the newest are kept."""

from typing import Any

from leasehold.emulator.compute.faults import bad_input
from leasehold.emulator.compute.server_actions import ActionHandler, ServerTasks
from leasehold.emulator.compute.server_register import Servers
from leasehold.emulator.compute.server_wish import check_metadata, check_name
from leasehold.emulator.compute.servers import Server, TaskState, VmState
from leasehold.emulator.http import Fault, Request, Response
from leasehold.emulator.world import World

_SNAPSHOT = frozenset({VmState.ACTIVE, VmState.STOPPED, VmState.PAUSED, VmState.SUSPENDED})


class ServerImages:
    """The actions that end in an image."""

    def __init__(self, world: World, servers: Servers, tasks: ServerTasks) -> None:
        self._world = world
        self._servers = servers
        self._tasks = tasks

    def handlers(self) -> dict[str, ActionHandler]:
        return {"createImage": self._create_image, "createBackup": self._create_backup}

    def _create_image(self, request: Request, server: Server, given: Any) -> Response:
        if not isinstance(given, dict):
            raise bad_input("createImage", given, f"{given!r} is not of type 'object'")
        name = check_name(given.get("name"))
        self._tasks.check(request, server, "createImage", _SNAPSHOT)
        metadata = check_metadata(given.get("metadata", {}))
        image_id = self._take(
            request, server, "createImage", TaskState.IMAGE_SNAPSHOT, name, metadata
        )
        return _taken(request, image_id)

    def _create_backup(self, request: Request, server: Server, given: Any) -> Response:
        for name in ("name", "backup_type", "rotation"):
            if not isinstance(given, dict) or name not in given:
                raise bad_input("createBackup", given, f"'{name}' is a required property")
        self._tasks.check(request, server, "createBackup", _SNAPSHOT)
        if server.volume_backed:
            raise Fault(400, "Backup is not supported for volume-backed instances.")
        kind, rotation = str(given["backup_type"]), int(given["rotation"])
        metadata = {**check_metadata(given.get("metadata", {})), "image_type": kind}
        image_id = self._take(
            request,
            server,
            "createBackup",
            TaskState.IMAGE_BACKUP,
            check_name(given["name"]),
            metadata,
        )
        self._world.image.rotate_backups(server.id, kind, keep=rotation)
        return _taken(request, image_id if rotation else None)

    def _take(
        self,
        request: Request,
        server: Server,
        action: str,
        task: TaskState,
        name: str,
        properties: dict[str, str],
    ) -> str:
        self._servers.change(server.id, task_state=task)
        self._servers.record(server, action, request)
        return self._world.image.create_snapshot(
            server.project_id,
            name,
            server_id=server.id,
            base_image_id=server.image_id,
            properties=properties,
            min_disk=server.flavor.disk_gib,
            then=lambda: self._tasks.settle(server.id, task),
        )


def _taken(request: Request, image_id: str | None) -> Response:
    if request.at_least(2, 45):
        return Response(202, {"image_id": image_id})
    if image_id is None:
        return Response(202)
    return Response(202, None, {"Location": f"{request.host_url}/image/images/{image_id}"})
