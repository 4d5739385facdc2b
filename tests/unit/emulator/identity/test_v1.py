"""Keystone v1.0 and v1.1, for the oldest of clouds and clients."""

import pytest

from tests.unit.emulator.conftest import InProcess, Reply

BASE = "http://cloud.test:8774"


def by_headers(cloud: InProcess, user: str, key: str, **more: str) -> Reply:
    headers = {"x-auth-user": user, "x-auth-key": key, **more}
    return cloud.call("GET", "/identity/v1.0", user=None, headers=headers)


def by_body(cloud: InProcess, user: str, key: str) -> Reply:
    credentials = {"username": user, "key": key}
    return cloud.call("POST", "/identity/v1.1/auth", {"credentials": credentials}, user=None)


@pytest.mark.parametrize("key", ["demo-key", "demo"])
def test_v1_0_takes_the_api_key_or_the_password_and_answers_in_headers(
    cloud: InProcess, key: str
) -> None:
    reply = by_headers(cloud, "demo", key)
    assert (reply.status, reply.body) == (204, b"")
    assert reply.headers["x-server-management-url"] == f"{BASE}/compute/v2.1"
    assert reply.headers["x-storage-url"] == reply.headers["x-cdn-management-url"] == ""
    headers = {"x-auth-token": reply.headers["x-auth-token"]}
    assert cloud.call("GET", "/compute/v2.1/servers", headers=headers).status == 200


@pytest.mark.parametrize("by", ["name", "id"])
def test_v1_0_is_told_another_project_by_name_or_id(cloud: InProcess, by: str) -> None:
    demo = cloud.cloud.project("demo")
    reply = by_headers(cloud, "admin", "admin", **{"x-auth-project-id": getattr(demo, by)})
    token = cloud.cloud.world.valid_token(reply.headers["x-auth-token"])
    assert token is not None
    assert token.project == demo


def test_v1_1_gives_a_token_and_a_catalog_by_the_services_names(cloud: InProcess) -> None:
    reply = by_body(cloud, "demo", "demo-key")
    auth = reply.json["auth"]
    assert reply.status == 200
    assert auth["token"]["expires"] == "2026-03-02T12:00:00+00:00"
    (nova,) = auth["serviceCatalog"]["nova"]
    assert nova["publicURL"] == f"{BASE}/compute/v2.1"
    headers = {"x-auth-token": auth["token"]["id"]}
    assert cloud.call("GET", "/compute/v2.1/servers", headers=headers).status == 200


@pytest.mark.parametrize(("user", "key"), [("demo", "wrong"), ("nobody", "demo-key"), ("", "")])
def test_neither_says_what_was_wrong(cloud: InProcess, user: str, key: str) -> None:
    assert by_headers(cloud, user, key).status == 401
    reply = by_body(cloud, user, key)
    assert reply.status == 401
    assert reply.json["unauthorized"]["message"] == "Username or api key is invalid"


def test_v1_1_does_not_take_the_password(cloud: InProcess) -> None:
    assert by_body(cloud, "demo", "demo").status == 401


def test_v1_1_without_credentials_is_malformed(cloud: InProcess) -> None:
    assert cloud.call("POST", "/identity/v1.1/auth", {"auth": {}}, user=None).status == 400
