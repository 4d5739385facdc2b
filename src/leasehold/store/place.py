"""Where a ledger is kept: what SQLite and PostgreSQL have to offer, each in its way."""

from typing import Protocol

from sqlalchemy import Connection, Engine


class Ownership(Protocol):
    """The right of this process, and of no other, to write a ledger."""

    engine: Engine

    @property
    def patience(self) -> float:
        """Seconds to wait for a database that does not answer before a write is given up."""

    @property
    def rhythm(self) -> float | None:
        """Seconds after which the right has to be renewed; None: it lasts as long as the process."""

    def begin(self, connection: Connection) -> None:
        """Begin a transaction. Raises `StoreLost` if the right has gone to somebody else."""

    def kept(self) -> bool:
        """Whether the transaction begun last is in the database, though its commit failed."""

    def release(self) -> None:
        """Let others have it, and close every connection."""


class Place(Protocol):
    """A database, and what one sort does differently from the other."""

    @property
    def name(self) -> str:
        """What it is called in messages. No secret is in it."""

    @property
    def begin_reading(self) -> str:
        """The SQL that begins a transaction which sees one state."""

    def take(self) -> Ownership:
        """Become its only writer, and bring its tables up to date.

        Raises `StoreInUse` while somebody else is that, `StoreError` if it cannot be used: not
        there, not writable, or written by a newer Leasehold.
        """

    def engine(self) -> Engine:
        """Connections to it, which need no right as long as they only read."""

    def await_free(self) -> bool:
        """Wait until the one who has it gives it up or dies; False if that cannot be waited for."""
