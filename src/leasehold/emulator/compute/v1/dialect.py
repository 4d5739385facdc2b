"""Nova 1.0 put together: its routes, its ids, its errors."""

from leasehold.emulator.compute.v1.account import Account
from leasehold.emulator.compute.v1.images import FlavorsAndImages
from leasehold.emulator.compute.v1.inside import Inside
from leasehold.emulator.compute.v1.numbers import Numbers
from leasehold.emulator.compute.v1.servers import OldServers
from leasehold.emulator.compute.v1.shared_ips import SharedIps
from leasehold.emulator.compute.v1.wire import fault_document
from leasehold.emulator.http import Fault, Request, Response, Router
from leasehold.emulator.world import World

VERSION = "v1.0"
_FAULTS = {
    400: "badRequest",
    401: "unauthorized",
    403: "resizeNotAllowed",
    404: "itemNotFound",
    405: "badMethod",
    409: "inProgress",
    413: "overLimit",
    415: "badMediaType",
    501: "notImplemented",
    503: "serviceUnavailable",
}


def route_v1(router: Router, world: World) -> None:
    """Add the routes of 1.0 beside those of 2.1 that they lead to."""
    inside, numbers = Inside(router), Numbers()
    shared = SharedIps(inside, numbers)
    for part in (
        OldServers(inside, numbers, shared),
        shared,
        FlavorsAndImages(inside, numbers),
        Account(world, inside, numbers),
    ):
        part.route(router)


def render_v1(fault: Fault, request: Request) -> Response:
    """The fault under the name that the first Nova had for its status."""
    if fault.status == 429:
        fault = Fault(413, fault.message, headers=fault.headers)
    return fault_document(request, _FAULTS.get(fault.status, "cloudServersFault"), fault)
