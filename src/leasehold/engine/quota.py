"""Whether the project's quota has room for an object. Pure.

Limits are a snapshot: what others used then counts as theirs from then on, what is ours is counted
from the ledger, so that no call is sent only to be refused.
"""

from collections.abc import Iterator

import msgspec

from leasehold.engine.cloud import (
    FloatingIpSpec,
    Limits,
    PortSpec,
    ServerSpec,
    Spec,
    VolumeSpec,
)
from leasehold.engine.reason import Cause, Reason


class Use(msgspec.Struct, frozen=True, kw_only=True):
    """Amounts of what quotas count; the fields are those of `Limits`."""

    servers: int = 0
    cores: int = 0
    ram_mib: int = 0
    ports: int = 0
    floating_ips: int = 0
    volumes: int = 0
    volume_gib: int = 0

    def __add__(self, other: "Use") -> "Use":
        return Use(**{name: a + b for name, a, b in _pairs(self, other)})

    def __sub__(self, other: "Use") -> "Use":
        return Use(**{name: a - b for name, a, b in _pairs(self, other)})


def _pairs(one: Use, other: Use) -> Iterator[tuple[str, int, int]]:
    for name in Use.__struct_fields__:
        yield name, getattr(one, name), getattr(other, name)


NOTHING = Use()


def use_of(spec: Spec) -> Use:
    """What one object counts."""
    match spec:
        case ServerSpec(cores=cores, ram_mib=ram):
            return Use(servers=1, cores=cores, ram_mib=ram)
        case PortSpec():
            return Use(ports=1)
        case FloatingIpSpec():
            return Use(floating_ips=1)
        case VolumeSpec(size_gib=size):
            return Use(volumes=1, volume_gib=size)
        case _:
            return NOTHING


class Snapshot(msgspec.Struct, frozen=True, kw_only=True):
    """The cloud's limits, and what of the use in them was ours."""

    limits: Limits
    ours: Use


def shortage(snapshot: Snapshot, ours: Use, wish: Use) -> Reason | None:
    """Why `wish` does not fit beside `ours`; None if it does.

    QUOTA: it never will under these limits. QUOTA_FULL: it will when something is given back.
    """
    for name, amount, held in _pairs(wish, ours):
        limit = getattr(snapshot.limits, name)
        if not amount or limit.total is None:
            continue
        what = name.replace("_", " ")
        if amount > limit.total:
            text = f"the project's quota of {what} is {limit.total}; this needs {amount}"
            return Reason(cause=Cause.QUOTA, text=text, have=limit.total, want=amount)
        foreign = max(0, limit.used - getattr(snapshot.ours, name))
        room = max(0, limit.total - foreign - held)
        if amount > room:
            text = (
                f"{room} of {limit.total} {what} are free in the project's quota "
                f"({held} ours, {foreign} others'); this needs {amount}"
            )
            return Reason(cause=Cause.QUOTA_FULL, text=text, have=room, want=amount)
    return None
