"""Threads for calls into the lab, which answer in milliseconds or, some, in minutes."""

import asyncio
import threading
from collections.abc import AsyncIterator, Callable
from concurrent.futures import ThreadPoolExecutor
from contextlib import asynccontextmanager, suppress
from typing import TypeVar

T = TypeVar("T")

_AT_ONCE = 32
"""Calls that may wait for one commit together; asyncio's own measure is six on two cores."""


@asynccontextmanager
async def call_threads() -> AsyncIterator[None]:
    """Give the running loop enough threads for `asyncio.to_thread` and for synchronous routes."""
    executor = ThreadPoolExecutor(_AT_ONCE, thread_name_prefix="leasehold-http")
    asyncio.get_running_loop().set_default_executor(executor)
    yield


async def in_own_thread(work: Callable[[], T]) -> T:
    """Run a call that may take minutes, in a thread that the end of the service does not wait for."""
    loop = asyncio.get_running_loop()
    answered: asyncio.Future[T] = loop.create_future()

    def settle(outcome: T | None, error: Exception | None) -> None:
        if answered.done():  # the caller went away
            return
        if error is not None:
            answered.set_exception(error)
        else:
            answered.set_result(outcome)  # type: ignore[arg-type]  # None only where T is None

    def run() -> None:
        outcome, failure = None, None
        try:
            outcome = work()
        except Exception as error:  # noqa: BLE001 - it is raised where it is awaited
            failure = error
        with suppress(RuntimeError):  # the loop has ended meanwhile
            loop.call_soon_threadsafe(settle, outcome, failure)

    threading.Thread(target=run, name="leasehold-call", daemon=True).start()
    return await answered
