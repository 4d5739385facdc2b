"""The emulator's side of the keeper process: see `inside.keeper` for what that is."""

import asyncio
import itertools
import os
import socket
import subprocess
import sys
from collections.abc import Sequence
from pathlib import Path

import msgspec

from leasehold.emulator.guests import GuestFailed, Mode
from leasehold.emulator.guests.inside.messages import (
    Done,
    End,
    KeeperRequest,
    Open,
    Ticket,
    encode,
)
from leasehold.emulator.guests.link import Link, pair

_START = """
import sys
here, packages, *arguments = sys.argv[1:]
sys.path[:0], sys.path[len(sys.path):] = [here], [packages]
from inside.keeper import main
sys.path.remove(here), sys.path.remove(packages)
sys.exit(main(*arguments))
"""
"""Imports the package by a short name, so that the emulator's own modules stay out of it."""

_PASSED_ON = ("PATH", "LANG", "LC_ALL", "TZ")
"""Of the environment: guests must not inherit OS_PASSWORD and the like."""

_PROBE_TIMEOUT = 20.0


def command(*arguments: str) -> list[str]:
    """Write the command line of a keeper: no site, no user's settings, nothing but it."""
    here, packages = Path(__file__).parent, Path(msgspec.__file__).parents[1]
    return [sys.executable, "-I", "-S", "-c", _START, str(here), str(packages), *arguments]


def environment() -> dict[str, str]:
    """Choose what of our environment the keeper gets."""
    return {name: os.environ[name] for name in _PASSED_ON if name in os.environ}


def probe() -> str | None:
    """Build one container and take it down; None if that works, else the kernel's answer.

    Blocks for about 0.2 s, at most 20 s.
    """
    if sys.platform != "linux":
        return f"containers need Linux, and this is {sys.platform}"
    try:
        outcome = subprocess.run(
            command("probe"),
            env=environment(),
            stdin=subprocess.DEVNULL,
            capture_output=True,
            text=True,
            errors="replace",
            timeout=_PROBE_TIMEOUT,
            check=False,
        )
    except subprocess.TimeoutExpired:
        return f"building one took longer than {_PROBE_TIMEOUT:.0f} seconds"
    if outcome.returncode == 0:
        return None
    lines = outcome.stderr.strip().splitlines()
    return lines[-1] if lines else f"the trial ended with status {outcome.returncode}"


class Keeper:
    """A running keeper. Requests are answered in any order; its end fails them all."""

    def __init__(self, mode: Mode, directory: Path | None) -> None:
        ours, theirs = pair()
        self._errors = os.memfd_create("keeper-errors", os.MFD_CLOEXEC)
        try:
            self._process = subprocess.Popen(
                command(mode, *([str(directory)] if directory else [])),
                stdin=theirs.fileno(),
                stdout=subprocess.DEVNULL,
                stderr=self._errors,
                env=environment(),
                start_new_session=True,  # Ctrl-C is for the emulator, which ends guests in order
            )
        except OSError:
            ours.close()
            os.close(self._errors)
            raise
        finally:
            theirs.close()
        self._tickets = itertools.count()
        self._asked: dict[Ticket, asyncio.Future[None]] = {}
        self._link = Link(ours, self._receive, self._lost)
        self._over: str | None = None

    async def open(self, guest: str, hostname: str, control: socket.socket, console: int) -> None:
        """Fork a guest's init. Takes ``control`` and ``console`` over. Raises GuestFailed."""
        request = Open(ticket=self._ticket(), guest=guest, hostname=hostname)
        await self._ask(request, (control.detach(), console))

    async def end(self, guest: str, *, forget: bool) -> None:
        """End a guest's init and all below it; returns when they are gone."""
        await self._ask(End(ticket=self._ticket(), guest=guest, forget=forget))

    async def close(self) -> None:
        """End the keeper, and with it every guest; returns when no process is left."""
        self._link.close()
        self._fail_all("The guests of this emulator were closed.")
        await _ended(self._process)
        os.close(self._errors)

    def _ticket(self) -> Ticket:
        return Ticket(next(self._tickets))

    async def _ask(self, request: KeeperRequest, descriptors: Sequence[int] = ()) -> None:
        if self._over is not None:
            for descriptor in descriptors:
                os.close(descriptor)
            raise GuestFailed(self._over)
        answer: asyncio.Future[None] = asyncio.get_running_loop().create_future()
        self._asked[request.ticket] = answer
        try:
            self._link.send(encode(request), descriptors)
            await answer
        finally:
            self._asked.pop(request.ticket, None)

    def _receive(self, packet: bytes, descriptors: list[int]) -> None:
        del descriptors  # it sends none
        done = msgspec.json.decode(packet, type=Done)
        answer = self._asked.get(done.ticket)
        if answer is None or answer.done():
            return
        if done.failure is None:
            answer.set_result(None)
        else:
            answer.set_exception(GuestFailed(f"The guest's place cannot be made: {done.failure}."))

    def _lost(self) -> None:
        self._fail_all(self._obituary())

    def _fail_all(self, reason: str) -> None:
        self._over = self._over or reason
        for answer in self._asked.values():
            if not answer.done():
                answer.set_exception(GuestFailed(reason))

    def _obituary(self) -> str:
        size = os.fstat(self._errors).st_size
        lines = os.pread(self._errors, size, 0).decode(errors="replace").strip().splitlines()
        detail = f": {lines[-1]}" if lines else ""
        return f"The process that keeps the guests has ended{detail}. Restart the emulator."


async def _ended(process: subprocess.Popen[bytes]) -> None:
    """Wait for a process without a thread and without polling."""
    loop = asyncio.get_running_loop()
    gone = asyncio.Event()
    descriptor = os.pidfd_open(process.pid)
    loop.add_reader(descriptor, gone.set)
    try:
        await gone.wait()
    finally:
        loop.remove_reader(descriptor)
        os.close(descriptor)
    process.wait()
