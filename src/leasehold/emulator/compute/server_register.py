"""The servers there are and were, what they use, and what was done to them."""

from collections.abc import Callable
from datetime import datetime
from typing import Any

import msgspec

from leasehold.emulator.collection import Collection
from leasehold.emulator.compute.faults import not_found
from leasehold.emulator.compute.servers import POWER, Server, VmState
from leasehold.emulator.http import Request
from leasehold.emulator.world import World

REMEMBERED = 20_000
"""How many deleted servers are kept; a real cloud keeps them until they are archived."""


class Usage(msgspec.Struct):
    """What a project's servers use of its quota."""

    instances: int = 0
    cores: int = 0
    ram: int = 0


class Action(msgspec.Struct, frozen=True, kw_only=True):
    """Something that was done to a server, for its history."""

    name: str
    request_id: str
    user_id: str
    project_id: str
    started_at: datetime
    updated_at: datetime
    message: str | None = None
    """``Error`` when it failed."""


class Servers:
    """Every server, alive or deleted. All changes go through here, and cost no search."""

    def __init__(self, world: World) -> None:
        self._world = world
        self.alive: Collection[Server] = world.collection(owner=lambda s: s.project_id)
        self.deleted: Collection[Server] = world.collection(owner=lambda s: s.project_id)
        self._usage: dict[str, Usage] = {}
        self._actions: dict[str, list[Action]] = {}
        self._numbers = 0
        self._watchers: list[Callable[[str], None]] = []

    def watch(self, watcher: Callable[[str], None]) -> None:
        """Call `watcher` with a server's id whenever what it shows may have changed."""
        self._watchers.append(watcher)

    def next_number(self) -> int:
        self._numbers += 1
        return self._numbers

    def now(self) -> datetime:
        """The time as Nova's database keeps it: whole seconds."""
        return self._world.timeline.now().replace(microsecond=0)

    def wanted(self, request: Request) -> Server:
        """The server in the path; 404 when it is not there or not the caller's."""
        server_id = request.params["server_id"]
        server = self.alive.get(server_id)
        if server is None or not (request.is_admin or server.project_id == request.project.id):
            raise not_found(f"Instance {server_id} could not be found.")
        return server

    def add(self, server: Server) -> Server:
        """A new one, or one that changed in a way that `change` does not cover."""
        old = self.alive.get(server.id)
        if old is not None:
            self._count(old, -1)
        self._count(server, +1)
        self.alive.put(server)
        self.changed(server.id)
        return server

    def change(self, server_id: str, **fields: Any) -> Server | None:
        """Replace fields of a server that is alive; None when it is not.

        A new `vm_state` brings its power state along.
        """
        server = self.alive.get(server_id)
        if server is None:
            return None
        if "vm_state" in fields:
            fields.setdefault("power_state", POWER[fields["vm_state"]])
        return self.add(msgspec.structs.replace(server, updated_at=self.now(), **fields))

    def bury(self, server_id: str) -> None:
        """Move a server among the deleted, where only listings by change see it."""
        server = self.alive.remove(server_id)
        if server is None:
            return
        self._count(server, -1)
        now = self.now()
        self.deleted.put(
            msgspec.structs.replace(
                server,
                vm_state=VmState.DELETED,
                task_state=None,
                power_state=POWER[VmState.DELETED],
                terminated_at=now,
                updated_at=now,
                locked_by=None,
                metadata={},
                volumes=(),
            )
        )
        if len(self.deleted) > REMEMBERED:
            forgotten = next(self.deleted.oldest())
            self.deleted.remove(forgotten.id)
            self._actions.pop(forgotten.id, None)
        self.changed(server_id)

    def changed(self, server_id: str) -> None:
        for watcher in self._watchers:
            watcher(server_id)

    def usage(self, project_id: str) -> Usage:
        return self._usage.setdefault(project_id, Usage())

    def record(self, server: Server, name: str, request: Request) -> None:
        """Note in the server's history that someone did something to it."""
        now = self.now()
        action = Action(
            name=name,
            request_id=request.request_id,
            user_id=request.token.user.id,
            project_id=server.project_id,
            started_at=now,
            updated_at=now,
        )
        self._actions.setdefault(server.id, []).append(action)

    def record_end(self, server_id: str, *, failed: bool = False) -> None:
        """Note that the latest action has ended."""
        actions = self._actions.get(server_id)
        if actions:
            message = "Error" if failed else None
            actions[-1] = msgspec.structs.replace(
                actions[-1], updated_at=self.now(), message=message
            )

    def actions(self, server_id: str) -> list[Action]:
        """What was done to the server, the latest first."""
        return list(reversed(self._actions.get(server_id, [])))

    def _count(self, server: Server, sign: int) -> None:
        usage = self.usage(server.project_id)
        usage.instances += sign
        usage.cores += sign * server.flavor.cores
        usage.ram += sign * server.flavor.ram_mib
