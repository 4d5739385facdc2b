"""The loop: hear what happened, decide, commit, and only then call.

Everything below `turn` runs in one thread, so that rows need no locks. Calls to clouds run in threads
of their own and report back through the inbox. A crash at any point leaves rows that say what may
have been sent.
"""

import contextlib
import queue
import threading
from collections.abc import Callable, Collection, Mapping
from concurrent.futures import Future

import msgspec
import structlog
from sqlalchemy import Connection

from leasehold.engine import ledger, outcome
from leasehold.engine.calls import Calls, Spawn
from leasehold.engine.clock import Clock
from leasehold.engine.cloud import (
    LISTED_KINDS,
    RECORD_KINDS,
    Authority,
    Cloud,
    Kind,
    Limits,
    ObjectId,
    VolumeSpec,
)
from leasehold.engine.condition import Condition, condition
from leasehold.engine.decide import Action, Decision, View, decide
from leasehold.engine.last_words import Nobody, Reader
from leasehold.engine.ledger import Ledger
from leasehold.engine.quota import NOTHING, Snapshot
from leasehold.engine.reason import Cause
from leasehold.engine.row import Row
from leasehold.engine.watch import Pace, Survey, Watch
from leasehold.store import Database, StoreFailed, StoreLost

log = structlog.get_logger()

STORE_RETRY = 5.0
"""Seconds until a write that failed, for example on a full disk, is tried again."""

HOUSEKEEPING = 3600.0
"""Seconds between two looks for rows that need not be remembered any longer."""

Change = tuple[Row | None, Row]
"""A row before and after; None before it was planned."""


class Engine:
    """Keeps what is wanted and what the clouds have the same. Start it once; stop it at the end."""

    def __init__(
        self,
        database: Database,
        clouds: Mapping[str, Cloud],
        clock: Clock,
        *,
        name_servers: Mapping[str, Authority] | None = None,
        paces: Mapping[str, Pace] | None = None,
        on_change: Callable[[Collection[Change]], None] = lambda _: None,
        spawn: Spawn | None = None,
        kinds: Collection[Kind] = LISTED_KINDS,
        history: float | None = ledger.HISTORY,
    ) -> None:
        """`on_change` is called in the engine's thread, after the commit, with every changed row.

        `kinds` are what is listed in each cloud; snapshots only where there are datasets.

        `history` is how many seconds lines of the history are kept; None: for ever.

        `spawn` runs a call to a cloud; by default in a thread of its own.
        """
        self.database = database
        self.clock = clock
        self.on_change = on_change
        self.reader: Reader = Nobody()
        """Who hears what servers printed before they are deleted; set before `start`."""
        self.ledger = Ledger()
        self.installation = database.write(ledger.installation).result()
        paces = paces or {}
        # Names come first: what a turn decides of them, the clouds' part of the turn knows.
        self.watches = {
            name: Watch(name, server, paces.get(name, Pace()), RECORD_KINDS)
            for name, server in (name_servers or {}).items()
        } | {
            name: Watch(name, cloud, paces.get(name, Pace()), kinds)
            for name, cloud in clouds.items()
        }
        self._inbox: queue.SimpleQueue[Callable[[], None] | None] = queue.SimpleQueue()
        self._calls = Calls(self, spawn)
        self._unsaved: dict[ObjectId, Change] = {}
        self._actions: list[tuple[Watch, Action]] = []
        self._housekeeping_at = 0.0
        self._history = history
        self._thread: threading.Thread | None = None
        self._load()

    def _load(self) -> None:
        now = self.clock.now()
        with self.database.read() as connection:
            rows = ledger.load(connection)
        for row in rows:
            self.ledger.put(row)
        for row in rows:
            after = outcome.interrupted(row, now)
            if after is not row:
                self.change(after)

    # -- for the doors: any thread ---------------------------------------------------------------

    def plan(self, connection: Connection, rows: Collection[Row]) -> Callable[[], None]:
        """Write new rows within the caller's transaction; call the result after its commit."""
        ledger.add(connection, rows)
        return lambda: self.tell(lambda: self._planned(rows))

    def drop(self, connection: Connection, ids: Collection[ObjectId]) -> Callable[[], None]:
        """Give objects up within the caller's transaction; call the result after its commit."""
        ledger.drop(connection, ids)
        return lambda: self.tell(lambda: self._dropped(ids))

    def grow(self, connection: Connection, volume: Row, size_gib: int) -> Callable[[], None]:
        """Want a volume larger, within the caller's transaction; call the result after its commit."""
        assert isinstance(volume.spec, VolumeSpec), "only volumes grow"
        spec = msgspec.structs.replace(volume.spec, size_gib=size_gib)
        ledger.reshape(connection, msgspec.structs.replace(volume, spec=spec))
        return lambda: self.tell(lambda: self._reshaped(volume.id, spec))

    def audit(self, cloud: str) -> "Future[Survey]":
        """Ask for complete listings of every kind, begun from now on, and what they show."""
        future: Future[Survey] = Future()
        watch = self.watches[cloud]
        now = self.clock.now()

        def ask() -> None:
            watch.forced_at = now
            watch.audits.append((now, future))

        self.tell(ask)
        return future

    def peek(self, cloud: str) -> None:
        """Look at the servers of a cloud soon: one that is up may have died, which nobody tells.

        All who ask in the meantime share one call. Without it an end is noticed at the next audit.
        """
        watch, now = self.watches[cloud], self.clock.now()
        self.tell(lambda: setattr(watch, "peeked_at", now))

    def look(self) -> "Future[list[tuple[Row, Action | None]]]":
        """Every row that is not settled, with the call that would leave for it right now."""
        future: Future[list[tuple[Row, Action | None]]] = Future()

        def answer() -> None:
            now = self.clock.now()
            found: list[tuple[Row, Action | None]] = []
            for watch in self.watches.values():
                decision = self._decide(watch, now)
                changed = {row.id: row for row in decision.changed}
                actions = {action.row.id: action for action in decision.actions}
                found += [
                    (changed.get(row.id, row), actions.get(row.id))
                    for row in self.ledger.due(watch.name)
                ]
            future.set_result(found)

        self.tell(answer)
        return future

    def conditions(self) -> "Future[list[Condition]]":
        """How the clouds and name servers are now."""
        future: Future[list[Condition]] = Future()

        def answer() -> None:
            now = self.clock.now()
            future.set_result(
                [
                    condition(each, self.ledger.ours(each.name), now)
                    for each in self.watches.values()
                ]
            )

        self.tell(answer)
        return future

    def limit(self, cloud: str, limits: Limits) -> None:
        """Hold our objects in a cloud to limits of our own from now on, beside its quota."""
        whose = "the limit set for this cloud"
        ceiling = Snapshot(limits=limits, ours=NOTHING, whose=whose, full=Cause.LIMIT)
        watch = self.watches[cloud]
        self.tell(lambda: setattr(watch, "ceiling", ceiling))

    def reach(self, cloud: str, by: Cloud) -> None:
        """Reach a cloud in another way from now on, for example with another password."""
        watch = self.watches[cloud]
        self.tell(lambda: setattr(watch, "cloud", by))

    def tell(self, news: Callable[[], None]) -> None:
        """Have `news` run in the engine's thread, in order."""
        self._inbox.put(news)

    # -- the thread ------------------------------------------------------------------------------

    def start(self) -> None:
        self._thread = threading.Thread(target=self._run, name="leasehold-engine", daemon=True)
        self._thread.start()

    def stop(self) -> None:
        """End after the current turn. Calls under way are left to end; a restart looks for them."""
        self._inbox.put(None)
        if self._thread is not None:
            self._thread.join()
        for watch in self.watches.values():
            for _, future in watch.audits:
                future.cancel()

    def _run(self) -> None:
        news: list[Callable[[], None]] = []
        while True:
            try:
                wake_at = self.turn(news)
            except StoreLost as error:
                log.critical("engine.ledger_lost", error=str(error))
                return  # from here on the clouds are somebody else's to change
            except Exception:
                log.exception("engine.turn_broke")  # without this thread nothing is ever deleted
                wake_at = self.clock.now() + STORE_RETRY
            news = []
            try:
                first = self._inbox.get(timeout=max(0.0, wake_at - self.clock.now()))
                while first is not None:
                    news.append(first)
                    first = self._inbox.get_nowait()
            except queue.Empty:
                continue
            return

    def drain(self) -> list[Callable[[], None]]:
        """What is in the inbox now; for a driver that turns the engine by hand."""
        news = []
        with contextlib.suppress(queue.Empty):
            while (each := self._inbox.get_nowait()) is not None:
                news.append(each)
        return news

    def turn(self, news: Collection[Callable[[], None]] = ()) -> float:
        """Take in the news, decide, commit, call. Returns when to turn again, as Unix seconds."""
        for each in news:
            try:
                each()
            except Exception:
                log.exception("engine.news_broke")  # the rest of the news is no worse for it
        now = self.clock.now()
        wakes = [now + 60.0]
        for watch in self.watches.values():
            try:
                wakes.append(self._turn(watch, now))
            except Exception:
                log.exception("engine.turn_broke", cloud=watch.name)  # other clouds have to go on
                wakes.append(now + STORE_RETRY)
        if now >= self._housekeeping_at:
            self._housekeeping_at = now + HOUSEKEEPING
            self._forget_outdated(now)
        if not self._commit(now):
            return now + STORE_RETRY
        actions, self._actions = self._actions, []
        for watch, action in actions:
            self._calls.send(watch, action)
        return max(min(wakes), now)

    def _turn(self, watch: Watch, now: float) -> float:
        """The part of a turn that is about one cloud."""
        self._calls.give_up_late_ones(watch, now)
        decision = self._decide(watch, now)
        for row in decision.changed:
            self.change(row)
        watch.budget.spend(len(decision.actions))
        self._actions += [(watch, action) for action in decision.actions]
        watch.in_flight.update({action.row.id: now for action in decision.actions})
        wakes = [self._calls.observe(watch, now), decision.wake_at, watch.late_at()]
        return min(each for each in wakes if each is not None)

    def change(self, row: Row) -> None:
        """Take a changed row in; it is saved at the end of the turn."""
        before = self.ledger.rows.get(row.id)
        first = self._unsaved.get(row.id, (before, row))[0]
        self._unsaved[row.id] = (first, row)
        self.ledger.put(row)

    def _decide(self, watch: Watch, now: float) -> Decision:
        return decide(
            View(
                now=now,
                due=self.ledger.due(watch.name),
                rows=self.ledger.rows,
                dependents=self.ledger.dependents,
                in_flight=watch.in_flight,
                allowance=watch.allowance(now),
                next_call_at=watch.next_call_at(now),
                snapshot=watch.snapshot,
                ceiling=watch.ceiling,
                ours=self.ledger.ours(watch.name),
                shut=watch.open_shut(now),
            )
        )

    def _planned(self, rows: Collection[Row]) -> None:
        for row in rows:
            self.ledger.put(row)

    def _reshaped(self, object_id: ObjectId, spec: VolumeSpec) -> None:
        row = self.ledger.rows.get(object_id)
        if row is not None:
            self.change(msgspec.structs.replace(row, spec=spec))

    def _dropped(self, ids: Collection[ObjectId]) -> None:
        for object_id in ids:
            row = self.ledger.rows.get(object_id)
            if row is not None and row.wanted:
                self.change(msgspec.structs.replace(row, wanted=False))

    def _commit(self, now: float) -> bool:
        """Make the changes durable; False keeps them, and the calls that depend on them, for later."""
        if not self._unsaved:
            return True
        changes = list(self._unsaved.values())

        def work(connection: Connection) -> None:
            ledger.save(connection, [after for _, after in changes])
            ledger.record(connection, changes, now)

        try:
            self.database.write(work).result()
        except StoreFailed as error:
            log.error("engine.store_failed", error=str(error), changes=len(changes))
            return False
        self._unsaved.clear()
        try:
            self.on_change(changes)
        except Exception:
            log.exception("engine.listener_broke")  # the calls that are due have to leave
        return True

    def _forget_outdated(self, now: float) -> None:
        ids = self.ledger.outdated(now)
        for object_id in ids:
            self.ledger.forget(object_id)

        def work(connection: Connection) -> None:
            ledger.remove(connection, ids)
            if self._history is not None:
                ledger.forget_history(connection, now - self._history)

        self.database.write(work)
