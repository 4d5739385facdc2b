"""Every error as an answer: the right status, one shape, and no traceback for the caller."""

import secrets
from typing import Any

import structlog
from litestar import MediaType, Request, Response
from litestar.exceptions import (
    HTTPException,
    MethodNotAllowedException,
    NotFoundException,
    ValidationException,
)

from leasehold.datasets.errors import (
    BadDatasetWish,
    DatasetError,
    DatasetExists,
    DatasetHeld,
    WrongAgent,
)
from leasehold.engine.errors import Impossible, NotOffered, UnknownName
from leasehold.errors import LeaseholdError
from leasehold.lab.errors import (
    BadWish,
    LabError,
    NodeConfigured,
    NodeExists,
    NodeHeld,
    NotEnough,
    NotYours,
    OverLimit,
    TooMany,
)
from leasehold.lab.rights import NotAllowed
from leasehold.service.audit_log import note_of
from leasehold.service.invalid import BadRequest, explain
from leasehold.service.problem import ErrorAnswer, Problem
from leasehold.store import StoreError

_log = structlog.get_logger()

_DESCRIPTION = "/api/v1/openapi.json describes what there is"
_CODES = {
    413: "too_large",
    415: "wrong_media_type",
}


class WrongRequest(LeaseholdError):
    """A request is wrong in itself."""

    def __init__(self, wrong: BadRequest) -> None:
        self.wrong = wrong
        super().__init__(str(wrong))


def answer_error(request: Request[Any, Any, Any], error: Exception) -> Response[ErrorAnswer]:
    """Turn an exception of a handler into its answer."""
    status, problem = _explain(request, error)
    note_of(request.scope).code = problem.code
    if status >= 500:
        problem = _noted(request, error, problem)
    headers = error.headers if isinstance(error, HTTPException) else None
    return Response(
        content=ErrorAnswer(error=problem),
        status_code=status,
        media_type=MediaType.JSON,
        headers=headers or {},
    )


def _explain(request: Request[Any, Any, Any], error: Exception) -> tuple[int, Problem]:
    match error:
        case DatasetError() if not isinstance(error, UnknownName):
            return _explain_dataset(error)
        case LabError() | NotOffered() | Impossible() | UnknownName():
            return _explain_lab(error)
        case WrongRequest():
            return 400, _bad(error.wrong)
        case ValidationException():
            return 400, _bad(explain(request, error))
        case RecursionError():
            return 400, _bad(
                BadRequest(field="body", found="JSON of too many levels", allowed="few")
            )
        case HTTPException() if error.status_code == 400:
            return 400, _bad(BadRequest(field="body", found=error.detail, allowed="JSON"))
        case NotFoundException():
            message = f"nothing is at {request.url.path}; {_DESCRIPTION}"
            return 404, Problem(code="unknown_path", message=message)
        case MethodNotAllowedException():
            message = f"{request.url.path} does not take {request.method}; {_DESCRIPTION}"
            return 405, Problem(code="wrong_method", message=message)
        case HTTPException() if error.status_code < 500:
            code = _CODES.get(error.status_code, "refused")
            return error.status_code, Problem(code=code, message=error.detail)
        case StoreError():
            return 503, Problem(code="ledger_failed", message=str(error))
        case LeaseholdError():
            return 502, Problem(code="cloud_failed", message=str(error))
        case _:
            return 500, Problem(code="internal", message="Something unforeseen went wrong here.")


def _explain_lab(error: LabError | UnknownName | Impossible) -> tuple[int, Problem]:
    text = str(error)
    match error:
        case NotOffered():
            return 409, Problem(code="not_offered", message=text, name=error.name, near=error.near)
        case UnknownName():
            problem = Problem(
                code=f"unknown_{error.thing.replace(' ', '_')}",
                message=text,
                name=error.name,
                near=error.near,
            )
            return 404, problem
        case NotAllowed():
            return 403, Problem(code="not_allowed", message=text)
        case NotYours():
            return 403, Problem(code="not_yours", message=text, owner=error.owner)
        case TooMany():
            return 409, Problem(
                code="too_many", message=text, wanted=error.wanted, exist=error.exist
            )
        case OverLimit():
            return 409, Problem(
                code="over_limit",
                message=text,
                owner=error.owner,
                wanted=error.wanted,
                exist=error.exist,
            )
        case NotEnough():
            return 409, Problem(code="not_enough", message=text, blocks=error.blocks)
        case NodeExists():
            return 409, Problem(code="node_exists", message=text, name=error.node)
        case NodeHeld():
            return 409, Problem(code="node_held", message=text, name=error.node, owner=error.owner)
        case NodeConfigured():
            return 409, Problem(code="node_configured", message=text, name=error.node)
        case Impossible():
            return 409, Problem(code="impossible", message=text, reason=error.reason)
        case BadWish():
            wrong = BadRequest(field=error.field, found=repr(error.found), allowed=error.allowed)
            return 400, _bad(wrong)
        case _:
            return 409, Problem(code="refused", message=text)


def _explain_dataset(error: DatasetError) -> tuple[int, Problem]:
    text = str(error)
    match error:
        case BadDatasetWish():
            return 400, _bad(
                BadRequest(field=error.field, found=repr(error.found), allowed=error.allowed)
            )
        case DatasetHeld():
            return 409, Problem(code="held", message=text, owner=error.owner)
        case DatasetExists():
            return 409, Problem(code="exists", message=text)
        case WrongAgent():
            return 403, Problem(code="wrong_agent", message=text)
        case _:
            return 409, Problem(code="refused", message=text)


def _bad(wrong: BadRequest) -> Problem:
    return Problem(
        code="bad_request",
        message=str(wrong),
        field=wrong.field,
        found=wrong.found,
        allowed=wrong.allowed,
    )


def _noted(request: Request[Any, Any, Any], error: Exception, problem: Problem) -> Problem:
    incident = secrets.token_hex(4)
    _log.error(
        "request failed",
        id=incident,
        method=request.method,
        path=request.url.path,
        exc_info=None if isinstance(error, LeaseholdError) else error,
        error=str(error),
    )
    message = f"{problem.message} The service's log has more under {incident}."
    return Problem(code=problem.code, message=message, reason=problem.reason, id=incident)
