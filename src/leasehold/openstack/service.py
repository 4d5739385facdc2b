"""What every service's verbs are made of: get, list, create, change and delete, typed."""

from collections.abc import Iterator, Mapping, Set
from copy import copy
from typing import Any, Generic, TypeVar

import msgspec

from leasehold.openstack.call import Answer, Call, FilterValue, Query, ServiceType, query_of
from leasehold.openstack.edge import malformed
from leasehold.openstack.errors import BadRequest, NotFound, VersionUnsupported
from leasehold.openstack.microversion import Headers, Microversion, Version
from leasehold.openstack.paging import UNREADABLE, Collection, Page
from leasehold.openstack.secret import decode_secret
from leasehold.openstack.stream import Sending, Stream
from leasehold.openstack.transport import Transport

T = TypeVar("T")

OCTETS = "application/octet-stream"


class Shape(Generic[T]):
    """The shape of a single answer: the thing itself, under its key if there is one."""

    def __init__(self, item: type[T], *, key: str | None = None) -> None:
        self._keyed = key is not None
        body = msgspec.defstruct("Body", [("item", item, msgspec.field(name=key))]) if key else item
        self._decoder = msgspec.json.Decoder(body, strict=False, dec_hook=decode_secret)

    def decode(self, content: bytes) -> T:
        """Read an answer. Raises one of `UNREADABLE`."""
        body: Any = self._decoder.decode(content)  # a type made at run time has no static name
        found: T = body.item if self._keyed else body
        return found


class Service:
    """One service of one cloud: paths in, Structs out. Raises leaves of `OpenStackError`."""

    def __init__(self, transport: Transport, type: ServiceType, microversion: Microversion) -> None:  # noqa: A002 - the catalog's word
        self.type = type
        self._transport = transport
        self._microversion = microversion
        self._until: Version | None = None
        self._instead = ""

    @property
    def url(self) -> str:
        """The endpoint in use. Raises `EndpointMissing`."""
        return self._transport.endpoint(self.type)

    @property
    def api_version(self) -> Version:
        """The major version of the endpoint in use, e.g. (3, 0) for Cinder; see `url`."""
        return self._transport.version(self.type)

    @property
    def project_id(self) -> str | None:
        """The project that we are signed in to."""
        return self._transport.identity().project_id

    def version(self) -> Version | None:
        """The microversion agreed on, None where the service has none.

        Costs one call if it is asked before any other call to the service.
        """
        if self._microversion.agreed is None and self._microversion.headers():
            self._send("GET", "/limits")
        return self._microversion.agreed

    def newest(self) -> Version | None:
        """Ask for the newest microversion that the service has, None where it has none."""
        if not (latest := self._microversion.latest()):
            return None
        call = Call(
            service=self.type, method="GET", path="/limits", headers=latest, repeatable=True
        )
        return self._microversion.said(self._transport.send(call))

    def speaks(self, version: Version) -> bool:
        """Say whether the microversion agreed on is that one or newer."""
        agreed = self.version()
        return agreed is not None and agreed >= version

    def until(self, version: Version, *, instead: str = "") -> "Service":
        """Give the same service, spoken to in `version` at most: the last that had something.

        Where a cloud has left that version behind, its calls raise `VersionUnsupported`, which
        tells what to use `instead`.
        """
        older = copy(self)
        older._until, older._instead = version, instead
        return older

    def need(self, version: Version, purpose: str) -> None:
        """Raise `VersionUnsupported` unless the service speaks at least that microversion."""
        if not self.speaks(version):
            agreed = self.version()
            has = f"{agreed[0]}.{agreed[1]}" if agreed else "no microversions"
            raise VersionUnsupported(
                f"to {purpose}, {self.type} must speak {version[0]}.{version[1]}; it speaks {has}",
                service=self.type,
            )

    def get(self, path: str, shape: Shape[T], **query: FilterValue) -> T:
        """Get one thing."""
        return self.read(self._send("GET", path, query=query_of(query)), shape, method="GET")

    def post(self, path: str, body: object, shape: Shape[T]) -> T:
        """Create something. Never repeated after it may have had effect."""
        return self.read(self._send("POST", path, body=body), shape, method="POST")

    def put(self, path: str, body: object, shape: Shape[T]) -> T:
        """Change something to what `body` says."""
        return self.read(self._send("PUT", path, body=body), shape, method="PUT")

    def act(
        self, path: str, body: object = None, *, method: str = "POST", **query: FilterValue
    ) -> Answer:
        """Have something done, and give the answer as it is. Never repeated, as `post`."""
        return self._send(method, path, body=body, query=query_of(query))

    def read(self, answer: Answer, shape: Shape[T], *, method: str) -> T:
        """Read an answer, to a call of that method."""
        try:
            return shape.decode(answer.content)
        except UNREADABLE as error:
            raise malformed(answer, str(error), service=self.type, method=method) from error

    def patch(self, path: str, body: object, shape: Shape[T], *, media_type: str) -> T:
        """Change something by the steps in `body`, which are of that media type."""
        headers = (("Content-Type", media_type),)
        answer = self._send("PATCH", path, body=body, headers=headers)
        return self.read(answer, shape, method="PATCH")

    def stream(self, method: str, path: str, *, body: Sending | None = None) -> Stream:
        """Send or get what is too large for memory; see `Transport.stream`."""
        accepted = (("Accept", "*/*"),)
        headers = (*accepted, ("Content-Type", OCTETS)) if body is not None else accepted
        call = Call(service=self.type, method=method, path=path, headers=headers, repeatable=False)
        return self._transport.stream(call, body=body)

    def delete(self, path: str, *, repeatable: bool = True, **query: FilterValue) -> None:
        """Delete something. Raises `NotFound` unless an attempt of ours may have been the end of it."""
        try:
            self._send("DELETE", path, repeatable=repeatable, query=query_of(query))
        except NotFound as error:
            if not error.unsure:
                raise

    def pages(
        self, collection: Collection[T], filters: Mapping[str, FilterValue]
    ) -> Iterator[Page[T]]:
        """List page after page; only one page is held at a time.

        A page that fails raises, and ends the listing: what came before is then no whole.
        """
        query = query_of(filters)
        if collection.page_size and "limit" not in filters:
            query = (*query, ("limit", str(collection.page_size)))
        seen: set[Query] = set()
        first: T | None = None
        following: Query | None = query
        while following is not None:
            seen.add(query := following)
            page, following = self._page(collection, query, seen)
            if collection.by_offset:
                if page.items and page.items[0] == first:
                    return  # this service knows no offset: it showed all of it the first time
                first = page.items[0] if page.items else None
            yield page
            del page  # or two pages were held while the next one is decoded

    def _page(
        self, collection: Collection[T], query: Query, seen: Set[Query]
    ) -> tuple[Page[T], Query | None]:
        answer = self._send("GET", collection.path, query=query)
        try:
            items, following = collection.decode(answer.content)
        except UNREADABLE as error:
            raise malformed(answer, str(error), service=self.type, method="GET") from error
        if collection.by_offset:
            following = _next_offset(query, len(items))
        if following in seen:
            reason = "its next page is one that was read before"
            raise malformed(answer, reason, service=self.type, method="GET")
        return Page(items=items, date=answer.date, elapsed=answer.elapsed), following

    def items(self, collection: Collection[T], filters: Mapping[str, FilterValue]) -> Iterator[T]:
        """List item by item, fetching each page when it is reached."""
        for page in self.pages(collection, filters):
            yield from page.items
            del page  # as above

    def _send(
        self,
        method: str,
        path: str,
        *,
        query: Query = (),
        body: object = None,
        headers: Headers = (),
        repeatable: bool | None = None,
    ) -> Answer:
        call = Call(
            service=self.type,
            method=method,
            path=path,
            query=query,
            body=None if body is None else msgspec.json.encode(body),
            headers=(*self._microversion.headers(until=self._until), *headers),
            repeatable=method in ("GET", "DELETE") if repeatable is None else repeatable,
        )
        try:
            answer = self._transport.send(call)
        except BadRequest as error:
            if error.status != 406:
                raise
            answer = self._send_lower(call, error, headers)
        if self._until is None:
            self._microversion.confirm(answer)
        return answer

    def _send_lower(self, call: Call, refused: BadRequest, own: Headers) -> Answer:
        """Send a call again, in the best version that a 406 names."""
        until = self._until
        asked = call.headers[: len(call.headers) - len(own)]
        if self._microversion.lower(refused.message, asked=asked, until=until):
            headers = (*self._microversion.headers(until=until), *own)
            try:
                return self._transport.send(msgspec.structs.replace(call, headers=headers))
            except BadRequest as error:
                refused = error
        if refused.status == 406 and until is not None:
            hint = f"; use {self._instead} instead" if self._instead else ""
            raise VersionUnsupported(
                f"{self.type} no longer speaks {until[0]}.{until[1]}, the last with this{hint}",
                status=406,
                service=self.type,
                method=call.method,
                request_id=refused.request_id,
            ) from refused
        raise refused


def _next_offset(query: Query, count: int) -> Query | None:
    """Ask for what comes after a page; only an empty one is surely the last.

    A service may show less at a time than it is asked for, and does not say so.
    """
    asked = dict(query)
    after = str(int(asked.get("offset", 0)) + count)
    return tuple({**asked, "offset": after}.items()) if count else None


class Verbs:
    """What one can do with one kind of thing; a service's client is composed of several.

    So each kind has a module of its own, and yet every verb is found on the client itself.
    """

    def __init__(self, service: Service) -> None:
        self.service = service
