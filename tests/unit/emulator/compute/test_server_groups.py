"""Server groups, in the shapes before and after 2.64."""

from typing import Any

import pytest

from leasehold.emulator import Quota
from tests.unit.emulator.conftest import InProcess, Reply

GROUPS = "/compute/v2.1/os-server-groups"


def create(cloud: InProcess, version: str = "2.64", **given: Any) -> Reply:
    policy: dict[str, Any] = {"policy": "affinity"}
    if version < "2.64":
        policy = {"policies": ["affinity"]}
    body = {"server_group": {"name": "g", **policy, **given}}
    return cloud.call("POST", GROUPS, body, version=version)


def test_a_group_has_a_policy_and_from_2_64_only_one(cloud: InProcess) -> None:
    group = create(cloud).json["server_group"]
    assert (group["policy"], group["rules"], group["members"]) == ("affinity", {}, [])
    old = cloud.call("GET", f"{GROUPS}/{group['id']}", version="2.1").json["server_group"]
    assert old["policies"] == ["affinity"]
    assert "project_id" not in old
    newer = cloud.call("GET", f"{GROUPS}/{group['id']}", version="2.13").json["server_group"]
    assert newer["project_id"] == cloud.cloud.project("demo").id


@pytest.mark.parametrize(
    ("version", "given", "status"),
    [
        ("2.64", {"policy": "love"}, 400),
        ("2.64", {"policy": None}, 400),
        ("2.14", {"policies": ["soft-affinity"]}, 400),
        ("2.15", {"policies": ["soft-affinity"]}, 200),
        ("2.15", {"policies": []}, 400),
        ("2.64", {"name": ""}, 400),
    ],
)
def test_only_known_policies_are_taken(
    cloud: InProcess, version: str, given: dict[str, Any], status: int
) -> None:
    assert create(cloud, version, **given).status == status


def test_a_group_goes_and_is_nobody_elses(cloud: InProcess) -> None:
    path = f"{GROUPS}/{create(cloud).json['server_group']['id']}"
    assert cloud.call("GET", path, user="admin").status == 404
    assert cloud.call("DELETE", path).status == 204
    assert cloud.call("DELETE", path).status == 404
    assert cloud.call("GET", GROUPS).json == {"server_groups": []}


def test_a_server_leaves_its_group_when_it_goes(cloud: InProcess) -> None:
    group = create(cloud).json["server_group"]["id"]
    wish = {
        "server": {
            "name": "web",
            "flavorRef": "1",
            "imageRef": cloud.image_id(),
            "networks": "none",
        },
        "os:scheduler_hints": {"group": group},
    }
    server = cloud.call("POST", "/compute/v2.1/servers", wish, version="2.90").json["server"]
    cloud.advance(10)
    cloud.call("DELETE", f"/compute/v2.1/servers/{server['id']}")
    cloud.advance(4)
    assert cloud.call("GET", f"{GROUPS}/{group}").json["server_group"]["members"] == []


def test_groups_have_a_quota(make_cloud: type[InProcess]) -> None:
    cloud = make_cloud(quota=Quota(server_groups=1))
    create(cloud)
    assert create(cloud).status == 403
