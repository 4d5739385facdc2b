"""Tables, migrations and the one writer of the ledger's database."""

from leasehold.store.database import Database
from leasehold.store.errors import (
    BadPlace,
    SchemaTooNew,
    StoreError,
    StoreFailed,
    StoreInUse,
    StoreLost,
)
from leasehold.store.locate import locate
from leasehold.store.place import Place
from leasehold.store.tables import LARGEST_ID

__all__ = [
    "LARGEST_ID",
    "BadPlace",
    "Database",
    "Place",
    "SchemaTooNew",
    "StoreError",
    "StoreFailed",
    "StoreInUse",
    "StoreLost",
    "locate",
]
