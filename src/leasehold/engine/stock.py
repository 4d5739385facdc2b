"""What each cloud offers, remembered for a while, so that a lock costs no look-ups."""

import threading
import time
from collections.abc import Callable, Mapping
from typing import TypeVar

import structlog

from leasehold.engine.cloud import (
    Cloud,
    CloudError,
    CloudRefused,
    Offers,
    Refusal,
)
from leasehold.engine.errors import Impossible, NotOffered
from leasehold.engine.reason import Cause, Reason

log = structlog.get_logger()

FRESH = 600.0
"""Seconds for which offers are taken as they were; then they are asked for again beside the use."""

FIRST_RETRY, SLOWEST_RETRY = 1.0, 60.0
"""Seconds until a cloud that could not tell is asked again beside, doubling. A lock asks at once."""

T = TypeVar("T")


class Stock:
    """The offers of every cloud. Thread-safe."""

    def __init__(
        self, clouds: Mapping[str, Cloud], *, tick: Callable[[], float] = time.monotonic
    ) -> None:
        self._shelves = {name: _Shelf(cloud) for name, cloud in clouds.items()}
        self._tick = tick

    def warm(self) -> None:
        """Ask every cloud beside whatever goes on; a cloud that fails is asked when it is needed."""
        for name in self._shelves:
            self._ask_beside(name)

    def peek(self, cloud: str) -> Offers | None:
        """What is known, without asking; an old answer is renewed beside."""
        shelf = self._shelves[cloud]
        if shelf.offers is None or self._tick() - shelf.at > FRESH:
            self._ask_beside(cloud)
        return shelf.offers

    def trouble(self, cloud: str) -> Reason:
        """Why nothing is known of a cloud."""
        text = f"cloud {cloud} has yet to tell what it offers"
        return self._shelves[cloud].trouble or Reason(cause=Cause.CLOUD_BUSY, text=text)

    def use(self, cloud: str, choose: Callable[[Offers], T]) -> T:
        """What `choose` makes of the cloud's offers; asked anew if it does not find what it needs.

        Raises `NotOffered` if the newest offers lack it too, `Impossible` if the cloud cannot tell.
        """
        known = self._shelves[cloud].offers
        if known is not None:
            self.peek(cloud)
            try:
                return choose(known)
            except NotOffered:
                log.info("engine.offers_renewed", cloud=cloud)
        return choose(self._ask(cloud))

    def _ask(self, cloud: str) -> Offers:
        shelf = self._shelves[cloud]
        wanted_at = self._tick() if shelf.offers else 0.0  # the first answer under way will do
        with shelf.asking:
            if shelf.offers is not None and shelf.at >= wanted_at:
                return shelf.offers  # somebody asked while we waited for our turn
            began_at = self._tick()
            try:
                offers = shelf.cloud.offers()
            except CloudError as error:
                shelf.trouble = _reason(cloud, error)
                shelf.failures += 1
                pause = min(SLOWEST_RETRY, FIRST_RETRY * 2 ** min(shelf.failures - 1, 10))
                shelf.next_at = self._tick() + pause
                raise Impossible(shelf.trouble) from error
            shelf.offers, shelf.at, shelf.trouble, shelf.failures = offers, began_at, None, 0
            return offers

    def _ask_beside(self, cloud: str) -> None:
        """Ask in a thread of its own, unless one does or the cloud failed a moment ago."""
        shelf = self._shelves[cloud]
        if self._tick() < shelf.next_at or not shelf.beside.acquire(blocking=False):
            return

        def ask() -> None:
            try:
                self._ask(cloud)
            except Impossible as error:
                log.warning("engine.offers_failed", cloud=cloud, error=str(error))
            finally:
                shelf.beside.release()

        try:
            threading.Thread(target=ask, name="leasehold-offers", daemon=True).start()
        except RuntimeError:  # no thread to be had: the next look tries again
            shelf.beside.release()


class _Shelf:
    """What is known of one cloud."""

    def __init__(self, cloud: Cloud) -> None:
        self.cloud = cloud
        self.asking = threading.Lock()
        self.beside = threading.Lock()
        """Held while a thread asks beside; released by that thread."""
        self.offers: Offers | None = None
        self.at = 0.0
        self.trouble: Reason | None = None
        self.failures = 0
        self.next_at = 0.0
        """Not asked beside before then."""


def _reason(cloud: str, error: CloudError) -> Reason:
    denied = isinstance(error, CloudRefused) and error.why in (
        Refusal.CREDENTIALS,
        Refusal.FORBIDDEN,
    )
    return Reason(
        cause=Cause.CREDENTIALS if denied else Cause.CLOUD_BUSY,
        text=f"cloud {cloud}: {error.message}",
        request_id=error.request_id,
    )
