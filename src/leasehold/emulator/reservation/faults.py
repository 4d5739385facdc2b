"""Blazar's refusals, in its own words."""

from leasehold.emulator.http import Fault, Request, Response


def not_found(kind: str, which: str) -> Fault:
    return Fault(404, f"Object with {{'{kind}_id': '{which}'}} not found", kind="NotFound")


def forbidden(action: str) -> Fault:
    return Fault(403, f"Policy doesn't allow blazar:{action} to be performed")


def demand_admin(request: Request, action: str) -> None:
    if not request.is_admin:
        raise forbidden(action)


def missing(name: str) -> Fault:
    return Fault(400, f"Missing parameter {name}")


def malformed(name: str) -> Fault:
    return Fault(400, f"Malformed parameter {name}")


def render(fault: Fault) -> Response:
    """An address that nobody serves is told by the framework below it, under another name."""
    if fault.status in (404, 405) and not fault.kind:
        body: dict[str, object] = {"error": fault.status, "error_message": fault.message}
    else:
        body = {
            "error_code": fault.status,
            "error_message": fault.message,
            "error_name": fault.status,
        }
    return Response(fault.status, body, fault.headers)
