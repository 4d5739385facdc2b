"""Errors as WebOb renders them: all of Glance's, and Cinder's for an address nobody serves."""

from http import HTTPStatus

from leasehold.emulator.http import Fault, Response

_EXPLANATIONS = {
    401: "This server could not verify that you are authorized to access the document you "
    "requested. Either you supplied the wrong credentials (e.g., bad password), or your browser "
    "does not understand how to supply the credentials required.",
    403: "Access was denied to this resource.",
    404: "The resource could not be found.",
    409: "There was a conflict when trying to complete your request.",
    416: "The Range requested is not available.",
}
_TITLES = {
    413: "Request Entity Too Large",
    416: "Request Range Not Satisfiable",
}


class Detailed(Fault):
    """A refusal whose reason stands below WebOb's usual explanation of the status."""

    def __init__(self, status: int, detail: str, explanation: str = "") -> None:
        super().__init__(status, explanation or _EXPLANATIONS[status])
        self.detail = detail


def error_page(fault: Fault) -> Response:
    """The fault in the form a client gets that accepts JSON, as all OpenStack clients do.

    The real services send HTML to those that do not; that form is not emulated.
    """
    detail = fault.detail if isinstance(fault, Detailed) else ""
    explanation = fault.message or _EXPLANATIONS.get(fault.status, "")
    title = _TITLES.get(fault.status) or HTTPStatus(fault.status).phrase
    body = {
        "message": f"{explanation}<br /><br />\n{detail}\n\n",
        "code": f"{fault.status} {title}",
        "title": title,
    }
    return Response(fault.status, body, fault.headers)
