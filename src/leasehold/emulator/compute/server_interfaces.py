"""Ports of servers: plug, unplug, list (os-interface, os-security-groups)."""

from typing import Any

from leasehold.emulator.compute.faults import invalid_state, not_found
from leasehold.emulator.compute.server_birth import HOST, ZONE
from leasehold.emulator.compute.server_delete import check_unlocked
from leasehold.emulator.compute.server_register import Servers
from leasehold.emulator.compute.server_wish import body_of, part
from leasehold.emulator.compute.servers import Server, VmState
from leasehold.emulator.http import Fault, Request, Response, Router
from leasehold.emulator.seams import PortView
from leasehold.emulator.world import World

_PATH = "/v2.1/servers/{server_id}/os-interface"
_PLUGGABLE = frozenset({VmState.ACTIVE, VmState.PAUSED, VmState.STOPPED})


class ServerInterfaces:
    """A server's ports, after its birth."""

    def __init__(self, world: World, servers: Servers) -> None:
        self._world = world
        self._servers = servers

    def route(self, router: Router) -> None:
        router.add("GET", _PATH, self._index)
        router.add("POST", _PATH, self._attach)
        router.add("GET", f"{_PATH}/{{port_id}}", self._show)
        router.add("DELETE", f"{_PATH}/{{port_id}}", self._detach)

    def _index(self, request: Request) -> Response:
        server = self._servers.wanted(request)
        ports = self._world.network.ports_of(server.id)
        shown = [_document(request, server, port) for port in ports]
        return Response(200, {"interfaceAttachments": shown})

    def _show(self, request: Request) -> Response:
        server = self._servers.wanted(request)
        return self._shown(request, server, request.params["port_id"])

    def _shown(self, request: Request, server: Server, port_id: str) -> Response:
        port = self._plugged(server, port_id)
        if port is None:
            raise not_found(f"Instance {server.id} does not have a port with id {port_id}")
        return Response(200, {"interfaceAttachment": _document(request, server, port)})

    def _attach(self, request: Request) -> Response:
        given = part(body_of(request), "interfaceAttachment") if request.body else {}
        network_id, port_id = given.get("net_id"), given.get("port_id")
        addresses = given.get("fixed_ips") or [{}]
        address = addresses[0].get("ip_address")
        if network_id and port_id:
            raise Fault(400, "Must not input both network_id and port_id")
        if address and not network_id:
            raise Fault(400, "Must input network_id when request IP address")
        server = self._servers.wanted(request)
        self._check_state(request, server, "attach_interface")
        if port_id is None:
            port_id = self._make_port(server, network_id, address)
        else:
            self._check_port(server, port_id)
        self._world.network.bind_port(port_id, server.id, HOST, ZONE)
        if given.get("tag"):
            tags = server.interface_tags | {port_id: given["tag"]}
            self._servers.change(server.id, interface_tags=tags)
        self._servers.record(server, "attach_interface", request)
        return self._shown(request, self._servers.wanted(request), port_id)

    def _make_port(self, server: Server, network_id: str | None, address: str | None) -> str:
        network = self._world.network
        if network_id is None:
            found = network.networks_for(server.project_id)
            if len(found) > 1:
                raise Fault(
                    400,
                    "Multiple possible networks found, use a Network ID to be more specific.",
                )
            if not found:
                raise Fault(
                    400,
                    "No specific network was requested and none are available for project "
                    f"'{server.project_id}'.",
                )
            network_id = found[0].id
        elif network.network(server.project_id, network_id) is None:
            raise not_found(f"Network {network_id} could not be found.")
        port = network.create_port(
            server.project_id, network_id, server_id=server.id, fixed_ip=address, zone=ZONE
        )
        return port.id

    def _check_port(self, server: Server, port_id: str) -> None:
        port = self._world.network.port(server.project_id, port_id)
        if port is None:
            raise not_found(f"Port id {port_id} could not be found.")
        if port.device_id:
            raise Fault(409, f"Port {port_id} is still in use.")

    def _detach(self, request: Request) -> Response:
        server, port_id = self._servers.wanted(request), request.params["port_id"]
        self._check_state(request, server, "detach_interface")
        if self._plugged(server, port_id) is None:
            raise not_found(f"Port id {port_id} could not be found.")
        self._servers.record(server, "detach_interface", request)
        self._world.timeline.after(
            self._world.settings.delays.action, lambda: self._unplug(server.id, port_id)
        )
        return Response(202)

    def _unplug(self, server_id: str, port_id: str) -> None:
        server = self._servers.alive.get(server_id)
        port = server and self._plugged(server, port_id)
        if not port:
            return
        if port.made_by_nova:
            self._world.network.delete_port(port_id)
        else:
            self._world.network.unbind_port(port_id)
        self._servers.record_end(server_id)

    def _plugged(self, server: Server, port_id: str) -> PortView | None:
        ports = self._world.network.ports_of(server.id)
        return next((port for port in ports if port.id == port_id), None)

    def _check_state(self, request: Request, server: Server, action: str) -> None:
        check_unlocked(request, server)
        if server.vm_state not in _PLUGGABLE:
            raise invalid_state(action, server.id, "vm_state", server.vm_state)
        if server.task_state is not None:
            raise invalid_state(action, server.id, "task_state", server.task_state)


def _document(request: Request, server: Server, port: PortView) -> dict[str, Any]:
    document: dict[str, Any] = {
        "net_id": port.network_id,
        "port_id": port.id,
        "mac_addr": port.mac_address,
        "port_state": port.status,
        "fixed_ips": [
            {"subnet_id": ip.subnet_id, "ip_address": ip.address} for ip in port.fixed_ips
        ],
    }
    if request.at_least(2, 70):
        document["tag"] = server.interface_tags.get(port.id)
    return document
