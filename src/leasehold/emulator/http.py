"""What a request, an answer and a route are, without a socket or a framework in sight."""

import re
from collections.abc import Callable, Iterable, Mapping
from typing import Any, Protocol, TypeVar
from urllib.parse import parse_qs, urlencode

import msgspec

from leasehold.emulator.effects import Effect
from leasehold.emulator.identity.accounts import Project, Token
from leasehold.emulator.microversions import Microversion

JSON = "application/json"
_encode = msgspec.json.Encoder().encode
_decode = msgspec.json.Decoder().decode


class Fault(Exception):
    """A refusal: the service that raised it renders it in its own dialect.

    `kind` is the type name where a dialect shows one (Neutron's ``PortNotFound``, or Nova's key
    ``itemNotFound`` when it is not the usual one of the status).
    """

    def __init__(
        self,
        status: int,
        message: str = "",
        *,
        kind: str = "",
        headers: Mapping[str, str] | None = None,
    ) -> None:
        super().__init__(message)
        self.status = status
        self.message = message
        self.kind = kind
        self.headers = dict(headers or {})


class Request:
    """One call, as a handler sees it: read, signed in, with its version negotiated."""

    def __init__(
        self,
        method: str,
        path: str,
        *,
        query: str = "",
        headers: dict[str, str],
        body: bytes,
        host_url: str,
        request_id: str,
    ) -> None:
        self.method = method
        self.path = path
        """The path below the service's prefix, e.g. ``/v2.1/servers``."""
        self.query = parse_query(query)
        self.headers = headers
        """Names in lower case."""
        self.query_text = query
        """The query as it came, for links to this very listing."""
        self.body = body
        self.host_url = host_url
        """Scheme, host and port the client used, e.g. ``http://127.0.0.1:8774``."""
        self.root = host_url
        """The same with the service's prefix, where the client used one."""
        self.certificate_name: str | None = None
        """Whom the client's certificate is made out to, once the listener has verified it."""
        self.request_id = request_id
        self.params: dict[str, str] = {}
        self.template = ""
        self.microversion: Microversion | None = None
        self.effects: dict[Effect, str | None] = {}
        """Faults asked for this very call that only its handler can bring about."""
        self.signed_in: Token | None = None

    @property
    def target(self) -> str:
        """Path and query, below the service's prefix."""
        return f"{self.path}?{self.query_text}" if self.query_text else self.path

    @property
    def token(self) -> Token:
        if self.signed_in is None:
            raise Fault(401, "The request you have made requires authentication.")
        return self.signed_in

    @property
    def project(self) -> Project:
        """The project of the token's scope; 403 for a token without one."""
        project = self.token.project
        if project is None:
            raise Fault(403, "Policy does not allow this request to be performed.")
        return project

    @property
    def is_admin(self) -> bool:
        return self.signed_in is not None and "admin" in self.signed_in.role_names

    def at_least(self, major: int, minor: int) -> bool:
        """Whether the call is made in this microversion or a later one."""
        return self.microversion is not None and self.microversion >= (major, minor)

    def one(self, name: str, default: str | None = None) -> str | None:
        """The first value of a query parameter."""
        values = self.query.get(name)
        return values[0] if values else default

    def json(self) -> Any:
        """The decoded body; 400 when it is not JSON."""
        try:
            return _decode(self.body)
        except msgspec.DecodeError as error:
            raise Fault(400, "Malformed request body") from error

    def object(self, name: str) -> dict[str, Any]:
        """The JSON object under the body's key `name`; 400 when there is none."""
        body = self.json()
        value = body.get(name) if isinstance(body, dict) else None
        if not isinstance(value, dict):
            raise Fault(400, f"Invalid input for field/attribute {name}. '{name}' is required.")
        return value


class Response:
    """An answer. Bytes go out as they are; anything else is encoded as JSON."""

    __slots__ = ("body", "headers", "status")

    def __init__(
        self,
        status: int = 200,
        body: object | None = None,
        headers: Mapping[str, str] | None = None,
    ) -> None:
        self.status = status
        self.headers = {name.lower(): value for name, value in (headers or {}).items()}
        if body is None:
            self.body = b""
        elif isinstance(body, bytes):
            self.body = body
        else:
            self.body = _encode(body)
        if self.body:
            self.headers.setdefault("content-type", JSON)


Handler = Callable[[Request], Response]
_H = TypeVar("_H", bound=Handler)


class Route:
    """A handler, its template and what it asks of the caller."""

    __slots__ = ("handler", "public", "template")

    def __init__(self, template: str, handler: Handler, *, public: bool) -> None:
        self.template = template
        self.handler = handler
        self.public = public


class _Node:
    __slots__ = ("children", "param", "routes")

    def __init__(self) -> None:
        self.children: dict[str, _Node] = {}
        self.param: _Node | None = None
        self.routes: dict[str, tuple[Route, tuple[str, ...]]] = {}


class Router:
    """Routes by path segments: a fixed segment wins over a `{parameter}`.

    Templates are below the service's prefix and start with a slash. A route marked ``public`` needs
    no token.
    """

    def __init__(self) -> None:
        self._root = _Node()

    def add(self, method: str, template: str, handler: Handler, *, public: bool = False) -> None:
        node, names = self._root, []
        for segment in _segments(template):
            if segment.startswith("{"):
                names.append(segment.strip("{}"))
                node.param = node.param or _Node()
                node = node.param
            else:
                node = node.children.setdefault(segment, _Node())
        if method in node.routes:
            raise ValueError(f"{method} {template} is routed twice")
        node.routes[method] = (Route(template, handler, public=public), tuple(names))

    def get(self, template: str, *, public: bool = False) -> Callable[[_H], _H]:
        return self._decorator("GET", template, public)

    def post(self, template: str, *, public: bool = False) -> Callable[[_H], _H]:
        return self._decorator("POST", template, public)

    def put(self, template: str, *, public: bool = False) -> Callable[[_H], _H]:
        return self._decorator("PUT", template, public)

    def patch(self, template: str, *, public: bool = False) -> Callable[[_H], _H]:
        return self._decorator("PATCH", template, public)

    def delete(self, template: str, *, public: bool = False) -> Callable[[_H], _H]:
        return self._decorator("DELETE", template, public)

    def head(self, template: str, *, public: bool = False) -> Callable[[_H], _H]:
        return self._decorator("HEAD", template, public)

    def match(self, method: str, path: str) -> tuple[Route, dict[str, str]]:
        """Find the route: Fault 404 for an unknown path, 405 for a path with other methods.

        HEAD falls back to GET, whose body the application drops.
        """
        node, values = self._walk(self._root, _segments(path), [])
        if node is None:
            raise Fault(404, "The resource could not be found.")
        found = node.routes.get(method)
        if found is None and method == "HEAD":
            found = node.routes.get("GET")
        if found is None:
            allowed = ", ".join(sorted(node.routes))
            raise Fault(405, "The method is not allowed.", headers={"Allow": allowed})
        route, names = found
        return route, dict(zip(names, values, strict=True))

    def _decorator(self, method: str, template: str, public: bool) -> Callable[[_H], _H]:
        def register(handler: _H) -> _H:
            self.add(method, template, handler, public=public)
            return handler

        return register

    def _walk(
        self, node: _Node, segments: list[str], values: list[str]
    ) -> tuple[_Node | None, list[str]]:
        if not segments:
            return (node, values) if node.routes else (None, values)
        head, tail = segments[0], segments[1:]
        if head in node.children:
            found, taken = self._walk(node.children[head], tail, values)
            if found:
                return found, taken
        if node.param:
            return self._walk(node.param, tail, [*values, head])
        return None, values


class Service(Protocol):
    """One OpenStack API: what the application needs to route to it and to speak its dialect."""

    @property
    def name(self) -> str:
        """``compute``, ``network`` ...: the word for faults, counters and an outage."""

    @property
    def prefix(self) -> str:
        """First path segment with its slash, e.g. ``/compute``."""

    @property
    def router(self) -> Router: ...

    def locate(self, path: str) -> str:
        """Turn a path below the prefix into the one its templates use.

        Drops a project id in the path, folds ``/v2`` into ``/v2.1``. Returns `path` when there is
        nothing to do.
        """

    def negotiate(self, request: Request) -> Microversion | None:
        """The microversion to answer in; None where the API, or this version of it, has none.

        Raises MicroversionRefused.
        """

    def render(self, fault: Fault, request: Request) -> Response:
        """The fault in the error shape of this service, in the version the request speaks."""

    def stamp(self, request: Request) -> dict[str, str]:
        """The headers that every answer of this service carries, errors included."""


def parse_query(text: str) -> dict[str, list[str]]:
    return parse_qs(text, keep_blank_values=True) if text else {}


def join_query(pairs: Iterable[tuple[str, str]]) -> str:
    """A query string from pairs, for the ``next`` links of a listing."""
    return urlencode(list(pairs))


_SLASHES = re.compile(r"/+")


def _segments(path: str) -> list[str]:
    return [segment for segment in _SLASHES.split(path) if segment]
