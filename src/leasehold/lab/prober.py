"""Looks whether nodes answer: SSH first, then the sentinel. Thousands of them in one loop.

It talks to servers, never to a cloud, so it can look often: a node is found ready within about a
second of being so, whatever the pace of listings.
"""

import asyncio
import threading
from collections.abc import Callable, Collection
from contextlib import suppress
from typing import Literal

import asyncssh
import msgspec
import structlog

from leasehold.engine.cloud import ObjectId
from leasehold.engine.reason import Cause, Reason
from leasehold.lab.model import NodeName
from leasehold.lab.user_data import SENTINEL

log = structlog.get_logger()

TRY_SECONDS = 5.0
"""Seconds that one look may take."""

CHECKS_AT_ONCE = 64
"""Health checks that may be on their way together."""

FIRST_PAUSE, LONGEST_PAUSE = 0.25, 1.0
"""Seconds between two looks, growing by half."""


Job = tuple[ObjectId, tuple[str, ...]]
"""A server, and the keys to let in there."""


class Target(msgspec.Struct, frozen=True, kw_only=True):
    """One server to look at."""

    node: NodeName
    server: ObjectId
    """Our id, which is also what its sentinel has to say."""
    address: str
    port: int
    user: str
    proof: Literal["sentinel", "ssh"]
    host_key: str | None = None
    """Known from an earlier look: another key at the address is another server."""
    keys: tuple[str, ...] = ()
    """Public keys to let in, once the server has proved itself."""

    @property
    def job(self) -> "Job":
        """What makes looking at it another task."""
        return self.server, self.keys


class Finding(msgspec.Struct, frozen=True, kw_only=True):
    """What a look showed. `ready` implies `host_key`."""

    node: NodeName
    server: ObjectId
    host_key: str | None = None
    ready: bool = False
    keys: tuple[str, ...] = ()
    """Public keys that were let in."""
    reason: Reason | None = None


class Checkup(msgspec.Struct, frozen=True, kw_only=True):
    """What a health check of a node showed."""

    node: NodeName
    server: ObjectId
    """Tells a server from others that the node had, or will have."""
    reason: Reason | None = None
    """Why it failed; None: all is well."""


class Prober:
    """Keeps looking at its targets until they are ready or taken away; checks others when told to."""

    def __init__(
        self,
        key: asyncssh.SSHKey,
        report: Callable[[Finding], None],
        on_checkup: Callable[[Checkup], None] = lambda _: None,
    ) -> None:
        """Both are called in the prober's thread; `report` only with news."""
        self._key = key
        self._report = report
        self._on_checkup = on_checkup
        self._checks: dict[NodeName, asyncio.Task[None]] = {}
        self._check_slots = asyncio.Semaphore(CHECKS_AT_ONCE)
        self._loop = asyncio.new_event_loop()
        self._tasks: dict[Job, asyncio.Task[None]] = {}
        self._targets: frozenset[Job] = frozenset()
        self._thread = threading.Thread(target=self._run, name="leasehold-prober", daemon=True)

    def start(self) -> None:
        self._thread.start()

    def stop(self) -> None:
        """Drop all targets and end the thread; what it is told to look at later is not looked at."""
        if self._thread.is_alive():
            self._loop.call_soon_threadsafe(self._loop.stop)
            self._thread.join()
        elif not self._loop.is_closed():
            self._loop.close()

    def look_at(self, targets: Collection[Target]) -> None:
        """Look at these from now on, and at no others."""
        wanted = frozenset(target.job for target in targets)
        if wanted == self._targets:
            return
        self._targets = wanted
        with suppress(RuntimeError):  # it was stopped, which another thread may do at any moment
            self._loop.call_soon_threadsafe(self._take, tuple(targets))

    def check(self, targets: Collection[Target]) -> None:
        """Look at each of these once, whether SSH answers there with the host key that is known."""
        if targets:
            with suppress(RuntimeError):  # as above
                self._loop.call_soon_threadsafe(self._begin_checks, tuple(targets))

    def _run(self) -> None:
        asyncio.set_event_loop(self._loop)
        try:
            self._loop.run_forever()
        finally:
            left = [*self._tasks.values(), *self._checks.values()]
            for task in left:
                task.cancel()
            self._loop.run_until_complete(asyncio.gather(*left, return_exceptions=True))
            self._loop.run_until_complete(self._loop.shutdown_default_executor())
            self._loop.close()

    def _take(self, targets: tuple[Target, ...]) -> None:
        wanted = {target.job for target in targets}
        for job in [each for each in self._tasks if each not in wanted]:
            self._tasks.pop(job).cancel()
        for target in targets:
            if target.job not in self._tasks:
                self._tasks[target.job] = self._loop.create_task(self._watch(target))

    async def _watch(self, target: Target) -> None:
        pause = FIRST_PAUSE
        told: Finding | None = None
        known = target.host_key
        while True:
            try:
                async with asyncio.timeout(TRY_SECONDS):
                    finding = await self._look(target, known)
            except Exception as error:  # noqa: BLE001 - a look must not end the watch
                finding = _finding(target, known, error)
            met = known is None and finding.host_key is not None
            known = finding.host_key
            if finding != told:
                told = finding
                self._tell(finding)
            if finding.ready:
                return
            if met:
                pause = FIRST_PAUSE  # it boots no more: what is left takes moments
                continue
            await asyncio.sleep(pause)
            pause = min(LONGEST_PAUSE, pause * 1.5)

    def _begin_checks(self, targets: tuple[Target, ...]) -> None:
        for target in targets:
            if target.node not in self._checks:
                self._checks[target.node] = self._loop.create_task(self._check(target))

    async def _check(self, target: Target) -> None:
        try:
            async with self._check_slots, asyncio.timeout(TRY_SECONDS):
                found = await _host_key(target)
            other = target.host_key not in (None, found)
            reason = _another_key(target) if other else None
        except Exception as error:  # noqa: BLE001 - whatever it is, it is what is wrong with the node
            reason = _finding(target, None, error).reason
        finally:
            self._checks.pop(target.node, None)
        try:
            self._on_checkup(Checkup(node=target.node, server=target.server, reason=reason))
        except Exception:
            log.exception("a checkup was not heard", node=target.node)

    def _tell(self, finding: Finding) -> None:
        try:
            self._report(finding)
        except Exception:
            log.exception("a finding was not heard", node=finding.node, server=finding.server)

    async def _look(self, target: Target, known: str | None) -> Finding:
        """One look. The first key met is kept, and demanded ever after."""
        if known is None:
            known = await _host_key(target)
            ready = target.proof == "ssh"
            return Finding(node=target.node, server=target.server, host_key=known, ready=ready)
        if target.proof == "ssh":
            return Finding(node=target.node, server=target.server, host_key=known, ready=True)
        async with asyncssh.connect(
            target.address,
            target.port,
            username=target.user,
            client_keys=[self._key],
            known_hosts=([asyncssh.import_public_key(known)], [], []),
            config=None,
            agent_path=None,
        ) as connection:
            answer = await connection.run(f"cat {SENTINEL}", check=False)
            mark = str(answer.stdout or "").strip()
            if mark == target.server and target.keys:
                await _let_in(connection, target.keys)
        if mark == target.server:
            return Finding(
                node=target.node,
                server=target.server,
                host_key=known,
                ready=True,
                keys=target.keys,
            )
        if mark:
            text = f"{target.address} is another server: its sentinel says {mark[:60]!r}"
        else:
            text = "SSH answers; waits for cloud-init to end"
        reason = Reason(cause=Cause.NO_SENTINEL, text=text)
        return Finding(node=target.node, server=target.server, host_key=known, reason=reason)


async def _host_key(target: Target) -> str:
    """The host key that the server shows, in OpenSSH form."""
    found = await asyncssh.get_server_host_key(target.address, target.port)
    if found is None:
        raise asyncssh.KeyExchangeFailed("the server offered no host key")
    return " ".join(found.export_public_key().decode().split()[:2])


def _another_key(target: Target) -> Reason:
    text = f"another host key than before at {target.address} port {target.port}"
    return Reason(cause=Cause.NO_ANSWER, text=text)


async def _let_in(connection: asyncssh.SSHClientConnection, keys: Collection[str]) -> None:
    """Add keys to those of the account, each once. Raises `asyncssh.ProcessError` if it cannot."""
    lines = "".join(f"{' '.join(key.split())}\n" for key in keys)
    await connection.run(_LET_IN, input=lines, check=True)


_LET_IN = """umask 077 && mkdir -p ~/.ssh && touch ~/.ssh/authorized_keys || exit 1
while IFS= read -r key; do
    grep -qxF -e "$key" ~/.ssh/authorized_keys && continue
    printf '\\n%s\\n' "$key" >> ~/.ssh/authorized_keys || exit 1
done"""
"""For any POSIX shell. A line of its own also where the file does not end in one."""


def _finding(target: Target, known: str | None, error: Exception) -> Finding:
    """A look that failed, in words for the person who waits."""
    place = f"{target.address} port {target.port}"
    match error:
        case TimeoutError():
            text = f"no answer from {place}"
        case asyncssh.PermissionDenied():
            text = f"{target.user}@{target.address} does not let the lab's key in"
        case asyncssh.HostKeyNotVerifiable():
            text = f"another host key than before at {place}"
            known = None  # whoever it was that answered before, nobody relied on it yet
        case asyncssh.ProcessError():
            said = str(error.stderr or "").strip() or f"exit status {error.exit_status}"
            text = f"the holder's keys cannot be let in at {target.user}@{place}: {said[:200]}"
        case _:
            text = f"{place}: {error}"
    cause = Cause.NO_ANSWER if known is None else Cause.NO_SENTINEL
    reason = Reason(cause=cause, text=text)
    return Finding(node=target.node, server=target.server, host_key=known, reason=reason)
