"""Floating IPs: addresses of an external network that lead to a port of a tenant's."""

from ipaddress import ip_address
from typing import Any

import msgspec

from leasehold.emulator.caller import Caller
from leasehold.emulator.http import Fault
from leasehold.emulator.network.attributes import bad_request, view
from leasehold.emulator.network.kinds import FLOATING_IP
from leasehold.emulator.network.networks import Networks
from leasehold.emulator.network.ports import FLOATING_IP as OWNER
from leasehold.emulator.network.ports import Ports
from leasehold.emulator.network.records import FixedIp, FloatingIp, Port, Router, revised
from leasehold.emulator.network.routers import Routers
from leasehold.emulator.network.subnets import Subnets
from leasehold.emulator.timeline import NO_DELAY
from leasehold.emulator.world import World

_LOOSE: dict[str, Any] = {"port_id": None, "fixed_ip_address": None, "router_id": None}


class FloatingIps:
    """Neutron's floating IPs; each has a port of its own on the external network."""

    kind = FLOATING_IP

    def __init__(
        self, world: World, networks: Networks, subnets: Subnets, ports: Ports, routers: Routers
    ) -> None:
        self._world = world
        self._networks = networks
        self._subnets = subnets
        self._ports = ports
        self._routers = routers
        self.records = world.collection(owner=_project)
        self._of_port: dict[str, dict[str, None]] = {}
        ports.watchers.append(self._port_changed)
        routers.needed_by_floating_ips = self._needs

    def of_port(self, port_id: str) -> list[FloatingIp]:
        found = (self.records.get(fip_id) for fip_id in self._of_port.get(port_id, ()))
        return [fip for fip in found if fip is not None]

    def readable(self, fip: FloatingIp, caller: Caller) -> bool:
        return caller.admin or fip.project_id == caller.project_id

    def view(self, fip: FloatingIp, caller: Caller) -> dict[str, Any]:
        shown = view(self.kind, fip, caller)
        port = self._ports.records.get(fip.port_id) if fip.port_id else None
        shown["port_details"] = port and {
            "name": port.name,
            "network_id": port.network_id,
            "mac_address": port.mac_address,
            "admin_state_up": port.admin_state_up,
            "status": port.status,
            "device_id": port.device_id,
            "device_owner": port.device_owner,
        }
        return shown

    def create(self, values: dict[str, Any], caller: Caller) -> FloatingIp:
        network = self._networks.external(values["floating_network_id"], "floatingip", "a valid")
        wish = self._wish(values.pop("subnet_id"), values.pop("floating_ip_address"))
        port_id, fixed = values.pop("port_id"), values.pop("fixed_ip_address")
        fip_id = self._world.ids.uuid()
        own_port = self._ports.add(
            network,
            wish,
            {
                "project_id": "",
                "device_id": fip_id,
                "device_owner": OWNER,
                "status": "N/A",
                "port_security_enabled": False,
            },
        )
        now = self._world.timeline.now().replace(microsecond=0)
        fip = FloatingIp(
            id=fip_id,
            created_at=now,
            updated_at=now,
            floating_ip_address=own_port.fixed_ips[0].ip_address,
            **values,
        )
        try:
            target = self._target(fip, port_id, fixed, caller)
        except Fault:
            self._ports.remove(own_port)
            raise
        return self._aim(fip, target)

    def update(self, fip: FloatingIp, values: dict[str, Any], caller: Caller) -> FloatingIp:
        if "port_id" not in values and "fixed_ip_address" not in values:
            return self.records.put(revised(fip, self._world.timeline.now(), **values))
        port_id = values.pop("port_id", fip.port_id)
        target = self._target(fip, port_id, values.pop("fixed_ip_address", None), caller)
        return self._aim(revised(fip, self._world.timeline.now(), **values), target)

    def delete(self, fip: FloatingIp, caller: Caller) -> None:
        self._loose(fip)
        self.records.remove(fip.id)
        for port in self._ports.of_device(fip.id):
            self._ports.remove(port)

    def _wish(self, subnet_id: str | None, address: str | None) -> tuple[FixedIp, ...] | None:
        if subnet_id is not None:
            self._subnets.find(subnet_id)
        elif address is None:
            return None
        return (FixedIp(subnet_id=subnet_id or "", ip_address=address or ""),)

    def _target(
        self, fip: FloatingIp, port_id: str | None, fixed: str | None, caller: Caller
    ) -> dict[str, Any]:
        """The fields of a floating IP that leads to the port; raises Fault when it cannot."""
        if port_id is None:
            if fixed is not None:
                raise _bad_request("fixed_ip_address cannot be specified without a port_id")
            return _LOOSE
        port = self._ports.find(port_id)
        if not self._ports.readable(port, caller):
            raise self._ports.kind.not_found(port_id)
        inner = _inner_address(port, fixed)
        router = self._routers.leading_out(inner.subnet_id, fip.floating_network_id)
        if router is None:
            raise Fault(
                404,
                f"External network {fip.floating_network_id} is not reachable from subnet "
                f"{inner.subnet_id}.  Therefore, cannot associate Port {port.id} with a Floating "
                "IP.",
                kind="ExternalGatewayForFloatingIPNotFound",
            )
        self._refuse_second(fip, port, inner.ip_address)
        return {
            "port_id": port.id,
            "fixed_ip_address": inner.ip_address,
            "router_id": router.id,
        }

    def _refuse_second(self, fip: FloatingIp, port: Port, address: str) -> None:
        for other in self.of_port(port.id):
            same_way = other.floating_network_id == fip.floating_network_id
            if other.id != fip.id and other.fixed_ip_address == address and same_way:
                raise Fault(
                    409,
                    f"Cannot associate floating IP {fip.floating_ip_address} ({fip.id}) with port "
                    f"{port.id} using fixed IP {address}, as that fixed IP already has a floating "
                    f"IP on external network {fip.floating_network_id}.",
                    kind="FloatingIPPortAlreadyAssociated",
                )

    def _aim(self, fip: FloatingIp, target: dict[str, Any]) -> FloatingIp:
        """Lead to the target. The status follows a moment later, as the router learns of it."""
        old = self.records.get(fip.id)
        if old is not None and old.port_id:
            self._of_port[old.port_id].pop(fip.id, None)
        changes = dict(target)
        if target["port_id"]:
            self._of_port.setdefault(target["port_id"], {})[fip.id] = None
            changes["status"] = "DOWN"
        fip = self.records.put(msgspec.structs.replace(fip, **changes))
        self._world.timeline.after(NO_DELAY, lambda: self._settle(fip.id))
        for port_id in {old.port_id if old else None, fip.port_id}:
            self._tell_server(port_id)
        return fip

    def _loose(self, fip: FloatingIp) -> None:
        if fip.port_id:
            self._aim(revised(fip, self._world.timeline.now()), _LOOSE)

    def _settle(self, fip_id: str) -> None:
        fip = self.records.get(fip_id)
        status = "ACTIVE" if fip and fip.port_id else "DOWN"
        if fip is not None and fip.status != status:
            self.records.put(revised(fip, self._world.timeline.now(), status=status))

    def _port_changed(self, before: Port, after: Port | None) -> None:
        """A port or an inner address that goes takes no floating IP with it; it only lets go."""
        addresses = {ip.ip_address for ip in after.fixed_ips} if after else set()
        for fip in self.of_port(before.id):
            if fip.fixed_ip_address not in addresses:
                self._loose(fip)
                self._settle(fip.id)

    def _needs(self, router: Router, subnet_id: str | None) -> bool:
        for fip in self.records.oldest():
            if fip.router_id == router.id and fip.port_id:
                port = self._ports.find(fip.port_id)
                if subnet_id is None or any(
                    ip.subnet_id == subnet_id and ip.ip_address == fip.fixed_ip_address
                    for ip in port.fixed_ips
                ):
                    return True
        return False

    def _tell_server(self, port_id: str | None) -> None:
        port = self._ports.records.get(port_id) if port_id else None
        if port is not None and port.is_of_nova:
            self._world.compute.server_changed(port.device_id)


def _inner_address(port: Port, wanted: str | None) -> FixedIp:
    """The port's address a floating IP shall lead to: the wanted one, or its only one."""
    if wanted is not None:
        found = [ip for ip in port.fixed_ips if ip.ip_address == wanted]
        if not found:
            raise _bad_request(f"Port {port.id} does not have fixed ip {wanted}")
        return found[0]
    fourth = [ip for ip in port.fixed_ips if ip_address(ip.ip_address).version == 4]
    if not fourth:
        raise _bad_request(
            f"Cannot add floating IP to port {port.id} that has no fixed IPv4 addresses"
        )
    if len(fourth) > 1:
        raise _bad_request(
            f"Port {port.id} has multiple fixed IPv4 addresses.  Must provide a specific IPv4 "
            "address when assigning a floating IP"
        )
    return fourth[0]


def _bad_request(message: str) -> Fault:
    return bad_request(f"Bad floatingip request: {message}.", "BadRequest")


def _project(fip: FloatingIp) -> str:
    return fip.project_id
