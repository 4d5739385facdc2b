"""All of Neutron's state in one place, and what Nova asks of it."""

from ipaddress import ip_address
from typing import Any

from leasehold.emulator import seams
from leasehold.emulator.caller import Caller
from leasehold.emulator.http import Fault
from leasehold.emulator.network.attributes import UNGIVEN
from leasehold.emulator.network.floating_ips import FloatingIps
from leasehold.emulator.network.kinds import PORT
from leasehold.emulator.network.networks import Networks
from leasehold.emulator.network.ports import Ports
from leasehold.emulator.network.quotas import NetworkQuotas
from leasehold.emulator.network.records import FixedIp, Network, Port
from leasehold.emulator.network.routers import Routers
from leasehold.emulator.network.security_group_rules import RuleBook
from leasehold.emulator.network.security_groups import SecurityGroupRules, SecurityGroups
from leasehold.emulator.network.subnets import Subnets
from leasehold.emulator.world import World


class Networking:
    """Neutron's state; implements `seams.NetworkState` for Nova."""

    def __init__(self, world: World) -> None:
        self._world = world
        book = RuleBook(world)
        self.security_groups = SecurityGroups(world, book)
        self.security_group_rules = SecurityGroupRules(self.security_groups, book)
        self.networks = Networks(world)
        self.subnets = Subnets(world, self.networks)
        self.ports = Ports(world, self.networks, self.subnets, self.security_groups)
        self.routers = Routers(world, self.networks, self.subnets, self.ports)
        self.floating_ips = FloatingIps(
            world, self.networks, self.subnets, self.ports, self.routers
        )
        self.quotas = NetworkQuotas(world)
        for keeper in (
            self.networks,
            self.subnets,
            self.ports,
            self.routers,
            self.floating_ips,
            self.security_groups,
            self.security_group_rules,
        ):
            self.quotas.count(keeper.kind, keeper.records)
        self.ports.watchers.append(self._port_changed)
        self._made_by_nova: set[str] = set()

    def networks_for(self, project_id: str) -> list[seams.NetworkView]:
        caller = Caller(project_id=project_id)
        return [
            _network_view(network)
            for network in self.networks.records.oldest()
            if self.networks.usable(network, caller) and not network.router_external
        ]

    def ports_left(self, project_id: str) -> int | None:
        ports = self.quotas.details(project_id)[PORT.quota]
        return max(0, ports.limit - ports.used) if ports.limit >= 0 else None

    def network(self, project_id: str, network_id: str) -> seams.NetworkView | None:
        network = self.networks.records.get(network_id)
        caller = Caller(project_id=project_id)
        if network is None or not self.networks.readable(network, caller):
            return None
        return _network_view(network)

    def port(self, project_id: str, port_id: str) -> seams.PortView | None:
        port = self.ports.records.get(port_id)
        if port is None or not self.ports.readable(port, Caller(project_id=project_id)):
            return None
        return self._port_view(port)

    def ports_of(self, server_id: str) -> list[seams.PortView]:
        return [self._port_view(port) for port in self.ports.of_device(server_id)]

    def security_group(self, project_id: str, name_or_id: str) -> str | None:
        group = self.security_groups.named(project_id, name_or_id)
        return group.id if group is not None else None

    def create_port(
        self,
        project_id: str,
        network_id: str,
        *,
        server_id: str,
        fixed_ip: str | None = None,
        security_group_ids: tuple[str, ...] | None = None,
        zone: str = "nova",
    ) -> seams.PortView:
        try:
            self.quotas.check(PORT, project_id)
        except Fault as fault:
            raise Fault(403, "Maximum number of ports exceeded") from fault
        values: dict[str, Any] = {
            "project_id": project_id,
            "network_id": network_id,
            "device_id": server_id,
            "device_owner": f"compute:{zone}",
            "port_security_enabled": True,
            "security_groups": UNGIVEN if security_group_ids is None else security_group_ids,
            "fixed_ips": (FixedIp(subnet_id="", ip_address=fixed_ip),) if fixed_ip else UNGIVEN,
            "binding_host_id": "",
            "tags": (),
        }
        try:
            port = self.ports.create(values, Caller(project_id=project_id, admin=True))
        except Fault as fault:
            raise _as_nova_says(fault, network_id, fixed_ip) from fault
        self._made_by_nova.add(port.id)
        return self._port_view(port)

    def bind_port(self, port_id: str, server_id: str, host: str, zone: str = "nova") -> None:
        self.ports.change(
            self.ports.find(port_id),
            device_id=server_id,
            device_owner=f"compute:{zone}",
            binding_host_id=host,
        )

    def unbind_port(self, port_id: str) -> None:
        port = self.ports.records.get(port_id)
        if port is not None:
            self.ports.change(port, device_id="", device_owner="", binding_host_id="")

    def delete_port(self, port_id: str) -> None:
        port = self.ports.records.get(port_id)
        if port is not None:
            self.ports.remove(port)

    def set_security_group(self, server_id: str, group_id: str, *, present: bool) -> None:
        for port in self.ports.of_device(server_id):
            groups = tuple(one for one in port.security_groups if one != group_id)
            if present:
                groups = (*groups, group_id)
            self.ports.change(port, security_groups=groups)

    def _port_view(self, port: Port) -> seams.PortView:
        network = self.networks.find(port.network_id)
        groups = (self.security_groups.records.get(one) for one in port.security_groups)
        return seams.PortView(
            id=port.id,
            project_id=port.project_id,
            network_id=port.network_id,
            network_name=network.name,
            mac_address=port.mac_address,
            status=port.status,
            device_id=port.device_id,
            fixed_ips=tuple(
                seams.FixedIp(
                    address=ip.ip_address,
                    subnet_id=ip.subnet_id,
                    version=ip_address(ip.ip_address).version,
                )
                for ip in port.fixed_ips
            ),
            floating_ips=tuple(
                fip.floating_ip_address for fip in self.floating_ips.of_port(port.id)
            ),
            security_groups=tuple(group.name for group in groups if group is not None),
            made_by_nova=port.id in self._made_by_nova,
        )

    def _port_changed(self, before: Port, after: Port | None) -> None:
        """Neutron tells Nova, whose servers show what their ports have."""
        if after is None:
            self._made_by_nova.discard(before.id)
        for port in (before, after):
            if port is not None and port.is_of_nova:
                self._world.compute.server_changed(port.device_id)


def _network_view(network: Network) -> seams.NetworkView:
    return seams.NetworkView(
        id=network.id,
        name=network.name,
        shared=network.shared,
        external=network.router_external,
    )


def _as_nova_says(fault: Fault, network_id: str, fixed_ip: str | None) -> Fault:
    if fault.kind == "IpAddressAlreadyAllocated":
        return Fault(400, f"Fixed IP address {fixed_ip} is already in use.")
    if fault.kind == "InvalidIpForNetwork":
        return Fault(
            400,
            f"Fixed IP {fixed_ip} is not a valid ip address for network {network_id}.",
        )
    return fault
