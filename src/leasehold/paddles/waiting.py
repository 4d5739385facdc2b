"""Waiting in the event loop: for the ledger, and for what the lab makes of a lease."""

import asyncio
import contextlib
from collections.abc import Callable, Iterator
from concurrent.futures import Future

from leasehold.lab.lab import Lab
from leasehold.lab.leasing import GRACE_OF_A_COMMIT
from leasehold.store import StoreFailed


async def kept(durable: "Future[None] | None") -> None:
    """Wait until a change is durable. Raises `StoreFailed` if it was lost, or is not kept in time."""
    if durable is None:
        return
    waiting = asyncio.wrap_future(durable)
    try:
        async with asyncio.timeout(GRACE_OF_A_COMMIT):
            await asyncio.shield(waiting)  # a write whose caller went away is written all the same
    except TimeoutError:
        raise StoreFailed(
            f"the ledger took longer than {GRACE_OF_A_COMMIT:.0f} s to write, and may still do it;"
            " look at what you hold before you try again"
        ) from None


class Waiting:
    """One subscription to a lab for all who wait; each looks for itself whether its time has come."""

    def __init__(self, lab: Lab) -> None:
        self._lab = lab
        self._moved = asyncio.Event()
        """Set, and replaced by a new one, each time something happened."""
        self._count = 0
        self._unsubscribe: Callable[[], None] = lambda: None

    async def until(self, done: Callable[[], bool], timeout: float) -> None:
        """Wait until `done` says so, for `timeout` seconds at most. It is asked in the event loop."""
        with self._subscribed(), contextlib.suppress(TimeoutError):
            async with asyncio.timeout(timeout):
                while True:
                    moved = self._moved
                    if done():
                        return
                    await moved.wait()

    def stir(self) -> None:
        """Have everybody look again. Call it in the event loop."""
        moved, self._moved = self._moved, asyncio.Event()
        moved.set()

    @contextlib.contextmanager
    def _subscribed(self) -> Iterator[None]:
        if self._count == 0:
            loop = asyncio.get_running_loop()

            def wake() -> None:
                with contextlib.suppress(RuntimeError):  # the loop ended a moment ago
                    loop.call_soon_threadsafe(self.stir)

            self._unsubscribe = self._lab.subscribe(wake)
        self._count += 1
        try:
            yield
        finally:
            self._count -= 1
            if self._count == 0:
                self._unsubscribe()
