"""The JSON schemas that Glance publishes, and its refusal of what does not match them."""

import re
from typing import Any

from leasehold.emulator.http import Fault
from leasehold.emulator.image.records import (
    CONTAINER_FORMATS,
    DISK_FORMATS,
    STATUSES,
    VISIBILITIES,
)

_UUID = "^([0-9a-fA-F]){8}-([0-9a-fA-F]){4}-([0-9a-fA-F]){4}-([0-9a-fA-F]){4}-([0-9a-fA-F]){12}$"
_TEXT: dict[str, Any] = {"type": ["null", "string"], "maxLength": 255}
_SHOWN: dict[str, Any] = {"type": "string", "readOnly": True}

_IMAGE_PROPERTIES: dict[str, dict[str, Any]] = {
    "id": {"type": "string", "pattern": _UUID},
    "name": _TEXT,
    "status": {"type": "string", "readOnly": True, "enum": list(STATUSES)},
    "visibility": {"type": "string", "enum": list(VISIBILITIES)},
    "protected": {"type": "boolean"},
    "os_hidden": {"type": "boolean"},
    "checksum": {"type": ["null", "string"], "readOnly": True, "maxLength": 32},
    "os_hash_algo": {"type": ["null", "string"], "readOnly": True, "maxLength": 64},
    "os_hash_value": {"type": ["null", "string"], "readOnly": True, "maxLength": 128},
    "owner": _TEXT,
    "size": {"type": ["null", "integer"], "readOnly": True},
    "virtual_size": {"type": ["null", "integer"], "readOnly": True},
    "container_format": {"type": ["null", "string"], "enum": [None, *CONTAINER_FORMATS]},
    "disk_format": {"type": ["null", "string"], "enum": [None, *DISK_FORMATS]},
    "created_at": _SHOWN,
    "updated_at": _SHOWN,
    "tags": {"type": "array", "items": {"type": "string", "maxLength": 255}},
    "min_ram": {"type": "integer"},
    "min_disk": {"type": "integer"},
    "self": _SHOWN,
    "file": _SHOWN,
    "schema": _SHOWN,
    "stores": _SHOWN,
}
READ_ONLY = tuple(name for name, form in _IMAGE_PROPERTIES.items() if form.get("readOnly"))

IMAGE: dict[str, Any] = {
    "name": "image",
    "properties": _IMAGE_PROPERTIES,
    "additionalProperties": {"type": "string"},
    "links": [
        {"rel": "self", "href": "{self}"},
        {"rel": "enclosure", "href": "{file}"},
        {"rel": "describedby", "href": "{schema}"},
    ],
}
MEMBER: dict[str, Any] = {
    "name": "member",
    "properties": {
        "member_id": {"type": "string"},
        "image_id": {"type": "string", "pattern": _UUID},
        "created_at": {"type": "string"},
        "updated_at": {"type": "string"},
        "status": {"type": "string", "enum": ["pending", "accepted", "rejected"]},
        "schema": _SHOWN,
    },
}
IMAGES: dict[str, Any] = {
    "name": "images",
    "properties": {
        "images": {"type": "array", "items": IMAGE},
        "first": {"type": "string"},
        "next": {"type": "string"},
        "schema": {"type": "string"},
    },
    "links": [
        {"rel": "first", "href": "{first}"},
        {"rel": "next", "href": "{next}"},
        {"rel": "describedby", "href": "{schema}"},
    ],
}
MEMBERS: dict[str, Any] = {
    "name": "members",
    "properties": {
        "members": {"type": "array", "items": MEMBER},
        "schema": {"type": "string"},
    },
    "links": [{"rel": "describedby", "href": "{schema}"}],
}
BY_NAME = {"image": IMAGE, "images": IMAGES, "member": MEMBER, "members": MEMBERS}

_TYPES: dict[str, type | tuple[type, ...]] = {
    "null": type(None),
    "string": str,
    "integer": int,
    "boolean": bool,
    "array": list,
}


def check_image(name: str, value: Any) -> None:
    """Refuse (Fault 400) a value the image's schema does not allow for the property `name`."""
    wrong = _mismatch(value, _IMAGE_PROPERTIES.get(name, IMAGE["additionalProperties"]))
    if wrong:
        raise Fault(400, f"Provided object does not match schema 'image': {wrong}")
    if name in ("min_disk", "min_ram") and value < 0:
        raise Fault(
            400, f"Invalid value '{value}' for parameter '{name}': Cannot be a negative value"
        )


def _mismatch(value: Any, form: dict[str, Any]) -> str | None:
    """What is wrong with the value, in the words of the JSON schema library Glance uses."""
    types = form["type"] if isinstance(form["type"], list) else [form["type"]]
    if not any(_is_of(value, word) for word in types):
        return f"{value!r} is not of type {', '.join(repr(word) for word in types)}"
    if "enum" in form and value not in form["enum"]:
        return f"{value!r} is not one of {form['enum']!r}"
    if isinstance(value, str) and len(value) > form.get("maxLength", len(value)):
        return f"{value!r} is too long"
    if "pattern" in form and not re.match(form["pattern"], value):
        return f"{value!r} does not match {form['pattern']!r}"
    if isinstance(value, list):
        return next(filter(None, (_mismatch(item, form["items"]) for item in value)), None)
    return None


def _is_of(value: Any, word: str) -> bool:
    if word == "integer" and isinstance(value, bool):
        return False
    return isinstance(value, _TYPES[word])
