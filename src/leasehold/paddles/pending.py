"""Locks whose answer takes time: until servers are ready, or at least the ledger has kept it.

A caller that hangs up before its answer cannot know what it got. So it gets nothing.
"""

import asyncio
import contextlib
from collections.abc import AsyncIterator, Awaitable, Callable
from concurrent.futures import Future
from typing import TypeAlias

import msgspec
import structlog

from leasehold.engine.errors import Impossible, UnknownName
from leasehold.lab.book import LeaseRow
from leasehold.lab.errors import BadWish, LabError
from leasehold.lab.lab import Lab
from leasehold.lab.model import LeaseId, LeaseState, Wish
from leasehold.paddles.waiting import Waiting, kept
from leasehold.paddles.web import Refused

_log = structlog.get_logger()

Gone: TypeAlias = Callable[[], Awaitable[None]]
"""Returns when the caller has hung up."""

_NOT_YET = frozenset({LeaseState.WAITING, LeaseState.PREPARING})
_HUNG_UP = "the caller hung up before the answer"
_STOPPING = "the service stops; nothing was locked"

ANSWERED_WITHIN = 60
"""Seconds that a lease lasts until its answer is due; only then it has no end any more. So what no
code of ours can give back, as after a crash, ends by itself."""


class Pending:
    """Lives in one event loop."""

    def __init__(self, lab: Lab, patience: float) -> None:
        """`patience`: seconds that servers may take to be ready."""
        self._lab = lab
        self._patience = patience
        self._waiting = Waiting(lab)
        self._closed = False

    def close(self) -> None:
        """Give back what is not ready, and answer so: the service stops. Call it in the event loop."""
        self._closed = True
        self._waiting.stir()

    async def keep(self, lease: LeaseId, durable: "Future[None] | None", gone: Gone) -> None:
        """Wait until a lease is durable; it ends if nobody waits for the answer any more."""
        async with self._asked_for(lease, gone) as hung_up:
            await kept(durable)
            if hung_up.done():
                await kept(self._give_back(lease, _HUNG_UP))

    async def lock(self, wish: Wish, gone: Gone) -> LeaseId:
        """Lease nodes and wait until all are ready; if they are not in time, all are given back.

        `wish` says which machine types; how long it lasts is said here. Raises `Refused`, 503, with
        what the lab says of the failure.
        """
        try:
            lease = (await asyncio.to_thread(self._lab.lock, self._with_end(wish))).id
        except (LabError, UnknownName, Impossible) as no:
            # The only answer whose words teuthology shows to people.
            raise Refused(503, str(no)) from no
        async with self._asked_for(lease, gone) as hung_up:

            def settled() -> bool:
                return hung_up.done() or self._closed or self._row(lease).state not in _NOT_YET

            await self._waiting.until(settled, self._patience)
            row = self._row(lease)
            if row.state is LeaseState.READY and not hung_up.done():
                await kept(self._hold(lease))
            why = _HUNG_UP if hung_up.done() else self._why_not(row)
            if why is not None and not row.ended:
                await kept(self._give_back(lease, why))
        if why is not None:
            raise Refused(503, why)
        return lease

    @contextlib.asynccontextmanager
    async def _asked_for(self, lease: LeaseId, gone: Gone) -> AsyncIterator["asyncio.Future[None]"]:
        """For as long as the answer takes: what is done once the caller has hung up. If the wait is
        cut off, the lease is given back."""
        hung_up = asyncio.ensure_future(gone())
        hung_up.add_done_callback(lambda _: self._waiting.stir())
        try:
            yield hung_up
        except asyncio.CancelledError:
            self._give_back(lease, _STOPPING)
            raise
        finally:
            hung_up.cancel()

    def _with_end(self, wish: Wish) -> Wish:
        with self._lab.promptly() as lab:
            longest = lab.longest(wish.machine_type.split("|"))
        return msgspec.structs.replace(wish, hold=False, seconds=min(ANSWERED_WITHIN, longest))

    def _row(self, lease: LeaseId) -> LeaseRow:
        with self._lab.promptly() as lab:
            return lab.lease_row(lease)

    def _hold(self, lease: LeaseId) -> "Future[None] | None":
        """Take the end of a lease away. Raises `Refused`, 503, if it came first."""
        with self._lab.promptly() as lab:
            try:
                lab.hold(lease)
            except BadWish as no:
                raise Refused(503, str(no)) from no
            return lab.kept

    def _give_back(self, lease: LeaseId, why: str) -> "Future[None] | None":
        """End a lease, if it has not ended; it ends at once, and durably with what is returned."""
        _log.info("paddles.given_back", lease=lease, why=why)
        with self._lab.promptly() as lab:
            lab.release(lease)
            return lab.kept

    def _why_not(self, row: LeaseRow) -> str | None:
        """Why a lease is nothing to answer with; None if it is."""
        reason = f": {row.reason.text}" if row.reason else ""
        if row.state is LeaseState.READY:
            return None
        if row.ended:
            return f"{row.id} {row.state.value}{reason}"
        if self._closed:
            return _STOPPING
        return f"no nodes were ready within {self._patience:.0f} s{reason}; nothing was locked"
