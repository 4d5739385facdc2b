"""A session on a node by asyncssh, for machines without OpenSSH's `ssh`."""

import asyncio
import os
import shutil
import signal
import sys
import termios
import threading
import tty
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path

import asyncssh

from leasehold.cli.keys import own_key
from leasehold.lab.model import Node

_CONNECTION_FAILED = 255
"""What OpenSSH exits with, too."""
_CONNECT_SECONDS = 15
_DEFAULT_KEYS = ("id_ed25519", "id_ecdsa", "id_rsa")
_CHUNK = 1 << 16


def connect_and_run(node: Node, command: Sequence[str]) -> int:
    """Run a command on a node, or a shell, with our stdin, stdout and stderr; its exit code."""
    try:
        return asyncio.run(_session(node, " ".join(command) or None))
    except (OSError, asyncssh.Error, TimeoutError) as error:
        why = str(error) or "no answer in time"
        print(f"leasehold: {node.name} at {node.address}: {why}", file=sys.stderr)
        return _CONNECTION_FAILED


async def _session(node: Node, command: str | None) -> int:
    assert node.host_key is not None
    interactive = command is None and sys.stdin.isatty()
    async with asyncssh.connect(
        node.address or "",
        node.ssh_port,
        username=node.ssh_user,
        known_hosts=([asyncssh.import_public_key(node.host_key)], [], []),
        client_keys=_client_keys(),
        ignore_encrypted=True,
        connect_timeout=_CONNECT_SECONDS,
    ) as connection:
        process = await connection.create_process(
            command,
            encoding=None,
            term_type=os.environ.get("TERM", "xterm") if interactive else None,
            term_size=_size() if interactive else None,
        )
        loop = asyncio.get_running_loop()
        threading.Thread(target=_feed, args=(process, loop), daemon=True).start()
        if interactive:
            loop.add_signal_handler(signal.SIGWINCH, lambda: process.change_terminal_size(*_size()))
        with _raw_terminal(wanted=interactive):
            await asyncio.gather(_drain(process.stdout, 1), _drain(process.stderr, 2))
            await process.wait_closed()
        status = process.exit_status
        return _CONNECTION_FAILED if status is None or status < 0 else status


def _client_keys() -> list[Path]:
    theirs = (Path.home() / ".ssh" / name for name in _DEFAULT_KEYS)
    return [own_key(), *(key for key in theirs if key.exists())]


def _size() -> tuple[int, int]:
    size = shutil.get_terminal_size()
    return size.columns, size.lines


def _feed(process: "asyncssh.SSHClientProcess[bytes]", loop: asyncio.AbstractEventLoop) -> None:
    """Hand our stdin on, in a thread: a read of it can be neither awaited nor broken off."""

    async def send(chunk: bytes) -> None:
        if chunk:
            process.stdin.write(chunk)
            await process.stdin.drain()
        else:
            process.stdin.write_eof()

    try:
        while True:
            chunk = os.read(0, _CHUNK)
            asyncio.run_coroutine_threadsafe(send(chunk), loop).result()
            if not chunk:
                return
    except (OSError, RuntimeError, asyncssh.Error):
        return  # the remote side or our loop has ended: nobody wants the rest


async def _drain(reader: "asyncssh.SSHReader[bytes]", descriptor: int) -> None:
    while chunk := await reader.read(_CHUNK):
        await asyncio.to_thread(_write_all, descriptor, chunk)


def _write_all(descriptor: int, chunk: bytes) -> None:
    while chunk:
        chunk = chunk[os.write(descriptor, chunk) :]


@contextmanager
def _raw_terminal(*, wanted: bool) -> Iterator[None]:
    """Keys go to the remote side as they are pressed; the terminal is put back in the end."""
    if not wanted:
        yield
        return
    before = termios.tcgetattr(0)
    tty.setraw(0)
    try:
        yield
    finally:
        termios.tcsetattr(0, termios.TCSADRAIN, before)
