"""What a rule may say to Nova, which is less than Neutron would take."""

from ipaddress import ip_network
from typing import Any

from leasehold.emulator.http import Fault

_WITH_PORTS = ("TCP", "UDP")
_PROTOCOLS = (*_WITH_PORTS, "ICMP")
_EVERYWHERE = "0.0.0.0/0"


def ingress_rule(given: dict[str, Any]) -> dict[str, Any]:
    """The rule for Neutron that a body asks for; raises Fault 400 in Nova's words."""
    group_id, protocol = given.get("group_id"), given.get("ip_protocol")
    low, high = given.get("from_port"), given.get("to_port")
    prefix = None if group_id is not None else _prefix(given.get("cidr"))
    word = str(protocol or "").upper()
    if group_id is not None and low is None and high is None and word in _PROTOCOLS:
        low, high = (-1, -1) if word == "ICMP" else (1, 65_535)
    rule: dict[str, Any] = {
        "direction": "ingress",
        "security_group_id": given["parent_group_id"],
        "remote_group_id": group_id,
        "remote_ip_prefix": prefix,
        "ethertype": "IPv6" if prefix is not None and ":" in prefix else "IPv4",
    }
    if protocol and low is not None and high is not None:
        return rule | _span(word, str(protocol), low, high)
    if prefix is not None:
        raise Fault(400, "Not enough parameters to build a valid rule.")
    return rule


def _prefix(cidr: str | None) -> str:
    if not cidr:
        return _EVERYWHERE
    try:
        ip_network(cidr, strict=False)
    except ValueError:
        raise _bad_prefix(cidr) from None
    address, _, length = cidr.partition("/")
    if not length:
        raise _bad_prefix(cidr)
    if length == "0" and address not in ("0.0.0.0", "::"):  # noqa: S104 - no address to listen on
        raise Fault(400, f"Bad prefix for network in cidr {cidr}")
    return cidr


def _span(word: str, protocol: str, low: Any, high: Any) -> dict[str, Any]:
    """The protocol and its ports, or its type and code; -1 is any."""
    try:
        low, high = int(low), int(high)
    except ValueError:
        what = "Type and Code must be integers for ICMP protocol type"
        if word != "ICMP":
            what = "To and From ports must be integers"
        raise Fault(400, f"Invalid input received: {what}") from None
    if word not in _PROTOCOLS:
        raise Fault(400, f"Invalid IP protocol {protocol}.")
    if word in _WITH_PORTS and low > high:
        raise _bad_span(low, high, "Former value cannot be greater than the later")
    if word in _WITH_PORTS and (low < 1 or high > 65_535):
        raise _bad_span(low, high, f"Valid {word} ports should be between 1-65535")
    if word == "ICMP" and not (-1 <= low <= 255 and -1 <= high <= 255):
        raise _bad_span(low, high, "For ICMP, the type:code must be valid")
    span: dict[str, Any] = {"protocol": protocol.lower()}
    if low != -1:
        span["port_range_min"] = low
    if high != -1:
        span["port_range_max"] = high
    return span


def _bad_prefix(cidr: str) -> Fault:
    return Fault(400, f"{cidr} is not a valid IP network.")


def _bad_span(low: int, high: int, reason: str) -> Fault:
    return Fault(400, f"Invalid port range {low}:{high}. {reason}")
