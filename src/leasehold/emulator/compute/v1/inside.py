"""Calls to the routes of 2.1, from within, on behalf of whoever called 1.0."""

from collections.abc import Iterator
from typing import Any

import msgspec

from leasehold.emulator.compute.paths import NEWEST, Path
from leasehold.emulator.http import Request, Response, Router, join_query

_ALL_AT_ONCE = 1000


class Inside:
    """The same world, spoken to in the newer dialect: with the caller's token and its faults."""

    def __init__(self, router: Router) -> None:
        self._router = router

    def call(
        self, request: Request, method: str, path: str, body: object = None, query: str = ""
    ) -> Response:
        """The answer of 2.1's route; raises the Fault that its handler raises."""
        call = Request(
            method,
            Path.of(f"/{NEWEST}{path}"),
            query=query,
            headers=request.headers,
            body=msgspec.json.encode(body) if body is not None else b"",
            host_url=request.host_url,
            request_id=request.request_id,
        )
        call.signed_in, call.effects = request.signed_in, request.effects
        route, call.params = self._router.match(method, call.path)
        call.template = route.template
        return route.handler(call)

    def get(self, request: Request, path: str, key: str) -> Any:
        """What the answer has under `key`."""
        return msgspec.json.decode(self.call(request, "GET", path).body)[key]

    def server(self, request: Request, server_id: str) -> dict[str, Any]:
        """What 2.1 says of a server; raises Fault 404."""
        return dict(self.get(request, f"/servers/{server_id}", "server"))

    def each(self, request: Request, path: str, key: str) -> Iterator[dict[str, Any]]:
        """All entries of a listing, page after page."""
        marker: tuple[tuple[str, str], ...] = ()
        while True:
            query = join_query([("limit", str(_ALL_AT_ONCE)), *marker])
            page = msgspec.json.decode(self.call(request, "GET", path, query=query).body)[key]
            yield from page
            if len(page) < _ALL_AT_ONCE:
                return
            marker = (("marker", page[-1]["id"]),)

    def act(self, request: Request, server_id: str, action: str, given: object) -> None:
        self.call(request, "POST", f"/servers/{server_id}/action", {action: given})
