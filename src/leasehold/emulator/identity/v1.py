"""Keystone before v2.0: v1.0, all headers, and v1.1, the first with a body.

v1.0 is what Nova served itself until Essex, Keystone's "legacy" front end did in Diablo and Swift does
still; v1.1 is Rackspace's alone, and its catalog goes by the services' names.
"""

from leasehold.emulator.http import Request, Response, Router
from leasehold.emulator.identity.accounts import Method, User
from leasehold.emulator.identity.catalog import Catalog
from leasehold.emulator.identity.faults import body_object, malformed
from leasehold.emulator.identity.sign_in import (
    Refused,
    Scope,
    check_api_key,
    check_password,
    default_scope,
    find_project,
    find_user,
    issue,
)
from leasehold.emulator.world import World

_DOMAIN = "default"
_UNAUTHORIZED = {"unauthorized": {"message": "Username or api key is invalid", "code": 401}}


def route(router: Router, world: World, catalog: Catalog) -> None:
    v1 = _V1(world, catalog)
    router.add("GET", "/v1.0", v1.by_headers, public=True)
    router.add("POST", "/v1.1/auth", v1.by_body, public=True)


class _V1:
    def __init__(self, world: World, catalog: Catalog) -> None:
        self._world = world
        self._catalog = catalog

    def by_headers(self, request: Request) -> Response:
        """The key is an API key or, as Keystone's legacy front end took it, the password."""
        headers = request.headers
        key = headers.get("x-auth-key", "")
        try:
            user = self._user(headers.get("x-auth-user"))
            try:
                check_api_key(user, key)
            except Refused:
                check_password(user, key)
            scope = self._scope(user, headers.get("x-auth-project-id"))
            token_id, _ = issue(self._world, user, (Method.API_KEY,), scope)
        except Refused:
            return Response(401, b"401 Unauthorized", {"Content-Type": "text/plain"})
        project_id = scope.project.id if scope.project else ""
        urls = self._catalog.v1_0(request.host_url, project_id)
        return Response(204, headers={"X-Auth-Token": token_id, **urls})

    def by_body(self, request: Request) -> Response:
        given = body_object(request).get("credentials")
        if not isinstance(given, dict):
            raise malformed("Expecting credentials in the request body.")
        try:
            user = self._user(given.get("username"))
            check_api_key(user, str(given.get("key", "")))
            scope = default_scope(self._world, user)
            token_id, token = issue(self._world, user, (Method.API_KEY,), scope)
        except Refused:
            return Response(401, _UNAUTHORIZED)
        project_id = scope.project.id if scope.project else ""
        auth = {
            "token": {"id": token_id, "expires": token.expires_at.isoformat()},
            "serviceCatalog": self._catalog.v1_1(request.host_url, project_id),
        }
        return Response(200, {"auth": auth})

    def _user(self, name: str | None) -> User:
        return find_user(self._world, id=None, name=name, domain_id=_DOMAIN)

    def _scope(self, user: User, project: str | None) -> Scope:
        """The project goes by its id or, as often, by its name."""
        if not project:
            return default_scope(self._world, user)
        known = project in self._world.projects
        found = find_project(
            self._world,
            id=project if known else None,
            name=project,
            domain_id=_DOMAIN,
        )
        return Scope(project=found)
