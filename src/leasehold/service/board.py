"""What the page shows: one reading of the lab for all who look, handed on as changed rows."""

import asyncio
from collections.abc import AsyncIterator, Mapping, Sequence

import msgspec

from leasehold.lab.lab import Lab
from leasehold.lab.model import Event, Lease, LeaseId, MachineType, Node, NodeName
from leasehold.service.feed import Feed
from leasehold.service.rows import Rows
from leasehold.service.streams import HEARTBEAT, sse

_PAUSE = 0.5
"""Seconds between two readings: a page need not show what lasted less."""
_HEARTBEAT = 15.0
_EVENTS = 50


class Snapshot(msgspec.Struct, frozen=True, kw_only=True):
    """The lab at one moment, named by the newest event it holds."""

    at: int
    nodes: Mapping[NodeName, Node]
    leases: Mapping[LeaseId, Lease]
    machine_types: Sequence[MachineType]
    events: Sequence[Event]
    """The newest ones, oldest first."""


_NOTHING = Snapshot(at=0, nodes={}, leases={}, machine_types=(), events=())


class Changes(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True):
    """What a page has to do to show a later snapshot: HTML by element id, ready to be put in."""

    whole: bool = False
    """Everything follows; what the page shows now is to be forgotten."""
    nodes: dict[str, str] = {}
    leases: dict[str, str] = {}
    gone: tuple[str, ...] = ()
    events: tuple[str, ...] = ()
    summary: str | None = None


class Board:
    """Snapshots of a lab for the page, made only while somebody looks."""

    def __init__(self, lab: Lab, feed: Feed, rows: Rows) -> None:
        self._lab = lab
        self._feed = feed
        self._rows = rows
        self._reading = asyncio.Lock()
        self._snapshot: Snapshot | None = None

    async def snapshot(self) -> Snapshot:
        """Read the lab, unless nothing has happened since the last reading."""
        async with self._reading:
            known = self._snapshot
            if known is None or known.at < self._feed.last:
                known = self._snapshot = await asyncio.to_thread(self._read, self._feed.last)
            return known

    async def watch(self, at: int) -> AsyncIterator[bytes]:
        """Yield server-sent events that bring a page from snapshot `at` to now and keep it there.

        A page whose snapshot is no longer known here gets everything once.
        """
        seen = self._snapshot
        if seen is None or seen.at != at:
            seen = _NOTHING
        yield HEARTBEAT
        while not self._feed.closed:
            now = await self.snapshot()
            if now is not seen:
                changes = await asyncio.to_thread(self._changes, seen, now)
                yield sse(msgspec.json.encode(changes), number=now.at)
                seen = now
                await self._feed.closing(_PAUSE)
            elif not await self._feed.moved(now.at, _HEARTBEAT):
                yield HEARTBEAT

    def _read(self, at: int) -> Snapshot:
        return Snapshot(
            at=at,
            nodes={node.name: node for node in self._lab.nodes()},
            leases={lease.id: lease for lease in self._lab.leases()},
            machine_types=self._lab.machine_types(),
            events=[e for e in self._lab.events(newest=True, limit=_EVENTS) if e.id <= at],
        )

    def _changes(self, seen: Snapshot, now: Snapshot) -> Changes:
        rows = self._rows
        return Changes(
            whole=seen is _NOTHING,
            nodes={
                rows.id_of(node): rows.node(node)
                for name, node in now.nodes.items()
                if seen.nodes.get(name) != node
            },
            leases={
                rows.id_of(lease): rows.lease(lease)
                for key, lease in now.leases.items()
                if seen.leases.get(key) != lease
            },
            gone=tuple(rows.id_of(seen.leases[key]) for key in seen.leases.keys() - now.leases)
            + tuple(rows.id_of(seen.nodes[name]) for name in seen.nodes.keys() - now.nodes),
            events=tuple(rows.event(event) for event in now.events if event.id > seen.at),
            summary=rows.summary(now.machine_types)
            if now.machine_types != seen.machine_types
            else None,
        )
