"""Floating IPs: public addresses that lead to a port."""

from datetime import datetime

import msgspec

from leasehold.openstack.ids import FloatingIpId, NetworkId, PortId
from leasehold.openstack.paging import Collection
from leasehold.openstack.service import Shape


class PortDetails(msgspec.Struct, frozen=True, kw_only=True, gc=False):
    """What Neutron tells of the port that a floating IP leads to, from Rocky (2018) on."""

    name: str = ""
    network_id: NetworkId | None = None
    mac_address: str | None = None
    admin_state_up: bool = True
    status: str = ""
    device_id: str = ""
    device_owner: str = ""


class FloatingIp(msgspec.Struct, frozen=True, kw_only=True, gc=False):
    """A floating IP. `port_id` is None while it leads nowhere."""

    id: FloatingIpId
    floating_ip_address: str
    floating_network_id: NetworkId
    status: str = ""
    description: str | None = None
    project_id: str | None = None
    port_id: PortId | None = None
    fixed_ip_address: str | None = None
    router_id: str | None = None
    tags: tuple[str, ...] = ()
    created_at: datetime | None = None
    port_details: PortDetails | None = None


class FloatingIpBody(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True):
    """The fields of Neutron's create; those left alone are not sent."""

    floating_network_id: str
    port_id: str | None = None
    description: str | None = None


FLOATING_IPS: Collection[FloatingIp] = Collection("/floatingips", FloatingIp, key="floatingips")
FLOATING_IP = Shape(FloatingIp, key="floatingip")
