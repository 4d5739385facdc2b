"""Ports of Neutron, and their places on nodes."""

from collections.abc import Mapping, Sequence
from typing import Any

from libcloud.compute.base import Node
from libcloud.compute.drivers.openstack import (
    OpenStack_2_PortInterface,
    OpenStack_2_PortInterfaceState,
    OpenStackNetwork,
)
from msgspec import UNSET

from leasehold.libcloud import states
from leasehold.libcloud.data import plain, read
from leasehold.libcloud.part import Part
from leasehold.libcloud.times import zulu
from leasehold.openstack.compute import Interface
from leasehold.openstack.network import AddressPair, Port


class Ports(Part):
    """The network interfaces of nodes, whether or not they have a node yet."""

    def ex_list_ports(self) -> list[OpenStack_2_PortInterface]:
        """List the ports, through all pages."""
        return [port_of(port, driver=self) for port in self.cloud.network.ports()]

    def ex_get_port(self, port_interface_id: str) -> OpenStack_2_PortInterface:
        """Get one port."""
        return port_of(self.cloud.network.port(port_interface_id), driver=self)

    def ex_create_port(
        self,
        network: OpenStackNetwork,
        description: str | None = None,
        admin_state_up: bool = True,
        name: str | None = None,
    ) -> OpenStack_2_PortInterface:
        """Make a port on a network."""
        made = self.cloud.network.create_port(
            network_id=network.id,
            name=name or "",
            description=description or "",
            admin_state_up=admin_state_up,
        )
        return port_of(made, driver=self)

    def ex_update_port(
        self,
        port: OpenStack_2_PortInterface,
        description: str | None = None,
        admin_state_up: bool | None = None,
        name: str | None = None,
        port_security_enabled: bool | None = None,
        qos_policy_id: str | None = None,
        security_groups: Sequence[str] | None = None,
        allowed_address_pairs: Sequence[Mapping[str, str]] | None = None,
    ) -> OpenStack_2_PortInterface:
        """Change what is not None of a port; `security_groups` are ids."""
        pairs = None
        if allowed_address_pairs is not None:
            pairs = [
                read(pair, AddressPair, called="an allowed address pair")
                for pair in allowed_address_pairs
            ]
        changed = self.cloud.network.update_port(
            port.id,
            name=name,
            description=description,
            admin_state_up=admin_state_up,
            port_security_enabled=port_security_enabled,
            qos_policy_id=UNSET if qos_policy_id is None else qos_policy_id,
            security_group_ids=security_groups,
            allowed_address_pairs=pairs,
        )
        return port_of(changed, driver=self)

    def ex_delete_port(self, port: OpenStack_2_PortInterface) -> bool:
        """Delete a port; the node that has it loses the interface."""
        self.cloud.network.delete_port(port.id)
        return True

    # On nodes

    def ex_get_node_ports(self, node: Node) -> list[OpenStack_2_PortInterface]:
        """List the ports of a node, of which Nova tells a part."""
        found = self.cloud.compute.interfaces(node.id)
        return [port_of_interface(interface, driver=self) for interface in found]

    def ex_attach_port_interface(self, node: Node, port: OpenStack_2_PortInterface) -> bool:
        """Attach a port to a node."""
        self.cloud.compute.create_interface(node.id, port.id)
        return True

    def ex_detach_port_interface(self, node: Node, port: OpenStack_2_PortInterface) -> bool:
        """Detach a port from a node."""
        self.cloud.compute.delete_interface(node.id, port.id)
        return True


def port_of(port: Port, *, driver: Any) -> OpenStack_2_PortInterface:
    """Show a port as Libcloud does."""
    return OpenStack_2_PortInterface(
        id=port.id,
        state=states.PORT.get(port.status, OpenStack_2_PortInterfaceState.UNKNOWN),
        created=zulu(port.created_at),
        driver=driver,
        extra={
            "admin_state_up": port.admin_state_up,
            "allowed_address_pairs": plain(port.allowed_address_pairs),
            "binding_vnic_type": port.vnic_type,
            "binding_host_id": port.host_id,
            "device_id": port.device_id,
            "description": port.description,
            "device_owner": port.device_owner,
            "fixed_ips": plain(port.fixed_ips),
            "mac_address": port.mac_address,
            "name": port.name,
            "network_id": port.network_id,
            "project_id": port.project_id,
            "port_security_enabled": port.port_security_enabled,
            "revision_number": port.revision_number,
            "security_groups": list(port.security_group_ids),
            "tags": list(port.tags),
            "tenant_id": port.project_id,
            "updated": zulu(port.updated_at),
        },
    )


def port_of_interface(interface: Interface, *, driver: Any) -> OpenStack_2_PortInterface:
    """Show as much of a port as Nova tells. Libcloud loses its state, network and MAC address."""
    extra = dict.fromkeys(
        (
            "admin_state_up",
            "allowed_address_pairs",
            "binding_vnic_type",
            "binding_host_id",
            "device_id",
            "description",
            "device_owner",
            "fixed_ips",
            "mac_address",
            "name",
            "network_id",
            "project_id",
            "port_security_enabled",
            "revision_number",
            "security_groups",
            "tags",
            "tenant_id",
            "updated",
        )
    )
    return OpenStack_2_PortInterface(
        id=interface.port_id,
        state=states.PORT.get(interface.state or "", OpenStack_2_PortInterfaceState.UNKNOWN),
        driver=driver,
        extra={
            **extra,
            "fixed_ips": plain(interface.fixed_ips),
            "mac_address": interface.mac_address,
            "network_id": interface.network_id,
        },
    )
