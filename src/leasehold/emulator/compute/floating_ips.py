"""Floating IPs through Nova, as clients did it before Neutron: until 2.35, on servers until 2.43."""

from typing import Any

from leasehold.emulator.caller import Caller
from leasehold.emulator.compute.faults import bad_input, forbidden_by_policy, not_found
from leasehold.emulator.compute.server_actions import ActionHandler
from leasehold.emulator.compute.server_wish import body_of
from leasehold.emulator.compute.servers import Server
from leasehold.emulator.http import Fault, Request, Response, Router
from leasehold.emulator.network.attributes import read_new
from leasehold.emulator.network.networking import Networking
from leasehold.emulator.network.records import FloatingIp, Network

_PATH = "/v2.1/os-floating-ips"
LAST = (2, 35)


class ComputeFloatingIps:
    """Nova in front of Neutron's floating IPs. A pool is the name of an external network."""

    def __init__(self, state: Networking) -> None:
        self._state = state

    def route(self, router: Router) -> None:
        router.add("GET", _PATH, self._index)
        router.add("POST", _PATH, self._create)
        router.add("GET", f"{_PATH}/{{id}}", self._show)
        router.add("DELETE", f"{_PATH}/{{id}}", self._delete)
        router.add("GET", "/v2.1/os-floating-ip-pools", self._pools)

    def handlers(self) -> dict[str, ActionHandler]:
        return {"addFloatingIp": self._associate, "removeFloatingIp": self._dissociate}

    def _index(self, request: Request) -> Response:
        check_not_removed(request)
        found = self._state.floating_ips.records.oldest(request.project.id)
        return Response(200, {"floating_ips": [self._document(ip) for ip in found]})

    def _show(self, request: Request) -> Response:
        return Response(200, {"floating_ip": self._document(self._wanted(request))})

    def _create(self, request: Request) -> Response:
        check_not_removed(request)
        pool = body_of(request).get("pool") if request.body else None
        networks = self._external()
        chosen = [n for n in networks if pool in (None, n.name, n.id)]
        if not chosen:
            raise not_found("Floating IP pool not found.")
        caller = Caller.of(request)
        floating_ips = self._state.floating_ips
        values = read_new(floating_ips.kind, {"floating_network_id": chosen[0].id}, caller)
        made = floating_ips.create(values, caller)
        return Response(200, {"floating_ip": self._document(made)})

    def _delete(self, request: Request) -> Response:
        self._state.floating_ips.delete(self._wanted(request), Caller.of(request))
        return Response(202)

    def _pools(self, request: Request) -> Response:
        check_not_removed(request)
        pools = [{"name": network.name} for network in self._external()]
        return Response(200, {"floating_ip_pools": pools})

    def _associate(self, request: Request, server: Server, given: Any) -> Response:
        found = self._named(request, given, "floating IP not found", "addFloatingIp")
        fixed = given.get("fixed_address")
        for port in self._state.ports.of_device(server.id):
            for ip in port.fixed_ips:
                if fixed in (None, ip.ip_address):
                    target = {"port_id": port.id, "fixed_ip_address": ip.ip_address}
                    self._state.floating_ips.update(found, target, Caller.of(request))
                    return Response(202)
        if fixed is not None:
            raise Fault(400, "Specified fixed address not assigned to instance")
        raise Fault(400, "No fixed IPs associated to instance")

    def _dissociate(self, request: Request, server: Server, given: Any) -> Response:
        address = given.get("address") if isinstance(given, dict) else None
        gone = f"Floating IP not found for address {address}."
        found = self._named(request, given, gone, "removeFloatingIp")
        port = self._state.ports.records.get(found.port_id or "")
        if port is None:
            raise forbidden_by_policy("os-floating-ips:remove")
        if port.device_id != server.id:
            message = f"Floating IP {address} is not associated with instance {server.id}."
            raise Fault(409, message)
        self._state.floating_ips.update(found, {"port_id": None}, Caller.of(request))
        return Response(202)

    def _named(self, request: Request, given: Any, gone: str, action: str) -> FloatingIp:
        """The project's floating IP with the address the action names."""
        if not isinstance(given, dict) or "address" not in given:
            raise bad_input(action, given, "'address' is a required property")
        for found in self._state.floating_ips.records.oldest(request.project.id):
            if found.floating_ip_address == given["address"]:
                return found
        raise not_found(gone)

    def _wanted(self, request: Request) -> FloatingIp:
        check_not_removed(request)
        found = self._state.floating_ips.records.get(request.params["id"])
        if found is None or found.project_id != request.project.id:
            raise not_found(f"Floating IP not found for ID {request.params['id']}")
        return found

    def _external(self) -> list[Network]:
        return [n for n in self._state.networks.records if n.router_external]

    def _document(self, ip: FloatingIp) -> dict[str, Any]:
        network = self._state.networks.records.get(ip.floating_network_id)
        port = self._state.ports.records.get(ip.port_id or "")
        return {
            "id": ip.id,
            "ip": ip.floating_ip_address,
            "fixed_ip": ip.fixed_ip_address,
            "instance_id": (port.device_id or None) if port else None,
            "pool": network.name if network else None,
        }


def check_not_removed(request: Request) -> None:
    """404 from 2.36 on, when Nova gave up standing in front of other services."""
    if request.microversion is not None and request.microversion > LAST:
        raise not_found("The resource could not be found.")
