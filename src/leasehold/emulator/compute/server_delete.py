"""A server's end: deleting, then gone but for listings of what has changed."""

from leasehold.emulator.compute.faults import check_policy
from leasehold.emulator.compute.server_birth import Births, unplug_all
from leasehold.emulator.compute.server_groups import ServerGroups
from leasehold.emulator.compute.server_guests import ServerGuests
from leasehold.emulator.compute.server_register import Servers
from leasehold.emulator.compute.servers import Server, ServerFault, TaskState, VmState
from leasehold.emulator.effects import Effect
from leasehold.emulator.http import Fault, Request, Response, Router
from leasehold.emulator.world import World


class ServerDeletion:
    """Deletes servers with what Nova made for them."""

    def __init__(
        self,
        world: World,
        servers: Servers,
        births: Births,
        guests: ServerGuests,
        groups: ServerGroups,
    ) -> None:
        self._world = world
        self._servers = servers
        self._births = births
        self._guests = guests
        self._groups = groups

    def route(self, router: Router) -> None:
        router.add("DELETE", "/v2.1/servers/{server_id}", self._delete)

    def force(self, request: Request, server: Server) -> Response:
        """The action forceDelete: again, even while it is being deleted already."""
        check_unlocked(request, server)
        self._begin(request, server)
        return Response(202)

    def _delete(self, request: Request) -> Response:
        server = self._servers.wanted(request)
        check_unlocked(request, server)
        if server.task_state is not TaskState.DELETING:
            self._begin(request, server)
        return Response(204)

    def _begin(self, request: Request, server: Server) -> None:
        self._births.abandon(server.id)
        self._servers.change(server.id, task_state=TaskState.DELETING)
        self._servers.record(server, "delete", request)
        effects = request.effects
        if Effect.STUCK_DELETE in effects:
            return
        end = self._end
        if Effect.FAILED_DELETE in effects:
            message = effects[Effect.FAILED_DELETE] or "Failed to terminate instance."
            end = lambda server_id: self._fail(server_id, message)  # noqa: E731 - the same call with its reason bound
        self._world.timeline.after(
            self._world.settings.delays.delete,
            lambda: self._guests.stop(server.id, lambda: end(server.id)),
        )

    def _end(self, server_id: str) -> None:
        server = self._servers.alive.get(server_id)
        if server is None or server.task_state is not TaskState.DELETING:
            return
        unplug_all(self._world, server_id)
        for volume in server.volumes:
            self._world.volume.detach(volume.volume_id, server_id)
            if volume.delete_on_termination:
                self._world.volume.delete_volume(volume.volume_id)
        if server.group_id is not None:
            self._groups.leave(server.group_id, server_id)
        self._servers.bury(server_id)
        self._servers.record_end(server_id)

    def _fail(self, server_id: str, message: str) -> None:
        fault = ServerFault(code=500, message=message, created_at=self._servers.now())
        self._servers.change(server_id, vm_state=VmState.ERROR, task_state=None, fault=fault)
        self._servers.record_end(server_id, failed=True)


def check_unlocked(request: Request, server: Server) -> None:
    """409 for a locked server, unless an administrator asks."""
    if server.locked_by is not None and not request.is_admin:
        raise Fault(409, f"Instance {server.id} is locked")


def reset_state(request: Request, servers: Servers, server: Server, state: str) -> Response:
    """The action os-resetState: for administrators, when a server is stuck."""
    check_policy(request, "os-admin-actions:reset_state")
    if state not in ("active", "error"):
        raise Fault(
            400,
            f"Invalid input for field/attribute state. Value: {state}. "
            f"'{state}' is not one of ['active', 'error']",
        )
    servers.change(server.id, vm_state=VmState(state), task_state=None)
    return Response(202)
