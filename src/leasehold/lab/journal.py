"""Writes the lab's changes in their order; after one was lost, none until everything was read back.

A change is decided on what memory says, and memory is ahead of the database by the writes that are
queued. When one of those is lost (a full disk), what was decided after it stands on nothing: it must
not be kept either.
"""

from collections.abc import Callable
from concurrent.futures import Future

import structlog
from sqlalchemy import Connection

from leasehold.engine.engine import Engine
from leasehold.lab.book import LeaseRow
from leasehold.lab.draft import Draft
from leasehold.store import Database, StoreError, StoreFailed

log = structlog.get_logger()


class Journal:
    """The way of the lab's changes into the database. Call it with the lab's lock in hand."""

    def __init__(self, database: Database) -> None:
        self.draft = Draft()
        self.engine: Engine
        """Set once, before the first write."""
        self.on_commit: Callable[[], None] = lambda: None
        """Called after each commit, in the writer's thread."""
        self.on_ended: Callable[[LeaseRow], None] = lambda _: None
        """Called for each lease whose end is durable, in the writer's thread."""
        self.on_lost: Callable[[], None] = lambda: None
        """Called once when a write was lost, in the writer's thread; has to lead to `renew`."""
        self._database = database
        self._generation = 0
        self._spoiled = -1
        """The generation of which a write was lost."""
        self._told = -1
        self._queued = self._kept = 0
        """Numbers of the last write that was queued, and of the last one that went well so far."""

    def flush(self) -> "Future[None]":
        """Queue what was drafted; the future ends when it is durable and the engine told.

        It ends with `StoreFailed` if that, or something that it builds on, was lost.
        """
        if self.draft:
            draft, self.draft = self.draft, Draft()
            return self._queue(draft)
        done: Future[None] = Future()
        done.set_result(None)
        return done

    def sync(self) -> "Future[None]":
        """Ends when everything that was flushed so far is durable; with `StoreFailed` if not."""
        return self._queue(Draft())

    def renew(self) -> None:
        """Memory is what the database says again: from here on changes may be written."""
        self._generation += 1
        self._kept = self._queued
        self.draft = Draft()

    @property
    def behind(self) -> bool:
        """Whether a write was lost, and memory has not been read back since."""
        return self._spoiled == self._generation

    def _queue(self, draft: Draft) -> "Future[None]":
        done: Future[None] = Future()
        generation = self._generation
        self._queued += 1
        number = self._queued

        def write(connection: Connection) -> list[Callable[[], None]]:
            if self._spoiled == generation or self._kept != number - 1:
                text = "an earlier change was lost, and this one builds on it: try again"
                raise StoreFailed(text)
            tell = draft.write(connection, self.engine)
            self._kept = number
            return tell

        def ended(future: "Future[list[Callable[[], None]]]") -> None:
            error = future.exception()
            if error is not None:
                self._spoiled = generation
                self._lost(generation, error)
                done.set_exception(_told(error))
                return
            for tell in future.result():
                tell()
            for lease in draft.ended:
                self.on_ended(lease)
            done.set_result(None)
            if draft:
                self.on_commit()

        self._database.write(write).add_done_callback(ended)
        return done

    def _lost(self, generation: int, error: BaseException) -> None:
        if self._told == generation or self._generation != generation:
            return
        self._told = generation
        log.error("lab.store_failed", error=str(error))
        self.on_lost()


def _told(error: BaseException) -> StoreError:
    if isinstance(error, StoreError):
        return error
    failed = StoreFailed(f"the change was not kept: {error}")
    failed.__cause__ = error
    return failed
