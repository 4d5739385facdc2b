"""What a create or a JSON patch does to an image, and what it may not do."""

from typing import Any

import msgspec

from leasehold.emulator.caller import Caller
from leasehold.emulator.error_pages import Detailed
from leasehold.emulator.http import Fault
from leasehold.emulator.image.records import Image
from leasehold.emulator.image.schemas import IMAGE, READ_ONLY, check_image

V2_0 = "application/openstack-images-v2.0-json-patch"
V2_1 = "application/openstack-images-v2.1-json-patch"
_OPERATIONS = ("add", "remove", "replace")
_RESERVED = ("deleted", "deleted_at", "direct_url", "is_public", "locations", "location")
_WHILE_QUEUED = ("disk_format", "container_format")


class Change(msgspec.Struct, frozen=True, kw_only=True):
    """One operation of a patch. No value means that the property goes."""

    operation: str
    name: str
    value: Any = None


def fields_of(given: dict[str, Any], caller: Caller) -> dict[str, Any]:
    """The fields of a new `Image` from a create's body; raises Fault 400 or 403."""
    for name, value in given.items():
        check_image(name, value)
    for name in given:
        _refuse_reserved(name)
    check_visibility(given.get("visibility"), caller)
    owner = given.get("owner", caller.project_id)
    if owner != caller.project_id and not caller.admin:
        raise Detailed(403, f"You are not permitted to create images owned by '{owner}'")
    own = {name: given[name] for name in given if name in Image.__struct_fields__}
    own["tags"] = tuple(dict.fromkeys(given.get("tags", ())))
    properties = {name: given[name] for name in given if name not in IMAGE["properties"]}
    return {**own, "owner": owner, "properties": properties}


def changes_of(body: Any, media_type: str) -> list[Change]:
    """The operations of a patch; raises Fault 400."""
    if not isinstance(body, list):
        raise Fault(400, "Request body must be a JSON array of operation objects.")
    return [_change(item, media_type) for item in body]


def changed(image: Image, changes: list[Change], caller: Caller) -> Image:
    """The image with all changes made; raises Fault 400, 403 or 409."""
    for change in changes:
        image = _applied(image, change, caller)
    return image


def check_visibility(visibility: str | None, caller: Caller) -> None:
    if visibility == "public" and not caller.admin:
        raise forbidden("publicize_image")


def forbidden(action: str) -> Fault:
    """A policy's refusal, as Glance tells it."""
    return Fault(403, f"You are not authorized to complete {action} action.")


def _change(item: Any, media_type: str) -> Change:
    if not isinstance(item, dict):
        raise Fault(400, "Operations must be JSON objects.")
    if media_type == V2_0:
        operation = next((word for word in _OPERATIONS if word in item), None)
        path = item.get(operation)
    else:
        operation, path = item.get("op"), item.get("path")
    if operation not in _OPERATIONS:
        raise Fault(
            400,
            f"Invalid operation: `{operation}`. It must be one of the following: "
            f"{', '.join(_OPERATIONS)}.",
        )
    if not isinstance(path, str):
        raise Fault(400, "Unable to find 'path' in JSON Schema change")
    if operation != "remove" and "value" not in item:
        raise Fault(400, f'Operation "{operation}" requires a member named "value".')
    return Change(operation=operation, name=_pointed_at(path), value=item.get("value"))


def _pointed_at(path: str) -> str:
    """The property a JSON pointer names: Glance's reach one level deep only."""
    if not path.startswith("/"):
        raise Fault(400, f'Pointer `{path}` does not start with "/".')
    if "/" in path[1:] or len(path) == 1:
        raise Fault(400, f"Invalid JSON pointer for this resource: '{path}'")
    return path[1:].replace("~1", "/").replace("~0", "~")


def _applied(image: Image, change: Change, caller: Caller) -> Image:
    name = change.name
    if name == "id":
        raise _read_only(name)
    _refuse_reserved(name)
    base = name in IMAGE["properties"]
    if change.operation == "remove":
        if base:
            raise Detailed(403, f"Property {name} may not be removed.")
        _demand_property(image, name)
        kept = {key: value for key, value in image.properties.items() if key != name}
        return msgspec.structs.replace(image, properties=kept)
    check_image(name, change.value)
    if not base:
        if change.operation == "replace":
            _demand_property(image, name)
        return msgspec.structs.replace(image, properties={**image.properties, name: change.value})
    return _with_base_property(image, name, change.value, caller)


def _with_base_property(image: Image, name: str, value: Any, caller: Caller) -> Image:
    if name == "owner" and not caller.admin:
        raise Detailed(403, "Owner can't be updated by non admin.")
    if name in _WHILE_QUEUED and image.status != "queued":
        raise Fault(403, f"Attribute {name} can be only replaced for a queued image.")
    if name == "visibility":
        check_visibility(value, caller)
    if name == "tags":
        value = tuple(dict.fromkeys(value))
    return msgspec.structs.replace(image, **{name: value})


def _refuse_reserved(name: str) -> None:
    if name in READ_ONLY:
        raise _read_only(name)
    if name in _RESERVED:
        raise Detailed(403, f"Attribute '{name}' is reserved.")


def _read_only(name: str) -> Fault:
    return Fault(403, f"Attribute '{name}' is read-only.")


def _demand_property(image: Image, name: str) -> None:
    if name not in image.properties:
        raise Detailed(409, f"Property {name} does not exist.")
