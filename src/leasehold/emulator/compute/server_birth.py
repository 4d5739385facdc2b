"""A server's way from BUILD to ACTIVE or ERROR."""

from collections.abc import Callable

import msgspec

from leasehold.emulator.compute.flavors import Flavor
from leasehold.emulator.compute.server_guests import ServerGuests
from leasehold.emulator.compute.server_register import Servers
from leasehold.emulator.compute.server_wish import MappingWish, NetworkWish
from leasehold.emulator.compute.servers import (
    AttachedVolume,
    Server,
    ServerFault,
    TaskState,
    VmState,
)
from leasehold.emulator.effects import Effect
from leasehold.emulator.http import Fault
from leasehold.emulator.seams import PortView, VolumeView
from leasehold.emulator.timeline import Timer, fixed
from leasehold.emulator.world import World

HOST = "emulator-1"
ZONE = "nova"
NO_VALID_HOST = "No valid host was found. There are not enough hosts available."
NONE_IS_THAT_BIG = "No valid host was found. "  # Placement, asked first, gives no reason

# What one host can hold, as Nova's fake hypervisor has it. There are as many as are needed.
_HOST_CORES = 1000
_HOST_RAM_MIB = 800_000
_HOST_DISK_GIB = 600_000

# How the time of a boot is shared out; spawning takes the rest.
_SCHEDULING = 0.1
_NETWORKING = 0.1
_MAPPING = 0.05


class Plan(msgspec.Struct, frozen=True, kw_only=True):
    """What has to be done to make one server what was asked for."""

    networks: tuple[NetworkWish, ...]
    security_group_ids: tuple[str, ...] | None
    to_create: tuple[MappingWish, ...]
    """Volumes that do not exist yet; the others are reserved already."""
    effects: dict[Effect, str | None]
    seconds: float
    """Of the whole way, apart from volumes and guests."""


_Step = Callable[[str, Plan], None]


class Births:
    """Takes each new server through scheduling, networking, its volumes and spawning."""

    def __init__(self, world: World, servers: Servers, guests: ServerGuests) -> None:
        self._world = world
        self._servers = servers
        self._guests = guests
        self._timers: dict[str, Timer] = {}

    def begin(self, server: Server, plan: Plan) -> None:
        self._later(server.id, plan, _SCHEDULING, self._scheduled)

    def abandon(self, server_id: str) -> None:
        """Stop where it is: the server is being deleted."""
        timer = self._timers.pop(server_id, None)
        if timer is not None:
            timer.cancel()

    def _later(self, server_id: str, plan: Plan, share: float, step: _Step) -> None:
        delay = fixed(plan.seconds * share)
        self._timers[server_id] = self._world.timeline.after(delay, lambda: step(server_id, plan))

    def _scheduled(self, server_id: str, plan: Plan) -> None:
        if Effect.NO_VALID_HOST in plan.effects:
            self._fail(server_id, plan.effects[Effect.NO_VALID_HOST] or NO_VALID_HOST)
            return
        server = self._servers.alive.get(server_id)
        if server is None:
            return
        if not _fits_a_host(server.flavor):
            self._fail(server_id, NONE_IS_THAT_BIG)
            return
        self._servers.change(server_id, host=HOST, zone=ZONE, task_state=TaskState.NETWORKING)
        self._later(server_id, plan, _NETWORKING, self._networked)

    def _networked(self, server_id: str, plan: Plan) -> None:
        server = self._servers.alive.get(server_id)
        if server is None:
            return
        try:
            self._plug_all(server, plan)
        except Fault as fault:
            self._fail(server_id, f"Build of instance {server_id} aborted: {fault.message}")
            return
        self._servers.change(server_id, task_state=TaskState.BLOCK_DEVICE_MAPPING)
        self._later(server_id, plan, _MAPPING, self._map)

    def _plug_all(self, server: Server, plan: Plan) -> None:
        network = self._world.network
        tags: dict[str, str] = {}
        for wish in plan.networks:
            port_id = wish.port_id
            if port_id is None:
                port_id = self._make_port(server, plan, wish).id
            network.bind_port(port_id, server.id, HOST, ZONE)
            if wish.tag:
                tags[port_id] = wish.tag
        self._servers.change(server.id, interface_tags=tags)

    def _make_port(self, server: Server, plan: Plan, wish: NetworkWish) -> PortView:
        network_id = wish.network_id or ""
        view = self._world.network.network(server.project_id, network_id)
        if view is None or (view.external and not view.shared):
            raise Fault(400, "Failed to allocate the network(s), not rescheduling.")
        return self._world.network.create_port(
            server.project_id,
            network_id,
            server_id=server.id,
            fixed_ip=wish.fixed_ip,
            security_group_ids=plan.security_group_ids,
            zone=ZONE,
        )

    def _map(self, server_id: str, plan: Plan) -> None:
        """Make the volumes that are to be made, one after the other, then go on."""
        server = self._servers.alive.get(server_id)
        if server is None:
            return
        if not plan.to_create:
            self._mapped(server_id, plan)
            return
        mapping, rest = plan.to_create[0], plan.to_create[1:]
        left = msgspec.structs.replace(plan, to_create=rest)
        try:
            self._world.volume.create_volume(
                server.project_id,
                size=mapping.size_gib or 1,
                image_id=mapping.source_id if mapping.source == "image" else None,
                snapshot_id=mapping.source_id if mapping.source == "snapshot" else None,
                volume_type=mapping.volume_type,
                then=lambda volume: self._volume_made(server_id, left, mapping, volume),
            )
        except Fault as fault:
            self._fail(server_id, f"Build of instance {server_id} aborted: {fault.message}")

    def _volume_made(
        self, server_id: str, plan: Plan, mapping: MappingWish, volume: VolumeView
    ) -> None:
        server = self._servers.alive.get(server_id)
        if server is None or server.task_state is not TaskState.BLOCK_DEVICE_MAPPING:
            return  # deleted meanwhile: as in Nova, the volume stays
        if volume.status != "available":
            self._fail(
                server_id,
                f"Build of instance {server_id} aborted: Volume {volume.id} did not finish being "
                f"created even after we waited. And its status is {volume.status}.",
            )
            return
        attached = AttachedVolume(
            volume_id=volume.id,
            device=mapping.device or next_device(server),
            attachment_id=self._world.volume.reserve(volume.id, server_id),
            mapping_id=self._world.ids.uuid(),
            delete_on_termination=mapping.delete_on_termination,
            tag=mapping.tag,
            root=mapping.boot_index == 0,
        )
        self._servers.change(server_id, volumes=(*server.volumes, attached))
        self._map(server_id, plan)

    def _mapped(self, server_id: str, plan: Plan) -> None:
        server = self._servers.change(server_id, task_state=TaskState.SPAWNING)
        if server is None:
            return
        for volume in server.volumes:
            self._world.volume.attach(volume.volume_id, server_id, volume.device)
        if Effect.STUCK_BUILD in plan.effects:
            return
        share = 1 - _SCHEDULING - _NETWORKING - _MAPPING
        self._later(server_id, plan, share, self._spawned)

    def _spawned(self, server_id: str, plan: Plan) -> None:
        server = self._servers.alive.get(server_id)
        if server is None:
            return
        if Effect.FAILED_BUILD in plan.effects:
            self._fail(
                server_id,
                plan.effects[Effect.FAILED_BUILD]
                or "Exceeded maximum number of retries. Exhausted all hosts available for retrying "
                f"build failures for instance {server_id}.",
            )
            return
        self._guests.start(
            server,
            first_address(self._world.network.ports_of(server_id)),
            then=lambda: self._active(server_id),
            failed=lambda message: self._fail(server_id, message),
        )

    def _active(self, server_id: str) -> None:
        self._timers.pop(server_id, None)
        server = self._servers.alive.get(server_id)
        if server is None or server.task_state is not TaskState.SPAWNING:
            return
        self._servers.change(
            server_id,
            vm_state=VmState.ACTIVE,
            task_state=None,
            launched_at=self._servers.now(),
        )
        self._servers.record_end(server_id)

    def _fail(self, server_id: str, message: str) -> None:
        self._timers.pop(server_id, None)
        server = self._servers.alive.get(server_id)
        if server is None or server.vm_state is not VmState.BUILDING:
            return
        unplug_all(self._world, server_id)
        fault = ServerFault(code=500, message=message, created_at=self._servers.now())
        self._servers.change(
            server_id, vm_state=VmState.ERROR, task_state=None, fault=fault, host=None, zone=""
        )
        self._servers.record_end(server_id, failed=True)


def _fits_a_host(flavor: Flavor) -> bool:
    return (
        flavor.cores <= _HOST_CORES
        and flavor.ram_mib <= _HOST_RAM_MIB
        and flavor.disk_gib <= _HOST_DISK_GIB
    )


def unplug_all(world: World, server_id: str) -> None:
    """Take all ports off a server; those that Nova made for it are deleted."""
    for port in world.network.ports_of(server_id):
        if port.made_by_nova:
            world.network.delete_port(port.id)
        else:
            world.network.unbind_port(port.id)


def first_address(ports: list[PortView]) -> str | None:
    """The first fixed IPv4 address."""
    return next((ip.address for port in ports for ip in port.fixed_ips if ip.version == 4), None)


def next_device(server: Server) -> str:
    """The first free of /dev/vda ...; vda is the image's when there is one."""
    taken = {volume.device for volume in server.volumes}
    if not server.volume_backed:
        taken.add(server.root_device)
    letters = "abcdefghijklmnopqrstuvwxyz"
    names = [*letters, *(first + second for first in letters for second in letters)]
    return next(device for name in names if (device := f"/dev/vd{name}") not in taken)
