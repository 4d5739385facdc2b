"""What runs in a guest, seen from the emulator: requests to its init and their answers."""

import asyncio
import itertools
import os
import socket
from collections.abc import Callable, Sequence

import msgspec

from leasehold.emulator.guests import GuestFailed
from leasehold.emulator.guests.inside.messages import (
    Apply,
    AskKeys,
    Broken,
    Exited,
    InitReply,
    InitRequest,
    Keys,
    Ready,
    Run,
    Signal,
    Stage,
    Started,
    Ticket,
    encode,
    in_memory,
)
from leasehold.emulator.guests.link import Link

Ended = Callable[[int, int], None]
"""Takes exit status and, if it was killed, the signal's number."""

GUEST_GONE = 255
"""Exit status of programs whose guest ended under them; ssh's own for a lost connection."""


class Programs:
    """Speaks with one init for as long as that lives."""

    def __init__(self, end: socket.socket, lost: Callable[[], None]) -> None:
        self._tickets = itertools.count()
        self._ready: asyncio.Future[None] = asyncio.get_running_loop().create_future()
        self._keys: dict[Ticket, asyncio.Future[tuple[str, ...] | None]] = {}
        self._ended: dict[Ticket, Ended] = {}
        self._terminals: dict[Ticket, Callable[[int], None]] = {}
        self._tell_lost = lost
        self._over: str | None = None
        self._link = Link(end, self._receive, self._lost)

    async def ready(self) -> None:
        """Wait until the guest's place stands. Raises GuestFailed."""
        await self._ready

    async def keys(self, user: str) -> tuple[str, ...] | None:
        """Read the keys that may sign in as ``user`` now; None if there is no such account."""
        ticket = self.ticket()
        answer = self._keys[ticket] = asyncio.get_running_loop().create_future()
        try:
            self._link.send(encode(AskKeys(ticket=ticket, user=user)))
            lines: tuple[str, ...] | None = await answer
            return lines
        finally:
            self._keys.pop(ticket, None)

    async def apply(self, stage: Stage) -> int:
        """Take a stage of cloud-init; returns its exit status. Raises GuestFailed."""
        ticket = self.ticket()
        over: asyncio.Future[int] = asyncio.get_running_loop().create_future()

        def ended(status: int, killed_by: int) -> None:
            if not over.done():
                over.set_result(status or killed_by)

        self._ended[ticket] = ended
        self._link.send(encode(Apply(ticket=ticket)), (in_memory(stage),))
        status = await over
        if self._over is not None:
            raise GuestFailed(self._over)
        return status

    def start(self, run: Run, streams: Sequence[int], ended: Ended) -> None:
        """Start a program on three pipe ends, which are taken over. Raises OSError if too long."""
        self._ended[run.ticket] = ended
        self._send(run, streams)

    def start_in_terminal(self, run: Run, terminal: Callable[[int], None], ended: Ended) -> None:
        """Start a program in a terminal; ``terminal`` is given its master."""
        self._ended[run.ticket] = ended
        self._terminals[run.ticket] = terminal
        self._send(run, ())

    def signal(self, ticket: Ticket, name: str) -> None:
        """Send a signal by its name without SIG; unknown ones do nothing."""
        self._link.send(encode(Signal(ticket=ticket, name=name)))

    def ticket(self) -> Ticket:
        """Number a request. Raises GuestFailed when the guest has ended."""
        if self._over is not None:
            raise GuestFailed(self._over)
        return Ticket(next(self._tickets))

    def close(self) -> None:
        """Stop listening to the init; what waits is told that the guest is gone."""
        self._link.close()
        self._fail("The guest was stopped.")

    def _send(self, request: InitRequest, descriptors: Sequence[int]) -> None:
        try:
            self._link.send(encode(request), descriptors)
        except OSError:
            self._ended.pop(request.ticket, None)
            self._terminals.pop(request.ticket, None)
            raise

    def _receive(self, packet: bytes, descriptors: list[int]) -> None:
        reply = msgspec.json.decode(packet, type=InitReply)
        match reply:
            case Ready():
                if not self._ready.done():
                    self._ready.set_result(None)
            case Broken():
                self._fail(f"The guest's place cannot be built: {reply.reason}.")
            case Keys():
                answer = self._keys.get(reply.ticket)
                if answer is not None and not answer.done():
                    answer.set_result(reply.lines)
            case Started():
                terminal = self._terminals.pop(reply.ticket, None)
                if terminal is not None and descriptors:
                    terminal(descriptors.pop())
            case Exited():
                self._terminals.pop(reply.ticket, None)
                ended = self._ended.pop(reply.ticket, None)
                if ended is not None:
                    ended(reply.status, reply.killed_by)
        for descriptor in descriptors:
            os.close(descriptor)

    def _lost(self) -> None:
        self._fail("The guest's first process ended; its console may say why.")
        self._tell_lost()

    def _fail(self, reason: str) -> None:
        self._over = self._over or reason
        futures: list[asyncio.Future[None] | asyncio.Future[tuple[str, ...] | None]]
        futures = [self._ready, *self._keys.values()]
        for future in futures:
            if not future.done():
                future.set_exception(GuestFailed(reason))
                future.exception()  # whether anybody waits for it or not
        self._terminals.clear()
        while self._ended:
            self._ended.popitem()[1](GUEST_GONE, 0)
