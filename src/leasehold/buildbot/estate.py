"""What a master has in one cloud: an engine in a thread of its own, its ledger, what is offered.

Nothing here knows Twisted. Methods may be called from any thread; those that ask the cloud block.
"""

import math
from collections.abc import Callable, Collection, Mapping
from concurrent.futures import Future
from pathlib import Path
from typing import Any, TypeVar, cast

import structlog

from leasehold.engine.clock import SystemClock
from leasehold.engine.cloud import CloudError, CloudRefused, Limit, Limits, ObjectId, Offers
from leasehold.engine.engine import Engine
from leasehold.engine.errors import Impossible
from leasehold.engine.openstack_cloud import OpenStackCloud
from leasehold.engine.openstack_refusals import told
from leasehold.engine.reason import Cause, Reason
from leasehold.engine.row import Row, State
from leasehold.engine.stock import Stock
from leasehold.engine.watch import Pace
from leasehold.openstack import Connection, OpenStackError, connect
from leasehold.openstack.arguments import Arguments
from leasehold.store import Database, StoreError

T = TypeVar("T")
log = structlog.get_logger()

PACE = Pace(calls_per_second=20.0, burst=100, calls_at_once=32)
"""A master starts many builds at once, after a push."""

GIB = 1024**3
CONSOLE_LINES = 40
TIMEOUT = 30.0
"""Seconds that one call to the cloud may take."""


class Estate:
    """One cloud's engine. Open it before use; close it at the end."""

    def __init__(
        self, name: str, sign_in: Mapping[str, Any], heard: Callable[[list[Row]], None]
    ) -> None:
        """`heard` is called in the engine's thread with every row that changed."""
        self.name = name
        self._heard = heard
        self._sizes: dict[tuple[str, str], int] = {}
        self._sign_in: Mapping[str, Any] = {}
        self._connection: Connection
        self._cloud: OpenStackCloud
        self._stock: Stock
        self._engine: Engine | None = None
        self._database: Database | None = None
        self.sign_in(sign_in)

    def sign_in(self, arguments: Mapping[str, Any]) -> None:
        """Reach the cloud with these arguments of `connect` from now on.

        Raises `OpenStackError` if they make no sense; nothing is asked of the cloud yet.
        """
        if arguments == self._sign_in:
            return
        ours = {"timeout": TIMEOUT, **arguments, "retries": 0}
        self._connection = connect(**cast("Arguments", ours))
        self._sign_in = dict(arguments)
        self._cloud = OpenStackCloud(self._connection)
        self._stock = Stock({self.name: self._cloud})
        if self._engine is not None:
            self._engine.reach(self.name, self._cloud)

    def open(self, path: Path) -> list[Row]:
        """Open the ledger at `path` and start the engine; what an earlier process made has to go.

        Returns what is still there of it. Raises `StoreError`.
        """
        # The ledger holds user-data, and that the workers' passwords.
        path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
        database = Database(path)
        engine = Engine(
            database,
            {self.name: self._cloud},
            SystemClock(),
            paces={self.name: PACE},
            on_change=lambda changes: self._heard([after for _, after in changes]),
        )
        rows = [row for row in engine.ledger.rows.values() if row.state is not State.GONE]
        self._database, self._engine = database, engine
        self.give_up([row.id for row in rows if row.wanted]).result()
        engine.start()
        self._stock.warm()
        return rows

    def close(self) -> None:
        """Stop the engine; a call that hangs is left to itself."""
        if self._engine is not None:
            self._engine.stop()
        if self._database is not None:
            self._database.close()
        self._connection.close()

    # -- wishes ----------------------------------------------------------------------------------

    def plan(self, rows: Collection[Row]) -> "Future[None]":
        """Have objects made; the future ends when that is durable, or with `StoreError`."""
        engine = self._running
        return self._write(lambda connection: engine.plan(connection, rows))

    def give_up(self, ids: Collection[ObjectId]) -> "Future[None]":
        """Have objects deleted; the future ends when that is durable, or with `StoreError`."""
        engine = self._running
        return self._write(lambda connection: engine.drop(connection, ids))

    def sweep(self, held: Collection[ObjectId]) -> None:
        """Have everything deleted that nobody holds.

        Nothing is, unless a write was lost; it must not stay for ever then.
        """
        engine = self._running

        def look() -> None:
            rows = engine.ledger.rows.values()
            ids = [row.id for row in rows if _is_wanted(row) and row.id not in held]
            if ids:
                log.warning("buildbot.swept", cloud=self.name, objects=ids)
                self.give_up(ids)

        engine.tell(look)

    def peek(self) -> None:
        """Look soon whether every server is still there."""
        self._running.peek(self.name)

    def limit(self, limits: Mapping[str, int]) -> None:
        """Hold everything here to limits of the master's own."""
        totals = {name: Limit(total=most) for name, most in limits.items()}
        self._running.limit(self.name, Limits(**totals))

    @property
    def _running(self) -> Engine:
        assert self._engine is not None, "opened before use"
        return self._engine

    def _write(self, work: Callable[[Any], Callable[[], None]]) -> "Future[None]":
        done: Future[None] = Future()

        def ended(future: "Future[Callable[[], None]]") -> None:
            error = future.exception()
            if error is None:
                future.result()()
                done.set_result(None)
            else:
                log.error("buildbot.store_failed", cloud=self.name, error=str(error))
                done.set_exception(error if isinstance(error, StoreError) else _lost(error))

        assert self._database is not None, "opened before use"
        self._database.write(work).add_done_callback(ended)
        return done

    # -- questions to the cloud ------------------------------------------------------------------

    def choose(self, choice: Callable[[Offers], T]) -> T:
        """What `choice`, which may use `size_of`, makes of what the cloud offers; see `Stock.use`."""
        try:
            with told():
                return self._stock.use(self.name, choice)
        except CloudError as error:
            refused = isinstance(error, CloudRefused)
            cause = Cause.NOT_FOUND if refused else Cause.CLOUD_BUSY
            reason = Reason(cause=cause, text=error.message, request_id=error.request_id)
            raise Impossible(reason) from error

    def size_of(self, source: str, uuid: str) -> int:
        """The GiB that a disk needs to hold an image, snapshot or volume; within `choose` only."""
        known = self._sizes.get((source, uuid))
        if known is not None:
            return known
        match source:
            case "image":
                image = self._connection.image.image(uuid)
                size = max(1, image.min_disk, math.ceil((image.size or 0) / GIB))
            case "snapshot":
                size = self._connection.volume.snapshot(uuid).size
            case _:
                return self._connection.volume.volume(uuid).size  # it may grow
        self._sizes[source, uuid] = size
        return size

    def console(self, server_id: str) -> str:
        """The last lines of a server's console; empty if the cloud does not give them."""
        try:
            return self._connection.compute.console_output(server_id, lines=CONSOLE_LINES)
        except OpenStackError:
            return ""


def _is_wanted(row: Row) -> bool:
    return row.wanted and row.state is not State.GONE


def _lost(error: BaseException) -> StoreError:
    lost = StoreError(f"the ledger did not take it: {error}")
    lost.__cause__ = error
    return lost
