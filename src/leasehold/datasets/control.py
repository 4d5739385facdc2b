"""The control side: hears of rows, agents and servers, decides, commits, and only then tells others.

All changes happen under one lock. What is told to agents and to the engine was committed before, by
a write that the store's fence lets through only while this process owns the ledger.
"""

import threading
from collections.abc import Callable, Collection, Mapping, Sequence

import msgspec
import structlog
from sqlalchemy import Connection

from leasehold.datasets import records
from leasehold.datasets.book import AgentRow, DatasetRow, Fate, SnapshotRow, subject_of
from leasehold.datasets.decide import decide
from leasehold.datasets.fate import fate_of
from leasehold.datasets.model import DatasetId, DatasetState, Profile, SnapshotId
from leasehold.datasets.shelf import Shelf
from leasehold.datasets.view import Decision, View
from leasehold.engine.clock import Clock
from leasehold.engine.cloud import Cloud, Kind, ObjectId
from leasehold.engine.engine import Change, Engine
from leasehold.engine.ledger import new_id
from leasehold.engine.row import Row, State
from leasehold.store import Database, StoreError, StoreLost

log = structlog.get_logger()

STORE_RETRY = 5.0
"""Seconds until it goes on by itself after a write was lost, for example on a full disk."""

FATE_PAUSE = 20.0
"""Seconds between two questions after the same server."""

LONGEST_SLEEP = 3600.0
"""Seconds that it waits at a time: waking times may lie further off than a wait can last."""

RESTART_GRACE = 3600.0
"""Seconds after a start before a dataset is destroyed whose grace time ran out meanwhile: if this is
an old copy of the ledger, somebody can still notice."""

REMEMBERED = 7 * 86400.0
"""Seconds that a dataset which is gone can still be looked at."""

Spawn = Callable[[Callable[[], None]], None]


class Draft(msgspec.Struct, kw_only=True):
    """What is to be written in one transaction."""

    datasets: list[DatasetRow] = []
    snapshots: list[SnapshotRow] = []
    nodes: list[AgentRow] = []
    plan: list[Row] = []
    drop: list[ObjectId] = []
    grow: list[tuple[Row, int]] = []
    forget: list[DatasetId] = []
    forget_snapshots: list[SnapshotId] = []


class Control:
    """Datasets, and the hands that move them. Thread-safe."""

    def __init__(
        self,
        database: Database,
        clouds: Mapping[str, Cloud],
        clock: Clock,
        *,
        profiles: Collection[Profile] = (),
        grace: float = 86400.0,
        make_id: Callable[[Kind], ObjectId] = new_id,
        spawn: Spawn | None = None,
    ) -> None:
        """`grace` is how many seconds a deleted dataset can be brought back."""
        self.database = database
        self.clouds = clouds
        self.clock = clock
        self.profiles = {each.name: each for each in profiles}
        self.grace = grace
        self.make_id = make_id
        self.lock = threading.RLock()
        self.news = threading.Condition(self.lock)
        self.shelf = Shelf()
        self.engine: Engine
        """Set by `attach`: the engine needs `heard_rows`, and this needs the engine."""
        self._spawn = spawn or _in_a_thread
        self._stirred: set[DatasetId] = set()
        self._alarms: dict[DatasetId, float] = {}
        self._asking: set[tuple[str, str]] = set()
        self._listeners: list[Callable[[], None]] = []
        self._retry_at: float | None = None
        self._stopping = False
        self._thread: threading.Thread | None = None

    def attach(self, engine: Engine) -> None:
        """Take the engine, and what the database knows."""
        self.engine = engine
        now = self.clock.now()
        with self.lock:
            with self.database.read() as connection:
                found = records.load(connection)
            self.shelf.load(found)
            for row in engine.ledger.rows.values():
                self._hear(row)
            spared = [(each, _spared(each, now + RESTART_GRACE)) for each in found.datasets]
            late = [after for before, after in spared if after is not before]
            if late:
                self.commit(Draft(datasets=late))
            self._stirred.update(self.shelf.datasets)

    @property
    def installation(self) -> str:
        return self.engine.installation

    # -- the thread ------------------------------------------------------------------------------

    def start(self) -> None:
        self._thread = threading.Thread(target=self._run, name="leasehold-datasets", daemon=True)
        self._thread.start()

    def stop(self) -> None:
        with self.lock:
            self._stopping = True
            self.news.notify_all()
        if self._thread is not None:
            self._thread.join()
        self._ring()

    def _run(self) -> None:
        with self.lock:
            while not self._stopping:
                try:
                    wake_at = self.turn()
                except StoreLost:
                    return  # from here on the datasets are somebody else's to move
                except Exception:
                    log.exception("datasets.turn_broke")  # without this thread nothing is moved
                    wake_at = self.clock.now() + STORE_RETRY
                if not self._stopping:
                    self.news.wait(min(max(0.0, wake_at - self.clock.now()), LONGEST_SLEEP))

    def subscribe(self, listener: Callable[[], None]) -> Callable[[], None]:
        """Have `listener` called, in any thread, after each change; the result ends that."""
        self._listeners.append(listener)
        return lambda: self._listeners.remove(listener)

    # -- news ------------------------------------------------------------------------------------

    def heard_rows(self, changes: Collection[Change]) -> None:
        """Rows of the engine changed. Called in its thread, after its commit; returns at once."""
        mine = [row for _, row in changes if row.subject.startswith("dataset:")]
        if not mine:
            return
        with self.lock:
            for row in mine:
                self._hear(row)
            self.news.notify_all()
        self._ring()  # an order tells the size of its volume, also where nothing is left to decide

    def _hear(self, row: Row) -> None:
        if row.subject.startswith("dataset:"):
            self.shelf.hear(row)
            self._stirred.update(self.shelf.by_subject((row.subject,)))

    def stir(self, ids: Collection[DatasetId]) -> None:
        """Look at these datasets again. Call with the lock in hand."""
        self._stirred.update(ids)
        self.news.notify_all()

    # -- decide and act --------------------------------------------------------------------------

    def turn(self) -> float:
        """Do what there is to do; returns when to turn again. Takes the lock."""
        with self.lock:
            now = self.clock.now()
            if self._retry_at is not None and now < self._retry_at:
                return self._retry_at
            self._retry_at = None
            self._stirred.update(each for each, at in self._alarms.items() if at <= now)
            while self._stirred:
                stirred, self._stirred = self._stirred, set()
                try:
                    self._consider(stirred, now)
                except StoreLost:
                    raise
                except StoreError as error:
                    log.error("datasets.store_failed", error=str(error))
                    self._stirred |= stirred
                    self._retry_at = now + STORE_RETRY
                    return self._retry_at
            return min(self._alarms.values(), default=now + LONGEST_SLEEP)

    def _consider(self, stirred: Collection[DatasetId], now: float) -> None:
        draft = Draft()
        again: set[DatasetId] = set()
        for dataset in sorted(stirred):
            row = self.shelf.datasets.get(dataset)
            if row is None:
                continue
            try:
                decision = decide(self.view(row, now), self.make_id)
            except Exception:
                log.exception("datasets.decision_broke", dataset=dataset)  # the others go on
                self._alarms[dataset] = now + STORE_RETRY
                continue
            self._draft(draft, row, decision)
            if decision.row is not row or decision.plan or decision.drop or decision.grow:
                again.add(dataset)
            if decision.wake_at is None:
                self._alarms.pop(dataset, None)
            else:
                self._alarms[dataset] = decision.wake_at
            if decision.ask:
                self._ask(decision.row, now)
        self._tidy(draft, stirred, now)
        self.commit(draft)
        self._stirred |= again

    def view(self, row: DatasetRow, now: float) -> View:
        """All that the decision about a dataset depends on."""
        shelf = self.shelf
        return View(
            now=now,
            installation=self.installation,
            row=row,
            configured=row.cloud in self.clouds,
            grace=self.grace,
            volume=shelf.row(row.volume),
            attachment=shelf.row(row.attachment),
            node=shelf.nodes.get(row.node) if row.node else None,
            holder=shelf.nodes.get(row.attached_node) if row.attached_node else None,
            heard=shelf.heard_of(row),
            fate=shelf.fate_of(row),
            stranger=shelf.stranger_of(row),
            snapshots=tuple(each.object for each in shelf.snapshots_of(row.id)),
        )

    def _draft(self, draft: Draft, row: DatasetRow, decision: Decision) -> None:
        if decision.row is not row:
            draft.datasets.append(decision.row)
        draft.plan += decision.plan
        draft.drop += decision.drop
        volume = self.shelf.row(row.volume)
        if decision.grow is not None and volume is not None:
            draft.grow.append((volume, decision.grow))

    def _tidy(self, draft: Draft, stirred: Collection[DatasetId], now: float) -> None:
        """Forget what is gone: snapshots at once, datasets after a while."""
        for dataset in stirred:
            row_ = self.shelf.datasets.get(dataset)
            destroyed = row_ is not None and (row_.destroying or row_.state is DatasetState.GONE)
            for each in self.shelf.snapshots_of(dataset):
                row = self.shelf.rows.get(each.object)
                if (each.deleted or destroyed) and (row is None or row.state is State.GONE):
                    draft.forget_snapshots.append(each.id)
            if row_ is not None and row_.state is DatasetState.GONE:
                if now >= row_.since + REMEMBERED:
                    draft.forget.append(dataset)
                else:
                    self._alarms[dataset] = row_.since + REMEMBERED

    def commit(self, draft: Draft) -> None:
        """Write a draft, then take it in and tell the engine. Call with the lock in hand.

        Raises `StoreError` if it was not kept; then nothing has changed.
        """
        if not any(getattr(draft, name) for name in Draft.__struct_fields__):
            return
        now = self.clock.now()
        moved = [row for row in draft.datasets if self._is_news(row)]

        def work(connection: Connection) -> Sequence[Callable[[], None]]:
            records.save_datasets(connection, draft.datasets)
            records.save_snapshots(connection, draft.snapshots)
            records.save_nodes(connection, draft.nodes)
            records.note(connection, moved, now)
            if draft.forget:
                records.remove_datasets(connection, draft.forget)
            if draft.forget_snapshots:
                records.remove_snapshots(connection, draft.forget_snapshots)
            tell = [self.engine.plan(connection, draft.plan)] if draft.plan else []
            tell += [self.engine.drop(connection, draft.drop)] if draft.drop else []
            tell += [self.engine.grow(connection, row, size) for row, size in draft.grow]
            return tell

        tell = self.database.write(work).result()
        self._take_in(draft)
        for each in tell:
            each()
        self._ring()

    def _is_news(self, row: DatasetRow) -> bool:
        before = self.shelf.datasets.get(row.id)
        shown = ("state", "troubled", "reason", "node", "attached_node")
        return before is None or any(getattr(before, name) != getattr(row, name) for name in shown)

    def _take_in(self, draft: Draft) -> None:
        shelf = self.shelf
        for dataset in draft.datasets:
            shelf.put(dataset)
        for snapshot in draft.snapshots:
            shelf.put_snapshot(snapshot)
        for node in draft.nodes:
            shelf.put_node(node)
        for row in draft.plan:
            shelf.rows.setdefault(row.id, row)
        for volume, size in draft.grow:
            spec = msgspec.structs.replace(volume.spec, size_gib=size)
            shelf.rows[volume.id] = msgspec.structs.replace(volume, spec=spec)
        for each in draft.forget_snapshots:
            shelf.forget_snapshot(each)
        for gone in draft.forget:
            shelf.forget(gone)
            self._alarms.pop(gone, None)
            subject = subject_of(gone)
            for key in [key for key, row in shelf.rows.items() if row.subject == subject]:
                del shelf.rows[key]

    def _ring(self) -> None:
        for listener in [*self._listeners]:
            listener()

    # -- servers ---------------------------------------------------------------------------------

    def _ask(self, row: DatasetRow, now: float) -> None:
        """Ask the cloud beside what became of the server that has a dataset."""
        server = row.attached_server
        assert server is not None, "only what is attached is asked about"
        key = (row.cloud, server)
        known = self.shelf.fates.get(key)
        if key in self._asking:
            return
        told_at = row.told_at or 0.0
        if known is not None and known.asked_at >= told_at and now < known.asked_at + FATE_PAUSE:
            again_at = known.asked_at + FATE_PAUSE
            self._alarms[row.id] = min(again_at, self._alarms.get(row.id, again_at))
            return
        self._asking.add(key)
        cloud = self.clouds[row.cloud]

        def ask() -> None:
            try:
                fate: Fate | None = fate_of(cloud, server, self.clock)
            except Exception:
                log.exception("datasets.fate_broke", server=server)
                fate = None
            with self.lock:
                self._asking.discard(key)
                if fate is not None:
                    self.shelf.put_fate(key, fate)
                self.stir([each.id for each in self.shelf.datasets.values()
                           if (each.cloud, each.attached_server) == key])  # fmt: skip

        self._spawn(ask)


def _spared(row: DatasetRow, until: float) -> DatasetRow:
    """A dataset of which nothing is destroyed before `until`."""
    ending = row.deleted_at is not None and not row.destroying
    if ending and row.destroy_at is not None and row.destroy_at < until:
        row = msgspec.structs.replace(row, destroy_at=until)
    if any(each.until is not None and each.until < until for each in row.former):
        former = tuple(
            msgspec.structs.replace(
                each, until=None if each.until is None else max(each.until, until)
            )
            for each in row.former
        )
        row = msgspec.structs.replace(row, former=former)
    return row


def _in_a_thread(work: Callable[[], None]) -> None:
    threading.Thread(target=work, name="leasehold-fate", daemon=True).start()
