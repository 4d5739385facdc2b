"""Signing in to Keystone v3, and what a token shows."""

from typing import Any

import pytest

from tests.unit.emulator.conftest import InProcess, Reply

TOKENS = "/identity/v3/auth/tokens"
DEFAULT = {"id": "default"}


def by_password(name: str = "demo", password: str = "demo", **user: Any) -> dict[str, Any]:
    given = {"name": name, "password": password, "domain": DEFAULT, **user}
    return {"methods": ["password"], "password": {"user": given}}


def by_token(token: str) -> dict[str, Any]:
    return {"methods": ["token"], "token": {"id": token}}


def project(name: str) -> dict[str, Any]:
    return {"project": {"name": name, "domain": DEFAULT}}


def sign_in(cloud: InProcess, identity: Any, scope: Any = ...) -> Reply:
    auth = {"identity": identity}
    if scope is not ...:
        auth["scope"] = scope
    return cloud.call("POST", TOKENS, {"auth": auth}, user=None)


def test_a_password_and_a_project_give_a_token_with_roles_and_catalog(cloud: InProcess) -> None:
    reply = sign_in(cloud, by_password(), project("demo"))
    token = reply.json["token"]
    assert reply.status == 201
    assert reply.headers["x-subject-token"].startswith("gAAAAA")
    assert token["methods"] == ["password"]
    assert token["user"]["name"] == token["project"]["name"] == "demo"
    assert {role["name"] for role in token["roles"]} == {"member", "reader"}
    assert {service["type"] for service in token["catalog"]} >= {"compute", "image", "network"}
    assert token["issued_at"] == "2026-03-01T12:00:00.000000Z"
    assert token["expires_at"] == "2026-03-02T12:00:00.000000Z"


def test_the_catalog_points_where_the_caller_came_in(cloud: InProcess) -> None:
    body = {"auth": {"identity": by_password()}}
    reply = cloud.call("POST", TOKENS, body, user=None, headers={"host": "other.test:99"})
    token = reply.json["token"]
    urls = {
        (service["type"], endpoint["interface"]): endpoint["url"]
        for service in token["catalog"]
        for endpoint in service["endpoints"]
    }
    assert urls["compute", "public"] == "http://other.test:99/compute/v2.1"
    assert urls["volumev3", "internal"].endswith(f"/volume/v3/{token['project']['id']}")
    assert urls["block-storage", "admin"] == "http://other.test:99/volume/v3"


def test_without_a_scope_it_is_the_default_project(cloud: InProcess) -> None:
    assert sign_in(cloud, by_password()).json["token"]["project"]["name"] == "demo"


@pytest.mark.parametrize("scope", ["unscoped", {"unscoped": {}}])
def test_an_unscoped_token_has_neither_roles_nor_catalog(cloud: InProcess, scope: Any) -> None:
    token = sign_in(cloud, by_password(), scope).json["token"]
    assert not {"project", "roles", "catalog"} & token.keys()


def test_users_and_projects_go_by_id_and_domains_by_name(cloud: InProcess) -> None:
    token = sign_in(cloud, by_password()).json["token"]
    user = {"id": token["user"]["id"], "password": "demo"}
    identity = {"methods": ["password"], "password": {"user": user}}
    assert sign_in(cloud, identity, {"project": {"id": token["project"]["id"]}}).status == 201
    named = by_password(domain={"name": "Default"})
    scope = {"project": {"name": "demo", "domain": {"name": "Default"}}}
    assert sign_in(cloud, named, scope).status == 201


@pytest.mark.parametrize(
    ("identity", "scope"),
    [
        (by_password(password="wrong"), project("demo")),
        (by_password(name="nobody"), project("demo")),
        (by_password(domain={"id": "nowhere"}), project("demo")),
        (by_password(), project("nothing")),
        (by_password(), project("admin")),
        (by_password(), {"project": {"id": "0" * 32}}),
        (by_password(), {"domain": DEFAULT}),
        (by_password(), {"system": {"all": True}}),
        ({"methods": []}, ...),
    ],
)
def test_a_refusal_does_not_say_what_was_wrong(cloud: InProcess, identity: Any, scope: Any) -> None:
    reply = sign_in(cloud, identity, scope)
    assert reply.status == 401
    assert reply.message == "The request you have made requires authentication."
    assert "/identity/v3" in reply.headers["www-authenticate"]


@pytest.mark.parametrize(
    ("identity", "scope", "missing"),
    [
        ({"methods": ["password"]}, ..., "password in identity"),
        ({"methods": ["magic"]}, ..., "magic in identity"),
        (by_password(domain=None), ..., "domain in user"),
        (by_password(), {"project": {"name": "demo"}}, "domain in project"),
        (by_password(), {"project": {}, "domain": {}}, "in scope"),
    ],
)
def test_a_body_that_lacks_something_is_told_what(
    cloud: InProcess, identity: Any, scope: Any, missing: str
) -> None:
    reply = sign_in(cloud, identity, scope)
    assert reply.status == 400
    assert missing in reply.message


def test_a_body_that_lacks_what_its_schema_asks_for_is_told_what(cloud: InProcess) -> None:
    reply = sign_in(cloud, {}, ...)
    assert reply.status == 400
    assert reply.message.startswith(
        "Invalid input for field 'identity': 'methods' is a required property"
    )


@pytest.mark.parametrize("body", [b"no json", b"[]", b"{}"])
def test_a_body_that_is_no_request_is_a_400(cloud: InProcess, body: bytes) -> None:
    assert cloud.call("POST", TOKENS, body=body, user=None).status == 400


def test_an_administrator_may_sign_in_to_the_system_and_to_the_users_project(
    cloud: InProcess,
) -> None:
    boss = by_password("admin", "admin")
    system = sign_in(cloud, boss, {"system": {"all": True}}).json["token"]
    assert system["system"] == {"all": True}
    token = sign_in(cloud, boss, project("demo")).json["token"]
    assert {role["name"] for role in token["roles"]} == {"admin", "manager", "member", "reader"}


def test_a_token_gives_another_that_ends_when_it_does(cloud: InProcess) -> None:
    first = cloud.token()
    cloud.advance(3600)
    reply = sign_in(cloud, by_token(first), project("demo"))
    token = reply.json["token"]
    assert token["methods"] == ["password", "token"]
    assert token["expires_at"] == "2026-03-02T12:00:00.000000Z"
    assert len(token["audit_ids"]) == 2


def test_an_unknown_token_gives_none(cloud: InProcess) -> None:
    reply = sign_in(cloud, by_token("nonsense"))
    assert (reply.status, reply.message) == (404, "Could not recognize Fernet token")


def test_a_token_can_be_looked_at_and_ended(cloud: InProcess) -> None:
    token = cloud.token()
    subject = {"x-subject-token": token}
    shown = cloud.call("GET", TOKENS, headers=subject)
    assert shown.json["token"]["user"]["name"] == "demo"
    assert shown.headers["x-subject-token"] == token
    assert cloud.call("HEAD", TOKENS, headers=subject).status == 200
    assert cloud.call("DELETE", TOKENS, headers=subject).status == 204
    assert cloud.call("GET", "/identity/v3/auth/projects").status == 401
    assert cloud.call("GET", TOKENS, headers=subject, user="admin").status == 404


def test_a_tokens_life_can_be_set(make_cloud: type[InProcess]) -> None:
    cloud = make_cloud(token_lifetime=60)
    cloud.token()
    cloud.advance(60)
    assert cloud.call("GET", "/identity/v3/auth/projects").status == 401


def test_no_repr_holds_a_password(cloud: InProcess) -> None:
    assert "demo" not in repr([user.password for user in cloud.cloud.world.users])
