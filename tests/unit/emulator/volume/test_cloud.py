"""What Cinder says of itself: versions, limits, quotas, zones, services."""

from typing import Any

import pytest

from leasehold.emulator import Quota
from tests.unit.emulator.conftest import BASE, InProcess, Reply


def quota_path(cloud: InProcess, project: str = "demo", rest: str = "") -> str:
    return f"/volume/v3/os-quota-sets/{cloud.cloud.project(project).id}{rest}"


def change(cloud: InProcess, user: str = "admin", **limits: Any) -> Reply:
    return cloud.call("PUT", quota_path(cloud), {"quota_set": limits}, user=user)


def test_versions_are_told_at_the_root_to_all_and_further_down_to_who_signed_in(
    cloud: InProcess,
) -> None:
    assert cloud.call("GET", "/volume/v3/", user=None).status == 401
    for path, user, status in (("/volume/", None, 300), ("/volume/v3/", "demo", 200)):
        reply = cloud.call("GET", path, user=user)
        assert reply.status == status
        (version,) = reply.json["versions"]
        assert (version["min_version"], version["version"]) == ("3.0", "3.71")
        assert version["links"][1]["href"] == f"{BASE}/volume/v3/"


def test_an_answer_tells_its_microversion(cloud: InProcess) -> None:
    reply = cloud.call("GET", "/volume/v3/volumes", version="3.27")
    assert reply.headers["openstack-api-version"] == "volume 3.27"
    assert reply.headers["vary"] == "OpenStack-API-Version"
    latest = cloud.call("GET", "/volume/v3/volumes", version="latest")
    assert latest.headers["openstack-api-version"] == "volume 3.71"


@pytest.mark.parametrize(
    ("version", "status", "message"),
    [
        (
            "3.72",
            406,
            "Version 3.72 is not supported by the API. Minimum is 3.0 and maximum is 3.71.",
        ),
        (
            "new",
            400,
            "API Version String new is of invalid format. Must be of format MajorNum.MinorNum.",
        ),
    ],
)
def test_a_microversion_there_is_not_is_refused(
    cloud: InProcess, version: str, status: int, message: str
) -> None:
    reply = cloud.call("GET", "/volume/v3/volumes", version=version)
    assert (reply.status, reply.message) == (status, message)


def test_limits_count_what_is_used(make_cloud: type[InProcess]) -> None:
    cloud = make_cloud(quota=Quota(volumes=5, gigabytes=50))
    cloud.call("POST", "/volume/v3/volumes", {"volume": {"size": 3}})
    limits = cloud.call("GET", "/volume/v3/limits").json["limits"]["absolute"]
    assert (limits["maxTotalVolumes"], limits["totalVolumesUsed"]) == (5, 1)
    assert (limits["maxTotalVolumeGigabytes"], limits["totalGigabytesUsed"]) == (50, 3)


def test_a_quota_is_shown_with_its_usage_on_request(cloud: InProcess) -> None:
    cloud.call("POST", "/volume/v3/volumes", {"volume": {"size": 3}})
    plain = cloud.call("GET", quota_path(cloud)).json["quota_set"]
    assert plain["volumes"] == 10_000
    used = cloud.call("GET", quota_path(cloud, rest="?usage=True")).json["quota_set"]
    assert used["gigabytes"] == {"limit": 1_000_000, "in_use": 3, "reserved": 0}


def test_quotas_are_set_and_reset_by_administrators(cloud: InProcess) -> None:
    assert change(cloud, user="demo", volumes=1).status == 403
    assert change(cloud, volumes=7).json["quota_set"]["volumes"] == 7
    assert cloud.call("DELETE", quota_path(cloud), user="admin").status == 200
    assert cloud.call("GET", quota_path(cloud)).json["quota_set"]["volumes"] == 10_000


@pytest.mark.parametrize(
    ("limits", "message"),
    [
        ({"colours": 1}, "Invalid input received: Bad key(s) in quota set: colours"),
        ({"volumes": "x"}, "volumes must be an integer"),
    ],
)
def test_a_wrong_limit_is_refused_in_cinders_words(
    cloud: InProcess, limits: dict[str, Any], message: str
) -> None:
    reply = change(cloud, **limits)
    assert (reply.status, reply.message) == (400, message)


def test_a_limit_once_set_does_not_fall_below_what_is_used(cloud: InProcess) -> None:
    for _ in range(2):
        cloud.call("POST", "/volume/v3/volumes", {"volume": {"size": 1}})
    assert change(cloud, volumes=1).status == 200
    reply = change(cloud, volumes=0)
    assert (reply.status, reply.message) == (
        400,
        (
            "Quota volumes limit must be equal or greater than existing resources. Current usage is 2 "
            "and the requested limit is 0."
        ),
    )


def test_others_quotas_are_not_shown(cloud: InProcess) -> None:
    reply = cloud.call("GET", quota_path(cloud, "admin"))
    assert (reply.status, reply.message) == (
        403,
        "Policy doesn't allow volume_extension:quotas:show to be performed.",
    )


def test_there_is_one_zone_and_two_services(cloud: InProcess) -> None:
    zones = cloud.call("GET", "/volume/v3/os-availability-zone").json["availabilityZoneInfo"]
    assert zones == [{"zoneName": "nova", "zoneState": {"available": True}}]
    services = cloud.call("GET", "/volume/v3/os-services", user="admin").json["services"]
    assert [one["binary"] for one in services] == ["cinder-scheduler", "cinder-volume"]
    assert cloud.call("GET", "/volume/v3/os-services").status == 403


@pytest.mark.parametrize("path", ["backups", "backups/detail", "consistencygroups"])
def test_what_there_is_none_of_is_an_empty_list(cloud: InProcess, path: str) -> None:
    reply = cloud.call("GET", f"/volume/v3/{path}")
    assert reply.json == {path.partition("/")[0]: []}


def test_what_came_with_a_later_version_is_not_there_before(cloud: InProcess) -> None:
    assert cloud.call("GET", "/volume/v3/messages", version="3.3").json == {"messages": []}
    reply = cloud.call("GET", "/volume/v3/messages", version="3.2")
    assert (reply.status, reply.message) == (404, "The resource could not be found.")


def test_extensions_are_listed(cloud: InProcess) -> None:
    extensions = cloud.call("GET", "/volume/v3/extensions").json["extensions"]
    assert "os-quota-sets" in [extension["alias"] for extension in extensions]


@pytest.mark.parametrize(("method", "path"), [("GET", "nonsense"), ("PUT", "volumes")])
def test_what_nobody_serves_is_told_by_webob(cloud: InProcess, method: str, path: str) -> None:
    reply = cloud.call(method, f"/volume/v3/{path}")
    assert reply.status == 404
    assert b"<h1>404 Not Found</h1>" in reply.body
