"""Floating IPs of Nova's own, and the pools that they come from."""

from typing import Any

from libcloud.compute.base import Node
from libcloud.compute.drivers.openstack import (
    OpenStack_1_1_FloatingIpAddress,
    OpenStack_1_1_FloatingIpPool,
)

from leasehold.libcloud.part import Part
from leasehold.openstack.nova_network import FloatingIp


class Pool(OpenStack_1_1_FloatingIpPool):
    """A pool. Its methods are those of the driver, for this pool alone."""

    def __init__(self, name: str, driver: Any) -> None:
        super().__init__(name, driver.connection)
        self._driver = driver

    def list_floating_ips(self) -> list[OpenStack_1_1_FloatingIpAddress]:
        """List the floating IPs of the pool; Libcloud lists those of all pools."""
        return self._driver._floating_ips(self)

    def get_floating_ip(self, ip: str) -> OpenStack_1_1_FloatingIpAddress | None:
        """Get one floating IP of the pool by its address."""
        return next((each for each in self.list_floating_ips() if each.ip_address == ip), None)

    def create_floating_ip(self) -> OpenStack_1_1_FloatingIpAddress:
        """Take an address from the pool."""
        return self._driver._create_floating_ip(self.name, self)

    def delete_floating_ip(self, ip: OpenStack_1_1_FloatingIpAddress) -> bool:
        """Give an address back."""
        return self._driver.ex_delete_floating_ip(ip)


class FloatingIps(Part):
    """Public addresses that lead to nodes."""

    def ex_list_floating_ip_pools(self) -> list[OpenStack_1_1_FloatingIpPool]:
        """List the pools there are."""
        return [Pool(pool.name, self) for pool in self.cloud.nova_network.floating_ip_pools()]

    def ex_list_floating_ips(self) -> list[OpenStack_1_1_FloatingIpAddress]:
        """List the project's floating IPs."""
        return self._floating_ips(None)

    def ex_get_floating_ip(self, ip: str) -> OpenStack_1_1_FloatingIpAddress | None:
        """Get a floating IP by its address; None if there is no such one."""
        return next((each for each in self._floating_ips(None) if each.ip_address == ip), None)

    def _floating_ips(self, pool: Pool | None) -> list[OpenStack_1_1_FloatingIpAddress]:
        return [
            floating_ip_of(each, pool=pool, driver=self)
            for each in self.cloud.nova_network.floating_ips()
            if pool is None or each.pool == pool.name
        ]

    def ex_create_floating_ip(self, ip_pool: str | None = None) -> OpenStack_1_1_FloatingIpAddress:
        """Take an address from a pool: the named one, or the cloud's usual one."""
        return self._create_floating_ip(ip_pool, None)

    def _create_floating_ip(
        self, name: str | None, pool: Pool | None
    ) -> OpenStack_1_1_FloatingIpAddress:
        made = self.cloud.nova_network.create_floating_ip(name)
        return floating_ip_of(made, pool=pool, driver=self)

    def ex_delete_floating_ip(self, ip: OpenStack_1_1_FloatingIpAddress) -> bool:
        """Give an address back."""
        self.cloud.nova_network.delete_floating_ip(ip.id)
        return True

    def ex_attach_floating_ip_to_node(
        self, node: Node, ip: OpenStack_1_1_FloatingIpAddress | str
    ) -> bool:
        """Lead an address to a node."""
        self.cloud.compute.add_floating_ip(node.id, _address(ip))
        return True

    def ex_detach_floating_ip_from_node(
        self, node: Node, ip: OpenStack_1_1_FloatingIpAddress | str
    ) -> bool:
        """Lead an address to nowhere."""
        self.cloud.compute.remove_floating_ip(node.id, _address(ip))
        return True


def floating_ip_of(
    ip: FloatingIp, *, pool: Pool | None, driver: Any
) -> OpenStack_1_1_FloatingIpAddress:
    """Show a floating IP as Libcloud does."""
    return OpenStack_1_1_FloatingIpAddress(
        id=ip.id, ip_address=ip.address, pool=pool, node_id=ip.server_id, driver=driver
    )


def _address(ip: OpenStack_1_1_FloatingIpAddress | str) -> str:
    return ip if isinstance(ip, str) else ip.ip_address
