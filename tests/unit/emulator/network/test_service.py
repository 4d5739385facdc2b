"""What Neutron says of itself, and how it refuses."""

import pytest

from tests.unit.emulator.conftest import BASE, InProcess


def test_versions_need_no_token(cloud: InProcess) -> None:
    reply = cloud.call("GET", "/network/", user=None)
    assert reply.status == 200
    (version,) = reply.json["versions"]
    assert (version["id"], version["status"]) == ("v2.0", "CURRENT")
    assert version["links"][0]["href"] == f"{BASE}/network/v2.0/"


def test_the_resources_stand_behind_a_slash(cloud: InProcess) -> None:
    names = [one["name"] for one in cloud.call("GET", "/network/v2.0/").json["resources"]]
    assert names == ["network", "subnet", "port"]
    assert cloud.call("GET", "/network/v2.0").status == 404


@pytest.mark.parametrize(
    "alias",
    [
        "external-net",
        "router",
        "security-group",
        "port-security",
        "quotas",
        "quota_details",
        "standard-attr-timestamp",
        "standard-attr-description",
        "standard-attr-tag",
    ],
)
def test_clients_find_the_extensions_they_look_for(cloud: InProcess, alias: str) -> None:
    listed = cloud.call("GET", "/network/v2.0/extensions").json["extensions"]
    assert alias in [extension["alias"] for extension in listed]
    shown = cloud.call("GET", f"/network/v2.0/extensions/{alias}").json["extension"]
    assert shown["alias"] == alias


def test_an_extension_there_is_not_is_not_found(cloud: InProcess) -> None:
    assert cloud.call("GET", "/network/v2.0/extensions/bgp").status == 404


@pytest.mark.parametrize(
    "path", ["agents", "availability_zones", "subnetpools", "address-scopes", "rbac-policies"]
)
def test_what_there_is_none_of_is_an_empty_list(cloud: InProcess, path: str) -> None:
    assert cloud.call("GET", f"/network/v2.0/{path}").json == {path.replace("-", "_"): []}


@pytest.mark.parametrize(
    ("method", "path", "status", "kind"),
    [
        ("GET", "nonsense", 404, "HTTPNotFound"),
        ("PATCH", "ports", 405, "HTTPMethodNotAllowed"),
    ],
)
def test_what_nobody_serves_is_refused_in_the_dialect(
    cloud: InProcess, method: str, path: str, status: int, kind: str
) -> None:
    reply = cloud.call(method, f"/network/v2.0/{path}")
    error = reply.json["NeutronError"]
    assert (reply.status, error["type"], error["detail"]) == (status, kind, "")
    assert reply.headers["x-openstack-request-id"].startswith("req-")
