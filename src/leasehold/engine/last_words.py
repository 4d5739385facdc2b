"""What a server printed, read before it is deleted: who wants to know, and who hears it."""

from typing import Protocol

from leasehold.engine.cloud import ObjectId
from leasehold.engine.row import Row

LINES = 200
"""How many lines of a console are asked for: what went wrong stands at its end."""


class Reader(Protocol):
    """Hears the last words of servers. Called in the engine's thread."""

    def wants(self, row: Row) -> bool:
        """Whether the console of this server, which is about to be deleted, is worth a call."""

    def heard(self, server: ObjectId, text: str) -> None:
        """What its console showed; not called where the cloud could not tell."""


class Nobody:
    """Wants to know nothing."""

    def wants(self, row: Row) -> bool:
        return False

    def heard(self, server: ObjectId, text: str) -> None:
        """Nothing is asked for, so nothing is heard."""
