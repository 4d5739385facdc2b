"""The forms that values in Neutron's bodies and filters must have."""

from collections.abc import Callable
from ipaddress import ip_address, ip_interface, ip_network
from typing import Any
from uuid import UUID

from leasehold.emulator.network.attributes import Check, Wrong, bad_request, invalid_input
from leasehold.emulator.network.records import (
    AllocationPool,
    FixedIp,
    Gateway,
    HostRoute,
)

_TRUE = ("true", "1")
_FALSE = ("false", "0")


def boolean(value: Any) -> bool:
    word = str(value).lower()
    if word in _TRUE:
        return True
    if word in _FALSE:
        return False
    raise invalid_input(f"'{value}' cannot be converted to boolean")


def integer(value: Any) -> int:
    try:
        return int(value)
    except (TypeError, ValueError):
        raise invalid_input(f"'{value}' is not an integer") from None


def integer_or_none(value: Any) -> int | None:
    return None if value is None else integer(value)


def text(limit: int) -> Check:
    def check(value: Any) -> str:
        if not isinstance(value, str):
            raise Wrong(f"'{value}' is not a valid string")
        if len(value) > limit:
            raise Wrong(f"'{value}' exceeds maximum length of {limit}")
        return value

    return check


def text_or_none(limit: int) -> Check:
    return or_none(text(limit))


def or_none(check: Check) -> Check:
    return lambda value: None if value is None else check(value)


def one_of(*allowed: Any) -> Check:
    def check(value: Any) -> Any:
        if value not in allowed:
            raise Wrong(f"{value} is not in valid_values")
        return value

    return check


def uuid(value: Any) -> str:
    try:
        UUID(value)
    except (AttributeError, TypeError, ValueError):
        raise Wrong(f"'{value}' is not a valid UUID") from None
    return str(value)


def address(value: Any) -> str:
    try:
        return str(ip_address(value))
    except ValueError:
        raise Wrong(f"'{value}' is not a valid IP address") from None


def cidr(value: Any) -> str:
    try:
        return str(ip_network(value, strict=False))
    except ValueError:
        raise invalid_input(f"{value} is not in a CIDR format") from None


def mac(value: Any) -> str:
    parts = str(value).lower().replace("-", ":").split(":")
    try:
        numbers = [int(part, 16) for part in parts if len(part) == 2]
    except ValueError:
        numbers = []
    if len(numbers) != 6 or len(parts) != 6:
        raise Wrong(f"'{value}' is not a valid MAC address")
    return ":".join(parts)


def list_of(check: Check) -> Callable[[Any], tuple[Any, ...]]:
    def check_all(value: Any) -> tuple[Any, ...]:
        if not isinstance(value, list):
            raise Wrong(f"'{value}' is not a list")
        return tuple(check(item) for item in value)

    return check_all


def uuids(value: Any) -> tuple[str, ...]:
    """A set of ids, in their order; None is the empty one."""
    return tuple(dict.fromkeys(list_of(uuid)(value or [])))


def tags(value: Any) -> tuple[str, ...]:
    return tuple(sorted(set(list_of(text(255))(value))))


def dictionary(value: Any) -> dict[str, object]:
    if not isinstance(value, dict):
        raise Wrong(f"'{value}' is not a dictionary")
    return value


def fixed_ips(value: Any) -> tuple[FixedIp, ...]:
    """Wanted addresses; an empty field leaves the choice to Neutron."""
    if not isinstance(value, list):
        raise Wrong(f"Invalid data format for fixed IP: '{value}'")
    wanted = []
    for item in value:
        if not isinstance(item, dict):
            raise Wrong(f"Invalid data format for fixed IP: '{item}'")
        subnet_id, wish = item.get("subnet_id"), item.get("ip_address")
        if not subnet_id and not wish:
            raise invalid_input("IP allocation requires subnet_id or ip_address")
        wanted.append(
            FixedIp(
                subnet_id=uuid(subnet_id) if subnet_id else "",
                ip_address=address(wish) if wish else "",
            )
        )
    return tuple(wanted)


def address_pairs(value: Any) -> tuple[dict[str, str], ...]:
    """Pairs as given: the port's own MAC address is filled in later where one is left out."""
    pairs = []
    for item in value or []:
        if not isinstance(item, dict) or "ip_address" not in item:
            raise bad_request(
                "AllowedAddressPair must contain ip_address", "AllowedAddressPairsMissingIP"
            )
        try:
            ip_interface(item["ip_address"])
        except ValueError:
            raise Wrong(f"'{item['ip_address']}' is not a valid IP subnet") from None
        pairs.append(item)
    return tuple(pairs)


def dhcp_options(value: Any) -> tuple[dict[str, Any], ...]:
    for item in value or []:
        if not isinstance(item, dict) or not item.get("opt_name"):
            raise Wrong("DHCP option name is missing")
    return tuple(value or [])


def allocation_pools(value: Any) -> tuple[AllocationPool, ...] | None:
    if value is None:
        return None
    pools = []
    for item in value if isinstance(value, list) else [value]:
        if not isinstance(item, dict) or set(item) != {"start", "end"}:
            raise Wrong(f"Invalid data format for IP pool: '{item}'")
        pools.append(AllocationPool(start=address(item["start"]), end=address(item["end"])))
    return tuple(pools)


def routes(value: Any) -> tuple[HostRoute, ...]:
    found = []
    for item in value or []:
        if not isinstance(item, dict) or set(item) != {"destination", "nexthop"}:
            raise Wrong(f"Invalid data format for hostroute: '{item}'")
        try:
            destination = str(ip_network(item["destination"], strict=False))
        except ValueError:
            raise Wrong(f"'{item['destination']}' is not a valid IP subnet") from None
        found.append(HostRoute(destination=destination, nexthop=address(item["nexthop"])))
    return tuple(found)


def gateway(value: Any) -> Gateway | None:
    """``{}`` and null both mean: no gateway."""
    if not value:
        return None
    if not isinstance(value, dict) or "network_id" not in value:
        raise Wrong(f"'{value}' must contain network_id")
    return Gateway(
        network_id=uuid(value["network_id"]),
        external_fixed_ips=fixed_ips(value.get("external_fixed_ips") or []),
        enable_snat=boolean(value.get("enable_snat", True)),
    )
