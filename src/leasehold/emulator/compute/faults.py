"""Nova's refusals: their keys by status, and the words it uses again and again."""

from leasehold.emulator.http import Fault, Request

KEYS = {
    400: "badRequest",
    401: "unauthorized",
    403: "forbidden",
    404: "itemNotFound",
    405: "badMethod",
    409: "conflictingRequest",
    413: "overLimit",
    415: "badMediaType",
    429: "overLimit",
    501: "notImplemented",
    503: "serviceUnavailable",
}
"""The key that the error stands under; ``computeFault`` for every other status."""


def bad_input(field: str, value: object, problem: str) -> Fault:
    """400 as from Nova's JSON schema."""
    return Fault(400, f"Invalid input for field/attribute {field}. Value: {value}. {problem}")


def bad_query(field: str, value: object, problem: str) -> Fault:
    return Fault(400, f"Invalid input for query parameters {field}. Value: {value}. {problem}")


def not_found(message: str) -> Fault:
    """404 for a thing that is not there, in contrast to a route that is not."""
    return Fault(404, message, kind="itemNotFound")


def forbidden_by_policy(rule: str) -> Fault:
    return Fault(403, f"Policy doesn't allow os_compute_api:{rule} to be performed.")


def check_policy(request: Request, rule: str) -> None:
    """403 unless the caller is an administrator."""
    if not request.is_admin:
        raise forbidden_by_policy(rule)


def invalid_state(action: str, server_id: str, attribute: str, state: str) -> Fault:
    """409: not now."""
    return Fault(409, f"Cannot '{action}' instance {server_id} while it is in {attribute} {state}")


def over_quota(overs: dict[str, tuple[str, int, int]]) -> Fault:
    """403 with what was requested, used and allowed of each name that is over."""
    names = ", ".join(overs)
    requested, used, allowed = (
        ", ".join(str(numbers[index]) for numbers in overs.values()) for index in range(3)
    )
    return Fault(
        403,
        f"Quota exceeded for {names}: Requested {requested}, "
        f"but already used {used} of {allowed} {names}",
    )


def unexpected() -> Fault:
    """What Nova makes of the refusals of another service that it does not expect."""
    return Fault(
        500,
        "Unexpected API Error. Please report this at http://bugs.launchpad.net/nova/ and attach "
        "the Nova API log if possible.",
    )
