"""Reads what a cloud says went wrong, in whichever dialect it says it.

Nova and Cinder answer ``{"itemNotFound": {"code": 404, "message": "..."}}``, Neutron
``{"NeutronError": {"type", "message", "detail"}}``, Keystone ``{"error": {"code", "title",
"message"}}``, newer middleware ``{"errors": [{"title", "detail"}]}``, Glance and every proxy HTML,
and a broken service nothing, a list or garbage. Reading never fails: an error that cannot be read
is still the error that the status says it is.
"""

import html
import re
from typing import Any

import msgspec

MESSAGE_LIMIT = 2000
"""Characters kept of a message: a proxy's page or a traceback can be of any length."""

_MESSAGE_KEYS = ("message", "detail", "details", "title", "description", "reason")
_CODE_KEYS = ("type", "title", "code")


class Fault(msgspec.Struct, frozen=True, kw_only=True):
    """The cloud's own words: `message` may be empty, `code` is its name for the error."""

    message: str = ""
    code: str | None = None


def read_fault(content: bytes) -> Fault:
    """Find message and name of the error in the body of an answer, whatever the body is."""
    if not content.strip():
        return Fault()
    try:
        body = msgspec.json.decode(content)
    except (ValueError, RecursionError):
        return Fault(message=_from_text(content))
    return _from_json(body)


def _from_json(body: Any) -> Fault:  # Any: a body of any shape is what this is for
    match body:
        case {"NeutronError": error} | {"error": error}:
            return _described(error)
        case {"errors": [first, *_]}:
            return _described(first)
        case dict() if len(body) == 1:
            ((name, inner),) = body.items()
            fault = _described(inner)
            named = fault.message and name not in _MESSAGE_KEYS
            return Fault(message=fault.message, code=name) if named else _described(body)
        case _:
            return _described(body)


def _described(error: Any) -> Fault:  # Any: see above
    match error:
        case str():
            return Fault(message=_short(error))
        case dict():
            message = next(
                (_text(error[key]) for key in _MESSAGE_KEYS if _text(error.get(key))), ""
            )
            code = next((error[key] for key in _CODE_KEYS if isinstance(error.get(key), str)), None)
            return Fault(message=_short(message), code=code)
        case [first, *_]:
            return _described(first)
        case _:
            return Fault()


def _text(value: Any) -> str:  # Any: see above
    """Say a value that should be a message; Keystone v2.0 and old Neutron nest them."""
    if isinstance(value, dict):
        return _described(value).message
    return value.strip() if isinstance(value, str) else ""


def _from_text(content: bytes) -> str:
    """Take the words out of an HTML page, or a text as it is."""
    return _short(content[: MESSAGE_LIMIT * 8].decode("utf-8", "replace"))


def _short(text: str) -> str:
    """Keep the words: no tags, which Glance puts into its JSON too, no control characters."""
    if re.search(r"<[a-z!/]", text, re.IGNORECASE):
        text = re.sub(r"(?is)<(script|style|title)\b.*?</\1\s*>", " ", text)
        text = html.unescape(re.sub(r"(?is)<!--.*?-->|</?[a-z!][^>]*>", " ", text))
    words = " ".join("".join(c if c.isprintable() else " " for c in text).split())
    return words if len(words) <= MESSAGE_LIMIT else words[: MESSAGE_LIMIT - 1] + "…"
