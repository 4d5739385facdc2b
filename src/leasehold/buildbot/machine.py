"""The seam between a worker and where its machines come from: a cloud, or a Leasehold service."""

from collections.abc import Callable
from typing import Protocol

import msgspec
from twisted.internet.defer import Deferred

from leasehold.buildbot.standing import Standing
from leasehold.buildbot.wish import Wish

Heard = Callable[[Standing], None]
"""Called in the reactor's thread whenever a machine's standing changes."""


class Order(msgspec.Struct, frozen=True, kw_only=True):
    """One start of one worker."""

    wish: Wish
    zone: str | None
    user_data: str | None
    """Rendered, with the worker's name and password."""
    machine_type: str = ""
    """What to lease from a service."""
    key: str
    """Unique; a service gives one lease for it, however often it is asked."""


class Machine(Protocol):
    """What one worker runs on, for one start of it."""

    @property
    def standing(self) -> Standing: ...

    @property
    def about(self) -> dict[str, str]:
        """What people like to know of it: cloud, image, flavor ..."""

    def peek(self) -> None:
        """Have it looked at soon; if it died, that is heard."""

    def give_back(self) -> "Deferred[None]":
        """Let it go; ends when that is durable. The machine itself is deleted afterwards, however
        long that takes. Never fails."""

    def console(self) -> "Deferred[str]":
        """The last lines of its console; empty where there is none to be had."""


class Source(Protocol):
    """Gives machines to the workers of one master."""

    def obtain(self, order: Order, heard: Heard) -> "Deferred[Machine]":
        """Ask for a machine; ends when that is durable, not when it runs.

        Raises `NotOffered` or `Impossible`, and then nothing was asked for. A Deferred that is
        cancelled leaves nothing behind.
        """

    def has_room(self, worker: str, tell: Callable[[], None]) -> bool:
        """Whether one more machine would fit into the limits; if not, `tell` is called when that
        may have changed."""

    def forget(self, worker: str) -> None:
        """The worker is no more, or is another source's: what it said of limits does not count."""
