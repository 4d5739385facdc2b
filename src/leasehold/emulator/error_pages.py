"""Errors as WebOb renders them: all of Glance's, and Cinder's for an address nobody serves."""

from collections.abc import Callable
from html import escape
from http import HTTPStatus

from leasehold.emulator.http import Fault, Handler, Request, Response, Router

_EXPLANATIONS = {
    401: "This server could not verify that you are authorized to access the document you "
    "requested. Either you supplied the wrong credentials (e.g., bad password), or your browser "
    "does not understand how to supply the credentials required.",
    403: "Access was denied to this resource.",
    404: "The resource could not be found.",
    409: "There was a conflict when trying to complete your request.",
    416: "The Range requested is not available.",
}
_TITLES = {413: "Request Entity Too Large", 416: "Request Range Not Satisfiable"}
_PAGE = """<html>
 <head>
  <title>{status}</title>
 </head>
 <body>
  <h1>{status}</h1>
  {text}
 </body>
</html>"""


class Detailed(Fault):
    """A refusal whose reason stands below WebOb's usual explanation of the status."""

    def __init__(self, status: int, detail: str, explanation: str = "") -> None:
        super().__init__(status, explanation or _EXPLANATIONS[status])
        self.detail = detail


class PageRouter(Router):
    """A router whose handlers' refusals come in the form that their caller accepts."""

    def add(self, method: str, template: str, handler: Handler, *, public: bool = False) -> None:
        def answer(request: Request) -> Response:
            try:
                return handler(request)
            except Fault as fault:
                return error_page(fault, request.headers.get("accept", "*/*"))

        super().add(method, template, answer, public=public)


def error_page(fault: Fault, accept: str = "*/*") -> Response:
    """The fault as HTML, as JSON where that is liked better, or as plain text where neither is."""
    title = _TITLES.get(fault.status) or HTTPStatus(fault.status).phrase
    status = f"{fault.status} {title}"
    detail = fault.detail if isinstance(fault, Detailed) else ""
    explanation = fault.message or _EXPLANATIONS.get(fault.status, "")
    html, json = _liking(accept, "text/html"), _liking(accept, "application/json")
    if html and html >= json:
        text = _text(explanation, detail, escape)
        body = _PAGE.format(status=status, text=text).encode()
        return _response(fault, body, "text/html; charset=UTF-8")
    if json:
        message = _text(explanation, detail, str)
        return Response(
            fault.status, {"message": message, "code": status, "title": title}, fault.headers
        )
    plain = f"{status}\n\n{explanation}\n\n{detail}\n\n"
    return _response(fault, plain.encode(), "text/plain; charset=UTF-8")


def _text(explanation: str, detail: str, quote: Callable[[str], str]) -> str:
    return f"{quote(explanation)}<br /><br />\n{quote(detail)}\n\n"


def _response(fault: Fault, body: bytes, content_type: str) -> Response:
    return Response(fault.status, body, {**fault.headers, "Content-Type": content_type})


def _liking(accept: str, media_type: str) -> float:
    """How well an Accept header speaks of the type: its q, 0 where it is not named."""
    family = media_type.partition("/")[0] + "/*"
    best = 0.0
    for part in accept.split(","):
        name, *parameters = (piece.strip() for piece in part.split(";"))
        if name in (media_type, family, "*/*"):
            weights = [piece[2:] for piece in parameters if piece.startswith("q=")]
            best = max(best, float(weights[0]) if weights else 1.0)
    return best
