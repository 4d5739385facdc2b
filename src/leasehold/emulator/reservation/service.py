"""Blazar's API, v1, as a whole: enough of it to reserve hosts and to see who has."""

from leasehold.emulator.http import Fault, Request, Response, Router
from leasehold.emulator.reservation.faults import render
from leasehold.emulator.reservation.hosts import Hosts
from leasehold.emulator.reservation.leases import Leases
from leasehold.emulator.world import World


class ReservationService:
    """Blazar. What is reserved stays open to Nova: no server is kept off a host."""

    name = "reservation"
    prefix = "/reservation"

    def __init__(self, world: World) -> None:
        self.router = Router()
        self.router.add("GET", "/", self._versions, public=True)
        self.router.add("GET", "/versions", self._versions, public=True)
        hosts = Hosts(world, self.router)
        Leases(world, hosts, self.router)

    def locate(self, path: str) -> str:
        return path

    def negotiate(self, request: Request) -> None:
        return None

    def render(self, fault: Fault, request: Request) -> Response:
        return render(fault)

    def stamp(self, request: Request) -> dict[str, str]:
        return {"x-openstack-request-id": request.request_id}

    def _versions(self, request: Request) -> Response:
        link = {"href": f"{request.root}/v1", "rel": "self"}
        version = {"id": "v1.0", "status": "CURRENT", "links": [link]}
        return Response(300, {"versions": [version]})
