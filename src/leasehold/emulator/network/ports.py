"""Ports: an address on a network, with or without a server behind it."""

from collections.abc import Callable, Sequence
from typing import Any

import msgspec

from leasehold.emulator.caller import Caller
from leasehold.emulator.http import Fault
from leasehold.emulator.network.attributes import UNGIVEN, view
from leasehold.emulator.network.kinds import PORT
from leasehold.emulator.network.networks import Networks
from leasehold.emulator.network.records import (
    AddressPair,
    DhcpOption,
    FixedIp,
    Network,
    Port,
    revised,
)
from leasehold.emulator.network.security_groups import SecurityGroups
from leasehold.emulator.network.subnets import Subnets
from leasehold.emulator.world import World

Watcher = Callable[[Port, Port | None], None]
"""Told of a port before and after a change; None after its end."""

ROUTER_INTERFACE = "network:router_interface"
ROUTER_GATEWAY = "network:router_gateway"
FLOATING_IP = "network:floatingip"
_OF_NEUTRON = (ROUTER_INTERFACE, ROUTER_GATEWAY, FLOATING_IP)
"""Owners whose ports only Neutron itself deletes."""

_OF_COMPUTE = ("compute:", "baremetal:")
_BOUND = {"port_filter": True, "connectivity": "l2", "bound_drivers": {"0": "emulator"}}


class Ports:
    """Neutron's ports. `watchers` are told of each change and each end."""

    kind = PORT

    def __init__(
        self, world: World, networks: Networks, subnets: Subnets, groups: SecurityGroups
    ) -> None:
        self._world = world
        self._networks = networks
        self._subnets = subnets
        self._groups = groups
        self.records = world.collection(owner=_project)
        self.watchers: list[Watcher] = []
        self._by_device: dict[str, dict[str, None]] = {}
        self._macs: set[tuple[str, str]] = set()

    def find(self, port_id: str) -> Port:
        """The port; raises Fault 404."""
        port = self.records.get(port_id)
        if port is None:
            raise self.kind.not_found(port_id)
        return port

    def of_device(self, device_id: str) -> list[Port]:
        """The device's ports, in the order they were plugged."""
        found = (self.records.get(port_id) for port_id in self._by_device.get(device_id, ()))
        return [port for port in found if port is not None]

    def readable(self, port: Port, caller: Caller) -> bool:
        """Whoever has the network sees all ports on it."""
        if caller.admin or port.project_id == caller.project_id:
            return True
        network = self._networks.records.get(port.network_id)
        return network is not None and network.project_id == caller.project_id

    def view(self, port: Port, caller: Caller) -> dict[str, Any]:
        return view(self.kind, port, caller)

    def create(self, values: dict[str, Any], caller: Caller) -> Port:
        network = self._networks.find(values["network_id"])
        if not self._networks.usable(network, caller):
            raise self.kind.forbidden("create")
        wishes = values.pop("fixed_ips")
        del values["tags"]  # accepted and dropped by the real service too: tags have own calls
        guarded = values["port_security_enabled"]
        if values["device_owner"].startswith("network:"):
            guarded = values["port_security_enabled"] = False
        values["security_groups"] = self._chosen_groups(values, guarded=guarded)
        return self.add(network, None if wishes is UNGIVEN else wishes, values)

    def add(
        self, network: Network, wishes: Sequence[FixedIp] | None, values: dict[str, Any]
    ) -> Port:
        """Make a port of checked values: takes its addresses, chooses a MAC address if need be."""
        mac = self._claim_mac(network, values.pop("mac_address", UNGIVEN))
        try:
            fixed_ips = self._subnets.allocate(network, wishes)
        except Fault:
            self._macs.discard((network.id, mac))
            raise
        now = self._world.timeline.now().replace(microsecond=0)
        values = {"network_id": network.id, **values, **_typed(values, mac)}
        if values.get("binding_host_id"):
            values |= _binding(values["binding_host_id"])
        port = Port(
            id=self._world.ids.uuid(),
            created_at=now,
            updated_at=now,
            revision_number=1,
            mac_address=mac,
            fixed_ips=fixed_ips,
            **values,
        )
        self._networks.plug(network.id, port.id)
        self._groups.use(port.security_groups)
        self._by_device.setdefault(port.device_id, {})[port.id] = None
        return self.records.put(port)

    def update(self, port: Port, values: dict[str, Any], caller: Caller) -> Port:
        if not caller.admin and port.project_id != caller.project_id:
            raise self.kind.forbidden("update")
        network = self._networks.find(port.network_id)
        mac = values.get("mac_address", port.mac_address)
        if "security_groups" in values:
            self._check_groups(values["security_groups"])
        if mac != port.mac_address:
            self._claim_mac(network, mac)
            self._macs.discard((network.id, port.mac_address))
        if "fixed_ips" in values:
            values["fixed_ips"] = self._readdress(network, port, values["fixed_ips"])
        return self.change(port, **{**values, **_typed(values, mac)})

    def delete(self, port: Port, caller: Caller) -> None:
        """Refuses what only Neutron, or (since release 2026.2) only Nova may delete."""
        if port.device_owner in _OF_NEUTRON:
            raise Fault(
                409,
                f"Port {port.id} cannot be deleted directly via the port API: has device owner "
                f"{port.device_owner}.",
                kind="ServicePortInUse",
            )
        if not caller.admin and port.device_owner.startswith(_OF_COMPUTE):
            raise self.kind.forbidden("delete")
        self.remove(port)

    def remove(self, port: Port) -> None:
        """Take the port away, whoever it belongs to; its addresses are free again."""
        self.records.remove(port.id)
        self._forget_device(port)
        self._macs.discard((port.network_id, port.mac_address))
        self._networks.unplug(port.network_id, port.id)
        self._groups.unuse(port.security_groups)
        self._subnets.release(port.fixed_ips)
        for watcher in self.watchers:
            watcher(port, None)

    def change(self, port: Port, **values: Any) -> Port:
        """Set checked values; a new host binds the port there, none unbinds it."""
        if "binding_host_id" in values:
            values |= _binding(values["binding_host_id"])
        changed = self.records.put(revised(port, self._world.timeline.now(), **values))
        if changed.device_id != port.device_id:
            self._forget_device(port)
            self._by_device.setdefault(changed.device_id, {})[port.id] = None
        if changed.security_groups != port.security_groups:
            self._groups.use(changed.security_groups)
            self._groups.unuse(port.security_groups)
        for watcher in self.watchers:
            watcher(port, changed)
        return changed

    def _forget_device(self, port: Port) -> None:
        others = self._by_device[port.device_id]
        del others[port.id]
        if not others:
            del self._by_device[port.device_id]

    def _readdress(
        self, network: Network, port: Port, wishes: tuple[FixedIp, ...]
    ) -> tuple[FixedIp, ...]:
        """Keep the addresses that are wished for again; take the new ones; free the others."""
        kept = tuple(ip for ip in port.fixed_ips if _is_wished(ip, wishes))
        fresh = [wish for wish in wishes if not any(_is_wished(ip, (wish,)) for ip in kept)]
        taken = self._subnets.allocate(network, fresh)
        self._subnets.release([ip for ip in port.fixed_ips if ip not in kept])
        return kept + taken

    def _chosen_groups(self, values: dict[str, Any], *, guarded: bool) -> tuple[str, ...]:
        wanted: Any = values["security_groups"]
        if wanted is UNGIVEN:
            return (self._groups.default(values["project_id"]).id,) if guarded else ()
        if wanted and not guarded:
            raise Fault(
                400,
                "Port security must be enabled in order to have security groups or allowed "
                "address pairs on a port.",
                kind="PortSecurityAndIPRequiredForSecurityGroups",
            )
        self._check_groups(wanted)
        return tuple(wanted)

    def _check_groups(self, group_ids: Sequence[str]) -> None:
        for group_id in group_ids:
            self._groups.find(group_id)

    def _claim_mac(self, network: Network, wanted: Any) -> str:
        if wanted is not UNGIVEN:
            if (network.id, wanted) in self._macs:
                raise Fault(
                    409,
                    f"Unable to complete operation for network {network.id}. The mac address "
                    f"{wanted} is in use.",
                    kind="MacAddressInUse",
                )
            mac = str(wanted)
        else:
            mac = self._random_mac()
            while (network.id, mac) in self._macs:
                mac = self._random_mac()
        self._macs.add((network.id, mac))
        return mac

    def _random_mac(self) -> str:
        tail = self._world.random.getrandbits(24).to_bytes(3, "big")
        return "fa:16:3e:" + tail.hex(":")


def _binding(host: str) -> dict[str, Any]:
    """What follows from the port's host: every host can bind it, and does so at once."""
    if not host:
        return {"binding_vif_type": "unbound", "binding_vif_details": {}, "status": "DOWN"}
    return {"binding_vif_type": "ovs", "binding_vif_details": _BOUND, "status": "ACTIVE"}


def _is_wished(fixed_ip: FixedIp, wishes: Sequence[FixedIp]) -> bool:
    return any(
        wish.subnet_id in ("", fixed_ip.subnet_id) and wish.ip_address == fixed_ip.ip_address
        for wish in wishes
    )


def _typed(values: dict[str, Any], mac: str) -> dict[str, Any]:
    """Address pairs and DHCP options as records."""
    found: dict[str, Any] = {}
    if "allowed_address_pairs" in values:
        found["allowed_address_pairs"] = tuple(
            AddressPair(mac_address=pair.get("mac_address", mac), ip_address=pair["ip_address"])
            for pair in values["allowed_address_pairs"]
        )
    if "extra_dhcp_opts" in values:
        found["extra_dhcp_opts"] = msgspec.convert(
            values["extra_dhcp_opts"], tuple[DhcpOption, ...]
        )
    return found


def _project(port: Port) -> str:
    return port.project_id
