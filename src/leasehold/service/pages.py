"""The pages: the lab at a glance, live, and the way in for those who need a token."""

import asyncio
from typing import Annotated, Any, Literal

import msgspec
from litestar import MediaType, Request, Response, get, post
from litestar.datastructures import Cookie
from litestar.enums import RequestEncodingType
from litestar.params import Body, Parameter
from litestar.response import Redirect, Stream

from leasehold.service.board import Board
from leasehold.service.caller import COOKIE, Caller
from leasehold.service.rows import Rows
from leasehold.service.streams import stream
from leasehold.service.tokens import Tokens

_SIGNED_IN_FOR = 30 * 86400


class SignIn(msgspec.Struct, frozen=True, kw_only=True):
    """The sign-in form."""

    token: str


@get("/", media_type=MediaType.HTML, include_in_schema=False)
async def lab_page(request: Request[Caller, Any, Any], board: Board, rows: Rows) -> str:
    """Nodes, leases and events, as they are now."""
    snapshot = await board.snapshot()
    signed_in = request.user.owner if request.user.proven else None
    return await asyncio.to_thread(rows.page, "lab.html", snapshot=snapshot, signed_in=signed_in)


@get("/live", include_in_schema=False)
async def live(
    board: Board,
    at: int = 0,
    last_event_id: Annotated[int | None, Parameter(header="Last-Event-ID")] = None,
) -> Stream:
    """What changed on the page since snapshot `at`, and from then on."""
    return stream(board.watch(at if last_event_id is None else last_event_id))


@get("/sign-in", media_type=MediaType.HTML, include_in_schema=False, sync_to_thread=False)
def sign_in_page(rows: Rows) -> str:
    """Ask for a token."""
    return rows.page("sign_in.html", wrong=False)


@post("/sign-in", include_in_schema=False, sync_to_thread=False)
def sign_in(
    request: Request[Caller, Any, Any],
    tokens: Tokens,
    rows: Rows,
    data: Annotated[SignIn, Body(media_type=RequestEncodingType.URL_ENCODED)],
) -> Response[Any]:
    """Keep the token in a cookie that no script can read and no other site can send."""
    if tokens and tokens.name_of(data.token.strip()) is None:
        page = rows.page("sign_in.html", wrong=True)
        return Response(page, status_code=401, media_type=MediaType.HTML)
    return _to_the_lab(request, data.token.strip(), _SIGNED_IN_FOR)


@post("/sign-out", include_in_schema=False, sync_to_thread=False)
def sign_out(request: Request[Caller, Any, Any]) -> Response[Any]:
    """Forget the token."""
    return _to_the_lab(request, "", 0)


def _to_the_lab(request: Request[Caller, Any, Any], value: str, max_age: int) -> Redirect:
    same_site: Literal["strict"] = "strict"
    cookie = Cookie(
        key=COOKIE,
        value=value,
        max_age=max_age,
        httponly=True,
        samesite=same_site,
        secure=request.url.scheme == "https",
    )
    return Redirect("/", status_code=303, cookies=[cookie])
