"""Routers of Neutron."""

from collections.abc import Mapping
from typing import Any

from libcloud.common.openstack import OpenStackException
from libcloud.compute.drivers.openstack import (
    OpenStack_2_PortInterface,
    OpenStack_2_Router,
    OpenStack_2_SubNet,
)

from leasehold.libcloud.data import plain
from leasehold.libcloud.part import Part
from leasehold.openstack.network import Router


class Routers(Part):
    """What joins subnets with each other and with the world."""

    def ex_list_routers(self) -> list[OpenStack_2_Router]:
        """List the routers."""
        return [router_of(router, driver=self) for router in self.cloud.network.routers()]

    def ex_create_router(
        self,
        name: str,
        description: str = "",
        admin_state_up: bool = True,
        external_gateway_info: Mapping[str, Any] | None = None,
    ) -> OpenStack_2_Router:
        """Make a router, with a way out by `external_gateway_info`, in Neutron's words."""
        gateway = {"external_gateway_info": external_gateway_info} if external_gateway_info else {}
        made = self.cloud.network.create_router(
            name=name or "",
            description=description or "",
            admin_state_up=admin_state_up,
            extra=gateway,
        )
        return router_of(made, driver=self)

    def ex_delete_router(self, router: OpenStack_2_Router) -> bool:
        """Delete a router."""
        self.cloud.network.delete_router(router.id)
        return True

    def ex_add_router_port(
        self, router: OpenStack_2_Router, port: OpenStack_2_PortInterface
    ) -> bool:
        """Join a port to a router."""
        self.cloud.network.add_router_interface(router.id, port_id=self._id(port))
        return True

    def ex_del_router_port(
        self, router: OpenStack_2_Router, port: OpenStack_2_PortInterface
    ) -> bool:
        """Take a port off a router."""
        self.cloud.network.remove_router_interface(router.id, port_id=self._id(port))
        return True

    def ex_add_router_subnet(self, router: OpenStack_2_Router, subnet: OpenStack_2_SubNet) -> bool:
        """Join a subnet to a router."""
        self.cloud.network.add_router_interface(router.id, subnet_id=self._id(subnet))
        return True

    def ex_del_router_subnet(self, router: OpenStack_2_Router, subnet: OpenStack_2_SubNet) -> bool:
        """Take a subnet off a router."""
        self.cloud.network.remove_router_interface(router.id, subnet_id=self._id(subnet))
        return True

    def _id(self, thing: OpenStack_2_PortInterface | OpenStack_2_SubNet | None) -> str:
        if not thing:
            raise OpenStackException(
                "Error in router interface: port or subnet are None.", 500, self
            )
        return thing.id


def router_of(router: Router, *, driver: Any) -> OpenStack_2_Router:
    """Show a router as Libcloud does."""
    return OpenStack_2_Router(
        id=router.id,
        name=router.name,
        status=router.status,
        driver=driver,
        extra={
            "external_gateway_info": plain(router.external_gateway),
            "routes": plain(router.routes),
        },
    )
