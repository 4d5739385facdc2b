"""Signing in with another provider's access token, in Keystone v3."""

import pytest

from tests.unit.emulator.conftest import InProcess, Reply

V3 = "/identity/v3"


def sign_in(
    cloud: InProcess,
    authorization: str = "Bearer demo-access-token",
    *,
    provider: str = "lab",
    protocol: str = "openid",
    method: str = "GET",
) -> Reply:
    path = f"{V3}/OS-FEDERATION/identity_providers/{provider}/protocols/{protocol}/auth"
    return cloud.call(method, path, user=None, headers={"authorization": authorization})


@pytest.mark.parametrize("method", ["GET", "POST"])
def test_an_access_token_gives_a_token_without_a_scope(cloud: InProcess, method: str) -> None:
    reply = sign_in(cloud, method=method)
    token = reply.json["token"]
    assert reply.status == 201
    assert token["methods"] == ["openid"]
    assert token["user"]["name"] == "demo"
    assert token["user"]["OS-FEDERATION"]["identity_provider"] == {"id": "lab"}
    assert not {"project", "roles", "catalog"} & token.keys()


@pytest.mark.parametrize("path", ["auth/projects", "OS-FEDERATION/projects"])
def test_it_says_which_projects_there_are_and_is_exchanged_for_one(
    cloud: InProcess, path: str
) -> None:
    unscoped = sign_in(cloud).headers["x-subject-token"]
    reply = cloud.call("GET", f"{V3}/{path}", headers={"x-auth-token": unscoped})
    (project,) = reply.json["projects"]
    identity = {"methods": ["token"], "token": {"id": unscoped}}
    auth = {"identity": identity, "scope": {"project": {"id": project["id"]}}}
    reply = cloud.call("POST", f"{V3}/auth/tokens", {"auth": auth}, user=None)
    token = reply.json["token"]
    assert token["methods"] == ["openid", "token"]
    assert token["user"]["OS-FEDERATION"]["protocol"] == {"id": "openid"}
    assert token["project"]["name"] == "demo"


@pytest.mark.parametrize("authorization", ["Bearer wrong", "Bearer ", "Basic demo-access-token"])
def test_another_word_is_refused(cloud: InProcess, authorization: str) -> None:
    assert sign_in(cloud, authorization).status == 401


def test_an_unknown_provider_or_protocol_is_named(cloud: InProcess) -> None:
    reply = sign_in(cloud, provider="elsewhere")
    assert (reply.status, reply.message) == (404, "Could not find Identity Provider: elsewhere.")
    reply = sign_in(cloud, protocol="saml2")
    assert (reply.status, reply.message) == (404, "Could not find federated protocol: saml2.")


def test_it_is_no_method_of_keystones_own_tokens(cloud: InProcess) -> None:
    auth = {"identity": {"methods": ["openid"], "openid": {}}}
    reply = cloud.call("POST", f"{V3}/auth/tokens", {"auth": auth}, user=None)
    assert (reply.status, reply.message) == (
        401,
        "Attempted to authenticate with an unsupported method.",
    )
