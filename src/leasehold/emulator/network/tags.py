"""Tags: short words on a resource of Neutron's, with calls of their own."""

from typing import Any, Generic, TypeVar

from leasehold.emulator.caller import Caller
from leasehold.emulator.http import Fault, Request, Response, Router
from leasehold.emulator.network.attributes import Wrong, invalid_input
from leasehold.emulator.network.checks import text
from leasehold.emulator.network.records import Standard, revised
from leasehold.emulator.network.resources import Keeper, body_of
from leasehold.emulator.world import World

R = TypeVar("R", bound=Standard)
_tag = text(255)


class Tags(Generic[R]):
    """The tags of one kind of resource."""

    def __init__(self, keeper: Keeper[R], world: World, router: Router) -> None:
        self._keeper = keeper
        self._world = world
        path = f"/v2.0/{keeper.kind.path}/{{id}}/tags"
        router.add("GET", path, self._show)
        router.add("PUT", path, self._replace)
        router.add("POST", path, self._extend)
        router.add("DELETE", path, self._clear)
        router.add("GET", f"{path}/{{tag}}", self._has)
        router.add("PUT", f"{path}/{{tag}}", self._add)
        router.add("DELETE", f"{path}/{{tag}}", self._remove)

    def _find(self, request: Request) -> R:
        record = self._keeper.records.get(request.params["id"])
        if record is None or not self._keeper.readable(record, Caller.of(request)):
            raise Fault(
                404,
                f"Resource {self._keeper.kind.singular} {request.params['id']} could not be found.",
                kind="TagResourceNotFound",
            )
        return record

    def _set(self, record: R, tags: set[str]) -> Response:
        ordered = tuple(sorted(tags))
        self._keeper.records.put(revised(record, self._world.timeline.now(), tags=ordered))
        return Response(200, {"tags": ordered})

    def _show(self, request: Request) -> Response:
        return Response(200, {"tags": self._find(request).tags})

    def _replace(self, request: Request) -> Response:
        return self._set(self._find(request), _given(request))

    def _extend(self, request: Request) -> Response:
        """Answers with the new ones only."""
        record, given = self._find(request), _given(request)
        self._set(record, {*record.tags, *given})
        return Response(200, {"tags": sorted(given)})

    def _clear(self, request: Request) -> Response:
        self._set(self._find(request), set())
        return Response(204)

    def _has(self, request: Request) -> Response:
        if request.params["tag"] not in self._find(request).tags:
            raise _no_tag(request)
        return Response(204)

    def _add(self, request: Request) -> Response:
        record = self._find(request)
        self._set(record, {*record.tags, _checked(request.params["tag"])})
        return Response(201, b"null", {"Content-Type": "application/json"})

    def _remove(self, request: Request) -> Response:
        record = self._find(request)
        if request.params["tag"] not in record.tags:
            raise _no_tag(request)
        self._set(record, set(record.tags) - {request.params["tag"]})
        return Response(204)


def _given(request: Request) -> set[str]:
    tags = body_of(request, "tags").get("tags")
    if not isinstance(tags, list):
        raise invalid_input("Invalid tags body")
    checked = [_checked(tag) for tag in tags]
    doubles = sorted({tag for tag in checked if checked.count(tag) > 1})
    if doubles:
        raise invalid_input(f"Duplicate items in the list: '{', '.join(doubles)}'")
    return set(checked)


def _checked(tag: Any) -> str:
    try:
        return str(_tag(tag))
    except Wrong as wrong:
        raise invalid_input(str(wrong)) from wrong


def _no_tag(request: Request) -> Fault:
    return Fault(404, f"Tag {request.params['tag']} could not be found.", kind="TagNotFound")
