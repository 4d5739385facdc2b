"""Limits and quota sets."""

import pytest

from tests.unit.emulator.conftest import InProcess

SETS = "/compute/v2.1/os-quota-sets"


def test_limits_tell_what_there_is_and_what_is_used(cloud: InProcess) -> None:
    cloud.a_server()
    cloud.a_server(flavorRef="3")
    limits = cloud.call("GET", "/compute/v2.1/limits").json["limits"]
    assert limits["rate"] == []
    absolute = limits["absolute"]
    assert (absolute["maxTotalInstances"], absolute["totalInstancesUsed"]) == (1000, 2)
    assert (absolute["totalCoresUsed"], absolute["totalRAMUsed"]) == (3, 2112)


@pytest.mark.parametrize(
    ("version", "gone"),
    [("2.36", "maxSecurityGroups"), ("2.39", "maxImageMeta"), ("2.57", "maxPersonality")],
)
def test_limits_lose_what_is_no_longer_novas(cloud: InProcess, version: str, gone: str) -> None:
    before = f"2.{int(version[2:]) - 1}"
    path = "/compute/v2.1/limits"
    assert gone in cloud.call("GET", path, version=before).json["limits"]["absolute"]
    assert gone not in cloud.call("GET", path, version=version).json["limits"]["absolute"]


def test_a_quota_set_is_a_projects_own_and_an_administrators(cloud: InProcess) -> None:
    project = cloud.cloud.project("demo").id
    shown = cloud.call("GET", f"{SETS}/{project}").json["quota_set"]
    assert (shown["id"], shown["instances"], shown["floating_ips"]) == (project, 1000, -1)
    assert cloud.call("GET", f"{SETS}/other").status == 403
    assert cloud.call("GET", f"{SETS}/{project}", user="admin").status == 200


def test_details_tell_what_is_in_use(cloud: InProcess) -> None:
    cloud.a_server()
    path = f"{SETS}/{cloud.cloud.project('demo').id}/detail"
    detail = cloud.call("GET", path, version="2.57").json["quota_set"]
    assert detail["instances"] == {"limit": 1000, "in_use": 1, "reserved": 0}
    assert "injected_files" not in detail


def test_an_administrator_sets_a_quota_and_takes_it_back(cloud: InProcess) -> None:
    path = f"{SETS}/{cloud.cloud.project('demo').id}"
    wish = {"quota_set": {"instances": 2, "cores": -1}}
    assert cloud.call("PUT", path, wish).status == 403
    assert cloud.call("PUT", path, wish, user="admin").json["quota_set"]["instances"] == 2
    assert cloud.call("GET", path).json["quota_set"]["cores"] == -1
    assert cloud.call("GET", f"{path}/defaults").json["quota_set"]["instances"] == 1000
    assert cloud.call("DELETE", path, user="admin").status == 202
    assert cloud.call("GET", path).json["quota_set"]["instances"] == 1000


def test_a_quota_below_what_is_used_needs_force(cloud: InProcess) -> None:
    cloud.a_server()
    path = f"{SETS}/{cloud.cloud.project('demo').id}"
    reply = cloud.call("PUT", path, {"quota_set": {"instances": 0}}, user="admin")
    assert (reply.status, reply.message) == (
        400,
        "Quota limit 0 for instances must be greater than or equal to already used and reserved 1.",
    )
    forced = {"quota_set": {"instances": 0, "force": True}}
    assert cloud.call("PUT", path, forced, user="admin").status == 200
    unknown = {"quota_set": {"beauty": 1}}
    assert cloud.call("PUT", path, unknown, user="admin").status == 400
