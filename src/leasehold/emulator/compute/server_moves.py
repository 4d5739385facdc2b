"""Moves between hosts, for which one host is too few, and other rare orders of administrators."""

from typing import Any

from leasehold.emulator.compute.faults import bad_input, check_policy, invalid_state, not_found
from leasehold.emulator.compute.server_actions import ActionHandler, ServerTasks
from leasehold.emulator.compute.server_birth import HOST
from leasehold.emulator.compute.server_register import Servers
from leasehold.emulator.compute.servers import Server, TaskState, VmState
from leasehold.emulator.http import Fault, Request, Response

_RUNNING = frozenset({VmState.ACTIVE, VmState.PAUSED})
_MIGRATABLE = frozenset({VmState.ACTIVE, VmState.STOPPED})
_EVACUABLE = frozenset({VmState.ACTIVE, VmState.STOPPED, VmState.ERROR})
_DUMPABLE = frozenset(
    {
        VmState.ACTIVE,
        VmState.PAUSED,
        VmState.RESCUED,
        VmState.RESIZED,
        VmState.ERROR,
    }
)


class ServerMoves:
    """Actions that move nothing in a cloud of one host: what they ask for is checked, and refused."""

    def __init__(self, servers: Servers, tasks: ServerTasks) -> None:
        self._servers = servers
        self._tasks = tasks

    def handlers(self) -> dict[str, ActionHandler]:
        return {
            "migrate": self._migrate,
            "os-migrateLive": self._migrate_live,
            "evacuate": self._evacuate,
            "restore": self._restore,
            "trigger_crash_dump": self._trigger_crash_dump,
        }

    def _migrate(self, request: Request, server: Server, given: Any) -> Response:
        check_policy(request, "os-migrate-server:migrate")
        host = given.get("host") if isinstance(given, dict) and request.at_least(2, 56) else None
        self._tasks.check(request, server, "migrate", _MIGRATABLE)
        self._check_host(host)
        task = TaskState.RESIZE_PREP
        settle = self._tasks.settle
        self._tasks.run(request, server, "migrate", task, lambda: settle(server.id, task))
        return Response(202)

    def _migrate_live(self, request: Request, server: Server, given: Any) -> Response:
        check_policy(request, "os-migrate-server:migrate_live")
        required = ["block_migration", "host"]
        if not request.at_least(2, 25):
            required.append("disk_over_commit")
        for name in required:
            if not isinstance(given, dict) or name not in given:
                raise bad_input("os-migrateLive", given, f"'{name}' is a required property")
        self._tasks.check(request, server, "os-migrateLive", _RUNNING)
        self._check_host(given["host"])
        if request.at_least(2, 34):
            return Response(202)
        raise Fault(400, "No valid host was found. There are not enough hosts available.")

    def _check_host(self, host: str | None) -> None:
        if host is not None and host != HOST:
            raise Fault(400, f"Compute host {host} could not be found.")

    def _evacuate(self, request: Request, server: Server, given: Any) -> Response:
        check_policy(request, "os-evacuate")
        if not request.at_least(2, 14) and "onSharedStorage" not in given:
            raise bad_input("evacuate", given, "'onSharedStorage' is a required property")
        host = given.get("host")
        if host == server.host:
            raise Fault(400, "The target host can't be the same one.")
        if host is not None:
            raise not_found(f"Compute host {host} not found.")
        self._tasks.check(request, server, "evacuate", _EVACUABLE)
        raise Fault(400, f"Compute service of {server.host} is still in use.")

    def _restore(self, request: Request, server: Server, given: Any) -> Response:
        """Nothing that was deleted is kept, as with Nova's usual reclaim interval of 0."""
        raise invalid_state("restore", server.id, "vm_state", server.vm_state)

    def _trigger_crash_dump(self, request: Request, server: Server, given: Any) -> Response:
        if not request.at_least(2, 17):
            raise not_found("The resource could not be found.")
        if server.vm_state not in _DUMPABLE:
            raise invalid_state("trigger_crash_dump", server.id, "vm_state", server.vm_state)
        self._servers.record(server, "trigger_crash_dump", request)
        return Response(202)
