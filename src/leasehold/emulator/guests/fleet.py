"""All guests of one emulator."""

import asyncio
import fcntl
import os
import resource
import shutil
import tempfile
from pathlib import Path
from weakref import WeakValueDictionary

import asyncssh

from leasehold.emulator.guests import GuestFailed, GuestSpec, Mode
from leasehold.emulator.guests.addresses import Claim
from leasehold.emulator.guests.cloudinit.plan import hostname_of
from leasehold.emulator.guests.guest import Guest
from leasehold.emulator.guests.keeper import Keeper

_PREFIX = "leasehold-guests-"
_ENOUGH_DESCRIPTORS = 65536


class Fleet:
    """Guests by server id; satisfies `Guests`. Calls for one server take turns."""

    def __init__(self, mode: Mode, reason: str, ssh_port: int, directory: Path | None) -> None:
        self.mode = mode
        self.reason = reason
        self.ssh_port = ssh_port
        self._directory = _Directory(directory) if mode == "shell" else None
        self._keeper: Keeper | None = None
        self._guests: dict[str, Guest] = {}
        self._turns: WeakValueDictionary[str, asyncio.Lock] = WeakValueDictionary()
        self._closed = False

    async def start(self, spec: GuestSpec) -> None:
        """See `Guests.start`."""
        async with self._turn(spec.id):
            guest = self._guests.get(spec.id)
            if guest is None:
                guest = self._guests[spec.id] = self._new(spec)
            elif not guest.halted:
                raise GuestFailed(f"Server {spec.id} has a running guest already; stop it first.")
            await self._start(spec.id, guest)

    async def stop(self, server_id: str, *, keep: bool = False) -> None:
        """See `Guests.stop`."""
        async with self._turn(server_id):
            guest = self._guests.get(server_id)
            if guest is None:
                return
            if keep:
                await guest.halt()
            else:
                await guest.stop()
                del self._guests[server_id]

    async def restart(self, server_id: str) -> None:
        """See `Guests.restart`; raises GuestFailed also when there is no such guest."""
        async with self._turn(server_id):
            guest = self._guests.get(server_id)
            if guest is None:
                raise GuestFailed(f"Server {server_id} has no guest to restart; start it.")
            await guest.halt()
            await self._start(server_id, guest)

    def console(self, server_id: str) -> str:
        """See `Guests.console`."""
        guest = self._guests.get(server_id)
        return "" if guest is None else guest.console.text()

    async def close(self) -> None:
        """See `Guests.close`. Afterwards nothing can be started."""
        self._closed = True
        guests = list(self._guests.values())
        await asyncio.gather(*(guest.detach() for guest in guests))
        if self._keeper is not None:
            await self._keeper.close()  # ends all at once, which is faster than one by one
            self._keeper = None
        for guest in guests:
            guest.release()
        self._guests.clear()
        if self._directory is not None:
            self._directory.remove()

    def _turn(self, server_id: str) -> asyncio.Lock:
        return self._turns.setdefault(server_id, asyncio.Lock())

    async def _start(self, server_id: str, guest: Guest) -> None:
        try:
            await guest.start()
        except BaseException:
            self._guests.pop(server_id, None)
            raise

    def _new(self, spec: GuestSpec) -> Guest:
        if self._closed:
            raise GuestFailed("The guests of this emulator were closed; start another emulator.")
        claim = Claim(spec.address, self.ssh_port)
        try:
            owner = f"root@{hostname_of(spec.name, spec.id)}"
            key = asyncssh.generate_private_key("ssh-ed25519", comment=owner)
            return Guest(spec, self.mode, self._running_keeper(), claim, key)
        except BaseException:
            claim.close()
            raise

    def _running_keeper(self) -> Keeper:
        if self._keeper is None:
            self._keeper = Keeper(self.mode, self._directory.make() if self._directory else None)
            _allow_many_descriptors()  # after it: guests keep the usual limit
        return self._keeper


class _Directory:
    """Where `shell` guests have their directories: one per emulator, locked while it lives."""

    def __init__(self, above: Path | None) -> None:
        self._above = above or Path(tempfile.gettempdir())
        self._path: Path | None = None
        self._lock = -1

    def make(self) -> Path:
        """Make it, and remove those whose emulator is gone. Raises OSError."""
        self._above.mkdir(parents=True, exist_ok=True)
        for old in self._above.glob(f"{_PREFIX}*"):
            lock = _locked(old)
            if lock is not None:
                shutil.rmtree(old, ignore_errors=True)
                os.close(lock)
        while self._path is None:
            path = Path(tempfile.mkdtemp(prefix=_PREFIX, dir=self._above))
            lock = _locked(path)
            if lock is not None:  # else another emulator took it for an old one
                self._path, self._lock = path, lock
        return self._path

    def remove(self) -> None:
        """Remove it and all in it."""
        if self._path is not None:
            shutil.rmtree(self._path, ignore_errors=True)
            os.close(self._lock)
            self._path = None


def _locked(directory: Path) -> int | None:
    """Lock a directory of ours; None if somebody else holds it or it is not ours."""
    try:
        lock = os.open(directory, os.O_RDONLY | os.O_DIRECTORY | os.O_NOFOLLOW | os.O_CLOEXEC)
    except OSError:
        return None
    try:
        fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        status = os.fstat(lock)
        if status.st_uid == os.geteuid() and status.st_nlink > 0:
            return lock
    except BlockingIOError:
        pass
    os.close(lock)
    return None


def _allow_many_descriptors() -> None:
    """Raise this process's soft limit: a guest takes three descriptors, a session three more."""
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    wanted = _ENOUGH_DESCRIPTORS if hard == resource.RLIM_INFINITY else min(hard, 65536)
    if soft != resource.RLIM_INFINITY and soft < wanted:
        resource.setrlimit(resource.RLIMIT_NOFILE, (wanted, hard))
