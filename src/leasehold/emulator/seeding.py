"""Servers by the thousand, put there at once."""

from leasehold.emulator.compute.server_birth import HOST, ZONE
from leasehold.emulator.compute.servers import POWER, Server, VmState
from leasehold.emulator.compute.service import Compute
from leasehold.emulator.identity.accounts import Project
from leasehold.emulator.world import World


def seed_servers(
    world: World, compute: Compute, project: Project, count: int, prefix: str
) -> list[Server]:
    """ACTIVE servers of the smallest flavor, each with a port where the project has a network."""
    owner = next(user for user in world.users if user.default_project_id == project.id)
    flavor = min(compute.flavors.all, key=lambda found: found.ram_mib)
    networks = world.network.networks_for(project.id)
    servers = compute.servers
    now, made = servers.now(), []
    for index in range(count):
        server_id = world.ids.uuid()
        if networks:
            port = world.network.create_port(project.id, networks[0].id, server_id=server_id)
            world.network.bind_port(port.id, server_id, HOST, ZONE)
        name = f"{prefix}-{index + 1:05}"
        server = Server(
            id=server_id,
            number=servers.next_number(),
            name=name,
            hostname=name,
            project_id=project.id,
            user_id=owner.id,
            created_at=now,
            updated_at=now,
            launched_at=now,
            flavor=flavor,
            reservation_id="r-" + world.ids.token(8).lower(),
            vm_state=VmState.ACTIVE,
            task_state=None,
            power_state=POWER[VmState.ACTIVE],
            host=HOST,
            zone=ZONE,
        )
        made.append(servers.add(server))
    return made
