"""Several applications in one server: each behind a port of its own."""

from collections.abc import Mapping
from typing import Any

from litestar.enums import ScopeType
from litestar.types import ASGIApp, Receive, Scope, Send


class Ports:
    """An ASGI application that hands each request to that of the port it came by.

    One server for all keeps one order of starting and stopping. The life of the server, and what
    came by any other port, is the main application's.
    """

    def __init__(self, main: ASGIApp, others: Mapping[int, Any]) -> None:
        self._main = main
        self._others = others

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] == ScopeType.HTTP and (server := scope["server"]):
            app = self._others.get(server[1] or 0, self._main)
        else:
            app = self._main
        await app(scope, receive, send)
