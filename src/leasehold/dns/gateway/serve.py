"""The gateway as a process: its listener, with bounds on what a stranger can hold open."""

import asyncio
import ipaddress
import signal
import socket
import ssl
import stat
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import h11
import structlog
import uvicorn
from uvicorn.protocols.http.h11_impl import H11Protocol

from leasehold.dns.gateway.accounts import Accounts
from leasehold.dns.gateway.app import make_gateway
from leasehold.dns.gateway.settings import BadSetting, Listen, Settings

_log = structlog.get_logger()

HEAD_SECONDS = 10.0
"""Seconds in which a request's head has to arrive."""
MOST_CONNECTIONS = 256
"""Connections at once; the next ones are answered 503."""


def serve(
    settings: Settings,
    accounts: Accounts,
    listen: Listen,
    announce: Callable[[str], None],
    *,
    open_to_anybody: bool = False,
) -> None:
    """Answer until SIGTERM or Ctrl-C. Raises `BadSetting` if it must not or cannot listen there."""
    guarded = not accounts.anybody or open_to_anybody
    if not (guarded or listen.is_socket or _is_loopback(listen.address)):
        raise BadSetting(
            f"--listen-addr {listen.address} can be reached from other machines, and neither"
            " --host-list nor --owners says who may; give one, or say --open if the rule is enough"
        )
    _check_pair(listen)
    if accounts.plain:
        _log.warning(
            "passwords are kept in plain; `leasehold dns password` hashes one", hosts=accounts.plain
        )
    with _listening(listen) as listening:
        config = uvicorn.Config(
            make_gateway(settings, accounts),
            http=_Hasty,
            ws="none",
            log_config=None,
            access_log=False,
            server_header=False,
            proxy_headers=False,
            headers=[("connection", "close")],
            limit_concurrency=MOST_CONNECTIONS,
            h11_max_incomplete_event_size=16 << 10,
            timeout_graceful_shutdown=5,
            ssl_certfile=listen.certificate,
            ssl_keyfile=listen.private_key,
        )
        # uvicorn raises a signal again in the end; it must not kill us before the socket is gone.
        signal.signal(signal.SIGTERM, lambda *_: sys.exit(0))
        announce(_url(listen, listening))
        try:
            uvicorn.Server(config).run(sockets=[listening])
        finally:
            if listen.is_socket:
                Path(listen.address).unlink(missing_ok=True)


def _check_pair(listen: Listen) -> None:
    if listen.certificate is None or listen.private_key is None:
        return
    try:
        ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER).load_cert_chain(
            listen.certificate, listen.private_key, ""
        )
    except OSError as error:  # what ssl raises is one, too
        why = getattr(error, "reason", None) or error.strerror or "they cannot be read"
        pair = f"--tls-certificate {listen.certificate} --tls-key {listen.private_key}"
        allowed = "a certificate in PEM and its key, which no passphrase locks"
        raise BadSetting(f"{pair}: {why.replace('_', ' ').lower()}; allowed: {allowed}") from None


class _Hasty(H11Protocol):
    """Closes a connection whose first request does not arrive; each has only one."""

    def connection_made(self, transport: Any) -> None:
        super().connection_made(transport)
        asyncio.get_running_loop().call_later(HEAD_SECONDS, self._close_idle)

    def _close_idle(self) -> None:
        if self.conn.their_state is h11.IDLE and not self.transport.is_closing():
            self.transport.close()


def _listening(listen: Listen) -> socket.socket:
    try:
        if not listen.is_socket:
            family = socket.AF_INET6 if ":" in listen.address else socket.AF_INET
            place = (listen.address, listen.port)
            return socket.create_server(place, family=family, backlog=256)
        path = Path(listen.address)
        if path.exists() and stat.S_ISSOCK(path.stat().st_mode):
            path.unlink()  # left by one that was killed
        listening = socket.socket(socket.AF_UNIX)
        listening.bind(listen.address)
        path.chmod(listen.mode)
        listening.listen(256)
        return listening
    except OSError as error:
        where = listen.address if listen.is_socket else f"{listen.address} port {listen.port}"
        raise BadSetting(
            f"cannot listen on {where}: {error.strerror}; see --listen-addr and --port"
        ) from error


def _url(listen: Listen, listening: socket.socket) -> str:
    if listen.is_socket:
        return f"unix:{listen.address}"
    host, port = listening.getsockname()[:2]
    scheme = "https" if listen.certificate else "http"
    return f"{scheme}://[{host}]:{port}" if ":" in host else f"{scheme}://{host}:{port}"


def _is_loopback(address: str) -> bool:
    try:
        return ipaddress.ip_address(address).is_loopback
    except ValueError:
        return address == "localhost"
