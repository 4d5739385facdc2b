"""What the page shows: one reading of the lab for all who look, and news of newer ones."""

import asyncio
import time
from collections.abc import AsyncIterator, Mapping, Sequence

import msgspec

from leasehold.lab.lab import Lab
from leasehold.lab.model import Lease, LeaseId, MachineType, Node, NodeName
from leasehold.service.feed import Feed
from leasehold.service.streams import HEARTBEAT, sse

_PAUSE = 1.0
"""Seconds between two pieces of news to a page: it need not show what lasted less."""
_SHARE = 0.1
"""Of the time at most, a lab that changes all the time is read anew for its pages."""
_HEARTBEAT = 15.0


class Snapshot(msgspec.Struct, frozen=True, kw_only=True):
    """The lab at one moment, named by the newest event it holds."""

    at: int
    nodes: Mapping[NodeName, Node]
    leases: Mapping[LeaseId, Lease]
    machine_types: Sequence[MachineType]


class Board:
    """Snapshots of a lab for the page, made only while somebody looks."""

    def __init__(self, lab: Lab, feed: Feed) -> None:
        self._lab = lab
        self._feed = feed
        self._reading = asyncio.Lock()
        self._snapshot: Snapshot | None = None
        self._rest_until = 0.0

    async def snapshot(self) -> Snapshot:
        """Read the lab, unless nothing has happened since the last reading, or it was a moment ago."""
        async with self._reading:
            known = self._snapshot
            if known is None or (known.at < self._feed.last and self._rest() <= 0):
                began = time.monotonic()
                known = self._snapshot = await asyncio.to_thread(self._read, self._feed.last)
                ended = time.monotonic()
                self._rest_until = ended + (ended - began) * (1 / _SHARE - 1)
            return known

    def forget(self) -> None:
        """Have the lab read anew, for somebody who has just changed something. From any thread."""
        self._snapshot = None

    async def watch(self, at: int) -> AsyncIterator[bytes]:
        """Yield a server-sent event ``moved`` whenever there is something newer to be seen than `at`.

        `at` is what the page shows, so that one which comes back to a service that was started again
        hears at once whether it missed anything.
        """
        yield HEARTBEAT
        stirs = self._feed.stirs
        while not self._feed.closed:
            if self._feed.last != at or self._feed.stirs != stirs:
                await self._feed.closing(self._rest())
                stirs = self._feed.stirs
                at = (await self.snapshot()).at
                yield sse(b"", number=at, event="moved")
                await self._feed.closing(_PAUSE)
            elif not await self._feed.moved(at, _HEARTBEAT):
                yield HEARTBEAT

    def _rest(self) -> float:
        """Seconds until the lab may be read again."""
        return max(0.0, self._rest_until - time.monotonic())

    def _read(self, at: int) -> Snapshot:
        return Snapshot(
            at=at,
            nodes={node.name: node for node in self._lab.nodes()},
            leases={lease.id: lease for lease in self._lab.leases()},
            machine_types=self._lab.machine_types(),
        )
