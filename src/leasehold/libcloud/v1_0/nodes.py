"""Nodes of Nova 1.0, and what is done to them."""

import warnings
from collections.abc import Mapping
from typing import Any

from libcloud.compute.base import Node, NodeImage, NodeSize
from libcloud.compute.types import NodeState

from leasehold.libcloud import states
from leasehold.libcloud.part import Part
from leasehold.openstack import NotFound
from leasehold.openstack.compute_v1 import Server


class Nodes(Part):
    """Servers as nodes. True says that Nova took something on, not that it is done."""

    def list_nodes(self, ex_all_tenants: bool = False) -> list[Node]:
        """List the nodes, through all pages. `ex_all_tenants` does nothing: 1.0 shows one's own."""
        return [node_of(server, driver=self) for server in self.cloud.compute_v1.servers()]

    def ex_get_node_details(self, node_id: str | Node) -> Node | None:
        """Get one node; None if there is no such one. Libcloud's own never finds any."""
        try:
            return node_of(self.cloud.compute_v1.server(id_of(node_id)), driver=self)
        except NotFound:
            return None

    def create_node(
        self,
        name: str,
        size: NodeSize,
        image: NodeImage,
        ex_metadata: Mapping[str, str] | None = None,
        ex_files: Mapping[str, str | bytes] | None = None,
        ex_shared_ip_group: str | None = None,
        ex_shared_ip_group_id: str | None = None,
    ) -> Node:
        """Start to make a node; its password is in `extra`."""
        if ex_shared_ip_group:
            warnings.warn(
                "ex_shared_ip_group argument is deprecated. Please use ex_shared_ip_group_id",
                stacklevel=3,  # over the wording of errors: the caller's line
            )
        made = self.cloud.compute_v1.create_server(
            name=name,
            image_id=image.id,
            flavor_id=size.id,
            metadata=ex_metadata,
            files=ex_files,
            shared_ip_group_id=ex_shared_ip_group_id,
        )
        return node_of(made, driver=self)

    def destroy_node(self, node: Node) -> bool:
        """Ask for a node's end."""
        self.cloud.compute_v1.delete_server(node.id)
        return True

    def ex_set_server_name(self, node: Node, name: str) -> bool:
        """Give a node another name."""
        self.cloud.compute_v1.update_server(node.id, name=name)
        return True

    def ex_set_password(self, node: Node, password: str) -> bool:
        """Change the administrator's password, and remember it in the node's `extra`.

        Libcloud sends the name along that the node had when it was listed, and so takes back a new one.
        """
        self.cloud.compute_v1.update_server(node.id, admin_password=password)
        node.extra["password"] = password
        return True

    # Actions

    def reboot_node(self, node: Node) -> bool:
        """Reboot a node as by its power switch."""
        return self.ex_hard_reboot_node(node)

    def ex_hard_reboot_node(self, node: Node) -> bool:
        """Reboot a node as by its power switch."""
        self.cloud.compute_v1.reboot_server(node.id, hard=True)
        return True

    def ex_soft_reboot_node(self, node: Node) -> bool:
        """Ask a node's system to reboot."""
        self.cloud.compute_v1.reboot_server(node.id)
        return True

    def ex_rebuild(self, node_id: str | Node, image_id: str | NodeImage) -> bool:
        """Write an image over a node's disk."""
        self.cloud.compute_v1.rebuild_server(id_of(node_id), image_id=id_of(image_id))
        return True

    def ex_resize_node(self, node: Node, size: NodeSize) -> bool:
        """Give a node another size; it waits for `ex_confirm_resize` or `ex_revert_resize`."""
        self.cloud.compute_v1.resize_server(node.id, flavor_id=size.id)
        return True

    def ex_resize(self, node: Node, size: NodeSize) -> bool:
        """The old name of `ex_resize_node`."""
        return self.ex_resize_node(node, size)

    def ex_confirm_resize(self, node: Node) -> bool:
        """Keep the new size."""
        self.cloud.compute_v1.confirm_resize(node.id)
        return True

    def ex_revert_resize(self, node: Node) -> bool:
        """Go back to the old size. True, where Libcloud does not know Nova's answer, and says False."""
        self.cloud.compute_v1.revert_resize(node.id)
        return True


def node_of(server: Server, *, driver: Any) -> Node:
    """Show a server as Libcloud does, but with the address that it really has as `uri`."""
    password = server.admin_password
    return Node(
        id=str(server.id),
        name=server.name,
        state=states.NODE.get(server.status, NodeState.UNKNOWN),
        public_ips=list(server.addresses.public),
        private_ips=list(server.addresses.private),
        driver=driver,
        extra={
            "password": password.reveal() if password else None,
            "hostId": server.host_id,
            "imageId": text(server.image_id),
            "flavorId": text(server.flavor_id),
            "uri": f"{driver.connection.get_endpoint()}/servers/{server.id}",
            "service_name": driver.connection.get_service_name(),
            "metadata": server.metadata,
        },
    )


def text(number: object) -> str | None:
    """Write a number as Libcloud reads it from XML."""
    return None if number is None else str(number)


def id_of(thing: str | Node | NodeImage) -> str:
    """Give the id of what a program may name by it or by itself."""
    return thing if isinstance(thing, str) else str(thing.id)
