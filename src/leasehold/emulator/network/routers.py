"""Routers: what connects tenants' networks with each other and with an external one."""

from collections.abc import Callable
from ipaddress import ip_address, ip_network
from typing import Any

import msgspec

from leasehold.emulator.caller import Caller
from leasehold.emulator.http import Fault
from leasehold.emulator.network.attributes import bad_request, view
from leasehold.emulator.network.kinds import ROUTER
from leasehold.emulator.network.networks import Networks
from leasehold.emulator.network.ports import ROUTER_GATEWAY, ROUTER_INTERFACE, Ports
from leasehold.emulator.network.records import (
    FixedIp,
    Gateway,
    HostRoute,
    Port,
    Router,
    Subnet,
    revised,
)
from leasehold.emulator.network.subnets import Subnets
from leasehold.emulator.world import World


class Interface(msgspec.Struct, frozen=True, kw_only=True):
    """What Neutron answers when an interface was added or removed."""

    id: str
    """The router's."""
    project_id: str
    port_id: str
    network_id: str
    subnet_id: str
    subnet_ids: tuple[str, ...]


class Routers:
    """Neutron's routers; their gateways and interfaces are ports like any other.

    `needed_by_floating_ips` tells whether a floating IP leads through the router to the subnet
    (None: to any subnet).
    """

    kind = ROUTER

    def __init__(self, world: World, networks: Networks, subnets: Subnets, ports: Ports) -> None:
        self._world = world
        self._networks = networks
        self._subnets = subnets
        self._ports = ports
        self.records = world.collection(owner=_project)
        self.needed_by_floating_ips: Callable[[Router, str | None], bool] = _not_needed

    def readable(self, router: Router, caller: Caller) -> bool:
        return caller.admin or router.project_id == caller.project_id

    def view(self, router: Router, caller: Caller) -> dict[str, Any]:
        return view(self.kind, router, caller)

    def find(self, router_id: str, caller: Caller) -> Router:
        """The router, if the caller may see it; raises Fault 404."""
        router = self.records.get(router_id)
        if router is None or not self.readable(router, caller):
            raise self.kind.not_found(router_id)
        return router

    def leading_out(self, subnet_id: str, external_network_id: str) -> Router | None:
        """The router between the subnet and the external network."""
        for router in self.records.oldest():
            gateway = router.external_gateway_info
            leads_out = gateway is not None and gateway.network_id == external_network_id
            if leads_out and self._interface_on(router, subnet_id) is not None:
                return router
        return None

    def create(self, values: dict[str, Any], caller: Caller) -> Router:
        gateway: Gateway | None = values.pop("external_gateway_info")
        now = self._world.timeline.now().replace(microsecond=0)
        router = Router(
            id=self._world.ids.uuid(), created_at=now, updated_at=now, revision_number=1, **values
        )
        if gateway is not None:
            router = self._with_gateway(router, gateway)
        return self.records.put(router)

    def update(self, router: Router, values: dict[str, Any], caller: Caller) -> Router:
        if "routes" in values:
            self._check_routes(router, values["routes"])
        if "external_gateway_info" in values:
            gateway = values.pop("external_gateway_info")
            router = self._regate(router, gateway)
        return self.records.put(revised(router, self._world.timeline.now(), **values))

    def delete(self, router: Router, caller: Caller) -> None:
        interfaces = [port.id for port in self._interfaces(router)]
        if interfaces:
            raise Fault(
                409,
                f"Router {router.id} has ports still attached: {', '.join(interfaces)}",
                kind="RouterInUse",
            )
        self._regate(router, None)
        self.records.remove(router.id)

    def add_interface(self, router: Router, wanted: dict[str, Any], caller: Caller) -> Interface:
        """Connect a subnet (by its gateway address) or a port; raises Fault."""
        subnet_id, port_id = _one_of(wanted)
        if subnet_id:
            subnet = self._subnets.find(subnet_id)
            self._refuse_second(router, subnet.id)
            port = self._add_interface_port(router, subnet)
        else:
            port = self._adopt(router, self._visible_port(port_id, caller))
        self.records.put(revised(router, self._world.timeline.now()))
        return _interface(router, port)

    def remove_interface(self, router: Router, wanted: dict[str, Any]) -> Interface:
        """Disconnect a subnet or a port; raises Fault 404, or 409 when a floating IP needs it."""
        subnet_id, port_id = wanted.get("subnet_id"), wanted.get("port_id")
        port = self._interface_to_remove(router, subnet_id, port_id)
        for fixed_ip in port.fixed_ips:
            if self.needed_by_floating_ips(router, fixed_ip.subnet_id):
                raise Fault(
                    409,
                    f"Router interface for subnet {fixed_ip.subnet_id} on router {router.id} "
                    "cannot be deleted, as it is required by one or more floating IPs.",
                    kind="RouterInterfaceInUseByFloatingIP",
                )
        self._ports.remove(port)
        self.records.put(revised(router, self._world.timeline.now()))
        return _interface(router, port)

    def _interface_to_remove(self, router: Router, subnet_id: Any, port_id: Any) -> Port:
        if port_id:
            found = [port for port in self._interfaces(router) if port.id == port_id]
            if not found:
                raise Fault(
                    404,
                    f"Router {router.id} does not have an interface with id {port_id}",
                    kind="RouterInterfaceNotFound",
                )
            return found[0]
        if not subnet_id:
            raise _bad_router("Either subnet_id or port_id must be specified")
        port = self._interface_on(router, self._subnets.find(subnet_id).id)
        if port is None:
            raise Fault(
                404,
                f"Router {router.id} has no interface on subnet {subnet_id}",
                kind="RouterInterfaceNotFoundForSubnet",
            )
        return port

    def _visible_port(self, port_id: str, caller: Caller) -> Port:
        port = self._ports.find(port_id)
        if not self._ports.readable(port, caller):
            raise self._ports.kind.not_found(port_id)
        return port

    def _interfaces(self, router: Router) -> list[Port]:
        return [
            port
            for port in self._ports.of_device(router.id)
            if port.device_owner == ROUTER_INTERFACE
        ]

    def _interface_on(self, router: Router, subnet_id: str) -> Port | None:
        for port in self._interfaces(router):
            if any(fixed_ip.subnet_id == subnet_id for fixed_ip in port.fixed_ips):
                return port
        return None

    def _refuse_second(self, router: Router, subnet_id: str) -> None:
        if self._interface_on(router, subnet_id) is not None:
            raise _bad_router(f"Router already has a port on subnet {subnet_id}")

    def _add_interface_port(self, router: Router, subnet: Subnet) -> Port:
        if subnet.gateway_ip is None:
            raise _bad_router("Subnet for router interface must have a gateway IP")
        wish = FixedIp(subnet_id=subnet.id, ip_address=subnet.gateway_ip)
        return self._add_port(router, subnet.network_id, ROUTER_INTERFACE, (wish,))

    def _adopt(self, router: Router, port: Port) -> Port:
        if port.device_id:
            raise Fault(
                409,
                f"Unable to complete operation on port {port.id} for network {port.network_id}. "
                f"Port already has an attached device {port.device_id}.",
                kind="PortInUse",
            )
        if not port.fixed_ips:
            raise _bad_router("Router port must have at least one fixed IP")
        for fixed_ip in port.fixed_ips:
            self._refuse_second(router, fixed_ip.subnet_id)
        return self._ports.change(port, device_id=router.id, device_owner=ROUTER_INTERFACE)

    def _regate(self, router: Router, gateway: Gateway | None) -> Router:
        """Exchange the router's gateway."""
        old = router.external_gateway_info
        if old is not None and (gateway is None or gateway.network_id != old.network_id):
            if self.needed_by_floating_ips(router, None):
                raise Fault(
                    409,
                    f"Gateway cannot be updated for router {router.id}, since a gateway to "
                    f"external network {old.network_id} is required by one or more floating IPs.",
                    kind="RouterExternalGatewayInUseByFloatingIp",
                )
            for port in self._ports.of_device(router.id):
                if port.device_owner == ROUTER_GATEWAY:
                    self._ports.remove(port)
            old = None
        if gateway is None:
            return msgspec.structs.replace(router, external_gateway_info=None)
        if old is None:
            return self._with_gateway(router, gateway)
        kept = msgspec.structs.replace(old, enable_snat=gateway.enable_snat)
        return msgspec.structs.replace(router, external_gateway_info=kept)

    def _with_gateway(self, router: Router, gateway: Gateway) -> Router:
        self._networks.external(gateway.network_id, "router", "an")
        wishes = gateway.external_fixed_ips or None
        port = self._add_port(router, gateway.network_id, ROUTER_GATEWAY, wishes)
        kept = msgspec.structs.replace(gateway, external_fixed_ips=port.fixed_ips)
        return msgspec.structs.replace(router, external_gateway_info=kept)

    def _add_port(
        self, router: Router, network_id: str, owner: str, wishes: tuple[FixedIp, ...] | None
    ) -> Port:
        """A gateway's port belongs to nobody, as in the real service: it counts in no quota."""
        values = {
            "project_id": "" if owner == ROUTER_GATEWAY else router.project_id,
            "device_id": router.id,
            "device_owner": owner,
            "port_security_enabled": False,
        }
        return self._ports.add(self._networks.find(network_id), wishes, values)

    def _check_routes(self, router: Router, routes: tuple[HostRoute, ...]) -> None:
        subnets = {
            fixed_ip.subnet_id
            for port in self._ports.of_device(router.id)
            for fixed_ip in port.fixed_ips
        }
        blocks = [ip_network(self._subnets.find(subnet_id).cidr) for subnet_id in subnets]
        for route in routes:
            if not any(ip_address(route.nexthop) in block for block in blocks):
                shown = [msgspec.to_builtins(one) for one in routes]
                raise bad_request(
                    f"Invalid format for routes: {shown}, the nexthop is not connected with router",
                    "InvalidRoutes",
                )


def _one_of(wanted: dict[str, Any]) -> tuple[str, str]:
    subnet_id, port_id = wanted.get("subnet_id") or "", wanted.get("port_id") or ""
    if subnet_id and port_id:
        raise _bad_router("Cannot specify both subnet-id and port-id")
    if not subnet_id and not port_id:
        raise _bad_router("Either subnet_id or port_id must be specified")
    return subnet_id, port_id


def _interface(router: Router, port: Port) -> Interface:
    subnet_ids = tuple(fixed_ip.subnet_id for fixed_ip in port.fixed_ips)
    return Interface(
        id=router.id,
        project_id=router.project_id,
        port_id=port.id,
        network_id=port.network_id,
        subnet_id=subnet_ids[0],
        subnet_ids=subnet_ids,
    )


def _bad_router(message: str) -> Fault:
    return bad_request(f"Bad router request: {message}.", "BadRequest")


def _not_needed(router: Router, subnet_id: str | None) -> bool:
    return False


def _project(router: Router) -> str:
    return router.project_id
