"""Nova: its versions, its dialect, and its parts put together."""

from http import HTTPStatus
from typing import Any

from leasehold.emulator.compute.cloud import ComputeCloud
from leasehold.emulator.compute.faults import KEYS
from leasehold.emulator.compute.fixed_ips import ComputeFixedIps
from leasehold.emulator.compute.flavor_access import FlavorAccess
from leasehold.emulator.compute.flavors import Flavors
from leasehold.emulator.compute.floating_ips import ComputeFloatingIps
from leasehold.emulator.compute.images import ComputeImages
from leasehold.emulator.compute.keypairs import KeyPairs
from leasehold.emulator.compute.networks import ComputeNetworks
from leasehold.emulator.compute.paths import NEWEST, OLDER, PREFIX, Path, version_of
from leasehold.emulator.compute.quotas import ComputeQuotas
from leasehold.emulator.compute.security_groups import ComputeSecurityGroups
from leasehold.emulator.compute.server_actions import ServerActions, ServerTasks
from leasehold.emulator.compute.server_birth import Births
from leasehold.emulator.compute.server_changes import ServerChanges
from leasehold.emulator.compute.server_consoles import ServerConsoles
from leasehold.emulator.compute.server_create import ServerCreation
from leasehold.emulator.compute.server_delete import ServerDeletion
from leasehold.emulator.compute.server_groups import ServerGroups
from leasehold.emulator.compute.server_guests import ServerGuests
from leasehold.emulator.compute.server_images import ServerImages
from leasehold.emulator.compute.server_interfaces import ServerInterfaces
from leasehold.emulator.compute.server_metadata import ServerMetadata, ServerTags
from leasehold.emulator.compute.server_moves import ServerMoves
from leasehold.emulator.compute.server_register import Servers
from leasehold.emulator.compute.server_routes import ServerRoutes
from leasehold.emulator.compute.server_view import ServerViews
from leasehold.emulator.compute.server_volumes import ServerVolumes
from leasehold.emulator.compute.usage import ComputeUsage
from leasehold.emulator.compute.v1.dialect import VERSION, render_v1, route_v1
from leasehold.emulator.compute.versions import HIGHEST, ComputeVersions
from leasehold.emulator.compute.volumes import ComputeVolumes
from leasehold.emulator.error_pages import error_page
from leasehold.emulator.guests import Guests
from leasehold.emulator.http import Fault, Request, Response, Router
from leasehold.emulator.image.images import Images
from leasehold.emulator.microversions import Microversion, Microversions
from leasehold.emulator.network.networking import Networking
from leasehold.emulator.volume.state import BlockStorage
from leasehold.emulator.world import World

_QUOTA = "Quota exceeded"
_BEFORE_403 = ("v1.0", "v1.1")
"""Versions of the years when too much was a 413."""


class Compute:
    """Compute 2.1 with microversions, without them under ``/v2`` and ``/v1.1``, and 1.0.

    Sets `World.compute`. `versions` are those that it tells of; it answers in all.
    """

    name = "compute"
    prefix = PREFIX
    microversions = Microversions(
        service_type="compute",
        lowest=(2, 1),
        highest=HIGHEST,
        legacy_header="X-OpenStack-Nova-API-Version",
    )

    def __init__(
        self, world: World, guests: Guests | None = None, *, versions: tuple[str, ...] = (NEWEST,)
    ) -> None:
        world.compute = self
        self.router = Router()
        self.guests = ServerGuests(guests)
        self.flavors = Flavors(world)
        self.servers = Servers(world)
        self.views = ServerViews(world, self.servers)
        key_pairs, groups = KeyPairs(world), ServerGroups(world)
        births = Births(world, self.servers, self.guests)
        deletion = ServerDeletion(world, self.servers, births, self.guests, groups)
        tasks = ServerTasks(world, self.servers, self.guests)
        changes = ServerChanges(world, self.servers, tasks, self.views, self.flavors, key_pairs)
        consoles = ServerConsoles(world, self.servers)
        self._actions = ServerActions(
            world, self.servers, tasks, self.guests, deletion, changes.handlers()
        )
        for actions in (
            ServerImages(world, self.servers, tasks),
            ServerMoves(self.servers, tasks),
            consoles,
        ):
            self._actions.add(actions.handlers())
        for part in (
            ComputeVersions(versions),
            ServerRoutes(world, self.servers, self.views),
            ServerCreation(world, self.servers, births, self.flavors, key_pairs, groups),
            deletion,
            self._actions,
            ServerMetadata(world, self.servers),
            ServerTags(self.servers),
            ServerVolumes(world, self.servers),
            ServerInterfaces(world, self.servers),
            consoles,
            self.flavors,
            FlavorAccess(self.flavors),
            key_pairs,
            groups,
            ComputeQuotas(world, self.servers, key_pairs, groups),
            ComputeUsage(world, self.servers),
            ComputeCloud(world, self.servers),
        ):
            part.route(self.router)
        route_v1(self.router, world)

    def stand_in_front_of(
        self, network: Networking, images: Images, volumes: BlockStorage, *, nova_network: bool
    ) -> None:
        """Offer what other services do under Nova's own paths too, as it did before them."""
        floating_ips = ComputeFloatingIps(network)
        self._actions.add(floating_ips.handlers())
        self._actions.add(ComputeFixedIps(network).handlers())
        for part in (
            floating_ips,
            ComputeImages(images),
            ComputeSecurityGroups(network, self.servers),
            ComputeNetworks(network, nova_network=nova_network),
            ComputeVolumes(volumes),
        ):
            part.route(self.router)

    def server_changed(self, server_id: str) -> None:
        self.servers.changed(server_id)

    def server_zone(self, server_id: str) -> str | None:
        server = self.servers.alive.get(server_id)
        return server.zone if server else None

    def locate(self, path: str) -> str:
        return Path.of(path)

    def negotiate(self, request: Request) -> Microversion | None:
        if version_of(request) in OLDER:
            return None
        return self.microversions.negotiate(request.headers)

    def render(self, fault: Fault, request: Request) -> Response:
        version = version_of(request)
        if version in _BEFORE_403 and fault.status == 403 and fault.message.startswith(_QUOTA):
            fault = Fault(413, fault.message, headers={"Retry-After": "0"})
        if version == VERSION:
            return render_v1(fault, request)
        if fault.status == 405:
            return error_page(Fault(404, "The resource could not be found."))
        if fault.status == 404 and not fault.kind:
            return error_page(fault)
        key = KEYS.get(fault.status, "computeFault")
        error: dict[str, Any] = {
            "code": fault.status,
            "message": fault.message or HTTPStatus(fault.status).description,
        }
        if "Retry-After" in fault.headers:
            error["retryAfter"] = fault.headers["Retry-After"]
        headers = {"Content-Type": "application/json; charset=UTF-8", **fault.headers}
        return Response(fault.status, {key: error}, headers)

    def stamp(self, request: Request) -> dict[str, str]:
        headers = {
            "x-openstack-request-id": request.request_id,
            "x-compute-request-id": request.request_id,
        }
        if request.microversion is not None:
            headers |= self.microversions.headers(request.microversion)
        return headers
