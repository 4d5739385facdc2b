"""Guests for tests, and an SSH client that visits them."""

import asyncio
import contextlib
import itertools
import os
import textwrap
import time
from collections.abc import AsyncIterator, Awaitable, Callable
from pathlib import Path
from typing import TypeVar

import asyncssh

from leasehold.emulator.guests import Guests, GuestSpec, Mode, choose

_T = TypeVar("_T")

KEY = asyncssh.generate_private_key("ssh-ed25519", comment="visitor")
PUBLIC_KEY = KEY.export_public_key().decode().strip()
LONG_ENOUGH = 60.0
"""Seconds until a test gives up waiting; a loaded machine must not fail one."""

_numbers = itertools.count(1)


def an_address() -> str:
    """An address no other test, and hardly another test process, has."""
    number = os.getpid() * 256 + next(_numbers)
    return f"127.{96 + number // 65536 % 16}.{number // 256 % 256}.{number % 256}"


def a_server(
    user_data: str | bytes | None = None,
    *,
    name: str = "web-1",
    address: str | None = None,
    public_keys: tuple[str, ...] = (PUBLIC_KEY,),
    metadata: dict[str, str] | None = None,
) -> GuestSpec:
    """A server as the emulator would describe it."""
    return GuestSpec(
        id=f"server-{os.getpid()}-{next(_numbers)}",
        name=name,
        address=address or an_address(),
        user_data=user_data.encode() if isinstance(user_data, str) else user_data,
        public_keys=public_keys,
        metadata=metadata or {},
    )


@contextlib.asynccontextmanager
async def some_guests(mode: Mode, directory: Path | None = None) -> AsyncIterator[Guests]:
    """Guests that are closed whatever happens."""
    guests = choose(mode, directory)
    try:
        yield guests
    finally:
        await guests.close()


@contextlib.asynccontextmanager
async def a_visit(
    guests: Guests,
    server: GuestSpec,
    user: str = "root",
    key: asyncssh.SSHKey = KEY,
    host_key: asyncssh.SSHKey | None = None,
) -> AsyncIterator[asyncssh.SSHClientConnection]:
    """A connection, as soon as the guest listens."""
    known_hosts = ([host_key], [], []) if host_key else None

    async def connect() -> asyncssh.SSHClientConnection | None:
        try:
            return await asyncssh.connect(
                server.address,
                guests.ssh_port,
                username=user,
                client_keys=[key],
                known_hosts=known_hosts,
                config=None,
                agent_path=None,
            )
        except ConnectionRefusedError:
            return None

    connection = await until(connect, lambda: guests.console(server.id))
    try:
        yield connection
    finally:
        connection.close()
        await connection.wait_closed()


async def until(
    look: Callable[[], Awaitable[_T | None]], explain: Callable[[], str] = lambda: ""
) -> _T:
    """Look again and again until there is something; fail with an explanation."""
    deadline = time.monotonic() + LONG_ENOUGH
    while time.monotonic() < deadline:
        found = await look()
        if found:
            return found
        await asyncio.sleep(0.02)
    raise AssertionError(f"nothing came within {LONG_ENOUGH:.0f} s\n{explain()}")


async def boot_finished(guests: Guests, server: GuestSpec) -> str:
    """Wait for the end of cloud-init; returns the console."""

    async def finished() -> str | None:
        text = guests.console(server.id)
        return text if "finished at" in text else None

    return await until(finished, lambda: guests.console(server.id))


async def output(connection: asyncssh.SSHClientConnection, command: str) -> str:
    """What a command prints; it must succeed."""
    result = await connection.run(command)
    assert result.exit_status == 0, f"{command}: {result.exit_status} {result.stderr!s}"
    return str(result.stdout)


def processes_with(argument: str) -> list[int]:
    """Host process ids whose command line has this argument, in whatever namespace."""
    found = []
    for entry in Path("/proc").iterdir():
        if entry.name.isdigit():
            with contextlib.suppress(OSError):
                if argument.encode() in (entry / "cmdline").read_bytes().split(b"\0"):
                    found.append(int(entry.name))
    return found


def a_rare_duration() -> str:
    """Seconds for a long `sleep` that can be told from every other on this machine."""
    return f"{90000 + os.getpid()}.{next(_numbers)}{time.monotonic_ns() % 10**6:06}"


EMULATING = textwrap.dedent(
    """
    import asyncio, signal, sys
    from leasehold.emulator.guests import GuestSpec, choose

    async def main(mode, address, duration):
        guests = choose(mode)
        loop = asyncio.get_running_loop()
        stop = asyncio.Event()
        loop.add_signal_handler(signal.SIGINT, stop.set)
        config = f"#cloud-config\\nruncmd: ['setsid nohup sleep {duration} & sleep {duration}']\\n"
        spec = GuestSpec(id="doomed", name="doomed", address=address, user_data=config.encode(),
                         public_keys=(), metadata={})
        await guests.start(spec)
        print("up", flush=True)
        await stop.wait()
        await guests.close()
        print("closed", flush=True)

    asyncio.run(main(*sys.argv[1:]))
    """
)
"""A program with one guest: takes mode, address and how long something in the guest sleeps."""
