"""Cinder v1's words for v3's, and back: what clouds of before 2013 say.

Its listings end at `osapi_max_limit` and have no link to a next page.
"""

from typing import Any

import msgspec

from leasehold.emulator.http import Request, Response

Shown = dict[str, Any]

_NAMES = {"display_name": "name", "display_description": "description"}
_NAMED = ("volume", "snapshot")
_PAGING = ("marker", "sort", "sort_key", "sort_dir", "name")
"""What v1 does not know in a query."""
_ONLY_LATER = {
    "volume": ("links", "user_id", "updated_at", "consistencygroup_id", "replication_status"),
    "snapshot": ("updated_at",),
    "volume_type": ("description", "is_public", "qos_specs_id"),
    "quota_set": ("groups",),
}


def hear(request: Request) -> None:
    """Turn a v1 call into v3's words, in place."""
    query = {name: values for name, values in request.query.items() if name not in _PAGING}
    if query.get("limit") == ["0"]:
        del query["limit"]
    request.query = {_NAMES.get(name, name): values for name, values in query.items()}
    body = _decoded(request.body)
    for kind in _NAMED:
        if isinstance(body.get(kind), dict):
            body[kind] = _renamed(body[kind])
            request.body = msgspec.json.encode(body)


def say(response: Response) -> Response:
    """Turn v3's answer into v1's words."""
    body = _decoded(response.body)
    if not body:
        return response
    status = 200 if response.status == 202 and body.keys() & set(_NAMED) else response.status
    shown = {key: _said(key, value) for key, value in body.items() if not key.endswith("_links")}
    return Response(status, shown, response.headers)


def _said(key: str, value: Any) -> Any:
    if isinstance(value, list):
        return [_one(key.removesuffix("s"), entry) for entry in value]
    return _one(key, value)


def _one(kind: str, shown: Any) -> Any:
    if kind not in _ONLY_LATER or not isinstance(shown, dict):
        return shown
    given: Shown = shown
    words = {new: old for old, new in _NAMES.items()} if kind in _NAMED else {}
    said = {
        words.get(name, name): value
        for name, value in given.items()
        if name not in _ONLY_LATER[kind]
    }
    return _volume(said) if kind == "volume" else said


def _volume(shown: Shown) -> Shown:
    """Its flags are words, and its attachments do not say since when."""
    attachments = [
        {name: value for name, value in attachment.items() if name != "attached_at"}
        for attachment in shown["attachments"]
    ]
    multiattach = str(shown["multiattach"]).lower()
    return {**shown, "attachments": attachments, "multiattach": multiattach}


def _renamed(given: Shown) -> Shown:
    """v3 would understand v1's names too, but v1 does not understand v3's."""
    return {
        _NAMES.get(name, name): value
        for name, value in given.items()
        if name not in _NAMES.values()
    }


def _decoded(body: bytes) -> Shown:
    """The object in a body; empty for a body that is none, which is answered elsewhere."""
    try:
        found = msgspec.json.decode(body)
    except msgspec.DecodeError:
        return {}
    return found if isinstance(found, dict) else {}
