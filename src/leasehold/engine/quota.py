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
        return Use(
            servers=self.servers + other.servers,
            cores=self.cores + other.cores,
            ram_mib=self.ram_mib + other.ram_mib,
            ports=self.ports + other.ports,
            floating_ips=self.floating_ips + other.floating_ips,
            volumes=self.volumes + other.volumes,
            volume_gib=self.volume_gib + other.volume_gib,
        )

    def __neg__(self) -> "Use":
        return Use(**{name: -getattr(self, name) for name in NAMES})

    def __mul__(self, number: int) -> "Use":
        return Use(**{name: number * getattr(self, name) for name in NAMES})

    def __sub__(self, other: "Use") -> "Use":
        return self + -other


NAMES = Use.__struct_fields__
NOTHING = Use()


def use_of(spec: Spec) -> Use:
    """What one object counts."""
    match spec:
        case ServerSpec(cores=cores, ram_mib=ram, block_devices=disks):
            made = [
                each.volume_size or 0
                for each in disks
                if each.destination_type == "volume" and each.source_type != "volume"
            ]
            return Use(servers=1, cores=cores, ram_mib=ram, volumes=len(made), volume_gib=sum(made))
        case PortSpec():
            return Use(ports=1)
        case FloatingIpSpec():
            return Use(floating_ips=1)
        case VolumeSpec(size_gib=size):
            return Use(volumes=1, volume_gib=size)
        case _:
            return NOTHING


class Snapshot(msgspec.Struct, frozen=True, kw_only=True):
    """Limits, and what of the use in them was ours."""

    limits: Limits
    ours: Use
    whose: str = "the project's quota"
    full: Cause = Cause.QUOTA_FULL
    """Why something waits that would fit if there was less."""


def shortage(snapshot: Snapshot, ours: Use, wish: Use) -> Reason | None:
    """Why `wish` does not fit beside `ours`, the first reason; None if it does."""
    return next(shortages(snapshot, ours, wish), None)


def shortages(snapshot: Snapshot, ours: Use, wish: Use) -> Iterator[Reason]:
    """Why `wish` does not fit beside `ours`: a reason for each amount that is short.

    QUOTA: it never will under these limits. `Snapshot.full`: it will when something is given back.
    """
    for name in NAMES:
        amount = getattr(wish, name)
        if not amount:
            continue
        limit = getattr(snapshot.limits, name)
        if limit.total is None:
            continue
        what = name.replace("_", " ")
        if amount > limit.total:
            text = f"{snapshot.whose} of {what} is {limit.total}; this needs {amount}"
            yield Reason(cause=Cause.QUOTA, text=text, have=limit.total, want=amount)
            continue
        foreign = max(0, limit.used - getattr(snapshot.ours, name))
        room = max(0, limit.total - foreign - getattr(ours, name))
        if amount > room:
            # No count of ours: it moves all the time, and each new text is a line of history.
            text = (
                f"{room} of {limit.total} {what} are free in {snapshot.whose} "
                f"(others use {foreign}); this needs {amount}"
            )
            yield Reason(cause=snapshot.full, text=text, have=room, want=amount)
