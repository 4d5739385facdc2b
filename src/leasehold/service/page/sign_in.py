"""The way in for those who need a token, and out again."""

from typing import Any, Literal

import msgspec
from litestar import MediaType, Response, get, post
from litestar.datastructures import Cookie
from litestar.params import URLEncodedBody
from litestar.response import Redirect

from leasehold.lab.rights import Right
from leasehold.service.audit_log import note_of
from leasehold.service.caller import COOKIE, Caller
from leasehold.service.given import Asked, GivenHtml, GivenTokens

_SIGNED_IN_FOR = 30 * 86400


class SignIn(msgspec.Struct, frozen=True, kw_only=True):
    """The sign-in form."""

    token: str


@get(
    "/sign-in",
    media_type=MediaType.HTML,
    include_in_schema=False,
    sync_to_thread=False,
    needs=None,
)
def sign_in_page(html: GivenHtml) -> str:
    """Ask for a token."""
    return html.page("sign_in.html", wrong=False)


@post(
    "/sign-in",
    operation_id="signIn",
    include_in_schema=False,
    sync_to_thread=False,
    needs=None,
)
def sign_in(
    request: Asked,
    tokens: GivenTokens,
    html: GivenHtml,
    data: URLEncodedBody[SignIn],
) -> Response[Any]:
    """Keep the token in a cookie that no script can read and no other site can send."""
    known = tokens.find(data.token.strip())
    if tokens and known is None:
        page = html.page("sign_in.html", wrong=True)
        return Response(page, status_code=401, media_type=MediaType.HTML)
    if known is not None:
        note_of(request.scope).caller = Caller(owner=known.owner, role=known.role, token=known)
    return _to_the_lab(request, data.token.strip(), _SIGNED_IN_FOR)


@post(
    "/sign-out",
    operation_id="signOut",
    include_in_schema=False,
    sync_to_thread=False,
    needs=Right.LOOK,
)
def sign_out(request: Asked) -> Response[Any]:
    """Forget the token."""
    return _to_the_lab(request, "", 0)


def _to_the_lab(request: Asked, value: str, max_age: int) -> Redirect:
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
