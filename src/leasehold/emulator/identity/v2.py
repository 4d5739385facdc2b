"""Keystone v2.0, as clouds had it until Newton and some have still, and what others added to it.

``RAX-KSKEY`` is Rackspace's extension; ``voms`` is that of Europe's research clouds, where whoever
comes with a client certificate needs no word.

Shapes from the Identity API v2.0 reference (CURRENT status until 2016).
"""

from typing import Any

from leasehold.emulator.http import Request, Response, Router
from leasehold.emulator.identity.accounts import Method, Project, Token, User
from leasehold.emulator.identity.api_keys import API_KEY
from leasehold.emulator.identity.catalog import Catalog
from leasehold.emulator.identity.faults import (
    body_object,
    expecting,
    forbidden,
    not_found,
    unauthorized,
)
from leasehold.emulator.identity.sign_in import (
    Refused,
    Scope,
    check_api_key,
    check_password,
    default_scope,
    find_project,
    find_user,
    issue,
    projects_of,
)
from leasehold.emulator.world import World

_DOMAIN = "default"
"""The only domain that v2.0 can see."""


def route(router: Router, world: World, catalog: Catalog) -> None:
    v2 = _V2(world, catalog)
    router.add("POST", "/v2.0/tokens", v2.create, public=True)
    router.add("GET", "/v2.0/tokens/{id}", v2.validate)
    router.add("DELETE", "/v2.0/tokens/{id}", v2.revoke)
    router.add("GET", "/v2.0/tenants", v2.tenants)
    router.add("GET", "/v2.0/extensions", v2.extensions, public=True)


class _V2:
    def __init__(self, world: World, catalog: Catalog) -> None:
        self._world = world
        self._catalog = catalog

    def create(self, request: Request) -> Response:
        auth = body_object(request).get("auth")
        if not isinstance(auth, dict):
            raise expecting("auth", "request body")
        try:
            user, methods, before = self._prove(auth, request.certificate_name)
            scope = self._scope(auth, user, before)
            token_id, token = issue(self._world, user, methods, scope, before=before)
        except Refused as refused:
            raise unauthorized(request) from refused
        return Response(200, {"access": self._access(request, token_id, token)})

    def validate(self, request: Request) -> Response:
        token_id, token = self._subject(request)
        return Response(200, {"access": self._access(request, token_id, token)})

    def revoke(self, request: Request) -> Response:
        token_id, _ = self._subject(request)
        del self._world.tokens[token_id]
        return Response(204)

    def extensions(self, request: Request) -> Response:
        found = [{"alias": "RAX-KSKEY", "name": "Rackspace API Key Authentication", "links": []}]
        return Response(200, {"extensions": {"values": found}})

    def tenants(self, request: Request) -> Response:
        projects = projects_of(self._world, request.token.user)
        body = {"tenants": [_tenant(project) for project in projects], "tenants_links": []}
        return Response(200, body)

    def _subject(self, request: Request) -> tuple[str, Token]:
        """The token that an administrator asks about."""
        if not request.is_admin:
            raise forbidden("admin_required")
        token_id = request.params["id"]
        token = self._world.valid_token(token_id)
        if token is None:
            raise not_found("token", token_id)
        return token_id, token

    def _prove(
        self, auth: dict[str, Any], certificate_name: str | None
    ) -> tuple[User, tuple[Method, ...], Token | None]:
        given = auth.get("passwordCredentials")
        if isinstance(given, dict):
            user = self._user(given)
            check_password(user, str(given.get("password", "")))
            return user, (Method.PASSWORD,), None
        given = auth.get(API_KEY)
        if isinstance(given, dict):
            user = self._user(given)
            check_api_key(user, str(given.get("apiKey", "")))
            return user, (Method.API_KEY,), None
        if auth.get("voms"):
            if certificate_name is None:
                raise Refused
            return self._user({"username": certificate_name}), (Method.CERTIFICATE,), None
        given = auth.get("token")
        if isinstance(given, dict):
            token = self._world.valid_token(str(given.get("id")))
            if token is None:
                raise Refused
            return token.user, (*token.methods, Method.TOKEN), token
        raise expecting("passwordCredentials or token", "auth")

    def _user(self, given: dict[str, Any]) -> User:
        return find_user(
            self._world, id=given.get("userId"), name=given.get("username"), domain_id=_DOMAIN
        )

    def _scope(self, auth: dict[str, Any], user: User, before: Token | None) -> Scope:
        tenant_id, name = auth.get("tenantId"), auth.get("tenantName")
        if not tenant_id and not name:
            asks_first = before is not None or auth.get("voms")
            return Scope() if asks_first else default_scope(self._world, user)
        project = find_project(
            self._world, id=tenant_id or None, name=name or None, domain_id=_DOMAIN
        )
        return Scope(project=project)

    def _access(self, request: Request, token_id: str, token: Token) -> dict[str, Any]:
        document: dict[str, Any] = {
            "issued_at": token.issued_at.strftime("%Y-%m-%dT%H:%M:%S.%fZ"),
            "expires": token.expires_at.strftime("%Y-%m-%dT%H:%M:%SZ"),
            "id": token_id,
            "audit_ids": list(token.audit_ids),
        }
        catalog: list[dict[str, Any]] = []
        if token.project is not None:
            document["tenant"] = _tenant(token.project)
            catalog = self._catalog.v2(request.host_url, token.project.id)
        return {
            "token": document,
            "serviceCatalog": catalog,
            "user": {
                "username": token.user.name,
                "roles_links": [],
                "id": token.user.id,
                "roles": [{"name": role.name} for role in token.roles],
                "name": token.user.name,
            },
            "metadata": {"is_admin": 0, "roles": [role.id for role in token.roles]},
        }


def _tenant(project: Project) -> dict[str, Any]:
    return {
        "description": project.description,
        "enabled": project.enabled,
        "id": project.id,
        "name": project.name,
    }
