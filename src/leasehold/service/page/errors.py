"""Errors as people see them on the page: the sentence, and how to go on."""

from typing import Any

from litestar import MediaType, Request, Response

from leasehold.lab.duration import BadDuration
from leasehold.lab.errors import BadWish
from leasehold.service.errors import answer_error
from leasehold.service.page.html import Html

_html = Html()


def answer_page_error(request: Request[Any, Any, Any], error: Exception) -> Response[Any]:
    """Turn an exception into a sentence: within the page for htmx, else on a page of its own."""
    if isinstance(error, BadDuration):
        error = BadWish("duration", error.found, "a number with a unit, such as 30m, 2h or 1h30m")
    answer = answer_error(request, error)
    within = "hx-request" in request.headers and request.method != "GET"
    page = _html.page(
        "said.html" if within else "error.html", sentence=answer.content.error.message, wrong=True
    )
    return Response(page, status_code=answer.status_code, media_type=MediaType.HTML)
