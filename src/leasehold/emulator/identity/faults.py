"""Keystone's refusals, in its own words."""

from collections.abc import Iterable

from leasehold.emulator.http import Fault, Request

_MALFORMED = (
    " The server could not comply with the request since it is either malformed or otherwise "
    "incorrect. The client is assumed to be in error."
)


class UnknownMethod(Fault):
    """401 for a way to sign in that Keystone does not have; it tells those it has."""

    def __init__(self, request: Request, methods: Iterable[str]) -> None:
        message = "Attempted to authenticate with an unsupported method."
        super().__init__(401, message, headers=unauthorized(request).headers)
        self.methods = list(methods)


def unauthorized(request: Request) -> Fault:
    """401, which does not say what was wrong."""
    return Fault(
        401,
        "The request you have made requires authentication.",
        headers={"WWW-Authenticate": f'Keystone uri="{request.root}/v3"'},
    )


def expecting(what: str, where: str) -> Fault:
    """400: something is missing from the body."""
    return Fault(400, f"Expecting to find {what} in {where}.{_MALFORMED}")


def required(name: str, *, within: str = "") -> Fault:
    """400: the schema of a sign-in asks for it; Keystone then prints the schema too."""
    field = f"Invalid input for field '{within}': " if within else ""
    rule = "Failed validating 'required' in schema"
    return Fault(400, f"{field}'{name}' is a required property\n\n{rule}")


def malformed(message: str) -> Fault:
    return Fault(400, message + _MALFORMED)


def forbidden(action: str) -> Fault:
    """403: the policy rule `action` is for others."""
    message = f"You are not authorized to perform the requested action: identity:{action}."
    return Fault(403, message)


def not_found(what: str, which: str) -> Fault:
    return Fault(404, f"Could not find {what}: {which}.", kind=what)


def unknown_token(token_id: str) -> Fault:
    """404: expired or revoked, or nothing that Keystone ever gave out."""
    known_form = token_id.startswith("gAAAAA")
    message = "Failed to validate token" if known_form else "Could not recognize Fernet token"
    return Fault(404, message, kind="token")


def body_object(request: Request) -> dict[str, object]:
    """The body, which must be a JSON object."""
    try:
        body = request.json()
    except Fault as fault:
        raise expecting("valid JSON", "request body") from fault
    if not isinstance(body, dict):
        raise expecting("valid JSON", "request body")
    return body
