"""The HTTP of Flocker's REST API: routes, statuses, and who may call.

Bodies are JSON whatever their content type says, and those of GET and DELETE are ignored, as there.
"""

import asyncio
from collections.abc import Callable
from typing import Annotated, Any, TypeVar

import structlog
from litestar import Litestar, Request, Response, delete, get, post
from litestar.exceptions import HTTPException
from litestar.params import PathParameter
from litestar.types import ASGIApp

from leasehold.datasets.flocker.bodies import Move, NewDataset, NewLease, Refused, parse
from leasehold.datasets.flocker.certificate import Bearer, Role
from leasehold.datasets.flocker.rest import Rest

_log = structlog.get_logger()
T = TypeVar("T")

Asked = Request[Any, Any, Any]
Id = Annotated[str, PathParameter()]
BearerOf = Callable[[Asked], Bearer | None]

TAG, IF_TAG = "X-Configuration-Tag", "X-If-Configuration-Matches"
_LARGEST_BODY = 1 << 16


def make_flocker(rest: Rest, bearer_of: BearerOf) -> ASGIApp:
    """Put the calls behind HTTP. `bearer_of` tells whose certificate a request came with."""

    def user_of(request: Asked) -> str:
        bearer = bearer_of(request)
        if bearer is None or bearer.role is not Role.USER:
            raise Refused(
                403, "The API is for the certificates of users: `leasehold ca user NAME`."
            )
        return bearer.name

    async def sent(request: Asked, kind: type[T]) -> T:
        user_of(request)
        return parse(await request.body(), kind)

    async def done(request: Asked, change: Callable[[str, str | None], T]) -> T:
        """Carry out what changes something, and write down who had it done."""
        user = user_of(request)
        tag = request.headers.get(IF_TAG)
        try:
            return await asyncio.to_thread(change, user, tag)
        finally:
            _log.info("flocker request", method=request.method, path=request.url.path, user=user)

    @get("/v1/version")
    async def version(request: Asked) -> Response[Any]:
        user_of(request)
        return Response(rest.version())

    @get("/v1/configuration/datasets")
    async def datasets(request: Asked) -> Response[Any]:
        user_of(request)
        found, tag = await asyncio.to_thread(rest.datasets)
        return Response(found, headers={TAG: tag})

    @post("/v1/configuration/datasets")
    async def create(request: Asked) -> Response[Any]:
        body = await sent(request, NewDataset)
        made = await done(request, lambda user, tag: rest.create(body, user, tag))
        return Response(made, status_code=201)

    @post("/v1/configuration/datasets/{dataset:str}")
    async def move(request: Asked, dataset: Id) -> Response[Any]:
        body = await sent(request, Move)
        moved = await done(request, lambda _, tag: rest.move(dataset, body, tag))
        return Response(moved, status_code=200)

    @delete("/v1/configuration/datasets/{dataset:str}", status_code=200)
    async def remove(request: Asked, dataset: Id) -> Response[Any]:
        return Response(await done(request, lambda _, tag: rest.delete(dataset, tag)))

    @get("/v1/state/datasets")
    async def seen(request: Asked) -> Response[Any]:
        user_of(request)
        return Response(await asyncio.to_thread(rest.seen))

    @get("/v1/configuration/leases")
    async def leases(request: Asked) -> Response[Any]:
        user_of(request)
        return Response(await asyncio.to_thread(rest.leases))

    @post("/v1/configuration/leases")
    async def acquire(request: Asked) -> Response[Any]:
        body = await sent(request, NewLease)
        lease, new = await done(request, lambda user, tag: rest.acquire(body, user, tag))
        return Response(lease, status_code=201 if new else 200)

    @delete("/v1/configuration/leases/{dataset:str}", status_code=200)
    async def release(request: Asked, dataset: Id) -> Response[Any]:
        return Response(await done(request, lambda user, tag: rest.release(dataset, user, tag)))

    @get("/v1/state/nodes")
    async def nodes(request: Asked) -> Response[Any]:
        user_of(request)
        return Response(await asyncio.to_thread(rest.nodes))

    @get("/v1/state/nodes/by_era/{era:str}")
    async def node_of_era(request: Asked, era: Id) -> Response[Any]:
        user_of(request)
        return Response(await asyncio.to_thread(rest.node_of_era, era))

    return Litestar(
        route_handlers=[
            *(version, datasets, create, move, remove, seen),
            *(leases, acquire, release, nodes, node_of_era),
        ],
        exception_handlers={Exception: _told},
        request_max_body_size=_LARGEST_BODY,
        openapi_config=None,
        logging_config=None,
    )


def _told(request: Asked, error: Exception) -> Response[Any]:
    if isinstance(error, Refused):
        return Response(error.body, status_code=error.status)
    if isinstance(error, HTTPException):
        return Response({"description": error.detail}, status_code=error.status_code)
    _log.exception("flocker request broke", path=request.url.path)
    return Response({"description": "The service broke; its log says how."}, status_code=500)
