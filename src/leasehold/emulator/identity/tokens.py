"""Keystone v3's tokens: sign in, look at a token, end it."""

from datetime import datetime
from typing import Any

from leasehold.emulator.http import Fault, Request, Response, Router
from leasehold.emulator.identity.accounts import ApplicationCredential, Domain, Method, Token, User
from leasehold.emulator.identity.catalog import Catalog
from leasehold.emulator.identity.faults import (
    UnknownMethod,
    body_object,
    expecting,
    not_found,
    required,
    unauthorized,
    unknown_token,
)
from leasehold.emulator.identity.sign_in import (
    Refused,
    Scope,
    check_password,
    check_secret,
    default_scope,
    find_domain,
    find_project,
    find_user,
    issue,
)
from leasehold.emulator.world import World

_SCOPES = "system, project, domain, OS-TRUST:trust or unscoped"


def route(router: Router, world: World, catalog: Catalog) -> None:
    tokens = _Tokens(world, catalog)
    router.add("POST", "/v3/auth/tokens", tokens.create, public=True)
    router.add("GET", "/v3/auth/tokens", tokens.show)
    router.add("DELETE", "/v3/auth/tokens", tokens.revoke)


class _Proof:
    """Who signs in, by which methods, and what that brings along."""

    def __init__(self, user: User, methods: list[Method]) -> None:
        self.user = user
        self.methods = methods
        self.before: Token | None = None
        self.credential: ApplicationCredential | None = None


class _Tokens:
    def __init__(self, world: World, catalog: Catalog) -> None:
        self._world = world
        self._catalog = catalog

    def create(self, request: Request) -> Response:
        auth = _part(body_object(request), "auth", "request body")
        if "identity" not in auth:
            raise required("identity")
        identity = _part(auth, "identity", "auth")
        try:
            proof = self._prove(request, identity)
            if proof.credential is not None:
                if "scope" in auth:
                    raise Fault(
                        401,
                        "Error authenticating with application credential: "
                        "Application credentials cannot request a scope.",
                        headers=unauthorized(request).headers,
                    )
                scope = Scope(project=self._world.projects.get(proof.credential.project_id))
            else:
                scope = self._scope(auth.get("scope"), proof)
            token_id, token = issue(
                self._world,
                proof.user,
                tuple(dict.fromkeys(proof.methods)),
                scope,
                before=proof.before,
                credential=proof.credential,
            )
        except Refused as refused:
            raise unauthorized(request) from refused
        return self._response(request, 201, token_id, token)

    def show(self, request: Request) -> Response:
        token_id, token = self._subject(request)
        return self._response(request, 200, token_id, token)

    def revoke(self, request: Request) -> Response:
        token_id, _ = self._subject(request)
        del self._world.tokens[token_id]
        return Response(204)

    def _subject(self, request: Request) -> tuple[str, Token]:
        token_id = request.headers.get("x-subject-token", "")
        token = self._world.valid_token(token_id)
        if token is None:
            raise unknown_token(token_id)
        return token_id, token

    def _prove(self, request: Request, identity: dict[str, Any]) -> _Proof:
        methods = identity.get("methods")
        if not isinstance(methods, list):
            raise required("methods", within="identity")
        if not methods:
            raise Refused
        ways = {
            Method.TOKEN: self._by_token,
            Method.APPLICATION_CREDENTIAL: self._by_credential,
            Method.PASSWORD: self._by_password,
        }
        for method in methods:
            if not isinstance(identity.get(method), dict):
                raise expecting(str(method), "identity")
            if method not in ways:
                raise UnknownMethod(request, ways)
        return next(prove(identity[method]) for method, prove in ways.items() if method in methods)

    def _by_password(self, given: dict[str, Any]) -> _Proof:
        reference = _part(given, "user", "password")
        user = self._user(reference)
        check_password(user, str(reference.get("password", "")))
        return _Proof(user, [Method.PASSWORD])

    def _by_token(self, given: dict[str, Any]) -> _Proof:
        if "id" not in given:
            raise required("id", within="identity/token")
        token = self._world.valid_token(str(given["id"]))
        if token is None:
            raise unknown_token(str(given["id"]))
        proof = _Proof(token.user, [*token.methods, Method.TOKEN])
        proof.before = token
        return proof

    def _by_credential(self, given: dict[str, Any]) -> _Proof:
        credentials = self._world.application_credentials
        if "id" in given:
            found = credentials.get(str(given["id"]))
            if found is None:
                raise not_found("Application Credential", str(given["id"]))
        else:
            if "user" not in given:
                raise expecting("user", "application credential")
            owner = self._user(_part(given, "user", "application credential"))
            found = next(
                (c for c in credentials.oldest(owner.id) if c.name == given.get("name")), None
            )
            if found is None:
                raise not_found("Application Credential", str(given.get("name")))
        check_secret(found, str(given.get("secret", "")), self._world)
        user = find_user(self._world, id=found.user_id, name=None, domain_id=None)
        proof = _Proof(user, [Method.APPLICATION_CREDENTIAL])
        proof.credential = found
        return proof

    def _user(self, reference: dict[str, Any]) -> User:
        if "id" in reference:
            return find_user(self._world, id=str(reference["id"]), name=None, domain_id=None)
        if "name" not in reference:
            raise expecting("id or name", "user")
        domain = self._domain(reference, "user")
        return find_user(self._world, id=None, name=str(reference["name"]), domain_id=domain.id)

    def _domain(self, reference: dict[str, Any], where: str) -> Domain:
        given = _part(reference, "domain", where)
        if "id" in given:
            return find_domain(self._world, id=str(given["id"]))
        return find_domain(self._world, name=str(given.get("name")))

    def _scope(self, wanted: Any, proof: _Proof) -> Scope:
        if wanted is None:
            if proof.before is not None:
                return Scope()
            return default_scope(self._world, proof.user)
        if wanted == "unscoped":
            return Scope()
        if not isinstance(wanted, dict) or len(wanted) != 1:
            raise expecting(_SCOPES, "scope")
        if "unscoped" in wanted:
            return Scope()
        if "system" in wanted:
            return Scope(system=True)
        if "domain" in wanted:
            return Scope(domain=self._domain(wanted, "scope"))
        if "project" not in wanted:
            raise expecting(_SCOPES, "scope")
        project = _part(wanted, "project", "scope")
        if "id" in project:
            found = find_project(self._world, id=str(project["id"]), name=None, domain_id=None)
        else:
            domain = self._domain(project, "project")
            found = find_project(
                self._world, id=None, name=str(project.get("name")), domain_id=domain.id
            )
        return Scope(project=found)

    def _response(self, request: Request, status: int, token_id: str, token: Token) -> Response:
        with_catalog = request.one("nocatalog") is None
        body = token_document(self._world, token)
        if with_catalog and token.roles:
            project_id = token.project.id if token.project else None
            body["catalog"] = self._catalog.v3(request.host_url, project_id)
        return Response(status, {"token": body}, {"X-Subject-Token": token_id})


def _part(container: dict[str, Any], name: str, where: str) -> dict[str, Any]:
    value = container.get(name)
    if not isinstance(value, dict):
        raise expecting(name, where)
    return value


def token_document(world: World, token: Token) -> dict[str, Any]:
    """What a token shows of itself, without the catalog."""
    body: dict[str, Any] = {
        "methods": list(token.methods),
        "user": {
            "domain": _domain_of(world, token.user.domain_id),
            "id": token.user.id,
            "name": token.user.name,
            "password_expires_at": None,
        },
        "audit_ids": list(token.audit_ids),
        "expires_at": timestamp(token.expires_at),
        "issued_at": timestamp(token.issued_at),
    }
    if token.identity_provider is not None:
        body["user"]["OS-FEDERATION"] = {
            "groups": [],
            "identity_provider": {"id": token.identity_provider},
            "protocol": {"id": token.methods[0]},
        }
    if token.project is not None:
        body["project"] = {
            "domain": _domain_of(world, token.project.domain_id),
            "id": token.project.id,
            "name": token.project.name,
        }
        body["is_domain"] = False
    if token.domain is not None:
        body["domain"] = {"id": token.domain.id, "name": token.domain.name}
    if token.system:
        body["system"] = {"all": True}
    if token.roles:
        body["roles"] = [{"id": role.id, "name": role.name} for role in token.roles]
    credential = world.application_credentials.get(token.application_credential_id or "")
    if credential is not None:
        body["application_credential"] = {
            "id": credential.id,
            "name": credential.name,
            "restricted": not credential.unrestricted,
        }
    return body


def _domain_of(world: World, domain_id: str) -> dict[str, str]:
    domain = find_domain(world, id=domain_id)
    return {"id": domain.id, "name": domain.name}


def timestamp(moment: datetime) -> str:
    """As Keystone writes it: always six digits of a second, and Z."""
    return moment.strftime("%Y-%m-%dT%H:%M:%S.%fZ")
