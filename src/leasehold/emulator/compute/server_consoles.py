"""Consoles to look at: the addresses of a noVNC that nobody runs."""

from typing import Any

from leasehold.emulator.compute.faults import bad_input, not_found
from leasehold.emulator.compute.server_actions import ActionHandler
from leasehold.emulator.compute.server_register import Servers
from leasehold.emulator.compute.server_wish import body_of, part
from leasehold.emulator.compute.servers import Server
from leasehold.emulator.http import Fault, Request, Response, Router
from leasehold.emulator.world import World

_PROTOCOLS = ["vnc", "spice", "serial", "rdp"]
_OFFERED = ("vnc", "novnc")
_OLD_ACTIONS = {
    "os-getVNCConsole": "vnc",
    "os-getSPICEConsole": "spice",
    "os-getSerialConsole": "serial",
}


class ServerConsoles:
    """Consoles: vnc with novnc, as most clouds have it, and no other."""

    def __init__(self, world: World, servers: Servers) -> None:
        self._world = world
        self._servers = servers

    def route(self, router: Router) -> None:
        router.add("POST", "/v2.1/servers/{server_id}/remote-consoles", self._create)

    def handlers(self) -> dict[str, ActionHandler]:
        """The actions that were there before microversion 2.6."""
        return {name: self._action(protocol) for name, protocol in _OLD_ACTIONS.items()}

    def _action(self, protocol: str) -> ActionHandler:
        def act(request: Request, server: Server, given: Any) -> Response:
            if request.at_least(2, 6):
                raise not_found("The resource could not be found.")
            kind = given.get("type") if isinstance(given, dict) else None
            return Response(200, {"console": self._console(server, protocol, kind)})

        return act

    def _create(self, request: Request) -> Response:
        given = part(body_of(request), "remote_console")
        protocol = given.get("protocol")
        if protocol not in _PROTOCOLS:
            raise bad_input("protocol", protocol, f"'{protocol}' is not one of {_PROTOCOLS}")
        server = self._servers.wanted(request)
        console = {"protocol": protocol, **self._console(server, protocol, given.get("type"))}
        return Response(200, {"remote_console": console})

    def _console(self, server: Server, protocol: str, kind: Any) -> dict[str, str]:
        if server.host is None:
            raise Fault(409, f"Instance {server.id} is not ready")
        if (protocol, kind) != _OFFERED:
            raise Fault(400, f"Unavailable console type {kind}.")
        token = self._world.ids.token(32)
        url = f"http://127.0.0.1:6080/vnc_auto.html?path=%3Ftoken%3D{token}"
        return {"type": kind, "url": url}
