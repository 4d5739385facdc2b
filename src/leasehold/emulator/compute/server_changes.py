"""Actions that change what a server is: resize, rebuild, rescue, shelve."""

from typing import Any

import msgspec

from leasehold.emulator.compute.faults import bad_input, over_quota
from leasehold.emulator.compute.flavors import Flavor, Flavors
from leasehold.emulator.compute.keypairs import KeyPairs
from leasehold.emulator.compute.pages import links
from leasehold.emulator.compute.server_actions import ActionHandler, ServerTasks
from leasehold.emulator.compute.server_birth import HOST, ZONE
from leasehold.emulator.compute.server_register import Servers
from leasehold.emulator.compute.server_view import ServerViews
from leasehold.emulator.compute.server_wish import check_metadata, check_name, check_user_data
from leasehold.emulator.compute.servers import Server, TaskState, VmState
from leasehold.emulator.effects import Effect
from leasehold.emulator.http import Fault, Request, Response
from leasehold.emulator.world import World

_RESIZABLE = frozenset({VmState.ACTIVE, VmState.STOPPED})
_RESIZED = frozenset({VmState.RESIZED})
_REBUILDABLE = frozenset({VmState.ACTIVE, VmState.STOPPED, VmState.ERROR})
_SNAPSHOT = frozenset({VmState.ACTIVE, VmState.STOPPED, VmState.PAUSED, VmState.SUSPENDED})
_SHELVED = frozenset({VmState.SHELVED, VmState.SHELVED_OFFLOADED})

_REBUILD = (
    *("name", "imageRef", "adminPass", "metadata", "preserve_ephemeral", "OS-DCF:diskConfig"),
    *("accessIPv4", "accessIPv6"),
)
_REBUILD_SINCE = {
    "description": (2, 19),
    "key_name": (2, 54),
    "user_data": (2, 57),
    "trusted_image_certificates": (2, 63),
    "hostname": (2, 90),
}
"""Nova's schema (nova/api/openstack/compute/schemas/servers.py), by the first that takes them."""


class ServerChanges:
    """The actions that need more than a change of state."""

    def __init__(
        self,
        world: World,
        servers: Servers,
        tasks: ServerTasks,
        views: ServerViews,
        flavors: Flavors,
        key_pairs: KeyPairs,
    ) -> None:
        self._world = world
        self._servers = servers
        self._tasks = tasks
        self._views = views
        self._flavors = flavors
        self._key_pairs = key_pairs

    def handlers(self) -> dict[str, ActionHandler]:
        return {
            "resize": self._resize,
            "confirmResize": self._confirm_resize,
            "revertResize": self._revert_resize,
            "rebuild": self._rebuild,
            "rescue": self._rescue,
            "shelve": self._shelve,
            "shelveOffload": self._shelve_offload,
            "unshelve": self._unshelve,
        }

    def _resize(self, request: Request, server: Server, given: Any) -> Response:
        wanted = given.get("flavorRef") if isinstance(given, dict) else None
        if wanted is None:
            raise bad_input("resize", given, "'flavorRef' is a required property")
        self._tasks.check(request, server, "resize", _RESIZABLE)
        flavor = self._flavors.find(str(wanted).rpartition("/")[2])
        if flavor is None:
            raise Fault(400, f"Flavor {wanted} could not be found.")
        if flavor.id == server.flavor.id:
            raise Fault(400, "When resizing, instances must change flavor!")
        self._check_quota(request, server, flavor)

        def finish() -> None:
            self._tasks.settle(
                server.id,
                TaskState.RESIZE_PREP,
                vm_state=VmState.RESIZED,
                flavor=flavor,
                flavor_before=server.flavor,
                state_before=server.vm_state,
            )

        self._tasks.run(request, server, "resize", TaskState.RESIZE_PREP, finish)
        return Response(202)

    def _check_quota(self, request: Request, server: Server, flavor: Flavor) -> None:
        quota = self._world.quota(server.project_id)
        usage = self._servers.usage(server.project_id)
        overs = {
            name: (str(more), used, allowed)
            for name, more, used, allowed in (
                ("cores", flavor.cores - server.flavor.cores, usage.cores, quota.cores),
                ("ram", flavor.ram_mib - server.flavor.ram_mib, usage.ram, quota.ram),
            )
            if more > 0 and (0 <= allowed < used + more or Effect.QUOTA in request.effects)
        }
        if overs:
            raise over_quota(overs)

    def _confirm_resize(self, request: Request, server: Server, given: Any) -> Response:
        self._tasks.check(request, server, "confirmResize", _RESIZED)
        self._servers.record(server, "confirmResize", request)
        self._servers.change(
            server.id,
            vm_state=server.state_before or VmState.ACTIVE,
            flavor_before=None,
            state_before=None,
        )
        return Response(204)

    def _revert_resize(self, request: Request, server: Server, given: Any) -> Response:
        self._tasks.check(request, server, "revertResize", _RESIZED)

        def finish() -> None:
            self._tasks.settle(
                server.id,
                TaskState.RESIZE_REVERTING,
                vm_state=server.state_before or VmState.ACTIVE,
                flavor=server.flavor_before or server.flavor,
                flavor_before=None,
                state_before=None,
            )

        self._tasks.run(request, server, "revertResize", TaskState.RESIZE_REVERTING, finish)
        return Response(202)

    def _rebuild(self, request: Request, server: Server, given: Any) -> Response:
        """A new root disk: the guest ends and another one starts in its place."""
        if not isinstance(given, dict) or "imageRef" not in given:
            raise bad_input("rebuild", given, "'imageRef' is a required property")
        _check_rebuild_names(request, given)
        self._tasks.check(request, server, "rebuild", _REBUILDABLE)
        fields = self._rebuilt_fields(request, server, given)
        task, spawning = TaskState.REBUILDING, TaskState.REBUILD_SPAWNING
        end = VmState.STOPPED if server.vm_state is VmState.STOPPED else VmState.ACTIVE

        def restart() -> None:
            changed = self._servers.change(server.id, task_state=spawning)
            if changed is not None:
                self._tasks.run(
                    request,
                    changed,
                    None,
                    spawning,
                    lambda: self._tasks.settle(
                        server.id, spawning, vm_state=end, launched_at=self._servers.now()
                    ),
                    guest="start" if end is VmState.ACTIVE else None,
                )

        self._servers.change(server.id, fault=None, **fields)
        self._tasks.run(request, server, "rebuild", task, restart, guest="stop")
        rebuilt = self._servers.wanted(request)
        document = self._views.changed(request, rebuilt)
        document["adminPass"] = given.get("adminPass") or self._world.ids.token(12)
        if request.at_least(2, 54):
            document["key_name"] = rebuilt.key_name
        if request.at_least(2, 57):
            document["user_data"] = rebuilt.user_data
        location = links(request, "servers", server.id)[0]["href"]
        return Response(202, {"server": document}, {"Location": location})

    def _rebuilt_fields(
        self, request: Request, server: Server, given: dict[str, Any]
    ) -> dict[str, Any]:
        image = self._world.image.image(server.project_id, str(given["imageRef"]))
        if image is None:
            raise Fault(400, "Cannot find image for rebuild")
        fields: dict[str, Any] = {}
        if not server.volume_backed:
            fields |= {"image_id": image.id, "image_properties": image.properties}
        if "name" in given:
            fields["name"] = check_name(given["name"])
        if "metadata" in given:
            fields["metadata"] = check_metadata(given["metadata"])
        if "description" in given and request.at_least(2, 19):
            fields["description"] = given["description"]
        if "user_data" in given and request.at_least(2, 57):
            fields["user_data"] = check_user_data(given["user_data"])
        if "key_name" in given and request.at_least(2, 54):
            fields |= self._new_key(server, given["key_name"])
        return fields

    def _new_key(self, server: Server, name: str | None) -> dict[str, Any]:
        if name is None:
            return {"key_name": None, "public_key": None}
        pair = self._key_pairs.find(server.user_id, name)
        if pair is None:
            raise Fault(400, "Invalid key_name provided.")
        return {"key_name": name, "public_key": pair.public_key}

    def _rescue(self, request: Request, server: Server, given: Any) -> Response:
        self._tasks.check(request, server, "rescue", _REBUILDABLE)
        password = given.get("adminPass") if isinstance(given, dict) else None
        self._tasks.run(
            request,
            server,
            "rescue",
            TaskState.RESCUING,
            lambda: self._tasks.settle(server.id, TaskState.RESCUING, vm_state=VmState.RESCUED),
        )
        return Response(200, {"adminPass": password or self._world.ids.token(12)})

    def _shelve(self, request: Request, server: Server, given: Any) -> Response:
        """Take its image and let it go from its host, as with Nova's usual offload time of 0."""
        self._tasks.check(request, server, "shelve", _SNAPSHOT)

        def offload() -> None:
            shelved = self._servers.change(
                server.id, vm_state=VmState.SHELVED, task_state=TaskState.SHELVING_OFFLOADING
            )
            if shelved is not None:
                self._offload(request, shelved, None)

        self._tasks.run(request, server, "shelve", TaskState.SHELVING, offload, guest="stop")
        return Response(202)

    def _shelve_offload(self, request: Request, server: Server, given: Any) -> Response:
        self._tasks.check(request, server, "shelveOffload", frozenset({VmState.SHELVED}))
        self._offload(request, server, "shelveOffload")
        return Response(202)

    def _offload(self, request: Request, server: Server, name: str | None) -> None:
        task = TaskState.SHELVING_OFFLOADING
        self._tasks.run(
            request,
            server,
            name,
            task,
            lambda: self._tasks.settle(
                server.id, task, vm_state=VmState.SHELVED_OFFLOADED, host=None, zone=""
            ),
        )

    def _unshelve(self, request: Request, server: Server, given: Any) -> Response:
        self._tasks.check(request, server, "unshelve", _SHELVED)
        placed = msgspec.structs.replace(server, host=HOST, zone=ZONE)
        self._tasks.run(
            request,
            placed,
            "unshelve",
            TaskState.UNSHELVING,
            lambda: self._tasks.settle(
                server.id,
                TaskState.UNSHELVING,
                vm_state=VmState.ACTIVE,
                host=HOST,
                zone=ZONE,
                launched_at=self._servers.now(),
            ),
            guest="start",
        )
        return Response(202)


def _check_rebuild_names(request: Request, given: dict[str, Any]) -> None:
    """The properties there may be in this microversion; before there were any, all of them."""
    known = set(_REBUILD)
    known |= {name for name, since in _REBUILD_SINCE.items() if request.at_least(*since)}
    known |= set() if request.at_least(2, 57) else {"personality"}
    for name in given if request.at_least(2, 1) else ():
        if name not in known:
            problem = f"Additional properties are not allowed ('{name}' was unexpected)"
            raise bad_input("rebuild", given, problem)
