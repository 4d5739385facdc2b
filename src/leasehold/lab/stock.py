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
from leasehold.engine.reason import Cause, Reason
from leasehold.lab.errors import Impossible, NotOffered

log = structlog.get_logger()

FRESH = 300.0
"""Seconds for which offers are taken as they were; then they are asked for again beside the use."""

T = TypeVar("T")


class Stock:
    """The offers of every cloud. Thread-safe."""

    def __init__(
        self, clouds: Mapping[str, Cloud], *, tick: Callable[[], float] = time.monotonic
    ) -> None:
        self._clouds = clouds
        self._tick = tick
        self._known: dict[str, tuple[float, Offers]] = {}
        self._asking: dict[str, threading.Lock] = {name: threading.Lock() for name in clouds}

    def warm(self) -> None:
        """Ask every cloud beside whatever goes on; a cloud that fails is asked when it is needed."""
        for name in self._clouds:
            self._ask_beside(name)

    def peek(self, cloud: str) -> Offers | None:
        """What is known, without asking; an old answer is renewed beside."""
        known = self._known.get(cloud)
        if known is None or self._tick() - known[0] > FRESH:
            self._ask_beside(cloud)
        return known[1] if known else None

    def use(self, cloud: str, choose: Callable[[Offers], T]) -> T:
        """What `choose` makes of the cloud's offers; asked anew if it does not find what it needs.

        Raises `NotOffered` if the newest offers lack it too, `Impossible` if the cloud cannot tell.
        """
        known = self.peek(cloud)
        if known is not None:
            try:
                return choose(known)
            except NotOffered:
                log.info("lab.offers_renewed", cloud=cloud)
        return choose(self._ask(cloud))

    def _ask(self, cloud: str) -> Offers:
        began = self._tick()
        with self._asking[cloud]:
            known = self._known.get(cloud)
            if known is not None and known[0] >= began:
                return known[1]  # somebody asked while we waited for our turn
            try:
                offers = self._clouds[cloud].offers()
            except CloudError as error:
                raise Impossible(_reason(cloud, error)) from error
            self._known[cloud] = (self._tick(), offers)
            return offers

    def _ask_beside(self, cloud: str) -> None:
        if self._asking[cloud].locked():
            return

        def ask() -> None:
            try:
                self._ask(cloud)
            except Impossible as error:
                log.warning("lab.offers_failed", cloud=cloud, error=str(error))

        threading.Thread(target=ask, name="leasehold-offers", daemon=True).start()


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
