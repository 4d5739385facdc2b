"""The door before the application: says who comes in, and lets nobody else."""

import time
from collections.abc import Callable, Mapping
from http.cookies import CookieError, SimpleCookie
from typing import Any
from urllib.parse import unquote

import msgspec
import structlog
from litestar.enums import ScopeType
from litestar.types import ASGIApp, Message, Receive, Scope, Send

from leasehold.lab.rights import Role
from leasehold.service.audit_log import AuditLog
from leasehold.service.caller import (
    COOKIE,
    OWNER_HEADER,
    SAFE,
    Caller,
    foreign_origin,
    headers_of,
    host_of,
    is_loopback,
)
from leasehold.service.fingerprints import fingerprint, is_of
from leasehold.service.problem import ErrorAnswer, Problem
from leasehold.service.tokens import Tokens

_log = structlog.get_logger()

_OPEN = ("/api/v1/health", "/api/v1/version", "/sign-in")
"""Paths that anybody may see, and the style sheets below ``/static/``."""

_AGENT = "/api/v1/agent/"
"""What agents call, each with the token of its node; nobody else's token is good there."""

_POLICY = (
    b"default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self';"
    b" connect-src 'self'; form-action 'self'; base-uri 'none'; frame-ancestors 'none'"
)
_HEADERS = (
    (b"content-security-policy", _POLICY),
    (b"x-content-type-options", b"nosniff"),
    # With "no-referrer" browsers send "Origin: null" with our own forms.
    (b"referrer-policy", b"same-origin"),
)


class _Refused(Exception):
    def __init__(self, status: int, code: str, message: str) -> None:
        self.status = status
        self.problem = Problem(code=code, message=message)


class Door:
    """An ASGI application around another one.

    With tokens, everything but `_OPEN` demands one: as ``Authorization: Bearer``, or in the cookie
    that the sign-in page sets. Without tokens the service listens on loopback alone, and the Host
    header must be loopback too: a page of a stranger that made its own name point here (DNS
    rebinding) fails on that; whoever comes is an administrator.

    A stranger's page cannot write either way: a request that changes something must not come from
    another origin, and with the cookie, which a browser sends by itself, it must say that it comes
    from ours. (Browsers send ``Origin`` with every request that is not GET or HEAD.)

    Agents have tokens of their own, which are good for their calls alone, and are always asked for.
    """

    def __init__(
        self,
        app: ASGIApp,
        tokens: Tokens,
        audit_log: AuditLog,
        local_owner: str,
        agent_tokens: Callable[[], Mapping[str, str]] = dict[str, str],
    ) -> None:
        """`agent_tokens`: the fingerprints of agents' tokens, by node, as of now."""
        self._agent_tokens = agent_tokens
        self._app = app
        self._tokens = tokens
        self._audit_log = audit_log
        self._local_owner = local_owner

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != ScopeType.HTTP:
            await self._app(scope, receive, send)
            return
        began = time.perf_counter()
        status = 0
        ended = False
        caller = Caller(owner="", role=None)

        async def send_noting(message: Message) -> None:
            nonlocal status, ended
            if ended:
                return
            if message["type"] == "http.response.start":
                status = message["status"]
                message["headers"] = [*message["headers"], *_HEADERS]
                if method not in SAFE:
                    self._audit_log.add(scope, caller, status)
            elif message.get("more_body") and not self._is_good(caller):
                ended = True
                message = {"type": "http.response.body", "body": b"", "more_body": False}
            await send(message)

        headers = headers_of(scope)
        method, path = scope["method"], scope["path"]
        try:
            if (
                "\0" in path
                or b"%00" in scope["query_string"] + headers.get(OWNER_HEADER, "").encode()
            ):
                raise _Refused(400, "bad_request", "found a NUL character, which no ledger keeps")
            origin = foreign_origin(method, headers)
            if origin is not None:
                raise _Refused(
                    403, "foreign_origin", f"A page of {origin} must not change anything here."
                )
            scope["user"] = caller = self._caller(method, path, headers)
        except _Refused as no:
            await _refuse(no, path, headers, send_noting)
        else:
            await self._app(scope, receive, send_noting)
        if method not in SAFE and not path.startswith(_AGENT):
            elapsed = round((time.perf_counter() - began) * 1000, 1)
            _log.info(
                "request", method=method, path=path, status=status, owner=caller.owner, ms=elapsed
            )

    def _is_good(self, caller: Caller) -> bool:
        """False once the token was revoked by which a stream, that may last for days, was opened."""
        return caller.token is None or self._tokens.holds(caller.token)

    def _caller(self, method: str, path: str, headers: dict[str, str]) -> Caller:
        if path.startswith(_AGENT):
            return self._agent(headers)
        if not self._tokens:
            return self._neighbour(headers)
        token = _bearer(headers)
        if token is None and (method in SAFE or "origin" in headers):
            token = _cookie(headers)
        if token is not None and (known := self._tokens.find(token)):
            return Caller(owner=known.owner, role=known.role, token=known)
        if path in _OPEN or path.startswith("/static/"):
            return Caller(owner="", role=None)
        if token is None:
            raise _Refused(
                401,
                "no_token",
                "This service asks for a token: send it as `Authorization: Bearer TOKEN`;"
                " the command takes --token or LEASEHOLD_TOKEN.",
            )
        raise _Refused(
            401,
            "wrong_token",
            "This token is not known here, or was revoked. An administrator makes a new one with"
            " `leasehold token create NAME`.",
        )

    def _agent(self, headers: dict[str, str]) -> Caller:
        shown = fingerprint(_bearer(headers) or "")
        found = [node for node, kept in self._agent_tokens().items() if is_of(kept, shown)]
        if not found:
            raise _Refused(
                401,
                "wrong_token",
                "This is for agents, and the token is of none that is known here, or was replaced."
                " `leasehold agent token NODE` makes a new one.",
            )
        return Caller(owner=found[0], role=None)

    def _neighbour(self, headers: dict[str, str]) -> Caller:
        host = headers.get("host", "")
        if not is_loopback(host_of(host)):
            raise _Refused(
                403,
                "foreign_host",
                f"This service is for its own machine and was called as {host!r}. Call it as"
                " 127.0.0.1 or localhost, or give it tokens in [service.tokens].",
            )
        owner = unquote(headers.get(OWNER_HEADER, "")).strip()
        return Caller(owner=owner or self._local_owner, role=Role.ADMIN)


def _bearer(headers: dict[str, str]) -> str | None:
    scheme, _, token = headers.get("authorization", "").partition(" ")
    return token.strip() if scheme.lower() == "bearer" else None


def _cookie(headers: dict[str, str]) -> str | None:
    try:
        morsel = SimpleCookie(headers.get("cookie", "")).get(COOKIE)
    except CookieError:
        return None
    return morsel.value if morsel else None


async def _refuse(no: _Refused, path: str, headers: dict[str, str], send: Send) -> None:
    answer: list[tuple[bytes, bytes]]
    if no.status == 401 and _is_view(path) and "text/html" in headers.get("accept", ""):
        status, body = 303, b""
        answer = [(b"location", b"/sign-in")]
    else:
        status, body = no.status, msgspec.json.encode(ErrorAnswer(error=no.problem))
        answer = [(b"content-type", b"application/json")]
        if status == 401:
            answer.append((b"www-authenticate", b'Bearer realm="leasehold"'))
    answer.append((b"content-length", str(len(body)).encode()))
    start: Any = {"type": "http.response.start", "status": status, "headers": answer}
    await send(start)
    await send({"type": "http.response.body", "body": body, "more_body": False})


def _is_view(path: str) -> bool:
    """Whether people look at it, who are better asked for their token than told of its lack."""
    return not path.startswith(("/api/", "/static/", "/live"))
