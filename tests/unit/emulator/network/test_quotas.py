"""Neutron's quotas: who sees and sets them, and what they count."""

from typing import Any

import pytest

from leasehold.emulator import Quota
from tests.unit.emulator.conftest import InProcess, Reply


def path_of(cloud: InProcess, project: str = "demo", rest: str = "") -> str:
    return f"/network/v2.0/quotas/{cloud.cloud.project(project).id}{rest}"


def change(cloud: InProcess, user: str = "admin", **limits: Any) -> Reply:
    return cloud.call("PUT", path_of(cloud), {"quota": limits}, user=user)


def refusal(reply: Reply) -> tuple[int | None, str, str]:
    error = reply.json["NeutronError"]
    return reply.status, error["type"], error["message"]


def test_details_count_what_the_project_has(cloud: InProcess) -> None:
    details = cloud.call("GET", path_of(cloud, rest="/details")).json["quota"]
    assert details["network"] == {"limit": 1000, "used": 1, "reserved": 0}
    assert details["port"]["used"] == 1, "the router's; a gateway's belongs to nobody"
    assert details["security_group_rule"]["used"] == 4


def test_the_old_ending_of_a_path_is_taken(cloud: InProcess) -> None:
    assert cloud.call("GET", path_of(cloud, rest="/details.json")).status == 200


def test_ones_own_quota_is_seen_others_are_not(cloud: InProcess) -> None:
    assert cloud.call("GET", path_of(cloud)).json["quota"]["port"] == 100_000
    assert refusal(cloud.call("GET", path_of(cloud, "admin"))) == (
        403,
        "PolicyNotAuthorized",
        "rule:get_quota is disallowed by policy",
    )


def test_only_administrators_set_quotas(cloud: InProcess) -> None:
    assert refusal(change(cloud, user="demo", port=5))[:2] == (403, "PolicyNotAuthorized")
    assert change(cloud, port=5).json["quota"]["port"] == 5


def test_a_changed_quota_is_listed_until_it_is_reset(cloud: InProcess) -> None:
    change(cloud, floatingip=7)
    (listed,) = cloud.call("GET", "/network/v2.0/quotas", user="admin").json["quotas"]
    assert listed["floatingip"] == 7
    assert listed["project_id"] == cloud.cloud.project("demo").id
    assert cloud.call("DELETE", path_of(cloud), user="admin").status == 204
    assert cloud.call("GET", path_of(cloud)).json["quota"]["floatingip"] == 10_000
    assert refusal(cloud.call("DELETE", path_of(cloud), user="admin"))[:2] == (
        404,
        "TenantQuotaNotFound",
    )


@pytest.mark.parametrize(
    ("limits", "message"),
    [
        ({"colour": 1}, "Unrecognized attribute(s) 'colour'"),
        ({"port": "x"}, "Invalid input for operation: 'x' is not an integer."),
        (
            {"port": -5},
            "Invalid input for port. Reason: '-5' is too small - must be at least '-1'.",
        ),
        (
            {"network": 0},
            "Quota limit 0 for network must be greater than or equal to already used 1",
        ),
    ],
)
def test_a_wrong_limit_is_refused_in_neutrons_words(
    cloud: InProcess, limits: dict[str, Any], message: str
) -> None:
    status, _, told = refusal(change(cloud, **limits))
    assert (status, told) == (400, message)


def test_less_than_is_in_use_is_set_by_force_only(cloud: InProcess) -> None:
    assert change(cloud, network=0, check_limit=False).status == 400
    assert change(cloud, network=0, force=True).json["quota"]["network"] == 0


@pytest.mark.parametrize(
    ("path", "body", "name"),
    [
        ("networks", {"network": {}}, "network"),
        ("routers", {"router": {}}, "router"),
        ("security-groups", {"security_group": {"name": "x"}}, "security_group"),
        ("floatingips", {"floatingip": {"floating_network_id": ...}}, "floatingip"),
    ],
)
def test_one_more_than_the_quota_is_refused(
    make_cloud: type[InProcess], path: str, body: dict[str, Any], name: str
) -> None:
    cloud = make_cloud(quota=Quota(network=1, router=1, security_group=1, floatingip=0))
    if name == "floatingip":
        body = {"floatingip": {"floating_network_id": cloud.network_id("public")}}
    assert refusal(cloud.call("POST", f"/network/v2.0/{path}", body)) == (
        409,
        "OverQuota",
        f"Quota exceeded for resources: ['{name}'].",
    )


def test_minus_one_is_no_limit(cloud: InProcess) -> None:
    assert change(cloud, network=-1).status == 200
    assert cloud.call("POST", "/network/v2.0/networks", {"network": {}}).status == 201
