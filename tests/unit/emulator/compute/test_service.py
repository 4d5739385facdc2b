"""Nova as a whole: versions, paths and dialect."""

import pytest

from tests.unit.emulator.conftest import BASE, InProcess


def test_its_versions_are_found_without_a_token(cloud: InProcess) -> None:
    versions = cloud.call("GET", "/compute/", user=None).json["versions"]
    assert [(v["id"], v["status"]) for v in versions] == [
        ("v2.0", "DEPRECATED"),
        ("v2.1", "CURRENT"),
    ]
    reply = cloud.call("GET", "/compute/v2.1/", user=None)
    version = reply.json["version"]
    assert (version["min_version"], version["version"]) == ("2.1", "2.104")
    assert version["links"][0]["href"] == "http://cloud.test:8774/compute/v2.1/"


@pytest.mark.parametrize("root", ["/v2.1", "/v2", "/v2.1/{project}", "/v2/{project}"])
def test_a_server_has_one_state_under_many_paths(cloud: InProcess, root: str) -> None:
    server = cloud.a_server()
    root = root.format(project=cloud.cloud.project("demo").id)
    reply = cloud.call("GET", f"/compute{root}/servers/{server['id']}")
    assert reply.json["server"]["id"] == server["id"]


def test_an_answer_says_in_which_version_it_is(cloud: InProcess) -> None:
    headers = cloud.call("GET", "/compute/v2.1/servers", version="latest").headers
    assert headers["openstack-api-version"] == "compute 2.104"
    assert headers["x-openstack-nova-api-version"] == "2.104"
    assert headers["vary"] == "OpenStack-API-Version, X-OpenStack-Nova-API-Version"
    assert headers["x-compute-request-id"] == headers["x-openstack-request-id"]


@pytest.mark.parametrize("version", ["v2", "v1.1"])
def test_older_versions_know_nothing_of_microversions(cloud: InProcess, version: str) -> None:
    server = cloud.a_server()
    root = f"/compute/{version}/{cloud.cloud.project('demo').id}"
    reply = cloud.call("GET", f"{root}/servers/{server['id']}", version="2.90")
    assert "openstack-api-version" not in reply.headers
    assert "description" not in reply.json["server"]
    assert cloud.call("GET", f"{root}/servers", version="2.200").status == 200
    assert cloud.call("GET", f"{root}/os-floating-ips", version="2.90").status == 200


@pytest.mark.parametrize("version", ["v2.1", "v2", "v1.1"])
def test_links_lead_back_to_the_address_form_that_was_used(cloud: InProcess, version: str) -> None:
    server, project = cloud.a_server(), cloud.cloud.project("demo").id
    for middle in ("", f"/{project}"):
        reply = cloud.call("GET", f"/compute/{version}{middle}/servers/{server['id']}")
        assert [link["href"] for link in reply.json["server"]["links"]] == [
            f"{BASE}/compute/{version}{middle}/servers/{server['id']}",
            f"{BASE}/compute{middle}/servers/{server['id']}",
        ]
        page = cloud.call("GET", f"/compute/{version}{middle}/servers?limit=1").json
        assert page["servers_links"][0]["href"] == (
            f"{BASE}/compute/{version}{middle}/servers?limit=1&marker={server['id']}"
        )


@pytest.mark.parametrize(("version", "name"), [("v2", "v2.0"), ("v1.1", "v1.1")])
def test_an_older_version_tells_of_itself_without_a_token(
    cloud: InProcess, version: str, name: str
) -> None:
    document = cloud.call("GET", f"/compute/{version}/", user=None).json["version"]
    assert (document["id"], document["min_version"]) == (name, "")
    assert document["links"][0]["href"] == f"{BASE}/compute/{version}/"


def test_a_version_out_of_reach_is_a_406(cloud: InProcess) -> None:
    reply = cloud.call("GET", "/compute/v2.1/servers", version="2.200")
    assert reply.status == 406
    assert reply.json["computeFault"]["message"] == (
        "Version 2.200 is not supported by the API. Minimum is 2.1 and maximum is 2.104."
    )
    assert cloud.call("GET", "/compute/v2.1/servers", version="2.x").status == 400


def test_a_thing_that_is_not_there_and_a_path_that_is_not_there_differ(
    cloud: InProcess,
) -> None:
    thing = cloud.call("GET", "/compute/v2.1/servers/none")
    assert thing.json == {
        "itemNotFound": {"code": 404, "message": "Instance none could not be found."}
    }
    path = cloud.call("GET", "/compute/v2.1/nothing")
    assert (path.status, path.headers["content-type"]) == (404, "text/html; charset=UTF-8")


def test_zones_services_and_hypervisors_are_what_the_host_is(cloud: InProcess) -> None:
    (zone,) = cloud.call("GET", "/compute/v2.1/os-availability-zone").json["availabilityZoneInfo"]
    assert zone == {"zoneName": "nova", "zoneState": {"available": True}, "hosts": None}
    for path in ("os-availability-zone/detail", "os-services", "os-hypervisors/detail"):
        assert cloud.call("GET", f"/compute/v2.1/{path}").status == 403
        assert cloud.call("GET", f"/compute/v2.1/{path}", user="admin").status == 200
    cloud.a_server()
    reply = cloud.call("GET", "/compute/v2.1/os-hypervisors/detail", user="admin", version="2.87")
    (hypervisor,) = reply.json["hypervisors"]
    assert (hypervisor["running_vms"], hypervisor["memory_mb_used"]) == (1, 64)
    newer = cloud.call("GET", "/compute/v2.1/os-hypervisors/detail", user="admin", version="2.88")
    assert "vcpus" not in newer.json["hypervisors"][0]


def test_extensions_are_known_by_alias(cloud: InProcess) -> None:
    aliases = {e["alias"] for e in cloud.call("GET", "/compute/v2.1/extensions").json["extensions"]}
    assert {"os-keypairs", "OS-EXT-STS"} <= aliases
    path = "/compute/v2.1/extensions"
    assert cloud.call("GET", f"{path}/os-keypairs").json["extension"]["name"] == "Keypairs"
    assert cloud.call("GET", f"{path}/os-magic").status == 404
