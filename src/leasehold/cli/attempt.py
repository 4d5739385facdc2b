"""One attempt to lock nodes: asked for safely, followed, and given back if it is broken off."""

import sys
import threading
from collections.abc import Callable

import msgspec

from leasehold.cli.client import Client, Refused
from leasehold.cli.exits import Exit, Unreachable
from leasehold.lab.model import Lease, LeaseState, Wish

ENDED = frozenset({LeaseState.RELEASED, LeaseState.EXPIRED, LeaseState.FAILED})
_PAUSE = 1.0
_TRIES = 5
_HURRY = 5.0
"""Seconds for a call after Ctrl-C."""


class Attempt:
    """A wish with a key of its own, so that it can be asked again without locking twice."""

    def __init__(self, client: Client, wish: Wish) -> None:
        assert wish.key
        self._client = client
        self._wish = wish
        self._sent = False
        """The wish may have arrived, whether or not its answer did."""
        self.lease: Lease | None = None

    def ask(self) -> Lease:
        """Send the wish until an answer arrives.

        Retried: a reply that was lost after the service had been reached, 5 times, 1 s apart; the
        key makes that safe. Not retried: a service that was never reached, and a refusal.
        """
        reached = False
        for left in reversed(range(_TRIES)):
            try:
                return self._send()
            except Unreachable as error:
                reached = self._sent = reached or error.reached
                if left == 0 or not reached:
                    raise
                threading.Event().wait(_PAUSE)
            except Refused:
                self._sent = False
                raise
        raise AssertionError("the last try returns or raises")

    def follow(self, show: Callable[[Lease], None]) -> Lease:
        """Wait until the lease is ready or has ended, and show each change on the way.

        A service that stops answering is tried again every second, for as long as the caller has
        patience: the lease waits there. Only `KeyboardInterrupt` and a refusal end this early.
        """
        assert self.lease is not None
        lost = False
        while True:
            try:
                for _ in self._client.follow(lease=self.lease.id):
                    self.lease = self._client.get(Lease, f"/leases/{self.lease.id}")
                    lost = False
                    show(self.lease)
                    if self.lease.state is LeaseState.READY or self.lease.state in ENDED:
                        return self.lease
            except Unreachable as error:
                if not lost:
                    _say(f"{error} Trying again; {self.lease.id} waits there.")
                lost = True
            threading.Event().wait(_PAUSE)

    def give_back(self) -> Exit:
        """Leave nothing locked that the person does not know of.

        Called after Ctrl-C, also when the wish had been sent and its answer not yet come: then the
        same wish is sent again to learn its lease. A second Ctrl-C ends this with a hint.
        """
        if not self._sent:
            _say("interrupted; nothing was locked")
            return Exit.INTERRUPTED
        self._client.timeout = _HURRY
        try:
            lease = self.lease or self._send()
            self._client.delete(Lease, f"/leases/{lease.id}")
        except Refused as no:
            _say(f"interrupted; nothing is locked ({no})")
        except Unreachable as error:
            _say(f"interrupted; {error}\n{self._hint()}")
        except KeyboardInterrupt:
            _say(f"stopped at once\n{self._hint()}")
        else:
            _say(f"interrupted; {lease.id} was given back, nothing is locked")
        return Exit.INTERRUPTED

    def warn(self) -> None:
        """Say what may still be locked, before an error ends the command."""
        if self._sent:
            _say(self._hint())

    def _send(self) -> Lease:
        self._sent = True
        body = msgspec.structs.replace(self._wish, key=None)
        self.lease = self._client.post(Lease, "/leases", body, key=self._wish.key)
        return self.lease

    def _hint(self) -> str:
        if self.lease is None:
            return (
                "The service may hold nodes for you. `leasehold leases --mine` shows it, and"
                " `leasehold unlock --lease ID` frees them."
            )
        return (
            f"Lease {self.lease.id} may still hold nodes. This frees them:"
            f"\n    leasehold unlock --lease {self.lease.id}"
        )


def _say(message: str) -> None:
    print(f"leasehold: {message}", file=sys.stderr)
