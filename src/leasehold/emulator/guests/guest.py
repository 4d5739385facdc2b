"""One guest: its boot, its SSH server, its end."""

import asyncio
import contextlib
import os
import platform
import time
from collections.abc import Coroutine

import asyncssh

from leasehold.emulator.guests import GuestFailed, GuestSpec, Mode
from leasehold.emulator.guests.addresses import Claim
from leasehold.emulator.guests.cloudinit.plan import Plan, make
from leasehold.emulator.guests.console import Console
from leasehold.emulator.guests.door import Door
from leasehold.emulator.guests.keeper import Keeper
from leasehold.emulator.guests.link import pair
from leasehold.emulator.guests.programs import Programs

_LONGEST_BUILD = 60.0
"""Seconds. A place stands in a fraction of one; only a machine in distress needs more."""


class Guest:
    """Started, restarted and stopped by `Fleet`, one call at a time."""

    def __init__(
        self, spec: GuestSpec, mode: Mode, keeper: Keeper, claim: Claim, host_key: asyncssh.SSHKey
    ) -> None:
        self.console = Console()
        self._spec = spec
        self._mode = mode
        self._keeper = keeper
        self._claim = claim
        self._host_key = host_key
        public = host_key.export_public_key().decode().strip()
        self._plan: Plan = make(spec, public)
        self._programs: Programs | None = None
        self._door: Door | None = None
        self._boot: asyncio.Task[None] | None = None

    @property
    def halted(self) -> bool:
        """Whether it is switched off, its files kept."""
        return self._programs is None

    async def start(self) -> None:
        """Build the place, or find it again, and begin to boot in it.

        Raises GuestFailed, with all undone and the address given back.
        """
        try:
            await self._build()
        except OSError as error:
            await self.stop()
            raise GuestFailed(f"Guest {self._spec.name!r} cannot start: {error}.") from error
        except BaseException:
            await self.stop()
            raise

    async def halt(self) -> None:
        """End all processes; files, address and host key stay for the next start."""
        await self.detach()
        with contextlib.suppress(GuestFailed):  # a keeper that is gone has ended it already
            await self._keeper.end(self._spec.id, forget=False)
        self.console.close()
        self._plan = self._plan.again()

    async def stop(self) -> None:
        """End everything; the address is free when this returns."""
        try:
            await self.detach()
            with contextlib.suppress(GuestFailed):
                await self._keeper.end(self._spec.id, forget=True)
        finally:
            self.release()

    async def detach(self) -> None:
        """Stop booting, listening and asking, in an order in which nothing can start anew."""
        if self._boot is not None:
            self._boot.cancel()
            await asyncio.wait([self._boot])
            self._boot = None
        if self._door is not None:
            await self._door.close()
            self._door = None
        if self._programs is not None:
            self._programs.close()
            self._programs = None

    def release(self) -> None:
        """Give the address back and stop reading the console, when nothing runs any more."""
        self.console.close()
        self._claim.close()

    async def _build(self) -> None:
        self._greet()
        console = self.console.open()
        try:
            ours, theirs = pair()
        except OSError:
            os.close(console)
            raise
        programs = self._programs = Programs(ours, self._lost)
        try:
            async with asyncio.timeout(_LONGEST_BUILD):
                hostname = self._plan.early.hostname
                await self._keeper.open(self._spec.id, hostname, theirs, console)
                await programs.ready()
        except TimeoutError:
            raise GuestFailed(
                f"Guest {self._spec.name!r} took longer than {_LONGEST_BUILD:.0f} s to come up. "
                "The machine is overloaded; start fewer servers at once."
            ) from None
        if self._programs is not programs:  # the fleet was closed while we waited
            raise GuestFailed(f"Guest {self._spec.name!r} was stopped while it came up.")
        self._boot = asyncio.create_task(self._boot_up(programs))

    async def _boot_up(self, programs: Programs) -> None:
        try:
            await programs.apply(self._plan.early)
            self._door = Door(programs, self._host_key)
            await _to_its_end(self._door.open(self._claim.bound()))
            self.console.write(f"\n{_system()} {self._plan.early.hostname} ttyS0\n")
            self.console.write(f"{self._plan.early.hostname} login: ")
            await programs.apply(self._plan.late)
        except GuestFailed as error:
            self.console.write(f"The boot ended early: {error}")
        except OSError as error:
            self.console.write(f"The SSH server does not start: {error}")

    def _greet(self) -> None:
        now = time.strftime("%Y-%m-%d %H:%M:%S +0000", time.gmtime())
        kernel = f"{platform.system()} {platform.release()}"
        self.console.write(
            f"[    0.000000] {kernel}; guest {self._spec.id} of the Leasehold emulator, {now}"
        )
        if self._mode == "shell":
            self.console.write(
                "[    0.000000] No container: commands run as the emulator's user in a directory "
                "of their own. User-data is recorded as user-data.txt there, not applied; its "
                "ssh keys are accepted."
            )

    def _lost(self) -> None:
        self.console.write("The guest's first process ended, and everything in the guest with it.")
        if self._door is not None:
            self._door.stop_listening()


async def _to_its_end(work: Coroutine[None, None, None]) -> None:
    """Finish work also when cancelled meanwhile: half an open listener could not be closed."""
    task = asyncio.ensure_future(work)
    try:
        await asyncio.shield(task)
    except asyncio.CancelledError:
        await asyncio.wait([task])
        raise


def _system() -> str:
    with contextlib.suppress(OSError):
        return platform.freedesktop_os_release().get("PRETTY_NAME", "Linux")
    return "Linux"
