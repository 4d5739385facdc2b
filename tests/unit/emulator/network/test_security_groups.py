"""Security groups and their rules."""

from typing import Any

import pytest

from tests.unit.emulator.conftest import InProcess, Reply

GROUPS = "/network/v2.0/security-groups"
RULES = "/network/v2.0/security-group-rules"
NOBODY = "00000000-0000-4000-8000-000000000000"


def a_group(cloud: InProcess, name: str = "web") -> Any:
    reply = cloud.call("POST", GROUPS, {"security_group": {"name": name}})
    assert reply.status == 201, reply.body
    return reply.json["security_group"]


def default_group(cloud: InProcess) -> Any:
    (group,) = cloud.call("GET", f"{GROUPS}?name=default").json["security_groups"]
    return group


def make_rule(cloud: InProcess, group: Any, **fields: Any) -> Reply:
    wish = {"security_group_id": group["id"], "direction": "ingress", **fields}
    return cloud.call("POST", RULES, {"security_group_rule": wish})


def a_rule(cloud: InProcess, group: Any, **fields: Any) -> Any:
    reply = make_rule(cloud, group, **fields)
    assert reply.status == 201, reply.body
    return reply.json["security_group_rule"]


def refusal(reply: Reply) -> tuple[int | None, str, str]:
    error = reply.json["NeutronError"]
    return reply.status, error["type"], error["message"]


def test_a_project_has_a_default_group_that_trusts_itself(cloud: InProcess) -> None:
    group = default_group(cloud)
    rules = {(r["direction"], r["ethertype"]): r for r in group["security_group_rules"]}
    assert len(rules) == 4
    assert rules["ingress", "IPv4"]["remote_group_id"] == group["id"]
    assert rules["egress", "IPv4"]["remote_group_id"] is None
    assert all(rule["belongs_to_default_sg"] for rule in rules.values())


def test_a_new_group_lets_everything_out(cloud: InProcess) -> None:
    rules = a_group(cloud)["security_group_rules"]
    assert [(rule["direction"], rule["ethertype"]) for rule in rules] == [
        ("egress", "IPv4"),
        ("egress", "IPv6"),
    ]


def test_two_groups_may_have_one_name_but_not_default(cloud: InProcess) -> None:
    assert a_group(cloud)["id"] != a_group(cloud)["id"]
    assert refusal(cloud.call("POST", GROUPS, {"security_group": {"name": "default"}})) == (
        409,
        "SecurityGroupDefaultAlreadyExists",
        "Default security group already exists.",
    )


def test_the_default_group_stays_as_it_is(cloud: InProcess) -> None:
    path = f"{GROUPS}/{default_group(cloud)['id']}"
    renamed = cloud.call("PUT", path, {"security_group": {"name": "mine"}})
    assert refusal(renamed)[:2] == (409, "SecurityGroupCannotUpdateDefault")
    assert refusal(cloud.call("DELETE", path)) == (
        409,
        "SecurityGroupCannotRemoveDefault",
        "Insufficient rights for removing default security group.",
    )


def test_a_default_group_that_an_administrator_deletes_comes_again(cloud: InProcess) -> None:
    old = default_group(cloud)
    assert cloud.call("DELETE", f"{GROUPS}/{old['id']}", user="admin").status == 204
    port = cloud.call("POST", "/network/v2.0/ports", {"port": {"network_id": cloud.network_id()}})
    (group_id,) = port.json["port"]["security_groups"]
    assert group_id == default_group(cloud)["id"] != old["id"]


def test_a_group_of_a_port_is_in_use(cloud: InProcess) -> None:
    group = a_group(cloud)
    wish = {"network_id": cloud.network_id(), "security_groups": [group["id"]]}
    port = cloud.call("POST", "/network/v2.0/ports", {"port": wish}).json["port"]
    path = f"{GROUPS}/{group['id']}"
    assert refusal(cloud.call("DELETE", path)) == (
        409,
        "SecurityGroupInUse",
        f"Security Group {group['id']} in use.",
    )
    change: dict[str, Any] = {"port": {"security_groups": []}}
    cloud.call("PUT", f"/network/v2.0/ports/{port['id']}", change)
    assert cloud.call("DELETE", path).status == 204
    assert refusal(cloud.call("GET", path)) == (
        404,
        "SecurityGroupNotFound",
        f"Security group {group['id']} does not exist",
    )


def test_a_rule_shows_in_its_group_and_goes_with_it(cloud: InProcess) -> None:
    group = a_group(cloud)
    rule = a_rule(cloud, group, protocol="tcp", port_range_min=22, port_range_max=22)
    path = f"{GROUPS}/{group['id']}"
    shown = cloud.call("GET", path).json["security_group"]["security_group_rules"]
    assert rule["id"] in [one["id"] for one in shown]
    cloud.call("DELETE", path)
    assert cloud.call("GET", f"{RULES}/{rule['id']}").status == 404


def test_a_rule_that_comes_or_goes_revises_its_group(cloud: InProcess) -> None:
    group = a_group(cloud)

    def revision() -> int:
        shown = cloud.call("GET", f"{GROUPS}/{group['id']}").json["security_group"]
        return int(shown["revision_number"])

    rule = a_rule(cloud, group, protocol="tcp")
    assert (group["revision_number"], revision()) == (1, 2)
    cloud.call("DELETE", f"{RULES}/{rule['id']}")
    assert revision() == 3


def test_a_rule_is_not_written_twice(cloud: InProcess) -> None:
    group = a_group(cloud)
    fields = {"protocol": "tcp", "port_range_min": 22, "port_range_max": 22}
    rule = a_rule(cloud, group, **fields, description="ssh")
    assert refusal(make_rule(cloud, group, **fields)) == (
        409,
        "SecurityGroupRuleExists",
        f"Security group rule already exists. Rule id is {rule['id']}.",
    )


def test_any_protocol_is_none_and_a_number_is_kept_as_text(cloud: InProcess) -> None:
    group = a_group(cloud)
    assert a_rule(cloud, group, protocol="any")["protocol"] is None
    assert a_rule(cloud, group, protocol=17)["protocol"] == "17"


def test_a_prefix_is_shown_as_given_and_normalised(cloud: InProcess) -> None:
    group = a_group(cloud)
    rule = a_rule(cloud, group, remote_ip_prefix="1.2.3.4/24")
    assert (rule["remote_ip_prefix"], rule["normalized_cidr"]) == ("1.2.3.4/24", "1.2.3.0/24")
    lone = a_rule(cloud, group, remote_ip_prefix="1.2.3.4")
    assert lone["remote_ip_prefix"] == "1.2.3.4/32"


@pytest.mark.parametrize(
    ("fields", "kind", "message"),
    [
        ({"protocol": "tcp", "port_range_min": 22}, "SecurityGroupInvalidPortRange",
         "For TCP/UDP protocols, port_range_min must be <= port_range_max"),
        ({"protocol": "tcp", "port_range_min": 2, "port_range_max": 1},
         "SecurityGroupInvalidPortRange",
         "For TCP/UDP protocols, port_range_min must be <= port_range_max"),
        ({"protocol": "tcp", "port_range_min": 0, "port_range_max": 70_000},
         "SecurityGroupInvalidPortValue", "Invalid value for port 70000"),
        ({"port_range_min": 1, "port_range_max": 1}, "SecurityGroupProtocolRequiredWithPorts",
         "Must also specify protocol if port range is given."),
        ({"protocol": "icmp", "port_range_min": 800}, "SecurityGroupInvalidIcmpValue",
         "Invalid value for ICMP type (port_range_min) 800. It must be 0 to 255."),
        ({"protocol": "icmp", "port_range_max": 1}, "SecurityGroupMissingIcmpType",
         "ICMP code (port_range_max) 1 is provided but ICMP type (port_range_min) is missing."),
        ({"direction": "up"}, "HTTPBadRequest",
         "Invalid input for direction. Reason: up is not in valid_values."),
        ({"ethertype": "IPv5"}, "SecurityGroupRuleInvalidEtherType",
         ("Security group rule for ethertype 'IPv5' not supported. Allowed values are "
         "['IPv4', 'IPv6'].")),
        ({"protocol": "ipv6-icmp"}, "SecurityGroupEthertypeConflictWithProtocol",
         "Invalid ethertype IPv4 for protocol ipv6-icmp."),
        ({"remote_ip_prefix": "1.2.3.4/99"}, "InvalidCIDR",
         "Invalid CIDR 1.2.3.4/99 given as IP prefix."),
        ({"remote_ip_prefix": "::/0"}, "SecurityGroupRuleParameterConflict",
         "Conflicting value ethertype IPv4 for CIDR ::/0"),
        ({"remote_ip_prefix": "1.2.3.0/24", "remote_group_id": NOBODY},
         "SecurityGroupMultipleRemoteEntites",
         ("Only one of remote_ip_prefix or remote_group_id or remote_address_group_id may be "
         "provided.")),
    ],
)  # fmt: skip
def test_a_wrong_rule_is_refused_in_neutrons_words(
    cloud: InProcess, fields: dict[str, Any], kind: str, message: str
) -> None:
    assert refusal(make_rule(cloud, a_group(cloud), **fields)) == (400, kind, message)


def test_an_unknown_protocol_is_told_with_the_known_ones(cloud: InProcess) -> None:
    status, kind, message = refusal(make_rule(cloud, a_group(cloud), protocol="smoke"))
    assert (status, kind) == (400, "SecurityGroupRuleInvalidProtocol")
    assert message.startswith("Security group rule protocol smoke not supported.")
    assert "'vrrp'" in message


def test_a_group_of_nobody_has_no_rules(cloud: InProcess) -> None:
    expected = (404, "SecurityGroupNotFound", f"Security group {NOBODY} does not exist")
    assert refusal(make_rule(cloud, {"id": NOBODY})) == expected
    assert refusal(make_rule(cloud, a_group(cloud), remote_group_id=NOBODY)) == expected
