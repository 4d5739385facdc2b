"""Between Twisted's reactor and threads: what takes time never runs in the reactor's."""

import threading
from collections.abc import Callable
from concurrent.futures import Future
from typing import Any, TypeVar

from twisted.internet.defer import Deferred
from twisted.python import log
from twisted.python.failure import Failure

T = TypeVar("T")


def deferred(reactor: Any, future: "Future[T]") -> "Deferred[T]":
    """A Deferred of what a future brings; when cancelled, it does not wait for it any more."""
    found: Deferred[T] = Deferred()

    def fire() -> None:
        if found.called:
            return
        error = future.exception()
        if error is None:
            found.callback(future.result())
        else:
            found.errback(failed(error))

    future.add_done_callback(lambda _: reactor.callFromThread(fire))
    return found


def in_thread(reactor: Any, work: Callable[[], T]) -> "Deferred[T]":
    """Run `work` in a thread of its own.

    Not in the reactor's pool: that has ten places, which DNS and the loading of configurations need
    too, and it is waited for at the end, also for a cloud that hangs.
    """
    future: Future[T] = Future()

    def run() -> None:
        try:
            future.set_result(work())
        except BaseException as error:  # noqa: BLE001 - it goes to whoever waits
            future.set_exception(error)

    threading.Thread(target=run, name="leasehold-buildbot", daemon=True).start()
    return deferred(reactor, future)


def failed(error: BaseException) -> Failure:
    """An error as Deferreds carry it."""
    return Failure(error)  # type: ignore[no-untyped-call]  # Twisted's has no types


def note(failure: Failure, doing: str) -> None:
    """Write a failure to the log."""
    log.err(failure, doing)  # type: ignore[no-untyped-call]  # Twisted's has no types


def logged(started: "Deferred[Any]", doing: str) -> "Deferred[Any]":
    """The same, whose failure is written to the log and ends there."""

    return started.addErrback(lambda failure: note(failure, doing))
