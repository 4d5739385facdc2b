"""POST /servers/ID/action: which action it is, and those that only change a server's state."""

from collections.abc import Callable
from typing import Any, Literal

import msgspec

from leasehold.emulator.compute.faults import bad_input, invalid_state, not_found
from leasehold.emulator.compute.server_birth import first_address
from leasehold.emulator.compute.server_delete import ServerDeletion, check_unlocked, reset_state
from leasehold.emulator.compute.server_guests import ServerGuests
from leasehold.emulator.compute.server_register import Servers
from leasehold.emulator.compute.server_wish import body_of
from leasehold.emulator.compute.servers import Server, ServerFault, TaskState, VmState
from leasehold.emulator.http import Fault, Request, Response, Router
from leasehold.emulator.world import World

ActionHandler = Callable[[Request, Server, Any], Response]
GuestWork = Literal["start", "stop", "restart"]

_REBOOT_TYPES = ["HARD", "Hard", "hard", "SOFT", "Soft", "soft"]
_RUNNING = frozenset({VmState.ACTIVE})
_REBOOTABLE = frozenset(
    {VmState.ACTIVE, VmState.STOPPED, VmState.PAUSED, VmState.SUSPENDED, VmState.ERROR}
)
_REMOVED_AFTER = {
    "addFloatingIp": (2, 44),
    "removeFloatingIp": (2, 44),
    "addFixedIp": (2, 44),
    "removeFixedIp": (2, 44),
}


class Transition(msgspec.Struct, frozen=True, kw_only=True):
    """An action that takes a server from one state to another."""

    name: str
    """As in the refusal and in the server's history."""
    task: TaskState
    start: frozenset[VmState]
    end: VmState
    guest: GuestWork | None = None


TRANSITIONS = {
    "os-start": Transition(
        name="start",
        task=TaskState.POWERING_ON,
        start=frozenset({VmState.STOPPED}),
        end=VmState.ACTIVE,
        guest="start",
    ),
    "os-stop": Transition(
        name="stop",
        task=TaskState.POWERING_OFF,
        start=frozenset({VmState.ACTIVE, VmState.ERROR}),
        end=VmState.STOPPED,
        guest="stop",
    ),
    "pause": Transition(name="pause", task=TaskState.PAUSING, start=_RUNNING, end=VmState.PAUSED),
    "unpause": Transition(
        name="unpause",
        task=TaskState.UNPAUSING,
        start=frozenset({VmState.PAUSED}),
        end=VmState.ACTIVE,
    ),
    "suspend": Transition(
        name="suspend", task=TaskState.SUSPENDING, start=_RUNNING, end=VmState.SUSPENDED
    ),
    "resume": Transition(
        name="resume",
        task=TaskState.RESUMING,
        start=frozenset({VmState.SUSPENDED}),
        end=VmState.ACTIVE,
    ),
    "unrescue": Transition(
        name="unrescue",
        task=TaskState.UNRESCUING,
        start=frozenset({VmState.RESCUED}),
        end=VmState.ACTIVE,
    ),
}
SOFT_REBOOT = Transition(
    name="reboot",
    task=TaskState.REBOOTING,
    start=_RUNNING,
    end=VmState.ACTIVE,
    guest="restart",
)
HARD_REBOOT = Transition(
    name="reboot",
    task=TaskState.REBOOTING_HARD,
    start=_REBOOTABLE,
    end=VmState.ACTIVE,
    guest="restart",
)


class ServerTasks:
    """Does a transition: checks, shows its task state for a while, then arrives."""

    def __init__(self, world: World, servers: Servers, guests: ServerGuests) -> None:
        self._world = world
        self._servers = servers
        self._guests = guests

    def check(
        self, request: Request, server: Server, name: str, allowed: frozenset[VmState]
    ) -> None:
        """409 unless the server is unlocked, in one of these states and left alone just now."""
        check_unlocked(request, server)
        if server.vm_state not in allowed:
            raise invalid_state(name, server.id, "vm_state", server.vm_state)
        if server.task_state is not None:
            raise invalid_state(name, server.id, "task_state", server.task_state)

    def begin(self, request: Request, server: Server, transition: Transition) -> Response:
        self.check(request, server, transition.name, transition.start)
        self.run(
            request,
            server,
            transition.name,
            transition.task,
            lambda: self.settle(server.id, transition.task, vm_state=transition.end),
            guest=transition.guest,
        )
        return Response(202)

    def run(
        self,
        request: Request,
        server: Server,
        name: str | None,
        task: TaskState,
        then: Callable[[], None],
        *,
        guest: GuestWork | None = None,
    ) -> None:
        """Show `task`; after a while, and after what happens to the guest, call `then`.

        `name` is for the server's history; None for a further step of the same action.
        """
        self._servers.change(server.id, task_state=task)
        if name is not None:
            self._servers.record(server, name, request)

        def work() -> None:
            if not self._busy_with(server.id, task):
                return
            self._work_on_guest(server, guest, then)

        self._world.timeline.after(self._world.settings.delays.action, work)

    def settle(self, server_id: str, task: TaskState, **fields: Any) -> None:
        """Arrive: unless something else has come in between."""
        if self._busy_with(server_id, task):
            self._servers.change(server_id, **{"task_state": None, **fields})
            self._servers.record_end(server_id)

    def _work_on_guest(
        self, server: Server, guest: GuestWork | None, then: Callable[[], None]
    ) -> None:
        def failed(message: str) -> None:
            fault = ServerFault(code=500, message=message, created_at=self._servers.now())
            self._servers.change(server.id, vm_state=VmState.ERROR, task_state=None, fault=fault)
            self._servers.record_end(server.id, failed=True)

        if guest == "start":
            address = first_address(self._world.network.ports_of(server.id))
            self._guests.start(server, address, then, failed)
        elif guest == "stop":
            self._guests.stop(server.id, then)
        elif guest == "restart":
            self._guests.restart(server.id, then, failed)
        else:
            then()

    def _busy_with(self, server_id: str, task: TaskState) -> bool:
        server = self._servers.alive.get(server_id)
        return server is not None and server.task_state is task


class ServerActions:
    """Finds the handler of an action; `more` are the actions of other modules."""

    def __init__(
        self,
        world: World,
        servers: Servers,
        tasks: ServerTasks,
        guests: ServerGuests,
        deletion: ServerDeletion,
        more: dict[str, ActionHandler],
    ) -> None:
        self._world = world
        self._servers = servers
        self._tasks = tasks
        self._guests = guests
        self._deletion = deletion
        self._handlers: dict[str, ActionHandler] = {
            "reboot": self._reboot,
            "lock": self._lock,
            "unlock": self._unlock,
            "forceDelete": lambda request, server, _: deletion.force(request, server),
            "os-resetState": self._reset_state,
            "os-getConsoleOutput": self._console,
            "changePassword": self._change_password,
            "addSecurityGroup": self._add_security_group,
            "removeSecurityGroup": self._remove_security_group,
            **{name: self._transition(found) for name, found in TRANSITIONS.items()},
            **more,
        }

    def add(self, handlers: dict[str, ActionHandler]) -> None:
        """Take in the actions of another module, or of a service that Nova stands in front of."""
        self._handlers |= handlers

    def route(self, router: Router) -> None:
        router.add("POST", "/v2.1/servers/{server_id}/action", self._act)

    def _act(self, request: Request) -> Response:
        body = body_of(request)
        if len(body) != 1:
            raise Fault(400, "Malformed request body")
        name, given = next(iter(body.items()))
        removed = _REMOVED_AFTER.get(name)
        if removed is not None and request.at_least(*removed):
            raise not_found("The resource could not be found.")
        handler = self._handlers.get(name)
        if handler is None:
            raise Fault(400, f"There is no such action: {name}")
        return handler(request, self._servers.wanted(request), given)

    def _transition(self, transition: Transition) -> ActionHandler:
        return lambda request, server, _: self._tasks.begin(request, server, transition)

    def _reboot(self, request: Request, server: Server, given: Any) -> Response:
        kind = given.get("type") if isinstance(given, dict) else None
        if kind not in _REBOOT_TYPES:
            raise bad_input("type", kind, f"'{kind}' is not one of {_REBOOT_TYPES}")
        transition = SOFT_REBOOT if kind.upper() == "SOFT" else HARD_REBOOT
        return self._tasks.begin(request, server, transition)

    def _lock(self, request: Request, server: Server, given: Any) -> Response:
        reason = given.get("locked_reason") if isinstance(given, dict) else None
        who = "owner" if server.project_id == request.project.id else "admin"
        self._servers.change(server.id, locked_by=who, locked_reason=reason)
        self._servers.record(server, "lock", request)
        return Response(202)

    def _unlock(self, request: Request, server: Server, given: Any) -> Response:
        if server.locked_by == "admin" and not request.is_admin:
            raise Fault(
                403,
                "Policy doesn't allow os_compute_api:os-lock-server:unlock:unlock_override "
                "to be performed.",
            )
        self._servers.change(server.id, locked_by=None, locked_reason=None)
        self._servers.record(server, "unlock", request)
        return Response(202)

    def _reset_state(self, request: Request, server: Server, given: Any) -> Response:
        state = given.get("state") if isinstance(given, dict) else None
        return reset_state(request, self._servers, server, str(state))

    def _console(self, request: Request, server: Server, given: Any) -> Response:
        if server.host is None:
            raise Fault(409, f"Instance {server.id} is not ready")
        output = self._guests.console(server)
        length = given.get("length") if isinstance(given, dict) else None
        if length not in (None, "", -1, "-1"):
            lines = output.splitlines(keepends=True)
            output = "".join(lines[-int(length) :] if int(length) else [])
        return Response(200, {"output": output})

    def _change_password(self, request: Request, server: Server, given: Any) -> Response:
        if not isinstance(given, dict) or "adminPass" not in given:
            raise bad_input("changePassword", given, "'adminPass' is a required property")
        self._tasks.check(request, server, "changePassword", _RUNNING)
        self._tasks.run(
            request,
            server,
            "changePassword",
            TaskState.UPDATING_PASSWORD,
            lambda: self._tasks.settle(server.id, TaskState.UPDATING_PASSWORD),
        )
        return Response(202)

    def _add_security_group(self, request: Request, server: Server, given: Any) -> Response:
        group_id = self._group_id(server, given)
        self._world.network.set_security_group(server.id, group_id, present=True)
        return Response(202)

    def _remove_security_group(self, request: Request, server: Server, given: Any) -> Response:
        group_id = self._group_id(server, given)
        self._world.network.set_security_group(server.id, group_id, present=False)
        return Response(202)

    def _group_id(self, server: Server, given: Any) -> str:
        name = given.get("name") if isinstance(given, dict) else None
        group_id = self._world.network.security_group(server.project_id, str(name))
        if group_id is None:
            raise not_found(f"Security group {name} is not found for project {server.project_id}")
        return group_id
