"""Machines leased from a running Leasehold service, whose limits are shared with all its users."""

import threading
import time
from collections.abc import Callable
from typing import Any

import asyncssh
from buildbot.util.service import SharedService
from twisted.internet.defer import Deferred, ensureDeferred, succeed
from twisted.internet.task import LoopingCall
from twisted.python import log

from leasehold.buildbot.lease_client import Lease, LeaseClient
from leasehold.buildbot.machine import Heard, Machine, Order
from leasehold.buildbot.node_start import start_worker
from leasehold.buildbot.standing import Stage, Standing
from leasehold.buildbot.threads import failed, in_thread, logged, note
from leasehold.engine.errors import Impossible
from leasehold.engine.reason import Cause, Reason

SWEEP_INTERVAL = 60.0
"""Seconds between two looks for leases that nobody here holds."""

RELEASE_PATIENCE = 10.0
"""Seconds that a worker waits for the service to take a lease back; what it does not take then, the
next sweep gives back."""

TOO_SHORT, EXTENSION = 600.0, 3600
"""Seconds left of a lease at which it is extended, and by how much."""

PAUSE = 5.0
"""Seconds until a service that does not answer is asked again."""

_STAGES = {"waiting": Stage.WAITING, "preparing": Stage.BUILDING, "ready": Stage.BUILDING}


class LeaseholdService(SharedService):
    """Leases machines for the workers of one master."""

    def __init__(self, url: str, token: str | None, owner: str) -> None:
        """Raises `Impossible` for a token that cannot be sent."""
        super().__init__()
        self.client = LeaseClient(url, token, owner)
        self.key = asyncssh.generate_private_key("ssh-ed25519")
        self._held: set[str] = set()
        """Ids of leases, and the keys of wishes whose lease is not known yet."""
        self._sweeping = LoopingCall(self._sweep)

    @classmethod
    def getName(cls, url: str, token: str | None, _owner: str) -> str:  # noqa: N802 - Buildbot's
        """Each caller has his own."""
        return f"leasehold-{url}-{hash(token)}"

    def startService(self) -> "Deferred[None]":  # noqa: N802 - Twisted's
        """Begin with giving back what an earlier process held."""
        self._mark = f"Buildbot {self.master.name}: "
        self._sweeping.clock = self.reactor
        self._sweeping.start(SWEEP_INTERVAL, now=True)
        started: Deferred[None] = super().startService()
        return started

    def stopService(self) -> "Deferred[None]":  # noqa: N802 - Twisted's
        self._sweeping.stop()
        stopped: Deferred[None] = super().stopService()
        return stopped

    @property
    def reactor(self) -> Any:
        return self.master.reactor

    # -- for workers -----------------------------------------------------------------------------

    def has_room(self, _worker: str, _tell: Callable[[], None]) -> bool:
        """See `Source.has_room`: who waits, waits in the service's queue."""
        return True

    def forget(self, worker: str) -> None:
        """See `Source.forget`: nothing is remembered of workers here."""

    def obtain(self, order: Order, heard: Heard) -> "Deferred[Machine]":
        """See `Source.obtain`."""
        return ensureDeferred(self._obtain(order, heard))

    async def _obtain(self, order: Order, heard: Heard) -> Machine:
        public_key = self.key.export_public_key().decode().strip()
        purpose = f"{self._mark}{order.wish.worker} ({order.key})"
        self._held.add(order.key)
        try:
            lease = await in_thread(
                self.reactor,
                lambda: self.client.lock(order.machine_type, purpose, public_key, order.key),
            )
            self._held.add(lease.id)
        finally:  # a lease whose answer nobody waited for is swept
            self._held.discard(order.key)
        machine = LeasedMachine(self, lease, order.user_data or "", heard)
        machine.follow()
        return machine

    def let_go(self, lease: str) -> "Deferred[None]":
        """Give a lease back; what the service does not take now is swept later."""
        self._held.discard(lease)
        released = in_thread(self.reactor, lambda: self.client.release(lease))
        released.addTimeout(RELEASE_PATIENCE, self.reactor)
        return logged(released, "leasehold: a lease will be given back later")

    def _sweep(self) -> "Deferred[None]":
        swept = in_thread(self.reactor, self._give_back_what_nobody_holds)
        return logged(swept, "leasehold: while looking for leases that nobody holds")

    def _give_back_what_nobody_holds(self) -> None:
        for lease in self.client.open_leases():
            held = frozenset(self._held)  # looked at after the listing, not before
            ours = lease.purpose.startswith(self._mark)
            if ours and lease.id not in held and not any(key in lease.purpose for key in held):
                log.msg(f"leasehold: gives back lease {lease.id}, which nobody holds any more")
                self.client.release(lease.id)


class LeasedMachine:
    """One lease of one node, and the worker that is started there."""

    def __init__(self, service: LeaseholdService, lease: Lease, script: str, heard: Heard) -> None:
        self.about = {"lease": lease.id}
        self.standing = Standing(stage=Stage.WAITING, reason=lease.reason)
        self._service = service
        self._lease = lease
        self._script = script
        self._heard: Heard | None = heard
        self._given_back = threading.Event()

    def peek(self) -> None:
        """See `Machine.peek`: the service tells by itself."""

    def give_back(self) -> "Deferred[None]":
        """See `Machine.give_back`."""
        self._heard = None
        self._given_back.set()
        return self._service.let_go(self._lease.id)

    def console(self) -> "Deferred[str]":
        """See `Machine.console`: the service does not show any."""
        return succeed("")

    def follow(self) -> None:
        """Follow the lease, in a thread of its own, until it is given back or has ended."""
        threading.Thread(target=self._follow, name="leasehold-lease", daemon=True).start()

    def _follow(self) -> None:
        started = False
        while not self._given_back.is_set():
            try:
                if self._lease.state == "ready" and not started:
                    self._tell(_standing(self._lease))
                    start_worker(self._lease.nodes[0], self._script, self._service.key)
                    started = True
                self._tell(_standing(self._lease, started=started))
                if self._lease.state not in _STAGES:
                    return
                self._extend()
                self._lease = self._service.client.wait(self._lease.id, self._lease.state)
            except Impossible as error:
                if error.reason.cause is not Cause.CLOUD_BUSY:
                    self._tell(Standing(stage=Stage.FAILED, reason=error.reason))
                    return
                self._given_back.wait(PAUSE)
            except Exception as error:  # noqa: BLE001 - nobody else would tell the worker
                note(failed(error), "leasehold: while following a lease")
                reason = Reason(cause=Cause.BUILD_FAILED, text=f"{type(error).__name__}: {error}")
                self._tell(Standing(stage=Stage.FAILED, reason=reason))
                return

    def _extend(self) -> None:
        """Keep a lease that is in use; that it cannot be kept any longer is not the end of it yet."""
        until = self._lease.until
        if until is None or until.timestamp() - time.time() > TOO_SHORT:
            return
        try:
            self._lease = self._service.client.extend(self._lease.id, EXTENSION)
        except Impossible as error:
            log.msg(f"leasehold: lease {self._lease.id} ends at {until}: {error}")

    def _tell(self, standing: Standing) -> None:
        self._service.reactor.callFromThread(self._take, standing)

    def _take(self, standing: Standing) -> None:
        if standing == self.standing:
            return
        self.standing = standing
        if self._heard is not None:
            self._heard(standing)


def _standing(lease: Lease, *, started: bool = False) -> Standing:
    node = lease.nodes[0] if lease.nodes else None
    ended = Reason(cause=Cause.LOST, text=f"the lease {lease.id} was {lease.state}")
    stage = _STAGES.get(lease.state, Stage.FAILED)
    reason = lease.reason or (node.reason if node else None)
    if stage is Stage.FAILED:
        reason = reason or ended
    elif started:
        stage, reason = Stage.UP, None
    return Standing(
        stage=stage,
        reason=reason,
        server_id=node.server_id if node else None,
        addresses=(node.address,) if node and node.address else (),
    )
