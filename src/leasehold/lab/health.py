"""When to check which node again, and what its failures amount to. Pure, but for what it remembers."""

from zlib import crc32

import msgspec

from leasehold.engine.reason import Cause, Reason
from leasehold.lab.alarms import Alarms
from leasehold.lab.model import NodeName
from leasehold.lab.prober import Checkup, Target

AGAIN = 60.0
"""Seconds at most from a check that failed to the next one."""


class Visit(msgspec.Struct, frozen=True, kw_only=True):
    """A node to check now and then."""

    target: Target
    every: float
    """Seconds from one check to the next while it is well."""
    attempts: int
    """How many checks in a row have to fail until it counts."""


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
