"""The gateway's HTTP: nsupdate-web's GET, and a POST and DELETE of its own with JSON."""

import asyncio
import functools
from collections.abc import Callable
from typing import Any, TypeVar

import anyio.to_thread
import msgspec
import structlog
from anyio import CapacityLimiter
from litestar import Litestar, Request, Response, route
from litestar.types import ASGIApp

from leasehold.dns.errors import Denied, DnsError, Taken, Unsettled
from leasehold.dns.gateway.accounts import Accounts
from leasehold.dns.gateway.ask import Asked, Refusal, Wish, check
from leasehold.dns.gateway.change import Change, set_addresses
from leasehold.dns.gateway.settings import Settings

_log = structlog.get_logger()
T = TypeVar("T")

AT_ONCE = 8
"""Requests that may hash a password or wait for DNS at the same time; others queue."""
MOST_WAITING = 64
"""Requests in all, until more are told to come back."""
BODY_SECONDS = 10.0
_LARGEST_BODY = 16 << 10
_METHODS = ["GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS"]


class _Body(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """What a POST or DELETE says."""

    name: str | None = None
    addresses: tuple[str, ...] = ()


class _Answer(msgspec.Struct, frozen=True, kw_only=True):
    """What a POST or DELETE is told."""

    name: str
    addresses: tuple[str, ...]
    changed: bool
    reverse_troubles: tuple[str, ...] = ()


def make_gateway(settings: Settings, accounts: Accounts) -> ASGIApp:
    """The gateway as an ASGI application."""
    gateway = _Gateway(settings, accounts)

    @route(["/", "/{path:path}"], http_method=_METHODS)  # type: ignore[arg-type]
    async def answer(request: Request[Any, Any, Any]) -> Response[bytes]:
        return await gateway.answer(request)

    return Litestar(
        route_handlers=[answer],
        openapi_config=None,
        request_max_body_size=_LARGEST_BODY,
        logging_config=None,
    )


class _Gateway:
    def __init__(self, settings: Settings, accounts: Accounts) -> None:
        self._settings = settings
        self._accounts = accounts
        self._limiter = CapacityLimiter(AT_ONCE)
        self._waiting = 0

    async def answer(self, request: Request[Any, Any, Any]) -> Response[bytes]:
        """Answer one request, whatever it is."""
        json = request.method in ("POST", "DELETE")
        try:
            if self._waiting >= MOST_WAITING:
                raise Refusal(503, "too many requests at once; try again in a moment")
            self._waiting += 1
            try:
                return await self._answer(request)
            finally:
                self._waiting -= 1
        except Refusal as no:
            return _refused(no, json=json)
        except DnsError as error:
            _log.warning("gateway.dns_failed", error=str(error))
            return _refused(_as_refusal(error), json=json)
        except Exception:  # noqa: BLE001 - a defect ends one request, and is in the log
            _log.exception("gateway.broke")
            return _refused(Refusal(500, "a defect of the gateway; its log says more"), json=json)

    async def _answer(self, request: Request[Any, Any, Any]) -> Response[bytes]:
        match request.method:
            case "GET" if self._settings.get:
                change = await self._change(_asked_by_get(request))
                return _text(200, "success" if change.changed else "no-change")
            case "POST":
                change = await self._change(await _asked_by_json(request))
            case "DELETE":
                change = await self._change(await _asked_by_json(request), remove=True)
            case method:
                raise Refusal(501, f"Unsupported method ({method!r})")
        answer = _Answer(
            name=change.name,
            addresses=change.after,
            changed=change.changed,
            reverse_troubles=change.reverse,
        )
        return Response(msgspec.json.encode(answer), media_type="application/json", status_code=200)

    async def _change(self, asked: Asked, *, remove: bool = False) -> Change:
        """Check, carry out, and write the audit line; in a thread, of which there are few."""
        wish = await self._in_thread(
            functools.partial(check, asked, self._settings, self._accounts, remove=remove)
        )
        try:
            change = await self._in_thread(
                functools.partial(set_addresses, self._settings, wish.label, wish.addresses)
            )
        except Unsettled as error:
            _log.warning(
                "gateway.unsettled",
                name=wish.label,
                asked_for=list(wish.addresses),
                **_caller(wish, asked),
                error=str(error),
            )
            raise
        _audit(wish, asked, change)
        return change

    async def _in_thread(self, work: Callable[[], T]) -> T:
        return await anyio.to_thread.run_sync(work, limiter=self._limiter)


def _audit(wish: Wish, asked: Asked, change: Change) -> None:
    if not (change.changed or change.pointers or change.reverse):
        return
    _log.info(
        "gateway.changed",
        name=change.name,
        before=list(change.before),
        after=list(change.after),
        **_caller(wish, asked),
        pointers=list(change.pointers),
        reverse_troubles=list(change.reverse),
    )


def _caller(wish: Wish, asked: Asked) -> dict[str, str]:
    return {"by": wish.who, "peer": asked.peer or "unix socket"}


def _asked_by_get(request: Request[Any, Any, Any]) -> Asked:
    names = request.query_params.getall("name", [])
    if len(names) > 1:
        raise Refusal(400, "one 'name' only")
    addresses = tuple(request.query_params.getall("ip", []))
    return _asked(request, names[0] if names else None, addresses)


async def _asked_by_json(request: Request[Any, Any, Any]) -> Asked:
    """From the body; a DELETE without one may name it in the query."""
    try:
        async with asyncio.timeout(BODY_SECONDS):
            raw = await request.body()
    except TimeoutError:
        raise Refusal(408, f"the body did not come within {BODY_SECONDS:.0f} s") from None
    if not raw:
        return _asked_by_get(request)
    try:
        body = msgspec.json.decode(raw, type=_Body)
    except (msgspec.DecodeError, UnicodeDecodeError) as error:
        allowed = '{"name": "HOST", "addresses": ["10.0.0.7"]}'
        raise Refusal(400, f"{error}; allowed: {allowed}") from None
    return _asked(request, body.name, body.addresses)


def _asked(request: Request[Any, Any, Any], name: str | None, addresses: tuple[str, ...]) -> Asked:
    return Asked(
        name=name,
        addresses=addresses,
        authorization=request.headers.get("authorization", ""),
        real_ip=request.headers.get("x-real-ip", ""),
        peer=request.client.host if request.client else "",
    )


def _as_refusal(error: DnsError) -> Refusal:
    """What a caller needs to know; the rest is for our log."""
    match error:
        case Taken():
            return Refusal(409, "the name is somebody else's in DNS, and was left alone")
        case Unsettled():
            return Refusal(
                500, "the update was sent, but what the name is now is not sure; try again"
            )
        case Denied():
            return Refusal(500, "the name server does not let this gateway change the zone")
        case _:
            return Refusal(500, "the name server did not take the update; try again")


def _refused(no: Refusal, *, json: bool) -> Response[bytes]:
    if json:
        body = msgspec.json.encode({"error": no.text})
        answer = Response(body, media_type="application/json", status_code=no.status)
    else:
        answer = _text(no.status, no.text)
    if no.status == 401:
        answer.headers["www-authenticate"] = 'Basic realm="nsupdate"'
    if no.status == 503:
        answer.headers["retry-after"] = "1"
    return answer


def _text(status: int, text: str) -> Response[bytes]:
    return Response(text.encode(), media_type="text/plain", status_code=status)
