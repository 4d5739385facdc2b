"""A SQLite file with one writer thread and group commit.

Every write is a function that runs inside a transaction on the writer's connection. Writes that
wait at the same moment share one commit, so that durability (synchronous=FULL) costs one flush for
all of them. Reads run in the caller's thread on connections of their own and see the last commit.
"""

import contextlib
import fcntl
import os
import queue
import threading
from collections.abc import Callable, Iterator
from concurrent.futures import Future
from pathlib import Path
from types import TracebackType
from typing import Any, Self, TypeVar

from sqlalchemy import Connection, Engine, create_engine, event
from sqlalchemy.exc import DBAPIError, OperationalError

from leasehold.store.errors import StoreError, StoreFailed, StoreInUse
from leasehold.store.schema import upgrade

LARGEST_BATCH = 256
"""Writes in one commit at most, so that the first of a flood does not wait for the last."""


T = TypeVar("T")
Work = Callable[[Connection], T]
_Job = tuple[Work[Any], "Future[Any]"]


class Database:
    """The ledger's database. Thread-safe. Close it, or use it as a context manager."""

    def __init__(self, path: Path) -> None:
        """Open `path`, made if missing, and bring its tables up to date.

        Raises `StoreInUse` while another process has it open, `StoreError` when the file cannot be
        used: not a database, not writable, or written by a newer Leasehold.
        """
        self.path = path
        self._lock = _take_lock(path)
        self._engine = _open(path)
        try:
            with self._engine.connect() as connection:
                upgrade(connection)
        except Exception as error:
            self._engine.dispose()
            os.close(self._lock)
            if isinstance(error, (DBAPIError, OSError)):
                cause = getattr(error, "orig", None) or error
                raise StoreError(
                    f"{path}: cannot be used as a database: {cause}; name another file, or see to "
                    "this one's rights and disk"
                ) from error
            raise
        self._jobs: queue.SimpleQueue[_Job | None] = queue.SimpleQueue()
        self._closing = threading.Lock()
        self._closed = False
        self._writer = threading.Thread(target=self._run, name="leasehold-writer", daemon=True)
        self._writer.start()

    def write(self, work: Work[T]) -> "Future[T]":
        """Queue `work` for the next commit; writes run in the order they were queued.

        The future ends after the commit: with what `work` returned, with what it raised (then
        nothing of it was kept, the others' writes were), or with `StoreFailed`. A future that is
        cancelled in time is not written.
        """
        future: Future[T] = Future()
        with self._closing:
            if not self._closed:
                self._jobs.put((work, future))
                return future
        future.set_exception(StoreFailed(f"{self.path}: is closed; nothing was written"))
        return future

    @contextlib.contextmanager
    def read(self) -> Iterator[Connection]:
        """A connection that sees one state: that of the last commit before its first query."""
        with self._engine.connect() as connection:
            connection.exec_driver_sql("BEGIN")
            try:
                yield connection
            finally:
                connection.exec_driver_sql("ROLLBACK")

    def close(self) -> None:
        """Finish the writes that are queued, then let go of the file; later ones fail."""
        with self._closing:
            if self._closed:
                return
            self._closed = True
            self._jobs.put(None)
        self._writer.join()
        self._engine.dispose()
        os.close(self._lock)

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self.close()

    def _run(self) -> None:
        with self._engine.connect() as connection:
            while (first := self._jobs.get()) is not None:
                batch = [first]
                last = False
                with contextlib.suppress(queue.Empty):
                    while len(batch) < LARGEST_BATCH and not last:
                        job = self._jobs.get_nowait()
                        last = job is None
                        if job is not None:
                            batch.append(job)
                _commit(connection, batch, self.path)
                if last:
                    return


def _commit(connection: Connection, batch: list[_Job], path: Path) -> None:
    """Run a batch in one transaction; each job in a savepoint, so that one cannot undo another."""
    jobs = [job for job in batch if job[1].set_running_or_notify_cancel()]
    outcomes: list[tuple[Future[Any], Any, BaseException | None]] = []
    try:
        connection.exec_driver_sql("BEGIN IMMEDIATE")
        for work, future in jobs:
            connection.exec_driver_sql("SAVEPOINT job")
            try:
                outcomes.append((future, work(connection), None))
            except Exception as error:  # noqa: BLE001 - it is its caller's, and goes there
                _roll_back_job(connection, error)
                outcomes.append((future, None, _told(error, path)))
            connection.exec_driver_sql("RELEASE job")
        connection.exec_driver_sql("COMMIT")
    except Exception as error:  # noqa: BLE001 - the writer must outlive a full disk
        with contextlib.suppress(DBAPIError):
            connection.exec_driver_sql("ROLLBACK")
        for _, future in jobs:
            future.set_exception(_failed(error, path))
        return
    for future, result, problem in outcomes:
        if problem is None:
            future.set_result(result)
        else:
            future.set_exception(problem)


def _roll_back_job(connection: Connection, error: Exception) -> None:
    """Undo one job; raises `error` if SQLite has undone the whole transaction, as for a full disk."""
    try:
        connection.exec_driver_sql("ROLLBACK TO job")
    except OperationalError:
        raise error from None


def _told(error: Exception, path: Path) -> Exception:
    """The error of a job; what the disk is to blame for looks the same in every job."""
    return _failed(error, path) if isinstance(error, OperationalError) else error


def _failed(error: Exception, path: Path) -> StoreFailed:
    cause = getattr(error, "orig", None) or error
    failure = StoreFailed(f"{path}: nothing was written: {cause}; see to its disk, then try again")
    failure.__cause__ = error
    return failure


def _open(path: Path) -> Engine:
    # Transactions are begun and ended by hand: the driver's own would not cover a whole batch.
    engine = create_engine(
        f"sqlite:///{path}", isolation_level="AUTOCOMMIT", connect_args={"timeout": 10.0}
    )

    @event.listens_for(engine, "connect")
    def prepare(connection: Any, _record: object) -> None:
        connection.execute("PRAGMA journal_mode=WAL")
        connection.execute("PRAGMA synchronous=FULL")
        connection.execute("PRAGMA foreign_keys=ON")

    return engine


def _take_lock(path: Path) -> int:
    """Hold a lock file beside the database; the kernel frees it however this process ends."""
    lock = path.with_name(path.name + ".lock")
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        handle = os.open(lock, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600)
    except OSError as error:
        raise StoreError(
            f"{lock}: {error.strerror}; the service must be able to write there"
        ) from error
    try:
        fcntl.flock(handle, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        pid = os.read(handle, 20).decode(errors="replace").strip()
        os.close(handle)
        raise StoreInUse(path, pid) from None
    os.truncate(handle, 0)
    os.pwrite(handle, f"{os.getpid()}\n".encode(), 0)
    return handle
