"""Application credentials: made, used and taken away."""

from typing import Any

import pytest

from tests.unit.emulator.conftest import InProcess, Reply


def user_id(cloud: InProcess, user: str = "demo") -> str:
    subject = {"x-subject-token": cloud.token(user)}
    reply = cloud.call("GET", "/identity/v3/auth/tokens", headers=subject, user=user)
    return str(reply.json["token"]["user"]["id"])


def path(cloud: InProcess) -> str:
    return f"/identity/v3/users/{user_id(cloud)}/application_credentials"


def create(cloud: InProcess, **given: Any) -> Reply:
    body = {"application_credential": {"name": "ci", **given}}
    return cloud.call("POST", path(cloud), body)


def sign_in(cloud: InProcess, given: dict[str, Any], **auth: Any) -> Reply:
    identity = {"methods": ["application_credential"], "application_credential": given}
    body = {"auth": {"identity": identity, **auth}}
    return cloud.call("POST", "/identity/v3/auth/tokens", body, user=None)


def test_the_secret_is_shown_once(cloud: InProcess) -> None:
    made = create(cloud).json["application_credential"]
    assert len(made["secret"]) > 40
    (listed,) = cloud.call("GET", path(cloud)).json["application_credentials"]
    shown = cloud.call("GET", f"{path(cloud)}/{made['id']}").json["application_credential"]
    assert "secret" not in listed
    assert "secret" not in shown
    assert shown["roles"][0]["name"] in ("member", "reader")


def test_it_signs_in_by_id_or_by_name_and_user(cloud: InProcess) -> None:
    made = create(cloud, secret="s3cret").json["application_credential"]
    for reference in (
        {"id": made["id"]},
        {"name": "ci", "user": {"id": user_id(cloud)}},
        {"name": "ci", "user": {"name": "demo", "domain": {"id": "default"}}},
    ):
        token = sign_in(cloud, {**reference, "secret": "s3cret"}).json["token"]
        assert token["project"]["name"] == "demo"
        assert token["methods"] == ["application_credential"]
        assert token["application_credential"] == {
            "id": made["id"],
            "name": "ci",
            "restricted": True,
        }


def test_it_brings_its_own_scope_and_no_other(cloud: InProcess) -> None:
    made = create(cloud, secret="s3cret").json["application_credential"]
    scope = {"project": {"name": "demo", "domain": {"id": "default"}}}
    reply = sign_in(cloud, {"id": made["id"], "secret": "s3cret"}, scope=scope)
    assert reply.status == 401
    assert "cannot request a scope" in reply.message


def test_a_wrong_secret_an_unknown_id_and_a_missing_user_are_refused(cloud: InProcess) -> None:
    made = create(cloud).json["application_credential"]
    assert sign_in(cloud, {"id": made["id"], "secret": "guess"}).status == 401
    assert sign_in(cloud, {"id": "unknown", "secret": "guess"}).status == 404
    assert sign_in(cloud, {"name": "ci", "secret": "guess"}).status == 400


def test_it_ends_when_it_says_so(cloud: InProcess) -> None:
    made = create(cloud, secret="s3cret", expires_at="2026-03-01T13:00:00Z")
    given = {"id": made.json["application_credential"]["id"], "secret": "s3cret"}
    assert sign_in(cloud, given).status == 201
    cloud.advance(3600)
    assert sign_in(cloud, given).status == 401


@pytest.mark.parametrize(
    ("given", "status"),
    [
        ({"name": None}, 400),
        ({"roles": [{"name": "admin"}]}, 400),
        ({"expires_at": "2020-01-01T00:00:00Z"}, 400),
        ({"expires_at": "tomorrow"}, 400),
    ],
)
def test_what_cannot_be_is_refused(cloud: InProcess, given: dict[str, Any], status: int) -> None:
    assert create(cloud, **given).status == status


def test_a_name_is_a_users_only_once(cloud: InProcess) -> None:
    assert create(cloud).status == 201
    assert create(cloud).status == 409


def test_a_role_brings_the_lower_ones(cloud: InProcess) -> None:
    made = create(cloud, roles=[{"name": "member"}]).json["application_credential"]
    assert {role["name"] for role in made["roles"]} == {"member", "reader"}


def test_deleting_it_ends_its_tokens(cloud: InProcess) -> None:
    made = create(cloud, secret="s3cret").json["application_credential"]
    token = sign_in(cloud, {"id": made["id"], "secret": "s3cret"}).headers["x-subject-token"]
    headers = {"x-auth-token": token}
    assert cloud.call("GET", "/compute/v2.1/servers", headers=headers).status == 200
    assert cloud.call("DELETE", f"{path(cloud)}/{made['id']}").status == 204
    assert cloud.call("GET", "/compute/v2.1/servers", headers=headers).status == 401
    assert cloud.call("DELETE", f"{path(cloud)}/{made['id']}").status == 404


def test_a_restricted_one_makes_no_others(cloud: InProcess) -> None:
    for unrestricted, status in ((False, 403), (True, 201)):
        name = f"ci-{unrestricted}"
        made = create(cloud, name=name, secret="s3cret", unrestricted=unrestricted)
        given = {"id": made.json["application_credential"]["id"], "secret": "s3cret"}
        headers = {"x-auth-token": sign_in(cloud, given).headers["x-subject-token"]}
        body = {"application_credential": {"name": f"made-by-{name}"}}
        assert cloud.call("POST", path(cloud), body, headers=headers).status == status


def test_nobody_else_sees_them(cloud: InProcess) -> None:
    others = f"/identity/v3/users/{user_id(cloud, 'admin')}/application_credentials"
    assert cloud.call("GET", others).status == 403
    assert cloud.call("GET", path(cloud), user="admin").status == 200
