"""Routers: what joins networks, and leads out."""

from collections.abc import Iterator, Mapping, Sequence
from datetime import datetime

import msgspec

from leasehold.openstack.body import Fields, given
from leasehold.openstack.call import FilterValue
from leasehold.openstack.errors import BadRequest
from leasehold.openstack.ids import NetworkId, PortId, RouterId, SubnetId
from leasehold.openstack.network.port import FixedIp
from leasehold.openstack.network.subnet import HostRoute
from leasehold.openstack.paging import Collection
from leasehold.openstack.service import Shape, Verbs


class ExternalGateway(msgspec.Struct, frozen=True, kw_only=True, gc=False):
    """The external network that a router leads to, and its addresses there."""

    network_id: NetworkId
    enable_snat: bool | None = None
    external_fixed_ips: tuple[FixedIp, ...] = ()


class Router(msgspec.Struct, frozen=True, kw_only=True, gc=False):
    """A router. Without an `external_gateway` it only joins the networks that it has a foot on."""

    id: RouterId
    name: str = ""
    status: str = ""
    description: str | None = None
    project_id: str | None = None
    admin_state_up: bool = True
    external_gateway: ExternalGateway | None = msgspec.field(
        name="external_gateway_info", default=None
    )
    routes: tuple[HostRoute, ...] = ()
    is_distributed: bool | None = msgspec.field(name="distributed", default=None)
    is_ha: bool | None = msgspec.field(name="ha", default=None)
    availability_zones: tuple[str, ...] = ()
    tags: tuple[str, ...] = ()
    created_at: datetime | None = None
    updated_at: datetime | None = None


class RouterInterface(msgspec.Struct, frozen=True, kw_only=True):
    """A foot that a router has, or had, on a subnet."""

    port_id: PortId
    subnet_id: SubnetId | None = None


ROUTERS: Collection[Router] = Collection("/routers", Router, key="routers")
ROUTER = Shape(Router, key="router")
INTERFACE = Shape(RouterInterface)


class Routers(Verbs):
    """Routers."""

    def routers(self, **filters: FilterValue) -> Iterator[Router]:
        """List routers, filtered by Neutron."""
        return self.service.items(ROUTERS, filters)

    def router(self, router_id: str) -> Router:
        """Get one router. Raises `NotFound`."""
        return self.service.get(f"/routers/{router_id}", ROUTER)

    def create_router(
        self,
        *,
        name: str,
        description: str = "",
        admin_state_up: bool | None = None,
        external_network_id: str | None = None,
        enable_snat: bool | None = None,
        external_fixed_ips: Sequence[FixedIp] | None = None,
        distributed: bool | None = None,
        ha: bool | None = None,
        availability_zone_hints: Sequence[str] | None = None,
        extra: Mapping[str, object] | None = None,
    ) -> Router:
        """Make a router; one with an `external_network_id` leads there from the start.

        `enable_snat`, `distributed` and `ha` are for administrators. `extra` holds more fields of
        Neutron's, under its own names; they go before ours. Raises `QuotaExceeded`.
        """
        gateway = None
        if external_network_id is not None:
            gateway = _gateway(external_network_id, enable_snat, external_fixed_ips)
        fields = given(
            name=name,
            description=description,
            admin_state_up=admin_state_up,
            external_gateway_info=gateway,
            distributed=distributed,
            ha=ha,
            availability_zone_hints=availability_zone_hints,
        )
        return self.service.post("/routers", {"router": {**fields, **(extra or {})}}, ROUTER)

    def update_router(
        self,
        router_id: str,
        *,
        name: str | None = None,
        description: str | None = None,
        admin_state_up: bool | None = None,
        routes: Sequence[HostRoute] | None = None,
    ) -> Router:
        """Change what is not None of a router; `routes` as a whole. Raises `NotFound`."""
        fields = given(
            name=name, description=description, admin_state_up=admin_state_up, routes=routes
        )
        return self._update(router_id, fields)

    def set_router_gateway(
        self,
        router_id: str,
        *,
        network_id: str,
        enable_snat: bool | None = None,
        fixed_ips: Sequence[FixedIp] | None = None,
    ) -> Router:
        """Lead a router to an external network. Raises `BadRequest` if it is none."""
        gateway = _gateway(network_id, enable_snat, fixed_ips)
        return self._update(router_id, {"external_gateway_info": gateway})

    def clear_router_gateway(self, router_id: str) -> Router:
        """Lead a router nowhere. Raises `Conflict` while floating IPs need it."""
        return self._update(router_id, {"external_gateway_info": None})

    def _update(self, router_id: str, fields: Fields) -> Router:
        return self.service.put(f"/routers/{router_id}", {"router": fields}, ROUTER)

    def delete_router(self, router_id: str) -> None:
        """Delete a router. Raises `NotFound`, or `Conflict` while it has a foot on a subnet."""
        self.service.delete(f"/routers/{router_id}")

    def add_router_interface(
        self, router_id: str, *, subnet_id: str | None = None, port_id: str | None = None
    ) -> RouterInterface:
        """Give a router a foot on a subnet, at its gateway address, or by a port of ours."""
        foot = _foot(subnet_id, port_id)
        return self.service.put(f"/routers/{router_id}/add_router_interface", foot, INTERFACE)

    def remove_router_interface(
        self, router_id: str, *, subnet_id: str | None = None, port_id: str | None = None
    ) -> RouterInterface:
        """Take a router's foot off a subnet; the port goes with it. Raises `NotFound`."""
        foot = _foot(subnet_id, port_id)
        return self.service.put(f"/routers/{router_id}/remove_router_interface", foot, INTERFACE)


def _gateway(
    network_id: str, enable_snat: bool | None, fixed_ips: Sequence[FixedIp] | None
) -> Fields:
    return given(network_id=network_id, enable_snat=enable_snat, external_fixed_ips=fixed_ips)


def _foot(subnet_id: str | None, port_id: str | None) -> Fields:
    if (subnet_id is None) == (port_id is None):
        raise BadRequest("a router's interface is named by either subnet_id or port_id")
    return given(subnet_id=subnet_id, port_id=port_id)
