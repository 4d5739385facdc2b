"""Who may list what in Keystone v3."""

import pytest

from tests.unit.emulator.conftest import InProcess

V3 = "/identity/v3"


@pytest.mark.parametrize(
    "word", ["project", "user", "domain", "role", "group", "service", "endpoint"]
)
def test_only_administrators_list_everything(cloud: InProcess, word: str) -> None:
    reply = cloud.call("GET", f"{V3}/{word}s")
    assert reply.status == 403
    assert reply.message == (
        f"You are not authorized to perform the requested action: identity:list_{word}s."
    )
    reply = cloud.call("GET", f"{V3}/{word}s", user="admin")
    assert reply.status == 200
    assert reply.json["links"]["self"] == f"http://cloud.test:8774{V3}/{word}s"


def test_listings_filter_by_what_they_show(cloud: InProcess) -> None:
    reply = cloud.call("GET", f"{V3}/users?name=demo&enabled=true", user="admin")
    assert [user["name"] for user in reply.json["users"]] == ["demo"]
    reply = cloud.call("GET", f"{V3}/projects?name=nothing", user="admin")
    assert reply.json["projects"] == []


def test_everybody_sees_their_own(cloud: InProcess) -> None:
    (project,) = cloud.call("GET", f"{V3}/auth/projects").json["projects"]
    assert project["name"] == "demo"
    assert cloud.call("GET", f"{V3}/projects/{project['id']}").status == 200
    assert cloud.call("GET", f"{V3}/projects/other").status == 403
    assert cloud.call("GET", f"{V3}/projects/other", user="admin").status == 404
    names = cloud.call("GET", f"{V3}/auth/projects", user="admin").json["projects"]
    assert [entry["name"] for entry in names] == ["admin", "demo"]


def test_the_catalog_can_be_asked_for_by_itself(cloud: InProcess) -> None:
    catalog = cloud.call("GET", f"{V3}/auth/catalog").json["catalog"]
    assert {service["type"] for service in catalog} == {
        "identity", "compute", "image", "network", "block-storage", "volumev3",
        "reservation",
    }  # fmt: skip


def test_endpoints_name_their_services(cloud: InProcess) -> None:
    services = cloud.call("GET", f"{V3}/services", user="admin").json["services"]
    endpoints = cloud.call("GET", f"{V3}/endpoints", user="admin").json["endpoints"]
    assert {endpoint["service_id"] for endpoint in endpoints} == {s["id"] for s in services}
    assert cloud.call("GET", f"{V3}/regions").json["regions"][0]["id"] == "RegionOne"


def test_role_assignments_show_who_may_what_where(cloud: InProcess) -> None:
    assert cloud.call("GET", f"{V3}/role_assignments").status == 403
    found = cloud.call("GET", f"{V3}/role_assignments", user="admin").json["role_assignments"]
    seen = {
        (entry["user"]["name"], entry["role"]["name"], next(iter(entry["scope"])))
        for entry in found
    }
    assert seen == {
        ("demo", "member", "project"),
        ("admin", "admin", "project"),
        ("admin", "admin", "system"),
    }


def test_versions_are_found_at_the_root(cloud: InProcess) -> None:
    reply = cloud.call("GET", "/identity/", user=None)
    assert reply.status == 300
    versions = {v["id"]: v["status"] for v in reply.json["versions"]["values"]}
    assert versions == {"v3.14": "stable", "v2.0": "deprecated"}
    version = cloud.call("GET", "/identity/v3/", user=None).json["version"]
    assert version["links"][0]["href"] == "http://cloud.test:8774/identity/v3/"


def test_an_unknown_path_is_a_page_and_a_wrong_method_says_what_is_right(
    cloud: InProcess,
) -> None:
    reply = cloud.call("GET", f"{V3}/nothing")
    assert (reply.status, reply.headers["content-type"]) == (404, "text/html; charset=utf-8")
    reply = cloud.call("PUT", f"{V3}/users")
    assert (reply.status, reply.headers["allow"]) == (405, "GET, POST")


def test_keystone_answers_without_its_prefix_as_on_a_port_of_its_own(cloud: InProcess) -> None:
    reply = cloud.call("GET", "/", user=None)
    assert reply.status == 300
    assert reply.headers["location"] == "http://cloud.test:8774/v3/"
    version = cloud.call("GET", "/v3", user=None).json["version"]
    assert version["links"][0]["href"] == "http://cloud.test:8774/v3/"
    assert cloud.call("GET", "/v2.0", user=None).json["version"]["id"] == "v2.0"
    listed = cloud.call("GET", "/v3/auth/projects").json
    assert listed["links"]["self"] == "http://cloud.test:8774/v3/auth/projects"
    assert listed["projects"][0]["links"]["self"].startswith("http://cloud.test:8774/v3/projects/")
