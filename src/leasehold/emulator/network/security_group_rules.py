"""The rules of security groups: what a rule may say, and which rules a group has."""

from ipaddress import ip_network
from typing import Any

from leasehold.emulator.http import Fault
from leasehold.emulator.network.attributes import bad_request
from leasehold.emulator.network.records import SecurityGroupRule, revised
from leasehold.emulator.world import World

_NUMBERS = {
    "ah": 51, "dccp": 33, "egp": 8, "esp": 50, "gre": 47, "hopopt": 0, "icmp": 1, "igmp": 2,
    "ip": 0, "ipip": 4, "ipv6-encap": 41, "ipv6-frag": 44, "ipv6-icmp": 58, "icmpv6": 58,
    "ipv6-nonxt": 59, "ipv6-opts": 60, "ipv6-route": 43, "ospf": 89, "pgm": 113, "rsvp": 46,
    "sctp": 132, "tcp": 6, "udp": 17, "udplite": 136, "vrrp": 112,
}  # fmt: skip
_TCP_LIKE = ("tcp", "udp", "sctp", "dccp", "udplite", "6", "17", "132", "33", "136")
_ICMP_LIKE = ("icmp", "ipv6-icmp", "icmpv6", "1", "58")
_IPV6_ONLY = ("ipv6-encap", "ipv6-frag", "ipv6-icmp", "icmpv6", "ipv6-nonxt", "ipv6-opts",
              "ipv6-route")  # fmt: skip
_SAYS = (
    "direction",
    "ethertype",
    "protocol",
    "port_range_min",
    "port_range_max",
    "remote_ip_prefix",
    "remote_group_id",
    "remote_address_group_id",
)
"""What makes two rules of one group the same."""


class RuleBook:
    """All rules, by id and by group."""

    def __init__(self, world: World) -> None:
        self._world = world
        self.records = world.collection(owner=_project)
        self._of: dict[str, dict[str, None]] = {}
        self._standard_attr_id = 0

    def of(self, group_id: str) -> list[SecurityGroupRule]:
        found = (self.records.get(rule_id) for rule_id in self._of.get(group_id, ()))
        return [rule for rule in found if rule is not None]

    def add(self, **values: Any) -> SecurityGroupRule:
        """Write down a rule of checked values; raises Fault 409 when the group has it already."""
        for rule in self.of(values["security_group_id"]):
            if all(getattr(rule, name) == values.get(name) for name in _SAYS):
                raise Fault(
                    409,
                    f"Security group rule already exists. Rule id is {rule.id}.",
                    kind="SecurityGroupRuleExists",
                )
        now = self._world.timeline.now().replace(microsecond=0)
        self._standard_attr_id += 1
        rule = SecurityGroupRule(
            id=self._world.ids.uuid(),
            created_at=now,
            updated_at=now,
            standard_attr_id=self._standard_attr_id,
            **values,
        )
        self._of.setdefault(rule.security_group_id, {})[rule.id] = None
        return self.records.put(rule)

    def revise(self, rule: SecurityGroupRule, values: dict[str, Any]) -> SecurityGroupRule:
        return self.records.put(revised(rule, self._world.timeline.now(), **values))

    def remove(self, rule: SecurityGroupRule) -> None:
        self.records.remove(rule.id)
        self._of[rule.security_group_id].pop(rule.id, None)


def checked(values: dict[str, Any]) -> dict[str, Any]:
    """The values of a new rule in their stored form; raises Fault 400 in Neutron's words."""
    protocol, ethertype = _protocol(values["protocol"]), values["ethertype"]
    _check_ethertype(ethertype, protocol)
    low, high = values["port_range_min"], values["port_range_max"]
    _check_ports(protocol, low, high)
    remotes = ("remote_ip_prefix", "remote_group_id", "remote_address_group_id")
    if sum(values[name] is not None for name in remotes) > 1:
        raise bad_request(
            "Only one of remote_ip_prefix or remote_group_id or remote_address_group_id may be "
            "provided.",
            "SecurityGroupMultipleRemoteEntites",
        )
    prefix, normalized = _prefix(values["remote_ip_prefix"], ethertype)
    return {
        **values,
        "protocol": protocol,
        "remote_ip_prefix": prefix,
        "normalized_cidr": normalized,
    }


def _protocol(given: str | None) -> str | None:
    if given is None or given.lower() in ("", "any"):
        return None
    word = given.lower()
    if word in _NUMBERS or (word.isdecimal() and int(word) <= 255):
        return word
    names = ", ".join(repr(name) for name in _NUMBERS)
    raise bad_request(
        f"Security group rule protocol {given} not supported. Only protocol values (None, 'any', "
        f"{names}) and integer representations [0 to 255] are supported.",
        "SecurityGroupRuleInvalidProtocol",
    )


def _check_ethertype(ethertype: str, protocol: str | None) -> None:
    if ethertype not in ("IPv4", "IPv6"):
        raise bad_request(
            f"Security group rule for ethertype '{ethertype}' not supported. Allowed values are "
            "['IPv4', 'IPv6'].",
            "SecurityGroupRuleInvalidEtherType",
        )
    if ethertype == "IPv4" and protocol in _IPV6_ONLY:
        raise bad_request(
            f"Invalid ethertype {ethertype} for protocol {protocol}.",
            "SecurityGroupEthertypeConflictWithProtocol",
        )


def _check_ports(protocol: str | None, low: int | None, high: int | None) -> None:
    if low is None and high is None:
        return
    if protocol is None:
        raise bad_request(
            "Must also specify protocol if port range is given.",
            "SecurityGroupProtocolRequiredWithPorts",
        )
    if protocol in _ICMP_LIKE:
        _check_icmp(low, high)
    elif protocol in _TCP_LIKE:
        for number in (low, high):
            if number is not None and not 0 <= number <= 65_535:
                raise bad_request(
                    f"Invalid value for port {number}", "SecurityGroupInvalidPortValue"
                )
        if low is None or high is None or low > high:
            raise bad_request(
                "For TCP/UDP protocols, port_range_min must be <= port_range_max",
                "SecurityGroupInvalidPortRange",
            )


def _check_icmp(kind: int | None, code: int | None) -> None:
    for name, field, value in (
        ("type", "port_range_min", kind),
        ("code", "port_range_max", code),
    ):
        if value is not None and not 0 <= value <= 255:
            raise bad_request(
                f"Invalid value for ICMP {name} ({field}) {value}. It must be 0 to 255.",
                "SecurityGroupInvalidIcmpValue",
            )
    if kind is None:
        raise bad_request(
            f"ICMP code (port_range_max) {code} is provided but ICMP type (port_range_min) is "
            "missing.",
            "SecurityGroupMissingIcmpType",
        )


def _prefix(given: str | None, ethertype: str) -> tuple[str | None, str | None]:
    """A prefix as it was given (a lone address as a whole prefix), and normalised."""
    if given is None:
        return None, None
    try:
        block = ip_network(given, strict=False)
    except ValueError:
        raise bad_request(f"Invalid CIDR {given} given as IP prefix.", "InvalidCIDR") from None
    if ethertype != f"IPv{block.version}":
        raise bad_request(
            f"Conflicting value ethertype {ethertype} for CIDR {given}",
            "SecurityGroupRuleParameterConflict",
        )
    return given if "/" in given else str(block), str(block)


def _project(rule: SecurityGroupRule) -> str:
    return rule.project_id
