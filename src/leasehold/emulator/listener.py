"""The emulator's one port: uvicorn's protocol on a socket of our own.

uvicorn's own server is not used, because a cloud must be able to misbehave: to cut a connection
without an answer, and to refuse new ones for a while.
"""

import asyncio
import ipaddress
import socket
from typing import Any

from uvicorn.config import Config
from uvicorn.server import ServerState

from leasehold.emulator.app import Application, Scope
from leasehold.emulator.tls import Tls, common_name

KEEP_ALIVE = 75
"""Seconds that an idle connection stays open; as with the web servers in front of real clouds."""


class Listener:
    """Listens on a loopback address for as long as it is started."""

    def __init__(self, app: Application, host: str, port: int, tls: Tls | None = None) -> None:
        """Binds at once: `port` 0 takes a free one. Raises OSError when it is taken.

        The same for a `tls` whose files cannot be used.
        """
        check_loopback(host)
        self._context = tls.context() if tls is not None else None
        app.cut = self.cut
        app.certificate_name = self.certificate_name
        self._config = Config(
            app,
            interface="asgi3",
            lifespan="off",
            ws="none",
            log_config=None,
            access_log=False,
            proxy_headers=False,
            server_header=False,
            date_header=False,
            timeout_keep_alive=KEEP_ALIVE,
        )
        self._config.load()
        self._state = ServerState()
        self._connections: set[Any] = self._state.connections
        """uvicorn's protocols: its HTTP ones all have a client address and a transport."""
        self._server: asyncio.Server | None = None
        self._reopening: asyncio.TimerHandle | None = None
        self._socket = _bind(host, port)
        self.host = host
        self.port: int = self._socket.getsockname()[1]

    async def start(self) -> None:
        await self._open()

    async def stop(self) -> None:
        """Close the port and all connections; calls being answered are let go first."""
        if self._reopening is not None:
            self._reopening.cancel()
        if self._server is not None:
            self._server.close()
        for connection in list(self._connections):
            connection.shutdown()
        if self._state.tasks:
            await asyncio.wait(self._state.tasks, timeout=1)
        self._abort_all()

    def refuse(self, seconds: float) -> None:
        """Refuse connections for a while, as a machine without the service does."""
        if self._server is not None:
            self._server.close()
        self._abort_all()
        if self._reopening is not None:
            self._reopening.cancel()
        loop = asyncio.get_running_loop()
        self._reopening = loop.call_later(seconds, self._reopen)

    def cut(self, scope: Scope) -> None:
        """End the connection that a call came on, without another byte."""
        for connection in self._connections_of(scope):
            connection.transport.abort()

    def certificate_name(self, scope: Scope) -> str | None:
        """Whom the client's certificate is made out to; None for a client without one."""
        if self._context is None:
            return None
        found = self._connections_of(scope)
        return common_name(found[0].transport.get_extra_info("peercert")) if found else None

    def _connections_of(self, scope: Scope) -> list[Any]:
        """The one that a call came on; none when it has gone meanwhile."""
        return [found for found in self._connections if found.client == scope["client"]]

    def _reopen(self) -> None:
        self._reopening = None
        self._socket = _bind(self.host, self.port)
        self._opening = asyncio.ensure_future(self._open())

    async def _open(self) -> None:
        self._server = await asyncio.get_running_loop().create_server(
            self._protocol, sock=self._socket, backlog=2048, ssl=self._context
        )

    def _protocol(self) -> asyncio.Protocol:
        protocol: Any = self._config.http_protocol_class
        made: asyncio.Protocol = protocol(
            config=self._config, server_state=self._state, app_state={}
        )
        return made

    def _abort_all(self) -> None:
        for connection in list(self._connections):
            connection.transport.abort()


def check_loopback(host: str) -> None:
    """The emulator's passwords are no secret, so nobody else may reach it. Raises ValueError."""
    if host == "localhost":
        return
    try:
        loopback = ipaddress.ip_address(host).is_loopback
    except ValueError:
        loopback = False
    if not loopback:
        raise ValueError(
            f"the emulator does not listen on {host!r}: anybody who reached it could sign in. "
            "Use an address of this machine alone, like 127.0.0.1"
        )


def _bind(host: str, port: int) -> socket.socket:
    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    bound = socket.socket(family, socket.SOCK_STREAM)
    try:
        bound.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        # Inherited by each connection. asyncio sets it only on sockets that say they are TCP, and
        # without it the body of an answer waits 40 ms for the client to acknowledge the head.
        bound.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        bound.bind((host, port))
    except OSError:
        bound.close()
        raise
    bound.setblocking(False)
    return bound
