"""Health checks: which nodes to visit when, and what their failures amount to."""

from zlib import crc32

import msgspec

from leasehold.engine.cloud import ObjectId
from leasehold.engine.reason import Cause, Reason
from leasehold.lab.alarms import Alarms
from leasehold.lab.book import Hold
from leasehold.lab.config import MachineTypeConfig
from leasehold.lab.model import NodeName
from leasehold.lab.node_row import NodeRow
from leasehold.lab.prober import Checkup, Target
from leasehold.lab.progress import Progress

AGAIN = 60.0
"""Seconds at most from a check that failed to the next one."""


class Visit(msgspec.Struct, frozen=True, kw_only=True):
    """A node to check now and then."""

    target: Target
    every: float
    """Seconds from one check to the next while it is well."""
    attempts: int
    """How many checks in a row have to fail until it counts."""


def visit_of(
    node: NodeName, hold: Hold | None, row: NodeRow | None, how: Progress, config: MachineTypeConfig
) -> Visit | None:
    """How to check a node; None for one that has to prove itself first, or of which nobody cares.

    A fixed node is checked also while it is free, and whatever its host key: it may be installed
    anew at any time. One that a person marked down is left alone.
    """
    every = config.health_seconds
    ready = hold is not None and hold.ready_at is not None and hold.broken is None
    if config.kind == "cloud":
        host_key, address, watched = hold.host_key if hold else None, how.address, ready
        server = hold.server if hold else ObjectId("")
    else:
        free = hold is None and row is not None and (row.up or row.down_by_check)
        host_key, address, watched = None, (row and row.address) or node, ready or free
        server = ObjectId(node)
    if every is None or address is None or not watched:
        return None
    target = Target(
        node=node,
        server=server,
        address=address,
        port=config.ssh_port,
        user=config.ssh_user,
        proof="ssh",
        host_key=host_key,
    )
    return Visit(target=target, every=every, attempts=config.health_attempts)


class Diagnosis(msgspec.Struct, frozen=True, kw_only=True):
    """How a node is, by its checks."""

    node: NodeName
    reason: Reason | None
    """Why it is ill; None: it is well."""


class Health:
    """The nodes that are checked, and how each one fares. Guarded by the lab's lock."""

    def __init__(self) -> None:
        self._visits: dict[NodeName, Visit] = {}
        self._failures: dict[NodeName, int] = {}
        self._alarms = Alarms()

    def at(self, node: NodeName, visit: Visit | None, now: float) -> None:
        """Check a node from now on as `visit` says, or not at all."""
        known = self._visits.get(node)
        if visit is None:
            if known is not None:
                del self._visits[node]
                self._alarms.put(("health", node), None)
                self._failures.pop(node, None)
            return
        self._visits[node] = visit
        if known is None or known.target.server != visit.target.server:
            self._failures.pop(node, None)
            self._alarms.put(("health", node), now + visit.every * _phase(node))

    def due(self, now: float) -> list[Target]:
        """What to check now."""
        found = [self._visits[NodeName(node)] for _, node in self._alarms.due(now)]
        for visit in found:
            self._alarms.put(("health", visit.target.node), now + visit.every)
        return [visit.target for visit in found]

    def next_at(self) -> float | None:
        """When the next check is due."""
        return self._alarms.next_at()

    def heard(self, checkup: Checkup, now: float) -> Diagnosis | None:
        """What a check says of its node; None while it is too early to tell."""
        node = checkup.node
        visit = self._visits.get(node)
        if visit is None or visit.target.server != checkup.server:
            return None
        if checkup.reason is None:
            self._failures.pop(node, None)
            return Diagnosis(node=node, reason=None)
        failures = self._failures[node] = self._failures.get(node, 0) + 1
        self._alarms.put(("health", node), now + min(AGAIN, visit.every))
        if failures < visit.attempts:
            return None
        text = f"{visit.attempts} health checks in a row failed; last: {checkup.reason.text}"
        return Diagnosis(node=node, reason=Reason(cause=Cause.UNHEALTHY, text=text))


def _phase(node: NodeName) -> float:
    """Spreads the first checks of many nodes over the whole interval."""
    return crc32(node.encode()) / 2**32
