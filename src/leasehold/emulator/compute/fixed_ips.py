"""More addresses for a server, from before it could have more ports: until 2.43."""

from contextlib import suppress
from typing import Any

from leasehold.emulator.caller import Caller
from leasehold.emulator.compute.faults import bad_input
from leasehold.emulator.compute.server_actions import ActionHandler
from leasehold.emulator.compute.servers import Server
from leasehold.emulator.http import Fault, Request, Response
from leasehold.emulator.network.networking import Networking
from leasehold.emulator.network.records import FixedIp


class ComputeFixedIps:
    """The actions addFixedIp and removeFixedIp, which work on the ports a server has.

    Nova takes either and tries it later: nobody is told when it comes to nothing.
    """

    def __init__(self, state: Networking) -> None:
        self._state = state

    def handlers(self) -> dict[str, ActionHandler]:
        return {"addFixedIp": self._add, "removeFixedIp": self._remove}

    def _add(self, request: Request, server: Server, given: Any) -> Response:
        network_id = _given(given, "addFixedIp", "networkId")
        network = self._state.networks.records.get(network_id)
        subnets = self._state.subnets.of(network) if network is not None else []
        for port in self._state.ports.of_device(server.id):
            if port.network_id == network_id and subnets:
                more = FixedIp(subnet_id=subnets[0].id, ip_address="")
                addresses = {"fixed_ips": (*port.fixed_ips, more)}
                with suppress(Fault):
                    self._state.ports.update(port, addresses, Caller.of(request))
                break
        return Response(202)

    def _remove(self, request: Request, server: Server, given: Any) -> Response:
        address = _given(given, "removeFixedIp", "address")
        for port in self._state.ports.of_device(server.id):
            left = tuple(ip for ip in port.fixed_ips if ip.ip_address != address)
            if len(left) < len(port.fixed_ips):
                self._state.ports.update(port, {"fixed_ips": left}, Caller.of(request))
        return Response(202)


def _given(given: Any, action: str, name: str) -> str:
    if not isinstance(given, dict) or name not in given:
        raise bad_input(action, given, f"'{name}' is a required property")
    return str(given[name])
