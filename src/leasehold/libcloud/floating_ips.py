"""Floating IPs of Neutron, and the pools that they come from."""

from typing import Any

from libcloud.compute.base import Node
from libcloud.compute.drivers.openstack import (
    OpenStack_2_FloatingIpAddress,
    OpenStack_2_FloatingIpPool,
)

from leasehold.libcloud.data import plain
from leasehold.libcloud.part import Part
from leasehold.openstack.network import FloatingIp


class Pool(OpenStack_2_FloatingIpPool):
    """An external network. Its methods are those of the driver, for this network alone."""

    def __init__(self, id: str, name: str, driver: Any) -> None:  # noqa: A002 - Libcloud's word
        super().__init__(id, name, driver.network_connection)
        self._driver = driver

    def list_floating_ips(self) -> list[OpenStack_2_FloatingIpAddress]:
        """List the floating IPs of the pool, through all pages."""
        return self._driver._floating_ips(self, floating_network_id=self.id)

    def get_floating_ip(self, ip: str) -> OpenStack_2_FloatingIpAddress | None:
        """Get one floating IP of the pool by its address."""
        wish = {"floating_network_id": self.id, "floating_ip_address": ip}
        return next(iter(self._driver._floating_ips(self, **wish)), None)

    def create_floating_ip(self) -> OpenStack_2_FloatingIpAddress:
        """Take an address from the pool."""
        return self._driver._create_floating_ip(self)

    def delete_floating_ip(self, ip: OpenStack_2_FloatingIpAddress) -> bool:
        """Give an address back."""
        return self._driver.ex_delete_floating_ip(ip)


class FloatingIps(Part):
    """Public addresses that lead to nodes."""

    def ex_list_floating_ip_pools(self) -> list[OpenStack_2_FloatingIpPool]:
        """List the external networks, which addresses come from."""
        external = self.cloud.network.networks(**{"router:external": True})
        return [Pool(network.id, network.name, self) for network in external]

    def ex_list_floating_ips(self) -> list[OpenStack_2_FloatingIpAddress]:
        """List the project's floating IPs, through all pages."""
        return self._floating_ips(None)

    def ex_get_floating_ip(self, ip: str) -> OpenStack_2_FloatingIpAddress | None:
        """Get a floating IP by its address; None if there is no such one."""
        return next(iter(self._floating_ips(None, floating_ip_address=ip)), None)

    def _floating_ips(
        self, pool: Pool | None, **filters: str
    ) -> list[OpenStack_2_FloatingIpAddress]:
        found = self.cloud.network.floating_ips(**filters)
        return [floating_ip_of(each, pool=pool, driver=self) for each in found]

    def ex_create_floating_ip(self, ip_pool: str | None) -> OpenStack_2_FloatingIpAddress | None:
        """Take an address from a pool, named or by id, or from the first one; None if there is none."""
        for pool in self.ex_list_floating_ip_pools():
            if not ip_pool or ip_pool in (pool.name, pool.id):
                return pool.create_floating_ip()
        return None

    def _create_floating_ip(self, pool: Pool) -> OpenStack_2_FloatingIpAddress:
        made = self.cloud.network.create_floating_ip(network_id=pool.id)
        return floating_ip_of(made, pool=pool, driver=self)

    def ex_delete_floating_ip(self, ip: OpenStack_2_FloatingIpAddress) -> bool:
        """Give an address back."""
        self.cloud.network.delete_floating_ip(ip.id)
        return True

    def ex_attach_floating_ip_to_node(
        self, node: Node, ip: OpenStack_2_FloatingIpAddress | str, port_id: str | None = None
    ) -> bool:
        """Lead an address to a node, at its first port if none is named; False if it has none."""
        if not (floating_ip_id := self._floating_ip_id(ip)):
            return False
        if port_id is None:
            ports = self.cloud.compute.interfaces(node.id)
            port_id = next((port.port_id for port in ports), None)
        if port_id is None:
            return False
        self.cloud.network.update_floating_ip(floating_ip_id, port_id=port_id)
        return True

    def ex_detach_floating_ip_from_node(
        self, node: Node, ip: OpenStack_2_FloatingIpAddress | str
    ) -> bool:
        """Lead an address to nowhere; False if there is no such one."""
        if not (floating_ip_id := self._floating_ip_id(ip)):
            return False
        self.cloud.network.update_floating_ip(floating_ip_id, port_id=None)
        return True

    def _floating_ip_id(self, ip: OpenStack_2_FloatingIpAddress | str) -> str | None:
        found = self.ex_get_floating_ip(ip) if isinstance(ip, str) else ip
        return found.id if found else None


def floating_ip_of(
    address: FloatingIp, *, pool: Pool | None, driver: Any
) -> OpenStack_2_FloatingIpAddress:
    """Show a floating IP as Libcloud does."""
    return OpenStack_2_FloatingIpAddress(
        id=address.id,
        ip_address=address.floating_ip_address,
        pool=pool,
        driver=driver,
        extra={
            "port_details": plain(address.port_details),
            "port_id": address.port_id,
            "floating_network_id": address.floating_network_id,
        },
    )
