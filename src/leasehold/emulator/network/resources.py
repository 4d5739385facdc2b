"""The calls that every resource of Neutron answers: list, show, create, update, delete, tags."""

from collections.abc import Callable, Iterable, Iterator, Mapping
from types import MappingProxyType
from typing import Any, Generic, Protocol, TypeVar

from leasehold.emulator.caller import Caller
from leasehold.emulator.collection import Collection
from leasehold.emulator.effects import Effect
from leasehold.emulator.http import Fault, Request, Response, Router
from leasehold.emulator.network.attributes import Kind, bad_request, read_change, read_new
from leasehold.emulator.network.listing import chosen, listing
from leasehold.emulator.network.quotas import NetworkQuotas, over_quota
from leasehold.emulator.network.records import Standard
from leasehold.emulator.world import World

R = TypeVar("R", bound=Standard)
Index = Callable[[str], Iterable[R]]
"""The records with this value of some field, without a search."""

_NONE: Mapping[str, Any] = MappingProxyType({})


class Keeper(Protocol[R]):
    """The state of one kind. Values are checked; methods raise Fault in Neutron's words."""

    @property
    def kind(self) -> Kind: ...
    @property
    def records(self) -> Collection[R]: ...
    def readable(self, record: R, caller: Caller, /) -> bool: ...
    def view(self, record: R, caller: Caller, /) -> dict[str, Any]: ...
    def create(self, values: dict[str, Any], caller: Caller, /) -> R: ...
    def update(self, record: R, values: dict[str, Any], caller: Caller, /) -> R: ...
    def delete(self, record: R, caller: Caller, /) -> None: ...


class Resource(Generic[R]):
    """One kind's place in the API. Listings by a field that has an index are cheap."""

    def __init__(
        self,
        keeper: Keeper[R],
        world: World,
        quotas: NetworkQuotas,
        router: Router,
        indexes: Mapping[str, Index[R]] = _NONE,
    ) -> None:
        self._keeper = keeper
        self._world = world
        self._indexes = indexes
        self._kind = keeper.kind
        self._quotas = quotas
        path = f"/v2.0/{self._kind.path}"
        router.add("GET", path, self._list)
        router.add("POST", path, self._create)
        router.add("GET", f"{path}/{{id}}", self._show)
        router.add("PUT", f"{path}/{{id}}", self._update)
        router.add("DELETE", f"{path}/{{id}}", self._delete)

    def find(self, record_id: str, caller: Caller) -> R:
        """The record, if the caller may see it; raises Fault 404."""
        record = self._keeper.records.get(record_id)
        if record is None or not self._keeper.readable(record, caller):
            raise self._kind.not_found(record_id)
        return record

    def _candidates(self, request: Request) -> Iterable[R]:
        """Where to look for what the request lists. Indexes know nothing of the past."""
        if self._world.rewinding:
            return self._keeper.records
        for field, index in self._indexes.items():
            if field in request.query:
                values = dict.fromkeys(request.query[field])
                return [record for value in values for record in index(value)]
        return self._keeper.records

    def _readable(self, request: Request, caller: Caller) -> Iterator[R]:
        for record in self._candidates(request):
            if self._keeper.readable(record, caller):
                yield record

    def _list(self, request: Request) -> Response:
        caller = Caller.of(request)
        return listing(
            self._kind,
            request,
            self._readable(request, caller),
            lambda record: self._keeper.view(record, caller),
            lambda record_id: self.find(record_id, caller),
        )

    def _show(self, request: Request) -> Response:
        caller = Caller.of(request)
        shown = self._keeper.view(self.find(request.params["id"], caller), caller)
        return Response(200, {self._kind.singular: chosen(shown, request.query.get("fields", []))})

    def _create(self, request: Request) -> Response:
        """One (``port``) or many (``ports``); of many either all or none are made."""
        caller, body = Caller.of(request), body_of(request, self._kind.singular)
        if self._kind.plural not in body:
            item = _item(body, self._kind.singular)
            made = self._keeper.view(self._make(request, item, caller), caller)
            return Response(201, {self._kind.singular: made})
        items = body[self._kind.plural]
        if not isinstance(items, list) or not items:
            raise bad_request("Resources required")
        all_made: list[R] = []
        try:
            all_made.extend(self._make(request, item, caller) for item in items)
        except Fault:
            for record in all_made:
                self._keeper.delete(record, caller)
            raise
        views = [self._keeper.view(record, caller) for record in all_made]
        return Response(201, {self._kind.plural: views})

    def _make(self, request: Request, given: dict[str, Any], caller: Caller) -> R:
        values = read_new(self._kind, given, caller)
        if Effect.QUOTA in request.effects:
            raise over_quota(self._kind)
        self._quotas.check(self._kind, values["project_id"])
        return self._keeper.create(values, caller)

    def _update(self, request: Request) -> Response:
        caller, body = Caller.of(request), body_of(request, self._kind.singular)
        record = self.find(request.params["id"], caller)
        values = read_change(self._kind, _item(body, self._kind.singular), caller)
        self._check_owner(record, caller, "update")
        changed = self._keeper.update(record, values, caller)
        return Response(200, {self._kind.singular: self._keeper.view(changed, caller)})

    def _delete(self, request: Request) -> Response:
        caller = Caller.of(request)
        record = self.find(request.params["id"], caller)
        self._check_owner(record, caller, "delete")
        self._keeper.delete(record, caller)
        return Response(204)

    def _check_owner(self, record: R, caller: Caller, verb: str) -> None:
        """What a tenant sees of others' is only to be looked at."""
        if not caller.admin and record.project_id != caller.project_id:
            raise self._kind.forbidden(verb)


def body_of(request: Request, wanted: str) -> dict[str, Any]:
    """The body as a JSON object; raises Fault 400."""
    if not request.body:
        raise bad_request(f"Unable to find '{wanted}' in request body")
    try:
        body = request.json()
    except Fault:
        body = None
    if not isinstance(body, dict):
        raise bad_request("Body contains invalid data")
    return body


def _item(body: dict[str, Any], singular: str) -> dict[str, Any]:
    if body.get(singular) is None:
        raise bad_request(f"Unable to find '{singular}' in request body")
    if not isinstance(body[singular], dict):
        raise bad_request(f"Object '{singular}' contains invalid data")
    return dict(body[singular])
