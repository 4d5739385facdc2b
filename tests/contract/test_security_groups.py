"""Neutron: security groups and their rules."""

from typing import Any
from uuid import UUID

import pytest
from tests.contract.api import refused
from tests.contract.shape import has_form
from tests.contract.tenant import Tenant
from tests.contract.test_ports import STAMPS

NOBODY = str(UUID(int=0xDEAD))
RULE = {key: STAMPS[key] for key in STAMPS if key != "tags"} | {
    "id": str,
    "security_group_id": str,
    "direction": str,
    "ethertype": str,
    "protocol": None | str,
    "port_range_min": None | int,
    "port_range_max": None | int,
    "remote_ip_prefix": None | str,
    "remote_group_id": None | str,
    "remote_address_group_id": None | str,
    "normalized_cidr": None | str,
    "belongs_to_default_sg": None | bool,
    "description": None | str,
}
INNER_RULE = RULE | {"tags": [str], "standard_attr_id": int}
GROUP = STAMPS | {
    "id": str,
    "name": str,
    "stateful": bool,
    "shared": bool,
    "security_group_rules": [INNER_RULE],
}
SSH = {
    "direction": "ingress",
    "ethertype": "IPv4",
    "protocol": "tcp",
    "port_range_min": 22,
    "port_range_max": 22,
    "remote_ip_prefix": "0.0.0.0/0",
}


def rule(cloud: Tenant, group: str, **changes: Any) -> dict[str, Any]:
    return {"security_group_rule": SSH | {"security_group_id": group} | changes}


def test_a_project_has_a_default_group_that_lets_its_members_in(cloud: Tenant) -> None:
    (default,) = cloud.network.get("/security-groups?name=default").one
    has_form(default, GROUP)
    inbound = [r for r in default["security_group_rules"] if r["direction"] == "ingress"]
    assert {r["remote_group_id"] for r in inbound} == {default["id"]}
    assert {r["ethertype"] for r in inbound} == {"IPv4", "IPv6"}


def test_a_new_group_lets_everything_out_and_nothing_in(cloud: Tenant) -> None:
    answer = cloud.network.post("/security-groups", {"security_group": {"name": "g"}})
    assert answer.status == 201
    shown = cloud.network.get(f"/security-groups/{answer.one['id']}").one
    has_form(shown, GROUP)
    rules = [(r["direction"], r["ethertype"]) for r in shown["security_group_rules"]]
    assert sorted(rules) == [("egress", "IPv4"), ("egress", "IPv6")]


def test_a_rule_is_added_once_and_taken_away(cloud: Tenant) -> None:
    group = cloud.a_security_group()["id"]
    made = cloud.network.post("/security-group-rules", rule(cloud, group))
    assert made.status == 201
    has_form(made.one, RULE)
    assert made.one["normalized_cidr"] == "0.0.0.0/0"
    refused(
        cloud.network.post("/security-group-rules", rule(cloud, group)),
        409,
        "SecurityGroupRuleExists",
        rf"Security group rule already exists\. Rule id is {made.one['id']}\.",
    )
    listed = cloud.network.get(f"/security-group-rules?security_group_id={group}").one
    assert made.one["id"] in {item["id"] for item in listed}

    path = f"/security-group-rules/{made.one['id']}"
    assert cloud.network.delete(path).status == 204
    unknown = f"Security group rule {made.one['id']} does not exist"
    refused(cloud.network.delete(path), 404, "SecurityGroupRuleNotFound", unknown)


@pytest.mark.parametrize(
    ("wrong", "status", "kind", "message"),
    [
        (
            {"port_range_min": 30},
            400,
            "SecurityGroupInvalidPortRange",
            "For TCP/UDP protocols, port_range_min must be <= port_range_max",
        ),
        (
            {"security_group_id": NOBODY},
            404,
            "SecurityGroupNotFound",
            f"Security group {NOBODY} does not exist",
        ),
    ],
    ids=["ports backwards", "no such group"],
)
def test_a_wrong_rule_is_refused(
    cloud: Tenant, wrong: dict[str, Any], status: int, kind: str, message: str
) -> None:
    group = cloud.a_security_group()["id"]
    answer = cloud.network.post("/security-group-rules", rule(cloud, group, **wrong))
    refused(answer, status, kind, message)


def test_a_group_changes_its_name(cloud: Tenant) -> None:
    group = cloud.a_security_group(name="before")["id"]
    path = f"/security-groups/{group}"
    assert cloud.network.put(path, {"security_group": {"name": "g"}}).one["name"] == "g"


def test_there_is_one_default_group_only(cloud: Tenant) -> None:
    answer = cloud.network.post("/security-groups", {"security_group": {"name": "default"}})
    refused(
        answer,
        409,
        "SecurityGroupDefaultAlreadyExists",
        r"Default security group already exists\.",
    )


def test_a_group_in_use_stays(cloud: Tenant) -> None:
    group = cloud.a_security_group()["id"]
    port = cloud.a_port(security_groups=[group])["id"]
    path = f"/security-groups/{group}"
    in_use = cloud.network.delete(path)
    refused(in_use, 409, "SecurityGroupInUse", rf"Security Group {group} in use\.")
    cloud.network.delete(f"/ports/{port}")
    assert cloud.network.delete(path).status == 204
    unknown = f"Security group {group} does not exist"
    refused(cloud.network.get(path), 404, "SecurityGroupNotFound", unknown)
