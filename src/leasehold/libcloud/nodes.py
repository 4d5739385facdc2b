"""Nodes of Nova 1.1 and later: what there is, making and naming them, and ending them."""

from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from libcloud.compute.base import Node, NodeImage, NodeLocation, NodeSize
from libcloud.compute.drivers.openstack import (
    OpenStack_2_PortInterface,
    OpenStackNetwork,
    OpenStackSecurityGroup,
)

from leasehold.libcloud.data import read
from leasehold.libcloud.node import SERVER, SERVERS, node_of
from leasehold.libcloud.part import Part
from leasehold.openstack import NotFound, Secret
from leasehold.openstack.compute import BlockDevice, ServerNetwork

Networks = Iterable[OpenStackNetwork | OpenStack_2_PortInterface | Mapping[str, str]]


class Nodes(Part):
    """Servers as nodes."""

    def list_nodes(self, ex_all_tenants: bool = False) -> list[Node]:
        """List the project's nodes, through all pages; for an administrator also everybody's."""
        filters = {"all_tenants": 1} if ex_all_tenants else {}
        name = self.connection.get_service_name()
        servers = self.cloud.compute.service.items(SERVERS, filters)
        return [node_of(server, driver=self, service_name=name) for server in servers]

    def ex_get_node_details(self, node_id: str | Node) -> Node | None:
        """Get one node; None if there is no such one."""
        try:
            return self._node(node_id.id if isinstance(node_id, Node) else node_id)
        except NotFound:
            return None

    def _node(self, node_id: str, *, password: Secret | None = None) -> Node:
        server = self.cloud.compute.service.get(f"/servers/{node_id}", SERVER)
        name = self.connection.get_service_name()
        return node_of(server, driver=self, service_name=name, password=password)

    def create_node(
        self,
        name: str,
        size: NodeSize,
        image: NodeImage | None = None,
        ex_keyname: str | None = None,
        ex_userdata: str | bytes | None = None,
        ex_config_drive: bool | None = None,
        ex_security_groups: Sequence[OpenStackSecurityGroup] | None = None,
        ex_metadata: Mapping[str, str] | None = None,
        ex_files: Mapping[str, str | bytes] | None = None,
        networks: Networks | None = None,
        ex_disk_config: str | None = None,
        ex_admin_pass: str | None = None,
        ex_availability_zone: str | None = None,
        ex_blockdevicemappings: Sequence[Mapping[str, Any]] | None = None,
        ex_os_scheduler_hints: Mapping[str, Any] | None = None,
        location: NodeLocation | str | None = None,
    ) -> Node:
        """Start to make a node, and show it as it is then; `wait_until_running` waits for more.

        A network may also be a port, or Nova's own ``{"uuid": ..., "fixed_ip": ...}``. `location`
        is a zone, if `ex_availability_zone` names none. The administrator's password, given or made
        by Nova, is in `extra` if Nova tells it.
        """
        made = self.cloud.compute.create_server(
            name=name,
            flavor_id=size.id,
            image_id=image.id if image else None,
            key_name=ex_keyname,
            user_data=ex_userdata,
            config_drive=str(ex_config_drive).lower() == "true",
            security_groups=[group.name for group in ex_security_groups or ()],
            metadata=ex_metadata,
            files=ex_files,
            networks=[_interface(network) for network in networks or ()] or None,
            disk_config=ex_disk_config,
            admin_password=ex_admin_pass,
            availability_zone=ex_availability_zone or zone_of(location),
            block_devices=[_block_device(device) for device in ex_blockdevicemappings or ()],
            scheduler_hints=ex_os_scheduler_hints,
        )
        return self._node(made.id, password=made.admin_password)

    def destroy_node(self, node: Node) -> bool:
        """Ask for a node's end."""
        self.cloud.compute.delete_server(node.id)
        return True

    def ex_set_server_name(self, node: Node, name: str) -> Node:
        """Give a node another name; its guest does not notice."""
        return self.ex_update_node(node, name=name)

    def ex_update_node(
        self,
        node: Node,
        name: str | None = None,
        access_ipv4: str | None = None,
        access_ipv6: str | None = None,
        **node_updates: Any,
    ) -> Node:
        """Change a node's name, or the addresses that it is said to be reached by."""
        if node_updates:
            raise TypeError(
                f"Nova updates the name and the access addresses, not {', '.join(node_updates)}"
            )
        self.cloud.compute.update_server(
            node.id,
            name=name or node.name,
            access_ipv4=access_ipv4,
            access_ipv6=access_ipv6,
        )
        return self._node(node.id)

    # Metadata

    def ex_get_metadata(self, node: Node) -> dict[str, str]:
        """Get a node's metadata from the cloud."""
        return self.cloud.compute.server_metadata(node.id)

    def ex_set_metadata(self, node: Node, metadata: Mapping[str, str]) -> dict[str, str]:
        """Replace all of a node's metadata."""
        return self.cloud.compute.set_server_metadata(node.id, metadata)

    def ex_get_metadata_for_node(self, node: Node) -> dict[str, str]:
        """Get the metadata that came with the node, without asking the cloud."""
        return node.extra["metadata"]


def zone_of(location: NodeLocation | str | None) -> str | None:
    """Name the zone that a location stands for; the one of `list_locations` stands for none."""
    if location is None or isinstance(location, str):
        return location or None
    return location.name or None


def _interface(network: Any) -> ServerNetwork:
    match network:
        case Mapping():
            return read(network, ServerNetwork, called="a network of a node")
        case OpenStack_2_PortInterface():
            return ServerNetwork(port=network.id)
        case _:
            return ServerNetwork(uuid=network.id)


def _block_device(device: Mapping[str, Any]) -> BlockDevice:
    return read(device, BlockDevice, called="a block device mapping")
