"""Locks whose answer takes time: until servers are ready, or at least the ledger has kept it.

A caller that hangs up before its answer cannot know what it got. So it gets nothing.
"""

import asyncio
from collections.abc import Awaitable, Callable
from concurrent.futures import Future
from typing import TypeAlias

import structlog

from leasehold.engine.errors import Impossible, UnknownName
from leasehold.lab.book import LeaseRow
from leasehold.lab.errors import LabError
from leasehold.lab.lab import Lab
from leasehold.lab.model import LeaseId, LeaseState, Wish
from leasehold.paddles.waiting import Waiting, kept
from leasehold.paddles.web import Refused

_log = structlog.get_logger()

Gone: TypeAlias = Callable[[], Awaitable[None]]
"""Returns when the caller has hung up."""

_NOT_YET = frozenset({LeaseState.WAITING, LeaseState.PREPARING})
_HUNG_UP = "the caller hung up before the answer"


class Pending:
    """Lives in one event loop."""

    def __init__(self, lab: Lab, patience: float) -> None:
        """`patience`: seconds that servers may take to be ready."""
        self._lab = lab
        self._patience = patience
        self._waiting = Waiting(lab)

    async def keep(self, lease: LeaseId, durable: "Future[None] | None", gone: Gone) -> None:
        """Wait until a lease is durable; it ends if nobody waits for the answer any more."""
        hung_up = asyncio.ensure_future(gone())
        try:
            await kept(durable)
            if hung_up.done():
                await self._give_back(lease, _HUNG_UP)
        finally:
            hung_up.cancel()

    async def lock(self, wish: Wish, gone: Gone) -> LeaseId:
        """Lease nodes and wait until all are ready; if they are not in time, all are given back.

        Raises `Refused`, 503, with what the lab says of the failure.
        """
        try:
            lease = (await asyncio.to_thread(self._lab.lock, wish)).id
        except (LabError, UnknownName, Impossible) as no:
            # The only answer whose words teuthology shows to people.
            raise Refused(503, str(no)) from no
        hung_up = asyncio.ensure_future(gone())
        hung_up.add_done_callback(lambda _: self._waiting.stir())

        def settled() -> bool:
            return hung_up.done() or self._row(lease).state not in _NOT_YET

        try:
            await self._waiting.until(settled, self._patience)
        finally:
            left = hung_up.done()
            hung_up.cancel()
        row = self._row(lease)
        if row.state is LeaseState.READY and not left:
            return lease
        why = _HUNG_UP if left else _why(row, self._patience)
        if not row.ended:
            await self._give_back(lease, why)
        raise Refused(503, why)

    def _row(self, lease: LeaseId) -> LeaseRow:
        with self._lab.promptly() as lab:
            return lab.lease_row(lease)

    async def _give_back(self, lease: LeaseId, why: str) -> None:
        _log.info("paddles.given_back", lease=lease, why=why)
        with self._lab.promptly() as lab:
            lab.release(lease)
            durable = lab.kept
        await kept(durable)


def _why(row: LeaseRow, patience: float) -> str:
    reason = f": {row.reason.text}" if row.reason else ""
    if row.ended:
        return f"{row.id} {row.state.value}{reason}"
    return f"no nodes were ready within {patience:.0f} s{reason}; nothing was locked"
