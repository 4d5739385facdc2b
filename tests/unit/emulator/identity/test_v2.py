"""Keystone v2.0, for clouds and clients of ten years ago."""

from typing import Any

from tests.unit.emulator.conftest import InProcess, Reply


def sign_in(cloud: InProcess, **auth: Any) -> Reply:
    return cloud.call("POST", "/identity/v2.0/tokens", {"auth": auth}, user=None)


DEMO = {"username": "demo", "password": "demo"}


def test_a_password_and_a_tenant_give_a_token_and_a_catalog(cloud: InProcess) -> None:
    reply = sign_in(cloud, passwordCredentials=DEMO, tenantName="demo")
    access = reply.json["access"]
    assert reply.status == 200
    assert access["token"]["expires"] == "2026-03-02T12:00:00Z"
    assert access["token"]["tenant"]["name"] == access["user"]["username"] == "demo"
    (nova,) = [entry for entry in access["serviceCatalog"] if entry["type"] == "compute"]
    assert nova["endpoints"][0]["publicURL"] == "http://cloud.test:8774/compute/v2.1"


def test_its_token_opens_every_service(cloud: InProcess) -> None:
    token = sign_in(cloud, passwordCredentials=DEMO, tenantName="demo").json["access"]["token"]
    headers = {"x-auth-token": token["id"]}
    assert cloud.call("GET", "/compute/v2.1/servers", headers=headers).status == 200


def test_a_token_can_be_exchanged_for_a_tenants(cloud: InProcess) -> None:
    first = sign_in(cloud, passwordCredentials=DEMO).json["access"]["token"]["id"]
    (tenant,) = cloud.call("GET", "/identity/v2.0/tenants").json["tenants"]
    second = sign_in(cloud, token={"id": first}, tenantId=tenant["id"])
    assert second.json["access"]["token"]["tenant"]["id"] == tenant["id"]


def test_what_is_wrong_is_not_said(cloud: InProcess) -> None:
    wrong = {"username": "demo", "password": "wrong"}
    assert sign_in(cloud, passwordCredentials=wrong, tenantName="demo").status == 401
    assert sign_in(cloud, passwordCredentials=DEMO, tenantName="admin").status == 401
    assert sign_in(cloud, token={"id": "unknown"}).status == 401
    assert sign_in(cloud).status == 400


def test_an_administrator_looks_at_a_token_and_ends_it(cloud: InProcess) -> None:
    path = f"/identity/v2.0/tokens/{cloud.token()}"
    assert cloud.call("GET", path).status == 403
    shown = cloud.call("GET", path, user="admin").json["access"]
    assert shown["token"]["tenant"]["name"] == shown["user"]["name"] == "demo"
    assert cloud.call("DELETE", path, user="admin").status == 204
    reply = cloud.call("GET", path, user="admin")
    assert (reply.status, reply.message) == (404, f"Could not find token: {cloud.token()}.")


def test_whoever_comes_with_a_certificate_needs_no_word(cloud: InProcess) -> None:
    assert sign_in(cloud, voms=True).status == 401
    cloud.cloud.app.certificate_name = lambda scope: "demo"
    first = sign_in(cloud, voms=True).json["access"]
    assert "tenant" not in first["token"]
    headers = {"x-auth-token": first["token"]["id"]}
    (tenant,) = cloud.call("GET", "/identity/v2.0/tenants", headers=headers).json["tenants"]
    access = sign_in(cloud, voms=True, tenantName=tenant["name"]).json["access"]
    assert access["token"]["tenant"]["id"] == tenant["id"]


def test_a_certificate_of_a_stranger_is_refused(cloud: InProcess) -> None:
    cloud.cloud.app.certificate_name = lambda scope: "nobody"
    assert sign_in(cloud, voms=True, tenantName="demo").status == 401


def test_its_version_is_shown_without_a_token(cloud: InProcess) -> None:
    version = cloud.call("GET", "/identity/v2.0/", user=None).json["version"]
    assert version["id"] == "v2.0"
    assert version["links"][0]["href"] == "http://cloud.test:8774/identity/v2.0/"
