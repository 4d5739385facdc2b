"""Tables, migrations and the one writer of the ledger's database."""

from leasehold.store.database import Database
from leasehold.store.errors import SchemaTooNew, StoreError, StoreFailed, StoreInUse

__all__ = ["Database", "SchemaTooNew", "StoreError", "StoreFailed", "StoreInUse"]
