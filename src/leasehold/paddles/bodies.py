"""What clients of paddles write about nodes and locks, checked: JSON with paddles' names and limits."""

import math
from collections.abc import Mapping
from typing import Any

import msgspec
from msgspec import UNSET, UnsetType

from leasehold.lab.model import NodeName
from leasehold.lab.node_row import NodeChange
from leasehold.paddles.web import Refused

_TEXTS = {
    "description": 65536,
    "machine_type": 32,
    "arch": 16,
    "os_type": 32,
    "os_version": 16,
    "locked_by": 64,
    "mac_address": 17,
    "ssh_pub_key": 65536,
}
"""The texts of a node, and how many characters paddles' database keeps of each."""

UNTYPED = "untyped"
"""The machine type of a node that has none."""

_LONGEST_NAME = 256
_LOCK_MANY = ("count", "locked_by", "machine_type", "description")
_UNLOCK_MANY = ("names", "locked_by")
_OF_THE_LOCK = ("description", "locked_by")

Text = str | None | UnsetType


class LockChange(msgspec.Struct, frozen=True, kw_only=True):
    """What a request says about the lock of a node."""

    locked: bool | None = None
    """Lock or unlock; None: neither, only a look."""
    locked_by: Text = UNSET
    description: Text = UNSET


class NodeBody(msgspec.Struct, frozen=True, kw_only=True):
    """What a request says about a node: its lock, and all the rest."""

    lock: LockChange
    change: NodeChange


class LockMany(msgspec.Struct, frozen=True, kw_only=True):
    """A request to lock some nodes that are alike."""

    count: int
    locked_by: str
    machine_types: tuple[str, ...]
    description: str | None
    os_type: str | None
    os_version: str | None
    arch: str | None


class UnlockMany(msgspec.Struct, frozen=True, kw_only=True):
    names: tuple[NodeName, ...]
    locked_by: str


def node_body(fields: Mapping[str, Any]) -> NodeBody:
    """Read what may be set of a node; as in paddles, other keys are passed over.

    Raises `Refused` with the key, what was found and what is allowed.
    """
    texts = {name: _text(fields, name) for name in _TEXTS}
    lock = LockChange(
        locked=_flag(fields, "locked"),
        **{name: texts.pop(name) for name in _OF_THE_LOCK},
    )
    flags = {name: _flag(fields, name) for name in ("up", "is_vm")}
    given: dict[str, Any] = {name: flag for name, flag in flags.items() if flag is not None}
    given |= {name: text for name, text in texts.items() if text is not UNSET}
    if "machine_type" in given:
        given["machine_type"] = given["machine_type"] or UNTYPED
    if "vm_host" in fields:
        given["vm_host"] = _host(fields["vm_host"])
    return NodeBody(lock=lock, change=NodeChange(**given))


def new_name(fields: Mapping[str, Any]) -> NodeName:
    """The name of a node to be. Raises `Refused`."""
    name = fields.get("name")
    if not name:
        raise Refused(400, "could not find required key: 'name'")
    return _name(name, "name")


def lock_many(fields: Mapping[str, Any]) -> LockMany:
    """Raises `Refused` in paddles' words where it has some."""
    _demand(fields, _LOCK_MANY)
    count = _count(fields["count"])
    if count < 1:
        raise Refused(400, "cannot lock less than 1 node")
    types = _plain(fields, "machine_type", longest=4096)
    if not types:
        raise Refused(400, "must specify machine_type")
    locked_by = _plain(fields, "locked_by")
    if not locked_by:
        raise Refused(400, "Cannot lock without specifying locked_by")
    return LockMany(
        count=count,
        locked_by=locked_by,
        machine_types=tuple(dict.fromkeys(each for each in types.split("|") if each)),
        description=_plain(fields, "description"),
        os_type=_plain(fields, "os_type") or None,
        os_version=_plain(fields, "os_version") or None,
        arch=_plain(fields, "arch") or None,
    )


def unlock_many(fields: Mapping[str, Any]) -> UnlockMany:
    """Raises `Refused`; a name that is given twice cannot be found twice, as in paddles."""
    if set(fields) != set(_UNLOCK_MANY):
        _complain(_UNLOCK_MANY)
    names = fields["names"]
    if not isinstance(names, list):
        raise Refused(400, f"'names' must be a list; got: {_kind(names)}")
    found = tuple(_name(name, "names") for name in names)
    if len(set(found)) != len(found):
        raise Refused(400, "Could not find all nodes! Some are named twice")
    locked_by = _plain(fields, "locked_by")
    if found and not locked_by:
        raise Refused(400, "Cannot unlock without specifying locked_by")
    return UnlockMany(names=found, locked_by=locked_by or "")


def _demand(fields: Mapping[str, Any], wanted: tuple[str, ...]) -> None:
    if not fields.keys() >= set(wanted):
        _complain(wanted)


def _complain(wanted: tuple[str, ...]) -> None:
    raise Refused(400, f"must pass these fields: {', '.join(wanted)}")


def _count(value: object) -> int:
    """A number of nodes: clients write 10 and 10.0."""
    whole = isinstance(value, float) and math.isfinite(value) and value == int(value)
    if isinstance(value, bool) or not (isinstance(value, int) or whole):
        raise Refused(400, f"count must be a whole number; got: {_show(value)}")
    return int(value)  # type: ignore[call-overload, no-any-return]  # it is one of the two


def _plain(fields: Mapping[str, Any], name: str, *, longest: int | None = None) -> str | None:
    text = _text(fields, name, longest=longest)
    return None if text is UNSET else text


def _text(fields: Mapping[str, Any], name: str, *, longest: int | None = None) -> Text:
    """A text or null; a number stands for its digits, as YAML makes one of 22.04."""
    if name not in fields:
        return UNSET
    value = fields[name]
    if isinstance(value, int | float) and not isinstance(value, bool):
        value = str(value)
    if value is None:
        return None
    if not isinstance(value, str):
        raise Refused(400, f"{name} must be a text or null; got: {_show(value)}")
    return _fitting(value, name, longest or _TEXTS[name])


def _name(value: object, key: str) -> NodeName:
    if not isinstance(value, str):
        raise Refused(400, f"{key} must be a text; got: {_show(value)}")
    if "/" in value:
        raise Refused(400, f"{key}: found {_show(value)}; allowed: a name without a slash")
    return NodeName(_fitting(value, key, _LONGEST_NAME))


def _fitting(value: str, name: str, longest: int) -> str:
    if len(value) > longest:
        raise Refused(400, f"{name} has {len(value)} characters; allowed: at most {longest}")
    if "\0" in value:
        raise Refused(400, f"{name} has a NUL character, which no database keeps")
    return value


def _flag(fields: Mapping[str, Any], name: str) -> bool | None:
    """True, false, or null for neither; 1 and 0 as well, for what Python calls equal."""
    value = fields.get(name)
    if value is None:
        return None
    if value not in (True, False) or not isinstance(value, bool | int | float):
        raise Refused(400, f"{name} must be true, false or null; got: {_show(value)}")
    return bool(value)


def _host(value: object) -> str | None:
    """The host of a virtual machine by name; whole, as in paddles' own answers, will do as well."""
    if isinstance(value, dict):
        value = value.get("name")
    return None if value is None or value == "" else _name(value, "vm_host")


def _show(value: object) -> str:
    text = msgspec.json.encode(value).decode()
    return text if len(text) <= 60 else f"{text[:57]}..."


def _kind(value: object) -> str:
    names = {dict: "an object", str: "a text", bool: "a truth value", type(None): "null"}
    return names.get(type(value), "a number")
