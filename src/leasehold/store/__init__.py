"""Tables, migrations and the one writer of the ledger's database."""

from leasehold.store.database import Database, StoreError, StoreFailed, StoreInUse

__all__ = ["Database", "StoreError", "StoreFailed", "StoreInUse"]
