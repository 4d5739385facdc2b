"""The filters of a list of nodes, as paddles names them in its query string."""

from collections.abc import Mapping

import msgspec

from leasehold.paddles.web import Refused

_TRUE = frozenset({"1", "true"})
_FALSE = frozenset({"0", "false"})


class Filter(msgspec.Struct, frozen=True, kw_only=True):
    """Which nodes to list. None: it does not matter."""

    locked: bool | None = None
    up: bool | None = None
    machine_types: frozenset[str] | None = None
    os_type: str | None = None
    os_version: str | None = None
    locked_by: str | None = None
    count: int | None = None


def read_filter(parameters: Mapping[str, str]) -> Filter:
    """Read the filters; as in paddles, one that is empty or unknown filters nothing.

    Raises `Refused` for a value that is none of the allowed ones.
    """
    types = parameters.get("machine_type")
    return Filter(
        locked=_flag(parameters, "locked"),
        up=_flag(parameters, "up"),
        machine_types=frozenset(types.split("|")) if types else None,
        os_type=parameters.get("os_type") or None,
        os_version=parameters.get("os_version") or None,
        locked_by=parameters.get("locked_by") or None,
        count=_number(parameters, "count", "count must be an integer"),
    )


def read_since_days(parameters: Mapping[str, str]) -> int:
    """How many days job statistics shall cover. Raises `Refused`."""
    wrong = "since_days must be a positive integer"
    days = _number(parameters, "since_days", wrong)
    if days == 0:
        raise Refused(400, wrong)
    return 14 if days is None else days


def _flag(parameters: Mapping[str, str], name: str) -> bool | None:
    value = parameters.get(name, "").lower()
    if value in _TRUE:
        return True
    if value in _FALSE:
        return False
    if value:
        raise Refused(400, f"{name} must be 1, 0, true or false; got: {value[:60]}")
    return None


def _number(parameters: Mapping[str, str], name: str, wrong: str) -> int | None:
    value = parameters.get(name)
    if value is None:
        return None
    if not (value.isascii() and value.isdigit() and len(value) < 10):
        raise Refused(400, wrong)
    return int(value)
