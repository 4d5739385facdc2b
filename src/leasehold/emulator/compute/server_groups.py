"""Server groups: which servers shall be together or apart. Recorded; there is one host only."""

from typing import Any

import msgspec

from leasehold.emulator.collection import Collection
from leasehold.emulator.compute.faults import bad_input, not_found
from leasehold.emulator.compute.pages import offset_page
from leasehold.emulator.compute.server_wish import body_of, check_name, part
from leasehold.emulator.effects import Effect
from leasehold.emulator.http import Fault, Request, Response, Router
from leasehold.emulator.microversions import Microversion
from leasehold.emulator.world import World

_POLICIES = ("anti-affinity", "affinity")
_SOFT_POLICIES = ("soft-anti-affinity", "soft-affinity")
_SOFT_SINCE: Microversion = (2, 15)


class ServerGroup(msgspec.Struct, frozen=True, kw_only=True):
    id: str
    name: str
    policy: str
    project_id: str
    user_id: str
    rules: dict[str, int] = {}
    members: tuple[str, ...] = ()


class ServerGroups:
    """The server groups of every project."""

    def __init__(self, world: World) -> None:
        self._world = world
        self._all: Collection[ServerGroup] = world.collection(owner=lambda g: g.project_id)

    def find(self, project_id: str, group_id: str) -> ServerGroup | None:
        group = self._all.get(group_id)
        return group if group is not None and group.project_id == project_id else None

    def count(self, project_id: str) -> int:
        return self._all.count(project_id)

    def join(self, group_id: str, server_id: str) -> None:
        group = self._all.get(group_id)
        if group is not None:
            members = (*group.members, server_id)
            self._all.put(msgspec.structs.replace(group, members=members))

    def leave(self, group_id: str, server_id: str) -> None:
        group = self._all.get(group_id)
        if group is not None:
            members = tuple(member for member in group.members if member != server_id)
            self._all.put(msgspec.structs.replace(group, members=members))

    def route(self, router: Router) -> None:
        router.add("GET", "/v2.1/os-server-groups", self._index)
        router.add("POST", "/v2.1/os-server-groups", self._create)
        router.add("GET", "/v2.1/os-server-groups/{id}", self._show)
        router.add("DELETE", "/v2.1/os-server-groups/{id}", self._delete)

    def _index(self, request: Request) -> Response:
        everyone = request.is_admin and request.one("all_projects") is not None
        found = offset_page(request, self._all.oldest(None if everyone else request.project.id))
        return Response(200, {"server_groups": [_document(request, group) for group in found]})

    def _show(self, request: Request) -> Response:
        return Response(200, {"server_group": _document(request, self._wanted(request))})

    def _create(self, request: Request) -> Response:
        given = part(body_of(request), "server_group")
        project_id = request.project.id
        allowed = self._world.quota(project_id).server_groups
        if Effect.QUOTA in request.effects or 0 <= allowed <= self.count(project_id):
            raise Fault(403, "Quota exceeded, too many server groups.")
        group = self._all.put(
            ServerGroup(
                id=self._world.ids.uuid(),
                name=check_name(given.get("name")),
                policy=_policy(request, given),
                project_id=project_id,
                user_id=request.token.user.id,
                rules=given.get("rules") or {},
            )
        )
        return Response(200, {"server_group": _document(request, group)})

    def _delete(self, request: Request) -> Response:
        self._all.remove(self._wanted(request).id)
        return Response(204)

    def _wanted(self, request: Request) -> ServerGroup:
        group = self.find(request.project.id, request.params["id"])
        if group is None:
            raise not_found(f"Instance group {request.params['id']} could not be found.")
        return group


def _policy(request: Request, given: dict[str, Any]) -> str:
    modern = request.at_least(2, 64)
    name = "policy" if modern else "policies"
    value = given.get(name)
    chosen = value if modern else value[0] if isinstance(value, list) and value else None
    if chosen is None:
        raise bad_input("server_group", given, f"'{name}' is a required property")
    allowed = [*_POLICIES, *(_SOFT_POLICIES if request.at_least(*_SOFT_SINCE) else ())]
    if chosen not in allowed:
        field = "policy" if modern else "0"
        raise bad_input(field, chosen, f"'{chosen}' is not one of {allowed}")
    return str(chosen)


def _document(request: Request, group: ServerGroup) -> dict[str, Any]:
    document: dict[str, Any] = {"id": group.id, "name": group.name}
    if request.at_least(2, 64):
        document |= {"policy": group.policy, "rules": group.rules}
    else:
        document |= {"policies": [group.policy], "metadata": {}}
    document["members"] = list(group.members)
    if request.at_least(2, 13):
        document |= {"project_id": group.project_id, "user_id": group.user_id}
    return document
