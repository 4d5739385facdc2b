"""Cinder v1 and v2: what they lack, and what they say otherwise than v3."""

from typing import Any

import pytest

from leasehold.emulator.identity.catalog_entries import READY_MADE
from tests.unit.emulator.conftest import BASE, DELAYS, InProcess, Reply


class Old:
    """The cloud, spoken to in one old version under the project's own address."""

    def __init__(self, cloud: InProcess, version: str) -> None:
        self.cloud = cloud
        self.root = f"/volume/{version}/{cloud.cloud.project('demo').id}"

    def call(self, method: str, path: str, json: Any = None, **more: Any) -> Reply:
        return self.cloud.call(method, self.root + path, json, **more)

    def a_volume(self, **fields: Any) -> Any:
        reply = self.call("POST", "/volumes", {"volume": {"size": 1, **fields}})
        self.cloud.advance(DELAYS.volume.high)
        return reply.json["volume"]


@pytest.fixture
def v1(cloud: InProcess) -> Old:
    return Old(cloud, "v1")


@pytest.fixture
def v2(cloud: InProcess) -> Old:
    return Old(cloud, "v2")


@pytest.fixture(params=["v1", "v2"])
def old(request: pytest.FixtureRequest, cloud: InProcess) -> Old:
    return Old(cloud, request.param)


@pytest.mark.parametrize(
    ("catalog", "told"),
    [
        ("rackspace", ["v1.0"]),
        ("old", ["v1.0", "v2.0"]),
        ("modern", ["v3.0"]),
        ("unversioned", ["v3.0"]),
        ("empty", ["v3.0"]),
    ],
)
def test_the_versions_that_the_catalog_leads_to_are_told_at_the_root(
    make_cloud: type[InProcess], catalog: str, told: list[str]
) -> None:
    reply = make_cloud(catalog=READY_MADE[catalog]).call("GET", "/volume/", user=None)
    assert reply.status == 300
    assert [version["id"] for version in reply.json["versions"]] == told


@pytest.mark.parametrize("version", ["v1", "v2"])
def test_each_version_tells_of_itself_to_who_signed_in(cloud: InProcess, version: str) -> None:
    assert cloud.call("GET", f"/volume/{version}/", user=None).status == 401
    (told,) = cloud.call("GET", f"/volume/{version}/").json["versions"]
    assert told["id"] == f"{version}.0"
    assert told["links"][1]["href"] == f"{BASE}/volume/{version}/"


def test_v1_speaks_of_display_names(v1: Old) -> None:
    reply = v1.call(
        "POST",
        "/volumes",
        {"volume": {"size": 1, "display_name": "data", "display_description": "of mine"}},
    )
    assert reply.status == 200
    made = reply.json["volume"]
    assert (made["display_name"], made["display_description"]) == ("data", "of mine")
    shown = v1.call("GET", f"/volumes/{made['id']}").json["volume"]
    assert not {"name", "description", "links", "user_id"} & shown.keys()
    assert (shown["bootable"], shown["multiattach"], shown["encrypted"]) == (
        "false",
        "false",
        False,
    )
    seen = v1.cloud.call("GET", f"/volume/v3/volumes/{made['id']}").json["volume"]
    assert (seen["name"], seen["description"]) == ("data", "of mine")


def test_v1_does_not_hear_the_names_of_later_versions(v1: Old) -> None:
    assert v1.a_volume(name="data", description="of mine")["display_name"] is None


def test_v1_changes_display_names(v1: Old) -> None:
    made = v1.a_volume(display_name="data")
    body = {"volume": {"display_name": "other"}}
    reply = v1.call("PUT", f"/volumes/{made['id']}", body)
    assert (reply.status, reply.json["volume"]["display_name"]) == (200, "other")


def test_v1_lists_whole_volumes_up_to_a_thousand_and_no_next_page(v1: Old) -> None:
    for _ in range(1001):
        v1.a_volume()
    for path in ("/volumes", "/volumes/detail", "/volumes?limit=0", "/volumes?marker=unknown"):
        reply = v1.call("GET", path).json
        assert reply.keys() == {"volumes"}
        assert len(reply["volumes"]) == 1000
        assert reply["volumes"][0]["size"] == 1
    assert len(v1.call("GET", "/volumes?limit=5").json["volumes"]) == 5
    assert len(v1.call("GET", "/volumes?offset=1000").json["volumes"]) == 1


def test_v1_filters_by_display_name_and_status(v1: Old) -> None:
    for name in ("one", "two"):
        v1.a_volume(display_name=name)
    (found,) = v1.call("GET", "/volumes/detail?display_name=two").json["volumes"]
    assert found["display_name"] == "two"
    assert v1.call("GET", "/volumes?status=error").json["volumes"] == []


def test_v1_shows_who_holds_a_volume_but_not_since_when(v1: Old) -> None:
    server = v1.cloud.a_server()
    made = v1.a_volume()
    for action in ({"os-reserve": None}, attach_to(server["id"])):
        assert v1.call("POST", f"/volumes/{made['id']}/action", action).status == 202
    shown = v1.call("GET", f"/volumes/{made['id']}").json["volume"]
    assert shown["status"] == "in-use"
    (attachment,) = shown["attachments"]
    assert attachment["id"] == attachment["volume_id"] == made["id"]
    assert (attachment["server_id"], attachment["device"]) == (server["id"], "/dev/vdb")
    assert "attached_at" not in attachment


def attach_to(server_id: str) -> dict[str, Any]:
    return {"os-attach": {"instance_uuid": server_id, "mountpoint": "/dev/vdb"}}


def test_v1_takes_snapshots_under_display_names(v1: Old) -> None:
    made = v1.a_volume()
    wish = {"volume_id": made["id"], "display_name": "before", "display_description": "all"}
    reply = v1.call("POST", "/snapshots", {"snapshot": wish})
    assert reply.status == 200
    v1.cloud.advance(DELAYS.volume.high)
    (shown,) = v1.call("GET", "/snapshots/detail?display_name=before").json["snapshots"]
    assert (shown["display_name"], shown["display_description"]) == ("before", "all")
    assert "name" not in shown
    assert shown["os-extended-snapshot-attributes:progress"] == "100%"
    assert v1.call("DELETE", f"/snapshots/{shown['id']}").status == 202


def test_v1_types_and_quotas_are_smaller(v1: Old) -> None:
    (kind,) = v1.call("GET", "/types").json["volume_types"]
    assert kind.keys() >= {"id", "name", "extra_specs"}
    assert not {"description", "is_public"} & kind.keys()
    quota = v1.call("GET", f"/os-quota-sets/{v1.cloud.cloud.project('demo').id}").json["quota_set"]
    assert "volumes" in quota
    assert "groups" not in quota


def test_v2_says_what_v3_says_and_pages(v2: Old) -> None:
    names = [f"volume-{number}" for number in range(3)]
    for name in names:
        v2.a_volume(name=name)
    first = v2.call("GET", "/volumes/detail?limit=2").json
    link = first["volumes_links"][0]["href"]
    assert link.startswith(f"{BASE}{v2.root}/volumes/detail?")
    second = v2.cloud.call("GET", link).json
    found = [volume["name"] for page in (first, second) for volume in page["volumes"]]
    assert found == names[::-1]
    brief = v2.call("GET", "/volumes?limit=1").json["volumes"][0]
    assert brief.keys() == {"id", "name", "links"}
    assert brief["links"][0]["href"].startswith(f"{BASE}{v2.root}/volumes/")


def test_v2_makes_a_volume_with_the_status_of_v3(v2: Old) -> None:
    assert v2.call("POST", "/volumes", {"volume": {"size": 1}}).status == 202


def test_neither_heard_of_microversions(old: Old) -> None:
    reply = old.call("GET", "/volumes", headers={"openstack-api-version": "volume 3.999"})
    assert reply.status == 200
    assert "openstack-api-version" not in reply.headers


@pytest.mark.parametrize("path", ["/attachments", "/messages", "/groups", "/volumes/summary"])
def test_what_came_with_v3_is_not_there(old: Old, path: str) -> None:
    assert old.call("GET", path).status == 404


def test_both_want_the_callers_own_project_in_the_address(old: Old) -> None:
    version = old.root.split("/")[2]
    other = old.cloud.cloud.project("admin").id
    for root in (f"/volume/{version}", f"/volume/{version}/{other}"):
        reply = old.cloud.call("GET", f"{root}/volumes")
        assert (reply.status, reply.message) == (400, "Malformed request url")


def test_refusals_are_the_same_in_all_versions(old: Old) -> None:
    reply = old.call("GET", "/volumes/unknown")
    assert (reply.status, reply.message) == (404, "Volume unknown could not be found.")
    assert old.call("POST", "/volumes", body=b"no json").status == 400
