"""The emulator as a program has it: a cloud on a port, in a thread of its own."""

import asyncio
from collections.abc import Callable, Iterable
from pathlib import Path
from random import SystemRandom
from threading import Event, Thread
from types import TracebackType
from typing import Literal, Self, TypeVar

import msgspec

from leasehold.emulator.cloud import Cloud, Leftovers, clouds_yaml
from leasehold.emulator.compute.servers import Server
from leasehold.emulator.counters import Requests
from leasehold.emulator.faults import Faults
from leasehold.emulator.guests import Guests, choose
from leasehold.emulator.identity.catalog_entries import CatalogEntry, entries, region_of
from leasehold.emulator.identity.service import KEYSTONE_VERSIONS, KeystoneVersion
from leasehold.emulator.listener import Listener, check_loopback
from leasehold.emulator.settings import Delays, Quota, Settings
from leasehold.emulator.timeline import LoopClock
from leasehold.emulator.tls import Tls
from leasehold.emulator.volume.disks import LoopDisks
from leasehold.emulator.world import World

GuestMode = Literal["none", "auto", "container", "shell"]
T = TypeVar("T")

STOP_SECONDS = 30.0
"""How long `stop` waits for guests to end."""


class Emulator:
    """An OpenStack on a loopback port, for as long as the ``with`` block lasts.

    All of it runs in one thread; the methods here may be called from any other. `faults` and
    `requests` may be used directly, everything in `world` only from a callable given to `run`.
    """

    def __init__(
        self,
        *,
        host: str = "127.0.0.1",
        port: int = 0,
        guests: GuestMode = "none",
        guest_directory: Path | None = None,
        disk_directory: Path | None = None,
        delays: Delays | None = None,
        quota: Quota | None = None,
        token_lifetime: int = 24 * 3600,
        password: str = "demo",  # noqa: S107 - no secret: the cloud listens on loopback only
        seed: int | None = None,
        catalog: str | Iterable[CatalogEntry] = "modern",
        keystone: Iterable[KeystoneVersion] = KEYSTONE_VERSIONS,
        tls: Tls | None = None,
    ) -> None:
        """`port` 0 takes a free one. The same `seed` gives the same ids and the same delays.

        With a `disk_directory`, which no other emulator may have, volumes hold what is written:
        each is a file there, and a loop device for the server that has it (`LoopDisks`).

        `catalog` is the name of a ready-made one or a list of entries: Nova and Cinder tell of the
        versions that it leads to. `keystone` are the versions of its API that are there.

        Raises ValueError for a host that is not a loopback address and for a catalog that there
        is not, GuestFailed for guests that this machine cannot give, and DisksFailed for disks.
        """
        check_loopback(host)
        self._catalog = entries(catalog)
        self._keystone = tuple(version for version in KEYSTONE_VERSIONS if version in keystone)
        self.host = host
        self.port = port
        self.password = password
        self.tls = tls
        self.seed = SystemRandom().getrandbits(32) if seed is None else seed
        self.guests: Guests | None = None
        if guests != "none":
            self.guests = choose(guests, guest_directory)
        self._cloud = Cloud(
            LoopClock(),
            seed=self.seed,
            settings=Settings(
                delays=delays or Delays(), quota=quota or Quota(), token_lifetime=token_lifetime
            ),
            password=password,
            guests=self.guests,
            disks=LoopDisks(disk_directory) if disk_directory is not None else None,
            catalog=self._catalog,
            keystone=self._keystone,
        )
        self._thread: Thread | None = None
        self._loop: asyncio.AbstractEventLoop | None = None
        self._stopping = asyncio.Event()
        self._failure: OSError | None = None

    def __enter__(self) -> Self:
        self.start()
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        self.stop()

    def start(self) -> None:
        """Return once the port answers.

        Raises OSError when it is taken, and for certificates that cannot be used.
        """
        started = Event()

        def serve() -> None:
            try:
                asyncio.run(self.serve(started.set))
            except OSError as error:
                self._failure = error

        self._thread = Thread(target=serve, name="emulator", daemon=True)
        self._thread.start()
        while not started.wait(0.1):
            if not self._thread.is_alive():
                raise self._failure or RuntimeError(
                    "the emulator's thread ended before it listened: its traceback was printed"
                )

    def stop(self) -> None:
        """End the guests and close the port; nothing happens when it is stopped already."""
        if self._thread is None or self._loop is None:
            return
        if self._thread.is_alive():
            self._loop.call_soon_threadsafe(self._stopping.set)
        self._thread.join(STOP_SECONDS)
        self._thread = None

    def request_stop(self) -> None:
        """Let `serve` end; from within the emulator's own loop."""
        self._stopping.set()

    async def serve(self, started: Callable[[], None] = lambda: None) -> None:
        """Run in the caller's own loop until `stop` or `request_stop`.

        Calls `started` once the port answers. Raises OSError when the port is taken.
        """
        self._loop = asyncio.get_running_loop()
        self._stopping = asyncio.Event()
        listener = Listener(self._cloud.app, self.host, self.port, self.tls)
        self.port = listener.port
        self._cloud.refuse = listener.refuse
        await listener.start()
        try:
            started()
            await self._stopping.wait()
        finally:
            await listener.stop()
            await self._cloud.close()

    def run(self, work: Callable[[], T]) -> T:
        """Call `work` in the emulator's thread and return what it returns."""
        if self._loop is None:
            raise RuntimeError("the emulator is not running: call start() first")

        async def call() -> T:
            return work()

        return asyncio.run_coroutine_threadsafe(call(), self._loop).result()

    @property
    def url(self) -> str:
        host = f"[{self.host}]" if ":" in self.host else self.host
        scheme = "http" if self.tls is None else "https"
        return f"{scheme}://{host}:{self.port}"

    @property
    def auth_url(self) -> str:
        """Of the best version there is."""
        version = self._keystone[0]
        return f"{self.url}/identity/{'v1.0' if version == 'v1' else version}"

    @property
    def faults(self) -> Faults:
        return self._cloud.faults

    @property
    def requests(self) -> Requests:
        return self._cloud.requests

    @property
    def cloud(self) -> Cloud:
        return self._cloud

    @property
    def world(self) -> World:
        return self._cloud.world

    def clouds_yaml(self) -> str:
        """The text of a clouds.yaml with the clouds ``demo`` and ``admin``."""
        return clouds_yaml(
            self.url,
            self.password,
            region=region_of(self._catalog),
            version=self._keystone[0],
            authority=self.tls.authority if self.tls is not None else None,
        )

    def seed_servers(
        self, count: int, *, project: str = "demo", prefix: str = "seed"
    ) -> list[Server]:
        """Put so many ACTIVE servers there at once."""
        return self.run(lambda: self._cloud.seed_servers(count, project=project, prefix=prefix))

    def leftovers(self) -> Leftovers:
        return self.run(self._cloud.leftovers)

    def expire_tokens(self) -> int:
        """Let every token given out so far be invalid; returns how many there were."""
        return self.run(self._cloud.expire_tokens)

    def change_settings(self, *, delays: Delays | None = None, quota: Quota | None = None) -> None:
        """Other delays or quotas from now on."""

        def change() -> None:
            old = self._cloud.settings
            self._cloud.change_settings(
                msgspec.structs.replace(old, delays=delays or old.delays, quota=quota or old.quota)
            )

        self.run(change)

    def refuse(self, seconds: float) -> None:
        """Refuse connections for a while, as a machine without the service does."""

        def refuse() -> None:
            if self._cloud.refuse is not None:
                self._cloud.refuse(seconds)

        self.run(refuse)

    def reset(self) -> None:
        """Everything as at the start."""
        self.run(self._cloud.reset)
