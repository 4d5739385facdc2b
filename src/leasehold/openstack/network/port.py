"""Ports: the network interfaces of servers, whether or not they have a server yet."""

from datetime import datetime

import msgspec

from leasehold.openstack.ids import NetworkId, PortId, SecurityGroupId, SubnetId
from leasehold.openstack.paging import Collection
from leasehold.openstack.service import Shape


class FixedIp(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True, gc=False):
    """An address of a port, and the subnet it is of; either is enough to ask for one."""

    ip_address: str | None = None
    subnet_id: SubnetId | None = None


class Port(msgspec.Struct, frozen=True, kw_only=True, gc=False):
    """A port. `device_id` is empty while nothing uses it."""

    id: PortId
    network_id: NetworkId
    name: str = ""
    status: str = ""
    description: str | None = None
    project_id: str | None = None
    mac_address: str | None = None
    admin_state_up: bool = True
    fixed_ips: tuple[FixedIp, ...] = ()
    device_id: str = ""
    device_owner: str = ""
    security_group_ids: tuple[SecurityGroupId, ...] = msgspec.field(
        name="security_groups", default=()
    )
    port_security_enabled: bool | None = None
    tags: tuple[str, ...] = ()
    created_at: datetime | None = None


class PortBody(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True):
    """The fields of Neutron's create and update; those left alone are not sent."""

    network_id: str | None = None
    name: str | None = None
    description: str | None = None
    fixed_ips: tuple[FixedIp, ...] | None = None
    security_groups: tuple[str, ...] | None = None
    admin_state_up: bool | None = None


PORTS: Collection[Port] = Collection("/ports", Port, key="ports")
PORT = Shape(Port, key="port")
