"""Why the database cannot be used, or did not keep a change."""

from pathlib import Path

from leasehold.errors import LeaseholdError


class StoreError(LeaseholdError):
    """The database cannot be used."""


class StoreInUse(StoreError):
    """Another process has the database open; two writers would each make their own servers."""

    def __init__(self, path: Path, pid: str) -> None:
        self.path = path
        self.pid = pid
        who = f"process {pid}" if pid else "another process"
        super().__init__(f"{path}: in use by {who}; stop that one, or give this one its own file")


class StoreFailed(StoreError):
    """A write did not become durable: nothing of it was kept."""


class SchemaTooNew(StoreError):
    """The database was written by a newer Leasehold."""
