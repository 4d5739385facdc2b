"""The lab's history, handed from its threads to everybody who follows it over HTTP."""

import asyncio
import contextlib
from collections.abc import AsyncIterator, Callable

import structlog

from leasehold.lab.lab import Lab
from leasehold.lab.model import Event, LeaseId, NodeName
from leasehold.store import StoreError

_log = structlog.get_logger()

_PAGE = 500
_RECENT = 2000
"""Events kept here, so that followers who keep up cost no query of their own."""


class Feed:
    """One subscription to a lab for all followers; each waits on an event, nobody polls.

    Lives in one event loop: `open` it there, `close` it before the loop ends; then every `follow`
    ends too.
    """

    def __init__(self, lab: Lab) -> None:
        self._lab = lab
        self._recent: list[Event] = []
        self._last = 0
        """Id of the newest event that `_recent` could hold."""
        self._begin = 0
        """`_recent` holds every event after this id."""
        self._news = asyncio.Event()
        self._stirs = 0
        self._moved = asyncio.Event()
        """Set, and replaced by a new one, each time something happened."""
        self._closing = asyncio.Event()
        self._pump: asyncio.Task[None] | None = None
        self._unsubscribe: Callable[[], None] | None = None

    async def open(self) -> None:
        """Begin to listen. Events from before are read from the lab when a follower wants them."""
        loop = asyncio.get_running_loop()

        def wake() -> None:
            with contextlib.suppress(RuntimeError):  # the loop ended a moment ago: nobody listens
                loop.call_soon_threadsafe(self._news.set)

        self._unsubscribe = self._lab.subscribe(wake)
        self._last = self._begin = await asyncio.to_thread(self._newest)
        self._pump = asyncio.create_task(self._run(), name="feed")

    async def close(self) -> None:
        """End every `follow`, and stop listening."""
        self._closing.set()
        self._moved.set()
        self._news.set()
        if self._unsubscribe is not None:
            self._unsubscribe()
            self._unsubscribe = None
        if self._pump is not None:
            await self._pump

    @property
    def closed(self) -> bool:
        return self._closing.is_set()

    @property
    def last(self) -> int:
        """Id of the newest event known here."""
        return self._last

    @property
    def stirs(self) -> int:
        """Grows with each change that is told by `stir`."""
        return self._stirs

    def stir(self) -> None:
        """Something beside the lab changed, which may have written history or not. In the loop."""
        self._stirs += 1
        self._news.set()
        self._ring()

    async def moved(self, after: int, timeout: float) -> bool:
        """Wait for an event newer than `after`, or a stir. False: none within `timeout` seconds."""
        moved = self._moved
        if self._last > after or self.closed:
            return True
        try:
            await asyncio.wait_for(moved.wait(), timeout)
        except TimeoutError:
            return False
        return True

    async def closing(self, timeout: float) -> None:
        """Wait `timeout` seconds, or less if the feed is closed."""
        with contextlib.suppress(TimeoutError):
            await asyncio.wait_for(self._closing.wait(), timeout)

    async def follow(
        self,
        *,
        after: int,
        lease: LeaseId | None = None,
        node: NodeName | None = None,
        heartbeat: float = 15.0,
    ) -> AsyncIterator[list[Event]]:
        """Yield events after id `after` as they come, in order and none twice.

        Yields an empty list after `heartbeat` seconds without any, so that a connection can prove
        that it lives. Ends when the feed is closed.
        """
        while not self.closed:
            moved = self._moved
            events, after = await self._after(after, lease, node)
            if events:
                yield events
                continue
            try:
                await asyncio.wait_for(moved.wait(), heartbeat)
            except TimeoutError:
                yield []

    async def _after(
        self, after: int, lease: LeaseId | None, node: NodeName | None
    ) -> tuple[list[Event], int]:
        """The next matching events, and the id up to which everything has been looked at."""
        if after >= self._begin:
            last = self._last
            found = [
                event
                for event in self._recent
                if event.id > after
                and (lease is None or event.lease == lease)
                and (node is None or event.node == node)
            ]
            return found, max(after, last)
        begin = self._begin
        events = await asyncio.to_thread(
            self._lab.events, after=after, lease=lease, node=node, limit=_PAGE
        )
        if len(events) == _PAGE:
            return events, events[-1].id
        return events, max(begin, events[-1].id if events else 0)

    async def _run(self) -> None:
        while not self.closed:
            await self._news.wait()
            self._news.clear()
            try:
                while not self.closed and await self._read():
                    pass
            except StoreError as error:
                _log.warning("feed.store_failed", error=str(error))
            except Exception:  # noqa: BLE001 - whatever it was, the next event is another chance
                _log.exception("events could not be read")

    async def _read(self) -> bool:
        """Take in one page of news; True if there may be more."""
        events = await asyncio.to_thread(self._lab.events, after=self._last, limit=_PAGE)
        if not events:
            return False
        self._recent.extend(events)
        self._last = events[-1].id
        if len(self._recent) > 2 * _RECENT:
            del self._recent[:-_RECENT]
            self._begin = self._recent[0].id - 1
        self._ring()
        return len(events) == _PAGE

    def _ring(self) -> None:
        moved, self._moved = self._moved, asyncio.Event()
        moved.set()

    def _newest(self) -> int:
        newest = self._lab.events(newest=True, limit=1)
        return newest[0].id if newest else 0


@contextlib.asynccontextmanager
async def opened(feed: Feed) -> AsyncIterator[Feed]:
    """Keep a feed open for the duration of a block."""
    await feed.open()
    try:
        yield feed
    finally:
        await feed.close()
