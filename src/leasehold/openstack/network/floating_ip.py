"""Floating IPs: public addresses that lead to a port."""

from collections.abc import Iterator
from datetime import datetime

import msgspec
from msgspec import UNSET, UnsetType

from leasehold.openstack.body import given, nullable
from leasehold.openstack.call import FilterValue
from leasehold.openstack.ids import FloatingIpId, NetworkId, PortId
from leasehold.openstack.paging import Collection
from leasehold.openstack.service import Shape, Verbs


class PortDetails(msgspec.Struct, frozen=True, kw_only=True, gc=False):
    """The port that a floating IP leads to, in short."""

    device_id: str = ""
    device_owner: str = ""
    name: str = ""
    network_id: NetworkId | None = None
    mac_address: str | None = None
    status: str = ""
    admin_state_up: bool = True


class FloatingIp(msgspec.Struct, frozen=True, kw_only=True, gc=False):
    """A floating IP. `port_id` is None while it leads nowhere."""

    id: FloatingIpId
    floating_ip_address: str
    floating_network_id: NetworkId
    status: str = ""
    description: str | None = None
    project_id: str | None = None
    port_id: PortId | None = None
    port_details: PortDetails | None = None
    """Told by Neutron since Rocky (2018)."""
    fixed_ip_address: str | None = None
    router_id: str | None = None
    qos_policy_id: str | None = None
    dns_name: str | None = None
    dns_domain: str | None = None
    tags: tuple[str, ...] = ()
    created_at: datetime | None = None
    updated_at: datetime | None = None


FLOATING_IPS: Collection[FloatingIp] = Collection("/floatingips", FloatingIp, key="floatingips")
FLOATING_IP = Shape(FloatingIp, key="floatingip")


class FloatingIps(Verbs):
    """Floating IPs."""

    def floating_ips(self, **filters: FilterValue) -> Iterator[FloatingIp]:
        """List floating IPs, filtered by Neutron (``port_id=...`` ...)."""
        return self.service.items(FLOATING_IPS, filters)

    def floating_ip(self, floating_ip_id: str) -> FloatingIp:
        """Get one floating IP. Raises `NotFound`."""
        return self.service.get(f"/floatingips/{floating_ip_id}", FLOATING_IP)

    def create_floating_ip(
        self,
        *,
        network_id: str,
        port_id: str | None = None,
        fixed_ip_address: str | None = None,
        floating_ip_address: str | None = None,
        subnet_id: str | None = None,
        qos_policy_id: str | None = None,
        dns_name: str | None = None,
        dns_domain: str | None = None,
        description: str = "",
    ) -> FloatingIp:
        """Take an address from an external network, and lead it to a port if one is given.

        A certain `floating_ip_address` is for administrators. Raises `NotFound` if no router joins
        the port's network to the external one, and `QuotaExceeded`.
        """
        fields = given(
            floating_network_id=network_id,
            port_id=port_id,
            fixed_ip_address=fixed_ip_address,
            floating_ip_address=floating_ip_address,
            subnet_id=subnet_id,
            qos_policy_id=qos_policy_id,
            dns_name=dns_name,
            dns_domain=dns_domain,
            description=description or None,
        )
        return self.service.post("/floatingips", {"floatingip": fields}, FLOATING_IP)

    def update_floating_ip(
        self,
        floating_ip_id: str,
        *,
        port_id: str | UnsetType | None = UNSET,
        fixed_ip_address: str | None = None,
        description: str | None = None,
        qos_policy_id: str | UnsetType | None = UNSET,
    ) -> FloatingIp:
        """Change what is given of a floating IP; a `port_id` of None leads it nowhere.

        With `fixed_ip_address` it leads to that one of the port's addresses. Raises `NotFound`.
        """
        fields = {
            **given(fixed_ip_address=fixed_ip_address, description=description),
            **nullable(port_id=port_id, qos_policy_id=qos_policy_id),
        }
        body = {"floatingip": fields}
        return self.service.put(f"/floatingips/{floating_ip_id}", body, FLOATING_IP)

    def delete_floating_ip(self, floating_ip_id: str) -> None:
        """Give an address back. Raises `NotFound`."""
        self.service.delete(f"/floatingips/{floating_ip_id}")
