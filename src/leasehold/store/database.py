"""A database with one writer thread and group commit.

Every write is a function that runs inside a transaction on the writer's connection. Writes that
wait at the same moment share one commit, so that durability costs one flush for all of them. Reads
run in the caller's thread on connections of their own and see the last commit.
"""

import contextlib
import math
import queue
import threading
import time
from collections.abc import Callable, Iterator
from concurrent.futures import Future
from pathlib import Path
from types import TracebackType
from typing import Self

import structlog
from sqlalchemy import Connection
from sqlalchemy.exc import OperationalError, SQLAlchemyError

from leasehold.store.batch import Job, T, Work, fail, run, settle
from leasehold.store.errors import StoreFailed, StoreLost
from leasehold.store.place import Place
from leasehold.store.sqlite import SqliteFile

log = structlog.get_logger()

LARGEST_BATCH = 256
"""Writes in one commit at most, so that the first of a flood does not wait for the last."""

RETRY = 1.0
"""Seconds between two tries to reach a database that does not answer."""


class Database:
    """The ledger's database. Thread-safe. Close it, or use it as a context manager."""

    def __init__(self, place: Place | Path) -> None:
        """Open it as its only writer, and bring its tables up to date. A path is a SQLite file's.

        Raises `StoreInUse` while another process has it, `StoreError` when it cannot be used: not a
        database, not writable, or written by a newer Leasehold.
        """
        self.place: Place = SqliteFile(path=place) if isinstance(place, Path) else place
        self.on_lost: Callable[[StoreLost], None] = lambda _: None
        """Called in the writer's thread when another process has taken the database over."""
        self._ownership = self.place.take()
        self._engine = self._ownership.engine
        self._connection: Connection | None = None
        self._silent_since: float | None = None
        self._jobs: queue.SimpleQueue[Job | None] = queue.SimpleQueue()
        self._door = threading.Lock()
        self._closed = threading.Event()
        self._writer = threading.Thread(target=self._run, name="leasehold-writer", daemon=True)
        self._writer.start()

    @property
    def name(self) -> str:
        return self.place.name

    def write(self, work: Work[T]) -> "Future[T]":
        """Queue `work` for the next commit; writes run in the order they were queued.

        The future ends after the commit: with what `work` returned, with what it raised (then
        nothing of it was kept, the others' writes were), with `StoreFailed`, or with `StoreLost`.
        A future that is cancelled in time is not written. While PostgreSQL does not answer, writes
        wait for it, 20 s at most; one whose commit was under way waits until its fate is known.
        """
        future: Future[T] = Future()
        with self._door:
            if not self._closed.is_set():
                self._jobs.put((work, future))
                return future
        future.set_exception(StoreFailed(f"{self.name}: is closed; nothing was written"))
        return future

    @contextlib.contextmanager
    def read(self) -> Iterator[Connection]:
        """A connection that sees one state: that of the last commit before its first query.

        Raises `StoreFailed` if the database does not answer.
        """
        try:
            with self._engine.connect() as connection:
                connection.exec_driver_sql(self.place.begin_reading)
                try:
                    yield connection
                finally:
                    if not connection.invalidated:
                        connection.exec_driver_sql("ROLLBACK")
        except OperationalError as error:
            raise StoreFailed(f"{self.name}: cannot be read: {error.orig}; try again") from error

    def close(self) -> None:
        """Finish the writes that are queued, then let go of the database; later ones fail."""
        with self._door:
            if self._closed.is_set():
                return
            self._closed.set()
            self._jobs.put(None)
        self._writer.join()
        self._disconnect()
        self._ownership.release()

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self.close()

    # -- the writer's thread ---------------------------------------------------------------------

    def _run(self) -> None:
        last = False
        while not last:
            jobs, last = self._gather()
            if jobs or not last:
                self._commit(jobs)

    def _gather(self) -> tuple[list[Job], bool]:
        """The writes that wait now, and whether more can come; none when it is time to renew."""
        try:
            job = self._jobs.get(timeout=self._ownership.rhythm)
        except queue.Empty:
            return [], False
        jobs: list[Job] = []
        with contextlib.suppress(queue.Empty):
            while job is not None:
                jobs.append(job)
                if len(jobs) == LARGEST_BATCH:
                    return jobs, False
                job = self._jobs.get_nowait()
            return jobs, True
        return jobs, False

    def _commit(self, jobs: list[Job]) -> None:
        """Run a batch in one transaction, and tell everybody what became of their own."""
        jobs = [job for job in jobs if job[1].set_running_or_notify_cancel()]
        try:
            connection = self._begin()
            outcomes = run(connection, jobs, self.name)
            self._end(connection)
        except Exception as error:  # noqa: BLE001 - the writer must outlive a full disk
            self._roll_back()
            fail(jobs, error, self.name)
            if isinstance(error, StoreLost):
                self.on_lost(error)
        else:
            settle(outcomes)

    def _begin(self) -> Connection:
        """Begin a transaction. What does not answer is waited for: nothing has been run yet."""
        while True:
            try:
                if self._connection is None:
                    self._connection = self._engine.connect()
                self._ownership.begin(self._connection)
            except OperationalError as error:
                self._roll_back()
                self._wait(error, 0.0 if self._closed.is_set() else self._ownership.patience)
            else:
                self._answered()
                return self._connection

    def _end(self, connection: Connection) -> None:
        """Commit. If the answer is lost, the database is asked for it until it can say."""
        try:
            connection.exec_driver_sql("COMMIT")
        except OperationalError as error:
            self._roll_back()
            if not self._was_kept():
                raise error

    def _was_kept(self) -> bool:
        while not self._closed.is_set():
            try:
                kept = self._ownership.kept()
            except OperationalError as error:
                self._wait(error, math.inf)
            else:
                self._answered()
                return kept
        raise StoreFailed(
            f"{self.name}: was closed before it could say whether the last changes were kept; the"
            " next start finds out"
        )

    def _wait(self, error: OperationalError, patience: float) -> None:
        """Give a database that does not answer a moment; raises `error` when it had enough."""
        now = time.monotonic()
        if self._silent_since is None and patience > 0:
            self._silent_since = now
            log.warning("store.waiting", database=self.name, error=str(error.orig).strip())
        silent_since = self._silent_since or now
        if now - silent_since >= patience:
            raise error
        self._closed.wait(RETRY)

    def _answered(self) -> None:
        if self._silent_since is not None:
            seconds = round(time.monotonic() - self._silent_since, 1)
            log.warning("store.answers_again", database=self.name, seconds=seconds)
            self._silent_since = None

    def _roll_back(self) -> None:
        """End the transaction, if there is one; a connection on which that fails is of no use."""
        if self._connection is None:
            return
        try:
            self._connection.exec_driver_sql("ROLLBACK")
        except SQLAlchemyError:
            self._disconnect()

    def _disconnect(self) -> None:
        connection, self._connection = self._connection, None
        if connection is not None:
            with contextlib.suppress(SQLAlchemyError):
                connection.close()
