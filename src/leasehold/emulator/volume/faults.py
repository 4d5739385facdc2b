"""Cinder's refusals, in its own words."""

from leasehold.emulator.error_pages import error_page
from leasehold.emulator.http import Fault, Request, Response

_KEYS = {
    400: "badRequest",
    401: "unauthorized",
    403: "forbidden",
    404: "itemNotFound",
    405: "badMethod",
    409: "conflictingRequest",
    413: "overLimit",
    415: "badMediaType",
    429: "overLimit",
    503: "serviceUnavailable",
}
MALFORMED = (
    "The server could not comply with the request since it is either malformed or otherwise "
    "incorrect."
)


def bad_request(message: str) -> Fault:
    return Fault(400, message)


def bad_field(field: str, value: object, reason: str) -> Fault:
    """A body that does not match the schema of its call."""
    return bad_request(f"Invalid input for field/attribute {field}. Value: {value}. {reason}")


def invalid_input(message: str) -> Fault:
    return bad_request(f"Invalid input received: {message}")


def invalid_volume(message: str) -> Fault:
    return bad_request(f"Invalid volume: {message}")


def not_found(message: str) -> Fault:
    return Fault(404, message, kind="itemNotFound")


def no_volume(volume_id: str) -> Fault:
    return not_found(f"Volume {volume_id} could not be found.")


def too_old(request: Request, major: int, minor: int) -> None:
    """Refuse what this microversion does not have yet: Cinder acts as if it were not there."""
    if not request.at_least(major, minor):
        raise not_found("The resource could not be found.")


def demand_admin(request: Request, rule: str) -> None:
    if not request.is_admin:
        raise Fault(403, f"Policy doesn't allow {rule} to be performed.")


def over_limit(message: str) -> Fault:
    return Fault(413, message, headers={"Retry-After": "0"})


def render(fault: Fault) -> Response:
    """As Cinder shows it. An address that nobody serves is told by the framework below it."""
    if fault.status in (404, 405) and not fault.kind:
        return error_page(Fault(404))
    key = _KEYS.get(fault.status, "computeFault")
    error: dict[str, object] = {"code": fault.status, "message": fault.message}
    if key == "overLimit":
        error["retryAfter"] = fault.headers.get("Retry-After", "0")
    return Response(fault.status, {key: error}, fault.headers)
