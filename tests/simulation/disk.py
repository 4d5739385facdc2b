"""A database whose disk can be full."""

from sqlalchemy import Connection

from leasehold.store import Database, StoreFailed
from leasehold.store.database import T, Work


class Disk(Database):
    """While it is `full`, every write fails, and nothing of it is kept."""

    full = False

    def write(self, work: Work[T]):
        return super().write(_fail if self.full else work)


def _fail(_: Connection) -> None:
    raise StoreFailed("the disk is full")
