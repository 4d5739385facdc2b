"""What else works on the lab's engine: another door to the same clouds and the same ledger."""

from collections.abc import Callable, Collection, Mapping
from typing import Protocol

from leasehold.engine.clock import Clock
from leasehold.engine.cloud import Cloud
from leasehold.engine.engine import Change, Engine
from leasehold.store import Database


class Neighbour(Protocol):
    """It plans rows of its own, and takes no notice of the lab's."""

    def attach(self, engine: Engine) -> None:
        """Take the engine, before it runs."""

    def heard_rows(self, changes: Collection[Change]) -> None:
        """Rows changed, its own and others'. Called in the engine's thread, after its commit."""

    def start(self) -> None:
        """Begin to work, after the engine has."""

    def stop(self) -> None:
        """End, before the engine does."""


MakeNeighbour = Callable[[Database, Mapping[str, Cloud], Clock], Neighbour]
