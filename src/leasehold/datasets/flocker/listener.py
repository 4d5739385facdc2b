"""The listener of Flocker's REST API: TLS, and a certificate for every caller."""

import contextlib
from collections.abc import Iterator
from typing import Any

import uvicorn
from uvicorn.protocols.http.h11_impl import H11Protocol

from leasehold.datasets.flocker.app import Asked, make_flocker
from leasehold.datasets.flocker.certificate import Bearer
from leasehold.datasets.flocker.gate import Gate
from leasehold.datasets.flocker.rest import Rest

_PEER = "peer"
_PATIENCE = 5
"""Seconds that running requests get at the end."""


class Listener(uvicorn.Server):
    """Serves beside another server in its event loop: `serve` runs until `should_exit` is set."""

    def __init__(self, rest: Rest, gate: Gate) -> None:
        def bearer_of(request: Asked) -> Bearer | None:
            return gate.bearer(request.scope["state"].get(_PEER))

        settings = uvicorn.Config(
            make_flocker(rest, bearer_of),
            http=_WithPeer,
            ws="none",
            lifespan="off",
            log_config=None,
            access_log=False,
            server_header=False,
            proxy_headers=False,
            timeout_graceful_shutdown=_PATIENCE,
            ssl_context_factory=lambda *_: gate.context(),
        )
        super().__init__(settings)

    @contextlib.contextmanager
    def capture_signals(self) -> Iterator[None]:
        """Signals are the other server's."""
        yield


class _WithPeer(H11Protocol):
    """Hands the caller's certificate to the application: ASGI has no word for it."""

    def connection_made(self, transport: Any) -> None:
        super().connection_made(transport)
        peer = transport.get_extra_info("ssl_object").getpeercert()
        self.app_state = {**self.app_state, _PEER: peer}
