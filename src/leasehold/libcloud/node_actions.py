"""What is done to a node that there is: power, size, disk, password, console, images of it."""

from collections.abc import Mapping
from typing import Any

from libcloud.common.types import LibcloudError
from libcloud.compute.base import Node, NodeImage, NodeSize

from leasehold.libcloud.part import Part


class NodeActions(Part):
    """Actions of Nova 1.1 and later. True says that Nova took one on, not that it is done."""

    # Running or not

    def start_node(self, node: Node) -> bool:
        """Start a node that was stopped."""
        self.cloud.compute.start_server(node.id)
        return True

    def stop_node(self, node: Node) -> bool:
        """Stop a node."""
        self.cloud.compute.stop_server(node.id)
        return True

    def reboot_node(self, node: Node) -> bool:
        """Reboot a node as by its power switch."""
        return self.ex_hard_reboot_node(node)

    def ex_hard_reboot_node(self, node: Node) -> bool:
        """Reboot a node as by its power switch."""
        self.cloud.compute.reboot_server(node.id, hard=True)
        return True

    def ex_soft_reboot_node(self, node: Node) -> bool:
        """Ask a node's system to reboot."""
        self.cloud.compute.reboot_server(node.id)
        return True

    def ex_pause_node(self, node: Node) -> bool:
        """Freeze a node in memory."""
        self.cloud.compute.pause_server(node.id)
        return True

    def ex_unpause_node(self, node: Node) -> bool:
        """Let a frozen node go on."""
        self.cloud.compute.unpause_server(node.id)
        return True

    def ex_suspend_node(self, node: Node) -> bool:
        """Freeze a node, its memory on disk."""
        self.cloud.compute.suspend_server(node.id)
        return True

    def ex_resume_node(self, node: Node) -> bool:
        """Let a suspended node go on."""
        self.cloud.compute.resume_server(node.id)
        return True

    def ex_start_node(self, node: Node) -> bool:
        """The old name of `start_node`."""
        return self.start_node(node)

    def ex_stop_node(self, node: Node) -> bool:
        """The old name of `stop_node`."""
        return self.stop_node(node)

    # Size and disk

    def ex_resize(self, node: Node, size: NodeSize) -> bool:
        """Give a node another size; it waits for `ex_confirm_resize` or `ex_revert_resize`."""
        self.cloud.compute.resize_server(node.id, flavor_id=size.id)
        return True

    def ex_confirm_resize(self, node: Node) -> bool:
        """Keep the new size."""
        self.cloud.compute.confirm_resize(node.id)
        return True

    def ex_revert_resize(self, node: Node) -> bool:
        """Go back to the old size."""
        self.cloud.compute.revert_resize(node.id)
        return True

    def ex_rebuild(
        self,
        node: Node,
        image: NodeImage,
        name: str | None = None,
        ex_metadata: Mapping[str, str] | None = None,
        ex_files: Mapping[str, str | bytes] | None = None,
        ex_keyname: str | None = None,
        ex_userdata: str | bytes | None = None,
        ex_disk_config: str | None = None,
        ex_admin_pass: str | None = None,
        **kwargs: Any,
    ) -> bool:
        """Write an image over a node's disk. Raises `LibcloudError` for what a rebuild keeps.

        Another key needs Nova 2.54, and other user-data 2.57: see `ex_force_microversion`.
        """
        if kwargs:
            raise LibcloudError(f"a rebuild cannot change {', '.join(kwargs)}: a new node can")
        self.cloud.compute.rebuild_server(
            node.id,
            image_id=image.id,
            name=name or node.name,
            metadata=ex_metadata,
            files=ex_files,
            key_name=ex_keyname,
            user_data=ex_userdata,
            disk_config=ex_disk_config,
            admin_password=ex_admin_pass,
        )
        return True

    def create_image(
        self, node: Node, name: str, metadata: Mapping[str, str] | None = None
    ) -> NodeImage:
        """Start to take an image of a node, and show it as it is then."""
        image_id = self.cloud.compute.create_server_image(node.id, name=name, metadata=metadata)
        return self.get_image(image_id)

    # Getting in

    def ex_set_password(self, node: Node, password: str) -> bool:
        """Change the administrator's password, and remember it in the node's `extra`."""
        self.cloud.compute.set_server_password(node.id, password)
        node.extra["password"] = password
        return True

    def ex_rescue(self, node: Node, password: str | None = None) -> Node:
        """Boot a node from a rescue image; the password for it is in the node's `extra`."""
        made = self.cloud.compute.rescue_server(node.id, password=password)
        node.extra["password"] = password or (made.reveal() if made else None)
        return node

    def ex_unrescue(self, node: Node) -> bool:
        """Boot a node from its own disk again."""
        self.cloud.compute.unrescue_server(node.id)
        return True

    def ex_get_console_output(self, node: Node, length: int | None = None) -> dict[str, str]:
        """Get the last `length` lines of a node's console, or all, under the key ``output``."""
        return {"output": self.cloud.compute.console_output(node.id, lines=length)}
