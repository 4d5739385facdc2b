"""Quotas: how much of each thing a project may have, and has."""

from collections.abc import Mapping
from typing import TypeVar

import msgspec

from leasehold.openstack.errors import BadRequest

T = TypeVar("T")


class Quota(msgspec.Struct, frozen=True, kw_only=True):
    """One quota; a `limit` of -1 is unlimited. `reserved` is being made at this moment."""

    limit: int = -1
    used: int = 0
    reserved: int = 0

    @property
    def taken(self) -> int:
        """What counts against the limit: used and being made."""
        return self.used + self.reserved


class InUse(Quota, frozen=True, kw_only=True):
    """The same, as Nova and Cinder spell it."""

    used: int = msgspec.field(name="in_use", default=0)


def spelled(kind: type[msgspec.Struct], limits: Mapping[str, int]) -> dict[str, int]:
    """Spell new limits as the service does. Raises `BadRequest` for one that `kind` does not have."""
    names = {field.name: field.encode_name for field in msgspec.structs.fields(kind)}
    if unknown := sorted(limits.keys() - names.keys()):
        raise BadRequest(f"no quota {unknown[0]!r}; there are: {', '.join(sorted(names))}")
    return {names[name]: limit for name, limit in limits.items()}


def without_use(kind: type[T], limits: dict[str, int | str]) -> T:
    """Make quotas of their limits alone, as services told them that did not tell the use yet."""
    known = {name: {"limit": limit} for name, limit in limits.items() if isinstance(limit, int)}
    return msgspec.convert(known, kind)
