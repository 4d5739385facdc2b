"""A ledger in a SQLite file. The kernel's lock on a file beside it keeps other processes away."""

import fcntl
import os
from pathlib import Path
from typing import Any, ClassVar

import msgspec
from sqlalchemy import URL, Connection, Engine, create_engine, event
from sqlalchemy.exc import DBAPIError

from leasehold.store.errors import StoreError, StoreInUse
from leasehold.store.schema import prepare


class SqliteFile(msgspec.Struct, frozen=True, kw_only=True):
    """A file, made if missing, with all directories that lead there."""

    path: Path
    begin_reading: ClassVar[str] = "BEGIN"

    @property
    def name(self) -> str:
        return str(self.path)

    def take(self) -> "FileOwnership":
        lock = _take_lock(self.path)
        engine = self.engine()
        try:
            with engine.connect() as connection:
                connection.exec_driver_sql("BEGIN IMMEDIATE")
                prepare(connection, self.name)
                connection.exec_driver_sql("COMMIT")
        except Exception as error:
            engine.dispose()
            os.close(lock)
            if isinstance(error, (DBAPIError, OSError)):
                cause = getattr(error, "orig", None) or error
                raise StoreError(
                    f"{self.name}: cannot be used as a database: {cause}; name another file, or see"
                    " to this one's rights and disk"
                ) from error
            raise
        return FileOwnership(engine, lock)

    def await_free(self) -> bool:
        return False

    def engine(self) -> Engine:
        # Transactions are begun and ended by hand: the driver's own would not cover a whole batch.
        engine = create_engine(
            URL.create("sqlite", database=str(self.path)),  # in a text, "?" and "%" are its own
            isolation_level="AUTOCOMMIT",
            connect_args={"timeout": 10.0},
            hide_parameters=True,
        )
        event.listen(engine, "connect", _set_up)
        return engine


class FileOwnership:
    """Lasts until it is released, or the process ends, however it does."""

    patience: ClassVar[float] = 0.0
    rhythm: ClassVar[None] = None

    def __init__(self, engine: Engine, lock: int) -> None:
        self.engine = engine
        self._lock = lock

    def begin(self, connection: Connection) -> None:
        connection.exec_driver_sql("BEGIN IMMEDIATE")

    def kept(self) -> bool:
        return False

    def release(self) -> None:
        self.engine.dispose()
        os.close(self._lock)


def _set_up(connection: Any, _record: object) -> None:
    connection.execute("PRAGMA journal_mode=WAL")
    connection.execute("PRAGMA synchronous=FULL")
    connection.execute("PRAGMA foreign_keys=ON")


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
        raise StoreInUse(str(path), f"process {pid}" if pid else "another process") from None
    os.truncate(handle, 0)
    os.pwrite(handle, f"{os.getpid()}\n".encode(), 0)
    return handle
