"""The catalog as a setting, and how each version of Keystone shows it."""

from typing import Any

import pytest

from leasehold.emulator import CatalogEntry, Emulator
from leasehold.emulator.identity.catalog_entries import READY_MADE
from tests.unit.emulator.conftest import InProcess

BASE = "http://cloud.test:8774"
NOVA = CatalogEntry(type="compute", name="nova", path="/compute/v2/$(project_id)s")


def v3(cloud: InProcess) -> list[dict[str, Any]]:
    reply = cloud.call("GET", "/identity/v3/auth/catalog")
    catalog: list[dict[str, Any]] = reply.json["catalog"]
    return catalog


def v2(cloud: InProcess) -> list[dict[str, Any]]:
    auth = {"passwordCredentials": {"username": "demo", "password": "demo"}, "tenantName": "demo"}
    reply = cloud.call("POST", "/identity/v2.0/tokens", {"auth": auth}, user=None)
    catalog: list[dict[str, Any]] = reply.json["access"]["serviceCatalog"]
    return catalog


def v1_1(cloud: InProcess) -> dict[str, list[dict[str, Any]]]:
    credentials = {"username": "demo", "key": "demo-key"}
    reply = cloud.call("POST", "/v1.1/auth", {"credentials": credentials}, user=None)
    catalog: dict[str, list[dict[str, Any]]] = reply.json["auth"]["serviceCatalog"]
    return catalog


def project_id(cloud: InProcess) -> str:
    return cloud.cloud.project("demo").id


@pytest.mark.parametrize("name", READY_MADE)
def test_every_version_shows_the_same_services(make_cloud: type[InProcess], name: str) -> None:
    cloud = make_cloud(catalog=READY_MADE[name])
    wanted = {(entry.type, entry.name) for entry in READY_MADE[name]}
    assert {(service["type"], service["name"]) for service in v3(cloud)} == wanted
    assert {(service["type"], service["name"]) for service in v2(cloud)} == wanted
    assert v1_1(cloud).keys() == {name for _, name in wanted}


def test_an_old_cloud_has_no_network_service_and_its_project_in_every_path(
    make_cloud: type[InProcess],
) -> None:
    cloud = make_cloud(catalog=READY_MADE["old"])
    urls = {service["type"]: service["endpoints"][0]["publicURL"] for service in v2(cloud)}
    assert "network" not in urls
    assert urls["compute"] == f"{BASE}/compute/v2/{project_id(cloud)}"
    assert urls["volume"] == f"{BASE}/volume/v1/{project_id(cloud)}"
    assert urls["volumev2"] == f"{BASE}/volume/v2/{project_id(cloud)}"


def test_v1_0_names_the_compute_of_its_own_age(make_cloud: type[InProcess]) -> None:
    for entries in (READY_MADE["rackspace"], (NOVA, *READY_MADE["rackspace"])):
        cloud = make_cloud(catalog=entries)
        headers = {"x-auth-user": "demo", "x-auth-key": "demo-key"}
        reply = cloud.call("GET", "/v1.0", user=None, headers=headers)
        url = f"{BASE}/compute/v1.0/{project_id(cloud)}"
        assert reply.headers["x-server-management-url"] == url
        assert reply.headers["x-storage-url"].startswith(f"{BASE}/storage/v1/MossoCloudFS_")


def test_an_endpoint_may_be_of_no_region(make_cloud: type[InProcess]) -> None:
    cloud = make_cloud(catalog=READY_MADE["rackspace"])
    (first,) = v1_1(cloud)["cloudServers"]
    assert "region" not in first
    regions = [endpoint["region"] for endpoint in v1_1(cloud)["cloudServersOpenStack"]]
    assert regions == ["DFW", "ORD"]
    shown = {service["name"]: service["endpoints"][0]["region"] for service in v3(cloud)}
    assert (shown["cloudServers"], shown["cloudFiles"]) == (None, "DFW")


def test_regions_are_endpoints_of_one_service(make_cloud: type[InProcess]) -> None:
    cloud = make_cloud(catalog=READY_MADE["regions"])
    for service in v2(cloud):
        assert [found["region"] for found in service["endpoints"]] == ["RegionOne", "RegionTwo"]
    listed = cloud.call("GET", "/identity/v3/regions").json["regions"]
    assert [region["id"] for region in listed] == ["RegionOne", "RegionTwo"]


def test_an_interface_has_a_place_of_its_own_or_none(make_cloud: type[InProcess]) -> None:
    entry = CatalogEntry(
        type="compute",
        name="nova",
        path="/compute/v2.1",
        urls={"internal": "http://10.0.0.1:8774/v2.1", "admin": ""},
    )
    cloud = make_cloud(catalog=(entry,))
    (service,) = v3(cloud)
    assert {found["interface"]: found["url"] for found in service["endpoints"]} == {
        "public": f"{BASE}/compute/v2.1",
        "internal": "http://10.0.0.1:8774/v2.1",
    }
    (endpoint,) = v2(cloud)[0]["endpoints"]
    assert endpoint["internalURL"] == "http://10.0.0.1:8774/v2.1"
    assert "adminURL" not in endpoint


def test_an_endpoint_that_needs_a_project_is_not_shown_without_one(
    make_cloud: type[InProcess],
) -> None:
    cloud = make_cloud(catalog=(NOVA,))
    password = {"user": {"name": "admin", "password": "admin", "domain": {"id": "default"}}}
    identity = {"methods": ["password"], "password": password}
    auth = {"identity": identity, "scope": {"system": {"all": True}}}
    token = cloud.call("POST", "/v3/auth/tokens", {"auth": auth}, user=None).json["token"]
    assert token["catalog"][0]["endpoints"] == []


def test_an_unknown_catalog_is_told_the_names_there_are() -> None:
    with pytest.raises(ValueError, match="the emulator has modern, old, oldest, rackspace"):
        Emulator(catalog="ancient")


def test_the_emulators_clouds_yaml_is_of_the_catalogs_first_region() -> None:
    assert '"region_name": "DFW"' in Emulator(catalog="rackspace").clouds_yaml()
    assert '"region_name": "RegionOne"' in Emulator(catalog="empty").clouds_yaml()


def test_a_keystone_may_have_v2_0_alone(make_cloud: type[InProcess]) -> None:
    cloud = make_cloud(keystone=("v2.0",))
    versions = cloud.call("GET", "/identity/", user=None).json["versions"]["values"]
    assert [version["id"] for version in versions] == ["v2.0"]
    assert cloud.call("GET", "/identity/v3", user=None).status == 404
    assert cloud.call("GET", "/v1.0", user=None).status == 404
    assert {service["type"] for service in v2(cloud)} >= {"compute", "image"}


def test_without_v3_the_clouds_yaml_signs_in_to_v2_0() -> None:
    emulator = Emulator(keystone=("v1", "v2.0"))
    assert emulator.auth_url.endswith("/identity/v2.0")
    text = emulator.clouds_yaml()
    assert '"identity_api_version": "2.0"' in text
    assert "domain" not in text
