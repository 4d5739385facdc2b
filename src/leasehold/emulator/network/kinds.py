"""Neutron's resources as tables: what may be written, filtered and sorted by, and by whom.

Which attribute can be filtered and sorted by was read off the real service (release 2026.2).
"""

from typing import Any

from leasehold.emulator.network import checks as check
from leasehold.emulator.network.attributes import REQUIRED, UNGIVEN, Attribute, Check, Kind


def _read_only(name: str, form: Check | None = None, **more: bool) -> Attribute:
    return Attribute(name=name, check=form, **more)


def _writable(name: str, form: Check, default: Any, **more: bool) -> Attribute:
    return Attribute(name=name, check=form, default=default, post=True, put=True, **more)


def _at_birth(name: str, form: Check, default: Any, **more: bool) -> Attribute:
    return Attribute(name=name, check=form, default=default, post=True, **more)


def _reserved(name: str, form: Check, default: Any, *, filters: bool = True) -> Attribute:
    """Only an administrator writes and sees it."""
    return Attribute(
        name=name,
        check=form,
        default=default,
        post=True,
        put=True,
        filters=filters,
        admin_writes=True,
        admin_reads=True,
    )


_NAME = _writable("name", check.text(255), "", sorts=True)
_ADMIN_STATE = _writable("admin_state_up", check.boolean, True, sorts=True)
_STANDARD = (
    _read_only("id", sorts=True),
    Attribute(name="project_id", post=True, put=True, sorts=True),
    _writable("description", check.text(255), ""),
    _read_only("revision_number"),
    _read_only("created_at", filters=False),
    _read_only("updated_at", filters=False),
)
_TAGS = _read_only("tags")

NETWORK = Kind(
    singular="network",
    plural="networks",
    path="networks",
    absent="NetworkNotFound",
    absent_message="Network {id} could not be found.",
    quota="network",
    attributes=(
        *_STANDARD,
        _TAGS,
        _NAME,
        _ADMIN_STATE,
        _writable("mtu", check.integer, 1450, sorts=True),
        _read_only("status", sorts=True),
        _read_only("subnets", filters=False),
        _writable("shared", check.boolean, False, admin_writes=True),
        _writable("router:external", check.boolean, False, admin_writes=True),
        _writable("is_default", check.boolean, False, admin_writes=True),
        _writable("port_security_enabled", check.boolean, True, filters=False),
        _at_birth("vlan_transparent", check.boolean, False),
        _at_birth("qinq", check.boolean, False),
        _at_birth("availability_zone_hints", check.list_of(check.text(255)), (), filters=False),
        _read_only("availability_zones", filters=False),
        _read_only("ipv4_address_scope", filters=False),
        _read_only("ipv6_address_scope", filters=False),
        _reserved("provider:network_type", check.text(32), "vxlan"),
        _reserved("provider:physical_network", check.text_or_none(64), None),
        _reserved("provider:segmentation_id", check.integer_or_none, None),
    ),
)

SUBNET = Kind(
    singular="subnet",
    plural="subnets",
    path="subnets",
    absent="SubnetNotFound",
    absent_message="Subnet {id} could not be found.",
    quota="subnet",
    attributes=(
        *_STANDARD,
        _TAGS,
        _NAME,
        _at_birth("network_id", check.uuid, REQUIRED, sorts=True),
        _at_birth("ip_version", check.one_of(4, 6), REQUIRED, sorts=True),
        _at_birth("cidr", check.or_none(check.cidr), None, sorts=True),
        _at_birth("subnetpool_id", check.or_none(check.uuid), None, sorts=True),
        _writable("gateway_ip", check.or_none(check.address), UNGIVEN),
        _writable("allocation_pools", check.allocation_pools, None, filters=False),
        _writable("enable_dhcp", check.boolean, True, sorts=True),
        _at_birth("ipv6_ra_mode", check.text_or_none(32), None, sorts=True),
        _at_birth("ipv6_address_mode", check.text_or_none(32), None, sorts=True),
        _writable("host_routes", check.routes, (), filters=False),
        _writable("dns_nameservers", check.list_of(check.address), (), filters=False),
        _writable("service_types", check.list_of(check.text(255)), (), filters=False),
        _read_only("router:external", check.boolean),
    ),
)

PORT = Kind(
    singular="port",
    plural="ports",
    path="ports",
    absent="PortNotFound",
    absent_message="Port {id} could not be found.",
    quota="port",
    attributes=(
        *_STANDARD,
        _at_birth("tags", check.tags, ()),
        _NAME,
        _ADMIN_STATE,
        _at_birth("network_id", check.uuid, REQUIRED, sorts=True),
        _writable("mac_address", check.mac, UNGIVEN, sorts=True),
        _read_only("status", sorts=True),
        _writable("device_id", check.text(255), "", sorts=True),
        _writable("device_owner", check.text(255), "", sorts=True),
        _writable("fixed_ips", check.fixed_ips, UNGIVEN),
        _writable("security_groups", check.uuids, UNGIVEN),
        _writable("allowed_address_pairs", check.address_pairs, (), filters=False),
        _writable("extra_dhcp_opts", check.dhcp_options, (), filters=False),
        _writable("port_security_enabled", check.boolean, True, filters=False),
        _writable("binding:vnic_type", check.text(64), "normal", filters=False),
        _reserved("binding:host_id", check.text(255), ""),
        _reserved("binding:profile", check.dictionary, {}, filters=False),
        Attribute(name="binding:vif_type", filters=False, admin_reads=True),
        Attribute(name="binding:vif_details", filters=False, admin_reads=True),
    ),
)

ROUTER = Kind(
    singular="router",
    plural="routers",
    path="routers",
    absent="RouterNotFound",
    absent_message="Router {id} could not be found",
    quota="router",
    attributes=(
        *_STANDARD,
        _TAGS,
        _NAME,
        _ADMIN_STATE,
        _read_only("status", filters=False, sorts=True),
        _writable("external_gateway_info", check.gateway, None, filters=False),
        Attribute(name="routes", check=check.routes, default=(), put=True, filters=False),
        _at_birth("availability_zone_hints", check.list_of(check.text(255)), (), filters=False),
        _read_only("availability_zones", filters=False),
        _reserved("distributed", check.boolean, False, filters=False),
        _reserved("ha", check.boolean, False, filters=False),
        _at_birth("flavor_id", check.or_none(check.uuid), None, filters=False, sorts=True),
    ),
)

FLOATING_IP = Kind(
    singular="floatingip",
    plural="floatingips",
    path="floatingips",
    absent="FloatingIPNotFound",
    absent_message="Floating IP {id} could not be found",
    quota="floatingip",
    attributes=(
        *_STANDARD,
        _TAGS,
        _at_birth("floating_network_id", check.uuid, REQUIRED, sorts=True),
        _at_birth("floating_ip_address", check.address, None, sorts=True, admin_writes=True),
        _at_birth("subnet_id", check.or_none(check.uuid), None, filters=False),
        _writable("port_id", check.or_none(check.uuid), None),
        _writable("fixed_ip_address", check.or_none(check.address), None, sorts=True),
        _read_only("router_id", sorts=True),
        _read_only("status", sorts=True),
        _read_only("port_details", filters=False),
    ),
)

SECURITY_GROUP = Kind(
    singular="security_group",
    plural="security_groups",
    path="security-groups",
    absent="SecurityGroupNotFound",
    absent_message="Security group {id} does not exist",
    quota="security_group",
    attributes=(
        *_STANDARD,
        _TAGS,
        _NAME,
        _writable("stateful", check.boolean, True),
        _read_only("shared", check.boolean),
        _read_only("security_group_rules", filters=False),
    ),
)

SECURITY_GROUP_RULE = Kind(
    singular="security_group_rule",
    plural="security_group_rules",
    path="security-group-rules",
    absent="SecurityGroupRuleNotFound",
    absent_message="Security group rule {id} does not exist",
    quota="security_group_rule",
    attributes=(
        *_STANDARD,
        _at_birth("security_group_id", check.uuid, REQUIRED, sorts=True),
        _at_birth("direction", check.one_of("ingress", "egress"), REQUIRED, sorts=True),
        _at_birth("ethertype", str, "IPv4", sorts=True),
        _at_birth("protocol", check.or_none(str), None, sorts=True),
        _at_birth("port_range_min", check.integer_or_none, None, sorts=True),
        _at_birth("port_range_max", check.integer_or_none, None, sorts=True),
        _at_birth("remote_ip_prefix", check.or_none(str), None, sorts=True),
        _at_birth("remote_group_id", check.or_none(check.uuid), None, sorts=True),
        _at_birth("remote_address_group_id", check.or_none(check.uuid), None, sorts=True),
        _read_only("normalized_cidr"),
        _read_only("belongs_to_default_sg", check.boolean),
    ),
)
