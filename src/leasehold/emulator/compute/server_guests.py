"""The place behind a server, if this emulator gives servers one."""

import asyncio
import base64
from collections.abc import Callable, Coroutine
from ipaddress import IPv4Address, IPv4Network

from leasehold.emulator.compute.servers import Server
from leasehold.emulator.guests import Guests, GuestSpec

GUEST_ADDRESSES = IPv4Network("127.64.0.0/10")
"""Where guests can be; a server with another address is state only."""

Then = Callable[[], None]


class ServerGuests:
    """Starts and ends guests in the background, for callers that cannot wait.

    Without guests every call succeeds at once.
    """

    def __init__(self, guests: Guests | None) -> None:
        self._guests = guests
        self._tasks: set[asyncio.Task[None]] = set()

    def start(
        self, server: Server, address: str | None, then: Then, failed: Callable[[str], None]
    ) -> None:
        """Start the server's guest, then call `then`, or `failed` with what went wrong."""
        if self._guests is None or address is None:
            then()
            return
        if IPv4Address(address) not in GUEST_ADDRESSES:
            then()
            return
        self._run(self._guests.start(_spec(server, address)), then, failed)

    def stop(self, server_id: str, then: Then) -> None:
        """End the guest, then call `then`, whether or not it ended well."""
        if self._guests is None:
            then()
            return
        self._run(self._guests.stop(server_id), then, lambda _: then())

    def restart(self, server_id: str, then: Then, failed: Callable[[str], None]) -> None:
        if self._guests is None:
            then()
            return
        self._run(self._guests.restart(server_id), then, failed)

    def console(self, server: Server) -> str:
        if self._guests is None:
            return f"{server.name} is a server without a guest: there is nothing on its console.\n"
        return self._guests.console(server.id)

    async def close(self) -> None:
        """End all guests, and what was being done to them."""
        for task in self._tasks:
            task.cancel()
        await asyncio.gather(*self._tasks, return_exceptions=True)
        if self._guests is not None:
            await self._guests.close()

    def _run(
        self, work: Coroutine[None, None, None], then: Then, failed: Callable[[str], None]
    ) -> None:
        def finish(task: asyncio.Task[None]) -> None:
            self._tasks.discard(task)
            if task.cancelled():
                return
            error = task.exception()
            if error is None:
                then()
            else:
                failed(str(error) or type(error).__name__)

        task = asyncio.get_running_loop().create_task(work)
        self._tasks.add(task)
        task.add_done_callback(finish)


def _spec(server: Server, address: str) -> GuestSpec:
    return GuestSpec(
        id=server.id,
        name=server.hostname,
        address=address,
        user_data=base64.b64decode(server.user_data) if server.user_data else None,
        public_keys=(server.public_key,) if server.public_key else (),
        metadata=server.metadata,
        default_user=server.image_properties.get("os_admin_user", "debian"),
    )
