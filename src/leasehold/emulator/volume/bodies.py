"""What Cinder accepts in a body, checked field by field, and how it refuses the rest."""

import re
from typing import Any
from uuid import UUID

from leasehold.emulator.http import Fault, Request
from leasehold.emulator.volume.faults import bad_field, bad_request, invalid_input

_LARGEST_SIZE = 2**31 - 1
_TRUE = (True, "True", "TRUE", "true", "1", "ON", "On", "on", "YES", "Yes", "yes", "y", "t")
_FALSE = (False, "False", "FALSE", "false", "0", "OFF", "Off", "off", "NO", "No", "no", "n", "f")
_KEY = re.compile(r"^[a-zA-Z0-9-_:. /]{1,255}$")


def body_of(request: Request, name: str) -> dict[str, Any]:
    """The JSON object under `name`; raises Fault 400."""
    body = whole_body(request)
    if name not in body:
        raise bad_request(f"'{name}' is a required property")
    if not isinstance(body[name], dict):
        raise bad_field(name, body[name], f"{body[name]!r} is not of type 'object'")
    return dict(body[name])


def whole_body(request: Request) -> dict[str, Any]:
    try:
        body = request.json()
    except Fault:
        raise bad_request("Malformed request body") from None
    if not isinstance(body, dict):
        raise bad_request(f"{body!r} is not of type 'object'")
    return body


def refuse_unknown(field: str, given: dict[str, Any], known: tuple[str, ...]) -> None:
    unknown = [name for name in given if name not in known]
    if unknown:
        names = ", ".join(repr(name) for name in unknown)
        verb = "was" if len(unknown) == 1 else "were"
        raise bad_field(
            field, given, f"Additional properties are not allowed ({names} {verb} unexpected)"
        )


def required(field: str, given: dict[str, Any], name: str) -> Any:
    if name not in given:
        raise bad_field(field, given, f"'{name}' is a required property")
    return given[name]


def size(name: str, value: Any) -> int:
    """GiB, as a number or in digits."""
    if isinstance(value, str) and not re.fullmatch("[0-9]+", value):
        raise bad_field(name, value, f"{value!r} does not match '^[0-9]+$'")
    if not isinstance(value, str | int) or isinstance(value, bool):
        raise bad_field(name, value, f"{value!r} is not of type 'integer', 'string'")
    number = int(value)
    if number < 1:
        raise bad_field(name, value, f"{number} is less than the minimum of 1")
    if number > _LARGEST_SIZE:
        raise bad_field(name, value, f"{number} is greater than the maximum of {_LARGEST_SIZE}")
    return number


def text(name: str, value: Any) -> str | None:
    """A name or description: up to 255 characters, or null."""
    if value is None:
        return None
    if not isinstance(value, str):
        raise bad_field(name, value, f"{value!r} is not of type 'string', 'null'")
    if len(value) > 255:
        raise invalid_input(f"{name} has {len(value)} characters, more than 255.")
    return value.strip()


def word(name: str, value: Any) -> str | None:
    """Something that other things go by; empty is as good as null."""
    if value is not None and not isinstance(value, str):
        raise bad_field(name, value, f"{value!r} is not of type 'string', 'null'")
    return value or None


def metadata(value: Any) -> dict[str, str]:
    if value is None:
        return {}
    if not isinstance(value, dict):
        raise bad_field("metadata", value, f"{value!r} is not of type 'object'")
    for key, item in value.items():
        if not _KEY.match(key):
            raise bad_field(
                "metadata", value, f"{key!r} does not match any of the regexes: '{_KEY.pattern}'"
            )
        if not isinstance(item, str):
            raise bad_field(key, item, f"{item!r} is not of type 'string'")
        if len(item) > 255:
            raise bad_field(key, item, f"{item!r} is too long")
    return value


def boolean(name: str, value: Any) -> bool:
    if value in _TRUE:
        return True
    if value in _FALSE:
        return False
    raise bad_field(name, value, f"{value!r} is not one of {[*_TRUE, *_FALSE]}")


def uuid(name: str, value: Any) -> str:
    try:
        UUID(value)
    except (AttributeError, TypeError, ValueError):
        raise bad_field(name, value, f"{value!r} is not a 'uuid'") from None
    return str(value)
