"""The ASGI application: from a raw call to a service's handler and back, faults included."""

from collections.abc import Awaitable, Callable, MutableMapping
from typing import Any

from leasehold.emulator.counters import Call, Requests
from leasehold.emulator.effects import BY_HANDLER, Effect
from leasehold.emulator.fault_rules import Rule
from leasehold.emulator.faults import Faults
from leasehold.emulator.http import Fault, Request, Response, Service
from leasehold.emulator.identity.accounts import Token
from leasehold.emulator.listing import emptied, truncated
from leasehold.emulator.microversions import MicroversionRefused
from leasehold.emulator.world import World

Scope = MutableMapping[str, Any]
Message = MutableMapping[str, Any]
Receive = Callable[[], Awaitable[Message]]
Send = Callable[[Message], Awaitable[None]]
Cut = Callable[[Scope], None]
CertificateName = Callable[[Scope], str | None]

_NOT_SIGNED_IN = "The request you have made requires authentication."
_UNAUTHORIZED = {"error": {"code": 401, "title": "Unauthorized", "message": _NOT_SIGNED_IN}}
"""What keystonemiddleware answers in front of the services."""
_REFUSES_ITSELF = ("identity", "image")
"""Keystone is not behind its own middleware; Glance lets calls pass and then refuses them."""
_KEYSTONE = "identity"
_KEYSTONE_ALONE = ("", "v1.0", "v1.1", "v2.0", "v3")
"""Where Keystone answers without its prefix as well, as on a port of its own."""
_OPEN = ("identity", "_emulator")
"""These tell anybody that a path is unknown; the others want a token first."""

_USUAL_STATUS = {
    Effect.ERROR_BEFORE: 503,
    Effect.ERROR_AFTER: 503,
    Effect.CONFLICT: 409,
    Effect.RATE_LIMIT: 429,
}
_USUAL_MESSAGE = {
    409: "Conflict: another operation is in progress.",
    413: "This request was rate-limited.",
    429: "This request was rate-limited.",
    500: "Unexpected API Error. Please report this to the service's log.",
    503: "Service is unavailable at this time, please try again later.",
}


class _Lost(Exception):
    """The connection is to be cut without an answer."""


class Application:
    """Routes calls to the services by their first path segment.

    `cut`, once set, ends the connection of a scope without an answer; without it (in-process
    tests) a lost reply is a call that ends without one. `certificate_name`, once set, tells whom
    the client certificate of a scope's connection is made out to.
    """

    def __init__(
        self, world: World, services: list[Service], faults: Faults, requests: Requests
    ) -> None:
        self.faults = faults
        self.requests = requests
        self.cut: Cut | None = None
        self.certificate_name: CertificateName = lambda scope: None
        self.admin: Service | None = None
        self.replace(world, services)

    def replace(self, world: World, services: list[Service]) -> None:
        """Serve another world from the next call on."""
        self.world = world
        self._services = {service.prefix.strip("/"): service for service in services}

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        body = await _read(receive)
        if body is None:
            return
        try:
            response = await self._answer(scope, body)
        except _Lost:
            if self.cut is not None:
                self.cut(scope)
                await receive()  # until the connection is gone: then no answer is expected
            return
        await _send(send, response, without_body=scope["method"] == "HEAD")

    async def _answer(self, scope: Scope, body: bytes) -> Response:
        first, _, rest = scope["path"].lstrip("/").partition("/")
        service, prefix, path = self._services.get(first), f"/{first}", f"/{rest}"
        if service is None and first in _KEYSTONE_ALONE:
            service, prefix, path = self._services[_KEYSTONE], "", scope["path"]
        request = self._request(scope, path, body)
        request.root += prefix
        if service is None:
            if self.admin is not None and first == self.admin.prefix.strip("/"):
                return self._call(self.admin, request)
            return Response(404, {"message": f"There is no service at /{first}."})
        request.path = service.locate(path)
        response = await self._suffer(service, request)
        for name, value in service.stamp(request).items():
            response.headers.setdefault(name, value)
        self.requests.add(
            Call(
                service=service.name,
                method=request.method,
                template=request.template or request.path,
            )
        )
        return response

    def _request(self, scope: Scope, path: str, body: bytes) -> Request:
        headers = {
            name.decode("latin-1"): value.decode("latin-1") for name, value in scope["headers"]
        }
        host = headers.get("host") or "{}:{}".format(*scope["server"])
        request = Request(
            scope["method"],
            path,
            query=scope["query_string"].decode("latin-1"),
            headers=headers,
            body=body,
            host_url=f"{scope.get('scheme', 'http')}://{host}",
            request_id="req-" + self.world.ids.uuid(),
        )
        request.certificate_name = self.certificate_name(scope)
        return request

    async def _suffer(self, service: Service, request: Request) -> Response:
        """Answer the call with the faults that its rules ask for."""
        outage = self.faults.outage_of(service.name)
        if outage is not None:
            if outage.status is None:
                raise _Lost
            return service.render(
                Fault(outage.status, _USUAL_MESSAGE.get(outage.status, "")), request
            )
        rules = {
            rule.effect: rule
            for rule in self.faults.strike(service.name, request.method, request.path)
        }
        if not rules:
            return self._call(service, request)
        if Effect.LATENCY in rules:
            await self.world.timeline.elapse(rules[Effect.LATENCY].seconds)
        if Effect.LOST_BEFORE in rules:
            raise _Lost
        for effect in (Effect.ERROR_BEFORE, Effect.CONFLICT, Effect.RATE_LIMIT):
            if effect in rules:
                return _error(service, request, rules[effect])
        request.effects = {e: rule.message for e, rule in rules.items() if e in BY_HANDLER}
        if Effect.STALE in rules:
            with self.world.rewound(rules[Effect.STALE].seconds):
                response = self._call(service, request)
        else:
            response = self._call(service, request)
        if Effect.LOST_AFTER in rules:
            raise _Lost
        if Effect.ERROR_AFTER in rules:
            return _error(service, request, rules[Effect.ERROR_AFTER])
        if Effect.TRUNCATED in rules:
            response = truncated(response, rules[Effect.TRUNCATED].keep)
        if Effect.EMPTY in rules:
            response = emptied(response)
        return response

    def _call(self, service: Service, request: Request) -> Response:
        try:
            route, request.params = service.router.match(request.method, request.path)
            request.template = route.template
            request.signed_in = self._token(request)
            if request.signed_in is None and not route.public:
                return self._unauthorized(service, request)
            request.microversion = service.negotiate(request)
            return route.handler(request)
        except Fault as fault:
            if request.template or service.name in _OPEN or self._token(request) is not None:
                return service.render(fault, request)
            return self._unauthorized(service, request)
        except MicroversionRefused as refused:
            request.microversion = refused.version
            return service.render(Fault(refused.status, refused.message), request)

    def _token(self, request: Request) -> Token | None:
        return self.world.valid_token(request.headers.get("x-auth-token", ""))

    def _unauthorized(self, service: Service, request: Request) -> Response:
        challenge = {"WWW-Authenticate": f'Keystone uri="{request.host_url}/identity/v3"'}
        if service.name in _REFUSES_ITSELF:
            return service.render(Fault(401, _NOT_SIGNED_IN, headers=challenge), request)
        return Response(401, _UNAUTHORIZED, challenge)


def _error(service: Service, request: Request, rule: Rule) -> Response:
    status = rule.status or _USUAL_STATUS[rule.effect]
    headers = {}
    if rule.effect is Effect.RATE_LIMIT:
        headers["Retry-After"] = f"{rule.seconds:g}"
    if rule.body is not None:
        return Response(status, rule.body.encode(), {"Content-Type": "text/html", **headers})
    message = rule.message or _USUAL_MESSAGE.get(status, "")
    return service.render(Fault(status, message, headers=headers), request)


async def _read(receive: Receive) -> bytes | None:
    """The whole body; None when the client went away before it was sent."""
    chunks = []
    while True:
        message = await receive()
        if message["type"] == "http.disconnect":
            return None
        chunks.append(message.get("body", b""))
        if not message.get("more_body", False):
            return b"".join(chunks)


async def _send(send: Send, response: Response, *, without_body: bool) -> None:
    headers = [
        (name.encode("latin-1"), value.encode("latin-1"))
        for name, value in response.headers.items()
    ]
    headers.append((b"content-length", str(len(response.body)).encode()))
    await send({"type": "http.response.start", "status": response.status, "headers": headers})
    body = b"" if without_body else response.body
    await send({"type": "http.response.body", "body": body})
