"""Servers on loopback to look at: real ones that speak SSH, and one that says nothing."""

import asyncio
import threading
from collections import Counter
from collections.abc import Callable, Coroutine
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import asyncssh

from leasehold.lab.user_data import SENTINEL

Mark = Callable[[str], str | None]
"""What the sentinel of a user says; None: there is no sentinel."""


class Guests:
    """An event loop in a thread of its own, and the servers that live in it."""

    def __init__(self) -> None:
        self._loop = asyncio.new_event_loop()
        self._loop.set_default_executor(ThreadPoolExecutor(2, "guests"))
        self._thread = threading.Thread(target=self._loop.run_forever, name="guests")
        self._thread.start()
        self._closers: list[Callable[[], Coroutine[Any, Any, None]]] = []
        self.connections: Counter[int] = Counter()
        """By port."""

    def _run(self, work: Coroutine[Any, Any, Any]) -> Any:
        return asyncio.run_coroutine_threadsafe(work, self._loop).result(30)

    def ssh(
        self,
        allowed: asyncssh.SSHKey,
        mark: Mark,
        *,
        host_key: asyncssh.SSHKey | None = None,
        port: int = 0,
    ) -> int:
        """Start an SSH server that lets `allowed` in; returns its port."""
        key = host_key or asyncssh.generate_private_key("ssh-ed25519")
        guests = self
        visits: list[asyncssh.SSHServerConnection] = []

        class Door(asyncssh.SSHServer):
            def connection_made(self, connection: asyncssh.SSHServerConnection) -> None:
                visits.append(connection)
                guests.connections[connection.get_extra_info("sockname")[1]] += 1

            def public_key_auth_supported(self) -> bool:
                return True

            def validate_public_key(self, username: str, key: asyncssh.SSHKey) -> bool:
                return bool(key == allowed.convert_to_public())

        async def answer(process: asyncssh.SSHServerProcess[str]) -> None:
            text = mark(str(process.get_extra_info("username")))
            if process.command == f"cat {SENTINEL}" and text is not None:
                process.stdout.write(f"{text}\n")
                process.exit(0)
            else:
                process.stderr.write("cat: no such file\n")
                process.exit(1)

        async def start() -> asyncssh.SSHAcceptor:
            return await asyncssh.create_server(
                Door, "127.0.0.1", port, server_host_keys=[key], process_factory=answer
            )

        acceptor = self._run(start())

        async def close() -> None:
            acceptor.close()
            for visit in visits:
                visit.abort()
            await asyncio.gather(*(visit.wait_closed() for visit in visits))

        self._closers.append(close)
        return int(acceptor.get_port())

    def silent(self) -> int:
        """Start a server that takes connections and never says a word; returns its port."""
        writers = []

        async def hold(_: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
            writers.append(writer)
            guests.connections[writer.get_extra_info("sockname")[1]] += 1

        guests = self

        async def start() -> asyncio.Server:
            return await asyncio.start_server(hold, "127.0.0.1", 0)

        server = self._run(start())

        async def close() -> None:
            server.close()
            for writer in writers:
                writer.transport.abort()

        self._closers.append(close)
        return int(server.sockets[0].getsockname()[1])

    def close_all(self) -> None:
        """Close every server; connections end as well."""

        async def close() -> None:
            await asyncio.gather(*(closer() for closer in self._closers))
            self._closers.clear()
            await asyncio.sleep(0)  # a socket is closed in the turn after its end

        self._run(close())

    def stop(self) -> None:
        self.close_all()

        async def cancel() -> None:
            others = asyncio.all_tasks() - {asyncio.current_task()}
            for task in others:
                task.cancel()
            await asyncio.gather(*others, return_exceptions=True)

        self._run(cancel())
        self._run(self._loop.shutdown_default_executor())
        self._loop.call_soon_threadsafe(self._loop.stop)
        self._thread.join()
        self._loop.close()
