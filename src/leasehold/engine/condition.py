"""How a cloud is at the moment: its quota, our budget of calls, and what it said no to lately."""

from datetime import datetime

import msgspec

from leasehold.engine.decide import moment
from leasehold.engine.quota import NAMES, NOTHING, Use
from leasehold.engine.reason import Reason
from leasehold.engine.watch import Fault, Watch


class Quota(msgspec.Struct, frozen=True, kw_only=True):
    """One quota of a project, in its own unit."""

    name: str
    """``servers``, ``cores``, ``ram_mib``, ``volume_gib`` ..."""
    ours: int
    """What our objects count, orders under way included."""
    foreign: int
    """What others in the project used when the quota was asked for."""
    total: int | None
    """None: unlimited."""


class Condition(msgspec.Struct, frozen=True, kw_only=True):
    """A cloud, or a name server, as it is now."""

    name: str
    calls_per_second: float
    """The API budget: what it gets again each second."""
    burst: int
    allowance: int
    """How many calls that make or delete may leave now."""
    in_flight: int
    """Calls that make or delete, under way."""
    next_call_at: datetime | None
    """When the next one may leave; None: not before one under way ends."""
    quotas: tuple[Quota, ...]
    """Empty until they were asked for, which is when something is to be made."""
    quotas_at: datetime | None
    listed_at: datetime | None
    """When the oldest of the newest complete listings began; None: not everything was listed yet."""
    foreign: int
    stray: int
    trouble: Reason | None
    """Why there is no news at the moment."""
    faults: tuple[Fault, ...]
    """The latest calls that failed, the newest first, since the service was started."""


def condition(watch: Watch, ours: Use, now: float) -> Condition:
    """Put together what is known of a cloud. In the engine's thread."""
    seen = watch.survey()
    next_call_at = watch.next_call_at(now)
    return Condition(
        name=watch.name,
        calls_per_second=watch.pace.calls_per_second,
        burst=watch.pace.burst,
        allowance=max(0, watch.allowance(now)),
        in_flight=len(watch.in_flight),
        next_call_at=None if next_call_at is None else moment(next_call_at),
        quotas=_quotas(watch, ours),
        quotas_at=moment(watch.limits_at) if watch.snapshot and watch.limits_at else None,
        listed_at=moment(seen.began_at) if seen else None,
        foreign=seen.foreign if seen else 0,
        stray=len(seen.strays) if seen else 0,
        trouble=watch.trouble,
        faults=tuple(reversed(watch.faults)),
    )


def _quotas(watch: Watch, ours: Use) -> tuple[Quota, ...]:
    snapshot = watch.snapshot
    if snapshot is None:
        return ()
    counted = snapshot.ours or NOTHING
    found = []
    for name in NAMES:
        limit = getattr(snapshot.limits, name)
        foreign = max(0, limit.used - getattr(counted, name))
        found.append(Quota(name=name, ours=getattr(ours, name), foreign=foreign, total=limit.total))
    return tuple(found)
