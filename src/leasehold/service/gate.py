"""The gate before paddles' API, which has no sign-in: who may come in, by address or secret."""

import base64
import ipaddress
from collections.abc import Mapping

import structlog

from leasehold.lab.config import PaddlesConfig
from leasehold.paddles import web
from leasehold.service.caller import SAFE, foreign_origin, headers_of, host_of, is_loopback
from leasehold.service.fingerprints import fingerprint, is_of

_log = structlog.get_logger()

_ASKS = (b"www-authenticate", b'Basic realm="leasehold"')


class Gate:
    """An ASGI application around another one.

    Who comes from an allowed address passes, and who shows the secret: as the password of Basic
    authentication, which clients of paddles send if it is in their URL, or as a bearer token. With
    neither configured the listener is on loopback, and has to be called as loopback: a stranger's page
    that made its own name point here fails on that. No page of another origin may change anything.
    """

    def __init__(self, app: web.App, config: PaddlesConfig) -> None:
        self._app = app
        self._networks = config.networks
        self._secret = config.secret.lower() if config.secret else None

    async def __call__(self, scope: web.Scope, receive: web.Receive, send: web.Send) -> None:
        """Let a request through, or answer it here."""
        headers = headers_of(scope)
        try:
            origin = foreign_origin(scope["method"], headers)
            if origin is not None:
                raise web.Refused(403, f"a page of {origin} must not change anything here")
            if not self._is_welcome(scope, headers):
                _note(scope, 401)
                await web.send_answer(send, web.told(401, self._wanted(scope)), extra=(_ASKS,))
                return
        except web.Refused as no:
            _note(scope, no.status)
            await web.send_answer(send, web.told(no.status, no.message))
            return
        await self._app(scope, receive, send)

    def _is_welcome(self, scope: web.Scope, headers: Mapping[str, str]) -> bool:
        if self._secret is None and not self._networks:
            host = headers.get("host", "")
            if not is_loopback(host_of(host)):
                raise web.Refused(
                    403,
                    f"this listener is for its own machine and was called as {host!r}: call it as"
                    " 127.0.0.1 or localhost, or give it `secret` or `allow` in [paddles]",
                )
            return True
        return self._is_allowed(scope) or self._knows_secret(headers)

    def _is_allowed(self, scope: web.Scope) -> bool:
        address = _address(scope)
        return address is not None and any(address in each for each in self._networks)

    def _knows_secret(self, headers: Mapping[str, str]) -> bool:
        shown = _shown(headers.get("authorization", ""))
        if shown is None or self._secret is None:
            return False
        return is_of(self._secret, fingerprint(shown))

    def _wanted(self, scope: web.Scope) -> str:
        where = (
            f"{_address(scope) or 'your address'} is not in `allow` of [paddles] in leasehold.toml"
        )
        if self._secret is None:
            return where
        secret = "send the secret as a password: http://any:SECRET@HOST:PORT/"  # noqa: S105 - says where it goes
        return f"{secret}; {where}" if self._networks else secret


def _note(scope: web.Scope, status: int) -> None:
    """Who is not let in fills no audit log."""
    if scope["method"] not in SAFE:
        address = str(_address(scope))
        _log.info("paddles.kept_out", method=scope["method"], status=status, address=address)


def _address(scope: web.Scope) -> ipaddress.IPv4Address | ipaddress.IPv6Address | None:
    """Where a request comes from; an IPv4 address that came over IPv6 as the former."""
    client = scope.get("client")
    try:
        address = ipaddress.ip_address(client[0].partition("%")[0]) if client else None
    except ValueError:
        return None
    return getattr(address, "ipv4_mapped", None) or address


def _shown(authorization: str) -> str | None:
    """The secret that a request shows, of whatever scheme."""
    scheme, _, rest = authorization.partition(" ")
    if scheme.lower() == "bearer":
        return rest.strip()
    if scheme.lower() != "basic":
        return None
    try:
        return base64.b64decode(rest, validate=True).decode().partition(":")[2]
    except ValueError:
        return None
