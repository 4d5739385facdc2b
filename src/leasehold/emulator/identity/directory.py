"""Keystone v3's listings: projects, users, domains, roles, and the catalog's own parts."""

from collections.abc import Callable, Iterable
from typing import Any

from leasehold.emulator.http import Request, Response, Router
from leasehold.emulator.identity.accounts import Assignment, Domain, Project, Role, User
from leasehold.emulator.identity.catalog import Catalog, CatalogService
from leasehold.emulator.identity.faults import forbidden, not_found
from leasehold.emulator.identity.sign_in import projects_of
from leasehold.emulator.world import World

Document = dict[str, Any]


def route(router: Router, world: World, catalog: Catalog) -> None:
    own = _Own(world, catalog)
    router.add("GET", "/v3/auth/catalog", own.catalog)
    router.add("GET", "/v3/auth/projects", own.projects)
    router.add("GET", "/v3/auth/domains", own.domains)
    router.add("GET", "/v3/OS-FEDERATION/projects", own.projects)
    router.add("GET", "/v3/OS-FEDERATION/domains", own.domains)
    router.add("GET", "/v3/auth/system", own.system)
    router.add("GET", "/v3/users/{id}/projects", own.projects)
    router.add("GET", "/v3/users/{id}/groups", own.nothing("groups"))
    router.add("GET", "/v3/limits", own.nothing("limits"))
    router.add("GET", "/v3/registered_limits", own.nothing("registered_limits"))
    router.add("GET", "/v3/credentials", own.nothing("credentials"))
    router.add("GET", "/v3/role_assignments", own.assignments)
    for listing in (
        _Listing("project", lambda _: map(project_document, world.projects), own=_is_own_project),
        _Listing("user", lambda _: map(user_document, world.users), own=_is_own_user),
        _Listing("domain", lambda _: map(_domain_document, world.domains), own=_is_own_domain),
        _Listing("role", lambda _: map(role_document, world.roles)),
        _Listing("group", lambda _: ()),
        _Listing("service", lambda _: map(_service_document, catalog.services)),
        _Listing("endpoint", lambda request: _endpoint_documents(catalog, request.host_url)),
        _Listing("region", lambda _: _region_documents(catalog), public=True),
    ):
        router.add("GET", f"/v3/{listing.word}s", listing.index)
        router.add("GET", f"/v3/{listing.word}s/{{id}}", listing.show)


class _Listing:
    """One kind of thing that administrators may list, and anybody may look at if it is theirs."""

    def __init__(
        self,
        word: str,
        documents: Callable[[Request], Iterable[Document]],
        *,
        own: Callable[[Request, str], bool] = lambda request, wanted: False,
        public: bool = False,
    ) -> None:
        self.word = word
        self._documents = documents
        self._own = own
        self._public = public

    def index(self, request: Request) -> Response:
        if not (request.is_admin or self._public):
            raise forbidden(f"list_{self.word}s")
        documents = (
            document
            for document in self._documents(request)
            if all(
                str(document[name]) == values[0] or _true(document[name], values[0])
                for name, values in request.query.items()
                if name in document
            )
        )
        found = [linked(request, self.word, document) for document in documents]
        return listed(request, self.word + "s", found)

    def show(self, request: Request) -> Response:
        wanted = request.params["id"]
        if not (request.is_admin or self._public or self._own(request, wanted)):
            raise forbidden(f"get_{self.word}")
        for document in self._documents(request):
            if document["id"] == wanted:
                return Response(200, {self.word: linked(request, self.word, document)})
        raise not_found(self.word, wanted)


class _Own:
    """What a token may see of itself."""

    def __init__(self, world: World, catalog: Catalog) -> None:
        self._world = world
        self._catalog = catalog

    def catalog(self, request: Request) -> Response:
        token = request.token
        if not token.roles:
            raise forbidden("get_auth_catalog")
        project_id = token.project.id if token.project else None
        body = {
            "catalog": self._catalog.v3(request.host_url, project_id),
            "links": {"self": _self_link(request)},
        }
        return Response(200, body)

    def projects(self, request: Request) -> Response:
        user = request.token.user
        wanted = request.params.get("id", user.id)
        if wanted != user.id:
            found = self._world.users.get(wanted)
            if not request.is_admin:
                raise forbidden("list_user_projects")
            if found is None:
                raise not_found("user", wanted)
            user = found
        documents = [
            linked(request, "project", project_document(project))
            for project in projects_of(self._world, user)
        ]
        return listed(request, "projects", documents)

    def domains(self, request: Request) -> Response:
        user_id = request.token.user.id
        ids = {a.domain_id for a in self._world.assignments if a.user_id == user_id}
        documents = [_domain_document(d) for d in self._world.domains if d.id in ids]
        return listed(request, "domains", documents)

    def system(self, request: Request) -> Response:
        user_id = request.token.user.id
        granted = any(
            a.user_id == user_id and a.project_id is None and a.domain_id is None
            for a in self._world.assignments
        )
        body = {
            "system": [{"all": True}] if granted else [],
            "links": {"self": _self_link(request)},
        }
        return Response(200, body)

    def assignments(self, request: Request) -> Response:
        if not request.is_admin:
            raise forbidden("list_role_assignments")
        user_id, project_id = request.one("user.id"), request.one("scope.project.id")
        found = [
            self._assignment_document(assignment)
            for assignment in self._world.assignments
            if user_id in (None, assignment.user_id) and project_id in (None, assignment.project_id)
        ]
        return listed(request, "role_assignments", found)

    def nothing(self, plural: str) -> Callable[[Request], Response]:
        """A listing of something this cloud never has."""
        return lambda request: listed(request, plural, [])

    def _assignment_document(self, assignment: Assignment) -> Document:
        user = self._world.users.get(assignment.user_id)
        role = self._world.roles.get(assignment.role_id)
        scope: Document = {"system": {"all": True}}
        if assignment.project_id is not None:
            project = self._world.projects.get(assignment.project_id)
            scope = {"project": {"id": assignment.project_id, "name": project and project.name}}
        elif assignment.domain_id is not None:
            scope = {"domain": {"id": assignment.domain_id}}
        return {
            "user": {"id": assignment.user_id, "name": user and user.name},
            "role": {"id": assignment.role_id, "name": role and role.name},
            "scope": scope,
            "links": {},
        }


def listed(request: Request, plural: str, documents: list[Document]) -> Response:
    """A listing as Keystone wraps it; it has no pages."""
    links = {"next": None, "self": _self_link(request), "previous": None}
    return Response(200, {plural: documents, "links": links})


def linked(request: Request, word: str, document: Document) -> Document:
    """The document with its own address."""
    address = f"{request.root}/v3/{word}s/{document['id']}"
    return {**document, "links": {"self": address}}


def project_document(project: Project) -> Document:
    return {
        "id": project.id,
        "name": project.name,
        "domain_id": project.domain_id,
        "description": project.description,
        "enabled": project.enabled,
        "parent_id": project.domain_id,
        "is_domain": False,
        "tags": [],
        "options": {},
    }


def user_document(user: User) -> Document:
    document: Document = {
        "id": user.id,
        "name": user.name,
        "domain_id": user.domain_id,
        "enabled": user.enabled,
        "password_expires_at": None,
        "options": {},
    }
    if user.default_project_id is not None:
        document["default_project_id"] = user.default_project_id
    return document


def role_document(role: Role) -> Document:
    return {
        "id": role.id,
        "name": role.name,
        "domain_id": None,
        "description": None,
        "options": {"immutable": True},
    }


def _domain_document(domain: Domain) -> Document:
    return {
        "id": domain.id,
        "name": domain.name,
        "description": domain.description,
        "enabled": domain.enabled,
        "tags": [],
        "options": {},
    }


def _service_document(service: CatalogService) -> Document:
    return {"name": service.name, "id": service.id, "type": service.type, "enabled": True}


def _endpoint_documents(catalog: Catalog, host_url: str) -> list[Document]:
    return [
        {
            "id": endpoint.id,
            "interface": endpoint.interface,
            "region_id": endpoint.region,
            "service_id": service.id,
            "url": endpoint.url(host_url),
            "enabled": True,
            "region": endpoint.region,
        }
        for service in catalog.services
        for endpoint in service.endpoints
    ]


def _region_documents(catalog: Catalog) -> list[Document]:
    return [
        {"id": region, "description": "", "parent_region_id": None} for region in catalog.regions
    ]


def _is_own_project(request: Request, wanted: str) -> bool:
    return request.token.project is not None and request.token.project.id == wanted


def _is_own_user(request: Request, wanted: str) -> bool:
    return request.token.user.id == wanted


def _is_own_domain(request: Request, wanted: str) -> bool:
    return request.token.user.domain_id == wanted


def _true(value: object, text: str) -> bool:
    return isinstance(value, bool) and value == (text.lower() in ("true", "1", ""))


def _self_link(request: Request) -> str:
    return f"{request.root}{request.target}"
