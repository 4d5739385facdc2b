"""Keystone: who gets a token, what it says, and what everybody else is told."""

from typing import Any

import pytest
from keystoneauth1.identity.v3 import ApplicationCredential
from keystoneauth1.session import Session
from tests.contract.api import Answer, refused
from tests.contract.shape import has_form
from tests.contract.tenant import Tenant, throw_away_project

DOMAIN = {"id": str, "name": str}
ROLE = {"id": str, "name": str}
ENDPOINT = {"id": str, "interface": str, "region_id": str, "region": str, "url": str}
SERVICE = {"id": str, "type": str, "name": str, "endpoints": [ENDPOINT]}
UNSCOPED = {
    "methods": [str],
    "user": {"domain": DOMAIN, "id": str, "name": str, "password_expires_at": None | str},
    "audit_ids": [str],
    "expires_at": str,
    "issued_at": str,
}
SCOPED = UNSCOPED | {
    "project": {"domain": DOMAIN, "id": str, "name": str},
    "is_domain": bool,
    "roles": [ROLE],
}
PROJECT = {
    "id": str,
    "name": str,
    "domain_id": str,
    "description": str,
    "enabled": bool,
    "parent_id": str,
    "is_domain": bool,
    "tags": [str],
    "options": dict,
    "links": {"self": str},
}
CREDENTIAL = {
    "id": str,
    "name": str,
    "description": None | str,
    "user_id": str,
    "project_id": str,
    "system": None | str,
    "expires_at": None | str,
    "unrestricted": None | bool,
    "roles": [ROLE | {"domain_id": None | str, "description": None | str, "options": dict}],
    "links": {"self": str},
}
NO = "The request you have made requires authentication."


def sign_in(cloud: Tenant, query: str = "", **changes: str | None) -> Answer:
    """Ask for a token with the tenant's password, user and project, or other ones."""
    auth: dict[str, Any] = cloud.auth | changes
    domain = {"name": auth["user_domain_name"]}
    user = {"name": auth["username"], "password": auth["password"], "domain": domain}
    body: dict[str, Any] = {"identity": {"methods": ["password"], "password": {"user": user}}}
    if auth["project_name"]:
        body["scope"] = {"project": {"name": auth["project_name"], "domain": domain}}
    return cloud.identity.post(f"/auth/tokens{query}", {"auth": body}, token="")


def test_a_token_names_its_user_project_roles_and_catalog(cloud: Tenant) -> None:
    answer = sign_in(cloud)
    assert answer.status == 201
    assert answer.headers["X-Subject-Token"]
    has_form(answer.one, SCOPED | {"catalog": [SERVICE]})
    assert answer.one["project"]["id"] == cloud.project_id
    assert "member" in {role["name"] for role in answer.one["roles"]}
    assert answer.one["methods"] == ["password"]


def test_the_catalog_offers_the_five_services_in_public(cloud: Tenant) -> None:
    catalog = sign_in(cloud).one["catalog"]
    public = {
        service["type"]
        for service in catalog
        for endpoint in service["endpoints"]
        if (endpoint["interface"], endpoint["region_id"]) == ("public", "RegionOne")
    }
    assert {"identity", "compute", "image", "network", "block-storage", "volumev3"} <= public


def test_a_token_without_catalog_leaves_it_out(cloud: Tenant) -> None:
    has_form(sign_in(cloud, "?nocatalog").one, SCOPED)


def test_a_token_without_a_project_has_neither_roles_nor_catalog(cloud: Tenant) -> None:
    has_form(sign_in(cloud, project_name=None).one, UNSCOPED)


@pytest.mark.parametrize(
    "wrong",
    [
        {"password": "wrong"},
        {"username": "nobody"},
        {"project_name": "no-such-project"},
        {"project_name": "admin"},
    ],
    ids=["password", "user", "project", "not a member"],
)
def test_whatever_is_wrong_at_sign_in_the_answer_is_the_same(
    cloud: Tenant, wrong: dict[str, str]
) -> None:
    refused(sign_in(cloud, **wrong), 401, "Unauthorized", NO)


def test_a_sign_in_without_identity_is_a_bad_request(cloud: Tenant) -> None:
    answer = cloud.identity.post("/auth/tokens", {"auth": {}}, token="")
    refused(answer, 400, "Bad Request", "'identity' is a required property.*")


def test_a_sign_in_that_is_no_json_is_a_bad_request(cloud: Tenant) -> None:
    headers = {"Content-Type": "application/json"}
    answer = cloud.identity.post("/auth/tokens", data=b"{broken", headers=headers, token="")
    refused(answer, 400, "Bad Request", "Expecting to find valid JSON in request body.*")


def test_a_method_that_keystone_does_not_know_is_told_from_one_without_its_part(
    cloud: Tenant,
) -> None:
    identity: dict[str, Any] = {"methods": ["magic"]}
    answer = cloud.identity.post("/auth/tokens", {"auth": {"identity": identity}}, token="")
    refused(answer, 400, "Bad Request", "Expecting to find magic in identity.*")
    identity["magic"] = {}
    answer = cloud.identity.post("/auth/tokens", {"auth": {"identity": identity}}, token="")
    assert answer.status == 401
    assert answer.headers["WWW-Authenticate"].startswith("Keystone uri=")
    error = answer.body["error"]
    assert error["message"] == "Attempted to authenticate with an unsupported method."
    assert {"password", "token", "application_credential"} <= set(error["identity"]["methods"])


def test_federation_lists_the_same_projects_and_domains(cloud: Tenant) -> None:
    for plural in ("projects", "domains"):
        usual = cloud.identity.get(f"/auth/{plural}")
        federated = cloud.identity.get(f"/OS-FEDERATION/{plural}")
        assert federated.status == usual.status == 200
        assert federated.body[plural] == usual.body[plural]


def test_a_token_buys_another_one(cloud: Tenant) -> None:
    body = {
        "identity": {"methods": ["token"], "token": {"id": cloud.token}},
        "scope": {"project": {"id": cloud.project_id}},
    }
    answer = cloud.identity.post("/auth/tokens", {"auth": body}, token="")
    assert answer.status == 201
    assert set(answer.one["methods"]) == {"token", "password"}
    assert len(answer.one["audit_ids"]) == 2, "its own, and that of the token it came from"


def test_an_application_credential_signs_in_without_the_password(cloud: Tenant) -> None:
    path = f"/users/{cloud.user_id}/application_credentials"
    body = {"application_credential": {"name": "lab", "secret": "s3cret-s3cret"}}
    made = cloud.identity.post(path, body)
    assert made.status == 201
    has_form(made.one, CREDENTIAL | {"secret": str})
    try:
        (listed,) = cloud.identity.get(path).body["application_credentials"]
        has_form(listed, CREDENTIAL)

        auth_url = cloud.auth["auth_url"]
        plugin = ApplicationCredential(auth_url, "s3cret-s3cret", made.one["id"])
        assert Session(auth=plugin).get_project_id() == cloud.project_id

        credential = {"id": made.one["id"], "secret": "wrong"}
        identity = {"methods": ["application_credential"], "application_credential": credential}
        wrong = cloud.identity.post("/auth/tokens", {"auth": {"identity": identity}}, token="")
        refused(wrong, 401, "Unauthorized", NO)
    finally:
        assert cloud.identity.delete(f"{path}/{made.one['id']}").status == 204


def test_a_revoked_token_opens_no_door(cloud: Tenant) -> None:
    token = sign_in(cloud).headers["X-Subject-Token"]
    assert cloud.identity.get("/auth/projects", token=token).status == 200
    header = {"X-Subject-Token": token}
    assert cloud.identity.delete("/auth/tokens", headers=header, token=token).status == 204
    # Not asked before with this token: services remember the good ones for some minutes.
    assert cloud.compute.get("/servers", token=token).status == 401


@pytest.mark.parametrize("token", ["", "bad"], ids=["none", "unknown"])
@pytest.mark.parametrize(
    ("service", "path"),
    [
        ("compute", "/servers"),
        ("volume", "/volumes"),
        ("network", "/ports"),
        ("image", "/images"),
        ("identity", "/projects"),
    ],
    ids=["compute", "volume", "network", "image", "identity"],
)
def test_without_a_good_token_every_service_says_where_to_get_one(
    cloud: Tenant, service: str, path: str, token: str
) -> None:
    answer = getattr(cloud, service).get(path, token=token)
    assert answer.status == 401
    assert answer.headers["WWW-Authenticate"].startswith('Keystone uri="http://127.0.0.1:')
    if service == "image":
        assert answer.refusal.kind == "401 Unauthorized"
    else:
        refused(answer, 401, "Unauthorized", NO)


def test_a_member_lists_the_own_projects_only(cloud: Tenant) -> None:
    (own,) = cloud.identity.get("/auth/projects").body["projects"]
    has_form(own, PROJECT)
    assert own["id"] == cloud.project_id
    refused(
        cloud.identity.get("/projects"),
        403,
        "Forbidden",
        r"You are not authorized to perform the requested action: identity:list_projects\.",
    )
    everybody = cloud.admin.identity.get("/projects").body["projects"]
    assert cloud.project_id in {project["id"] for project in everybody}


def test_each_project_and_user_has_its_name_alone(cloud: Tenant) -> None:
    identity = cloud.admin.identity
    name = cloud.auth["project_name"]
    made = identity.get(f"/projects/{cloud.project_id}").one
    has_form(made, PROJECT)
    again = identity.post("/projects", {"project": {"name": name, "domain_id": "default"}})
    message = (
        "Conflict occurred attempting to store project - it is not permitted to have two "
        "projects with either the same name or same id in the same domain: "
        rf"name is {name}, project id [0-9a-f]{{32}}\."
    )
    refused(again, 409, "Conflict", message)
    again = identity.post("/users", {"user": {"name": name, "domain_id": "default"}})
    message = (
        "Conflict occurred attempting to store user - Duplicate entry found with name "
        rf"{name} at domain ID default\."
    )
    refused(again, 409, "Conflict", message)


def test_a_user_without_a_role_on_a_project_cannot_sign_in_to_it(cloud: Tenant) -> None:
    with throw_away_project(cloud.admin) as other:
        assert other.token
        roles = f"/projects/{other.project_id}/users/{other.user_id}/roles"
        (role,) = cloud.admin.identity.get(roles).body["roles"]
        assert role["name"] == "member"
        assert cloud.admin.identity.delete(f"{roles}/{role['id']}").status == 204
        refused(sign_in(cloud, **other.auth), 401, "Unauthorized", NO)
        assert cloud.admin.identity.delete(f"{roles}/{role['id']}").status == 404


def test_a_member_makes_neither_projects_nor_users(cloud: Tenant) -> None:
    for kind in ("project", "user"):
        answer = cloud.identity.post(f"/{kind}s", {kind: {"name": "n", "domain_id": "default"}})
        message = f"You are not authorized to perform the requested action: identity:create_{kind}"
        refused(answer, 403, "Forbidden", rf"{message}\.")


def test_an_unknown_user_is_not_found(cloud: Tenant) -> None:
    answer = cloud.admin.identity.get("/users/nobody-at-all")
    refused(answer, 404, "Not Found", r"Could not find user: nobody-at-all\.")
