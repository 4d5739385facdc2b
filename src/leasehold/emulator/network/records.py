"""Neutron's resources, field by field as its API shows them.

A field that has a colon in the API (``binding:host_id``) has an underscore in its place here.
"""

from datetime import datetime
from typing import Any, TypeVar

import msgspec


def _api_name(field: str) -> str | None:
    for prefix in ("binding_", "provider_"):
        if field.startswith(prefix):
            return field.replace("_", ":", 1)
    return "router:external" if field == "router_external" else None


class _Record(msgspec.Struct, frozen=True, kw_only=True, rename=_api_name):
    pass


class Standard(_Record, frozen=True, kw_only=True):
    """What nearly every resource of Neutron has."""

    id: str
    project_id: str
    description: str | None = ""
    tags: tuple[str, ...] = ()
    created_at: datetime
    updated_at: datetime
    revision_number: int = 0


class Network(Standard, frozen=True, kw_only=True):
    name: str = ""
    admin_state_up: bool = True
    mtu: int = 1450
    status: str = "ACTIVE"
    subnets: tuple[str, ...] = ()
    shared: bool = False
    router_external: bool = False
    is_default: bool = False
    port_security_enabled: bool = True
    vlan_transparent: bool = False
    qinq: bool = False
    availability_zone_hints: tuple[str, ...] = ()
    availability_zones: tuple[str, ...] = ()
    ipv4_address_scope: str | None = None
    ipv6_address_scope: str | None = None
    provider_network_type: str = "vxlan"
    provider_physical_network: str | None = None
    provider_segmentation_id: int | None = None


class AllocationPool(_Record, frozen=True, kw_only=True):
    start: str
    end: str


class HostRoute(_Record, frozen=True, kw_only=True):
    destination: str
    nexthop: str


class Subnet(Standard, frozen=True, kw_only=True):
    name: str = ""
    network_id: str
    ip_version: int
    subnetpool_id: str | None = None
    enable_dhcp: bool = True
    ipv6_ra_mode: str | None = None
    ipv6_address_mode: str | None = None
    gateway_ip: str | None = None
    cidr: str
    allocation_pools: tuple[AllocationPool, ...] = ()
    host_routes: tuple[HostRoute, ...] = ()
    dns_nameservers: tuple[str, ...] = ()
    router_external: bool = False
    service_types: tuple[str, ...] = ()


class FixedIp(_Record, frozen=True, kw_only=True):
    subnet_id: str
    ip_address: str


class AddressPair(_Record, frozen=True, kw_only=True):
    mac_address: str
    ip_address: str


class DhcpOption(_Record, frozen=True, kw_only=True):
    opt_name: str
    opt_value: str | None = None
    ip_version: int = 4


class Port(Standard, frozen=True, kw_only=True):
    name: str = ""
    network_id: str
    mac_address: str
    admin_state_up: bool = True
    status: str = "DOWN"
    device_id: str = ""
    device_owner: str = ""
    fixed_ips: tuple[FixedIp, ...] = ()
    allowed_address_pairs: tuple[AddressPair, ...] = ()
    extra_dhcp_opts: tuple[DhcpOption, ...] = ()
    security_groups: tuple[str, ...] = ()
    port_security_enabled: bool = True
    binding_vnic_type: str = "normal"
    binding_profile: dict[str, object] = {}
    binding_host_id: str = ""
    binding_vif_type: str = "unbound"
    binding_vif_details: dict[str, object] = {}

    @property
    def is_of_nova(self) -> bool:
        return self.device_owner.startswith("compute:")


class Gateway(_Record, frozen=True, kw_only=True):
    """A router's way out: its port on an external network."""

    network_id: str
    external_fixed_ips: tuple[FixedIp, ...] = ()
    enable_snat: bool = True


class Router(Standard, frozen=True, kw_only=True):
    name: str = ""
    admin_state_up: bool = True
    status: str = "ACTIVE"
    external_gateway_info: Gateway | None = None
    availability_zones: tuple[str, ...] = ()
    availability_zone_hints: tuple[str, ...] = ()
    distributed: bool = False
    ha: bool = False
    routes: tuple[HostRoute, ...] = ()
    flavor_id: str | None = None


class FloatingIp(Standard, frozen=True, kw_only=True):
    floating_ip_address: str
    floating_network_id: str
    router_id: str | None = None
    port_id: str | None = None
    fixed_ip_address: str | None = None
    status: str = "DOWN"


class SecurityGroup(Standard, frozen=True, kw_only=True):
    name: str = ""
    stateful: bool = True
    shared: bool = False


class SecurityGroupRule(Standard, frozen=True, kw_only=True):
    security_group_id: str
    standard_attr_id: int
    direction: str
    ethertype: str = "IPv4"
    protocol: str | None = None
    port_range_min: int | None = None
    port_range_max: int | None = None
    remote_ip_prefix: str | None = None
    remote_address_group_id: str | None = None
    normalized_cidr: str | None = None
    remote_group_id: str | None = None
    belongs_to_default_sg: bool = False


S = TypeVar("S", bound=Standard)


def revised(record: S, now: datetime, **changes: Any) -> S:
    """The record with these changes, a higher revision and a new time of change."""
    return msgspec.structs.replace(
        record,
        updated_at=now.replace(microsecond=0),
        revision_number=record.revision_number + 1,
        **changes,
    )
