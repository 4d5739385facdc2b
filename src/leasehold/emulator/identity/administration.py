"""Keystone v3 for administrators: projects and users come and go, and are joined by roles."""

from collections.abc import Callable
from typing import Any

from leasehold.emulator.http import Fault, Request, Response, Router
from leasehold.emulator.identity.accounts import Assignment, Project, Role, Secret, Token, User
from leasehold.emulator.identity.catalog import Catalog
from leasehold.emulator.identity.directory import (
    linked,
    listed,
    project_document,
    role_document,
    user_document,
)
from leasehold.emulator.identity.faults import body_object, forbidden, not_found
from leasehold.emulator.world import World

_GRANTS = "/v3/projects/{project_id}/users/{user_id}/roles"


def route(router: Router, world: World, catalog: Catalog) -> None:
    accounts = _Accounts(world)
    router.add("POST", "/v3/projects", accounts.create_project)
    router.add("DELETE", "/v3/projects/{id}", accounts.delete_project)
    router.add("POST", "/v3/users", accounts.create_user)
    router.add("DELETE", "/v3/users/{id}", accounts.delete_user)
    grants = _Grants(world)
    router.add("GET", _GRANTS, grants.index)
    router.add("HEAD", f"{_GRANTS}/{{role_id}}", grants.check)
    router.add("PUT", f"{_GRANTS}/{{role_id}}", grants.create)
    router.add("DELETE", f"{_GRANTS}/{{role_id}}", grants.delete)


class _Accounts:
    def __init__(self, world: World) -> None:
        self._world = world

    def create_project(self, request: Request) -> Response:
        given = self._given(request, "project")
        project_id = self._world.ids.hex()
        if self._twin(self._world.projects, given) is not None:
            raise Fault(
                409,
                "Conflict occurred attempting to store project - it is not permitted to have two "
                "projects with either the same name or same id in the same domain: "
                f"name is {given['name']}, project id {project_id}.",
            )
        project = self._world.projects.put(
            Project(
                id=project_id,
                name=given["name"],
                domain_id=given["domain_id"],
                description=given.get("description") or "",
                enabled=given.get("enabled", True),
            )
        )
        return Response(201, {"project": linked(request, "project", project_document(project))})

    def delete_project(self, request: Request) -> Response:
        """Its grants and tokens go with it; what it owns elsewhere stays, as in a real cloud."""
        project_id = _the_id(request, "project")
        if self._world.projects.remove(project_id) is None:
            raise not_found("project", project_id)
        self._forget(
            assignment=lambda each: each.project_id == project_id,
            token=lambda each: each.project is not None and each.project.id == project_id,
        )
        return Response(204)

    def create_user(self, request: Request) -> Response:
        given = self._given(request, "user")
        if self._twin(self._world.users, given) is not None:
            raise Fault(
                409,
                "Conflict occurred attempting to store user - Duplicate entry found with name "
                f"{given['name']} at domain ID {given['domain_id']}.",
            )
        user = self._world.users.put(
            User(
                id=self._world.ids.hex(),
                name=given["name"],
                password=Secret(value=str(given.get("password") or self._world.ids.hex())),
                domain_id=given["domain_id"],
                default_project_id=given.get("default_project_id"),
                description=given.get("description") or "",
                enabled=given.get("enabled", True),
            )
        )
        return Response(201, {"user": linked(request, "user", user_document(user))})

    def delete_user(self, request: Request) -> Response:
        user_id = _the_id(request, "user")
        if self._world.users.remove(user_id) is None:
            raise not_found("user", user_id)
        self._forget(
            assignment=lambda each: each.user_id == user_id,
            token=lambda each: each.user.id == user_id,
        )
        return Response(204)

    def _given(self, request: Request, kind: str) -> dict[str, Any]:
        """The body's object, with its domain filled in."""
        if not request.is_admin:
            raise forbidden(f"create_{kind}")
        given = body_object(request).get(kind)
        if not isinstance(given, dict) or not isinstance(given.get("name"), str):
            raise Fault(
                400,
                f"Invalid input for field/attribute {kind}. Value: {given}. "
                "'name' is a required property",
            )
        domain_id = given.setdefault("domain_id", request.token.user.domain_id)
        if domain_id not in self._world.domains:
            raise Fault(400, f"Could not find domain: {domain_id}.")
        return given

    def _twin(self, others: Any, given: dict[str, Any]) -> Any:
        """The one that has the name already."""
        key = (given["name"], given["domain_id"])
        return next((each for each in others if (each.name, each.domain_id) == key), None)

    def _forget(
        self, *, assignment: Callable[[Assignment], bool], token: Callable[[Token], bool]
    ) -> None:
        assignments, tokens = self._world.assignments, self._world.tokens
        assignments[:] = [each for each in assignments if not assignment(each)]
        for token_id in [key for key, each in tokens.items() if token(each)]:
            del tokens[token_id]


class _Grants:
    """Roles of a user on a project."""

    def __init__(self, world: World) -> None:
        self._world = world

    def index(self, request: Request) -> Response:
        project, user = self._pair(request, "list_grants")
        ids = {
            each.role_id
            for each in self._world.assignments
            if (each.project_id, each.user_id) == (project.id, user.id)
        }
        roles = [role for role in self._world.roles if role.id in ids]
        documents = [linked(request, "role", role_document(role)) for role in roles]
        return listed(request, "roles", documents)

    def check(self, request: Request) -> Response:
        self._granted(request, "check_grant")
        return Response(204)

    def create(self, request: Request) -> Response:
        grant = self._wanted(request, "create_grant")
        if grant not in self._world.assignments:
            self._world.assignments.append(grant)
        return Response(204)

    def delete(self, request: Request) -> Response:
        self._world.assignments.remove(self._granted(request, "revoke_grant"))
        return Response(204)

    def _granted(self, request: Request, action: str) -> Assignment:
        grant = self._wanted(request, action)
        if grant not in self._world.assignments:
            raise not_found(
                "role assignment with role",
                f"{grant.role_id}, user or group: {grant.user_id}, "
                f"project, domain, or system: {grant.project_id}",
            )
        return grant

    def _wanted(self, request: Request, action: str) -> Assignment:
        project, user = self._pair(request, action)
        role: Role | None = self._world.roles.get(request.params["role_id"])
        if role is None:
            raise not_found("role", request.params["role_id"])
        return Assignment(user_id=user.id, role_id=role.id, project_id=project.id)

    def _pair(self, request: Request, action: str) -> tuple[Project, User]:
        if not request.is_admin:
            raise forbidden(action)
        project = self._world.projects.get(request.params["project_id"])
        if project is None:
            raise not_found("project", request.params["project_id"])
        user = self._world.users.get(request.params["user_id"])
        if user is None:
            raise not_found("user", request.params["user_id"])
        return project, user


def _the_id(request: Request, kind: str) -> str:
    if not request.is_admin:
        raise forbidden(f"delete_{kind}")
    return request.params["id"]
