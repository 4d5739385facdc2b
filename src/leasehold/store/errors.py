"""Why the database cannot be used, or did not keep a change."""

from leasehold.errors import LeaseholdError


class StoreError(LeaseholdError):
    """The database cannot be used."""


class BadPlace(StoreError):
    """What should name a database does not; the message says what is allowed."""

    def __init__(self, found: str, allowed: str) -> None:
        self.found = found
        self.allowed = allowed
        super().__init__(f"the database: found {found}; allowed: {allowed}")


class StoreInUse(StoreError):
    """Another process has the database; two would each make their own servers."""

    def __init__(self, name: str, holder: str) -> None:
        self.name = name
        self.holder = holder
        super().__init__(
            f"{name}: in use by {holder}; stop that one, or give this one a ledger of its own"
        )


class StoreLost(StoreError):
    """Another process has taken the database over: this one must not act any more."""

    def __init__(self, name: str, holder: str) -> None:
        self.name = name
        self.holder = holder
        super().__init__(
            f"{name}: taken over by {holder}, because this process had not been heard of for too"
            " long; it stops: start it again, to stand by"
        )


class StoreFailed(StoreError):
    """A write did not become durable: nothing of it was kept."""


class SchemaTooNew(StoreError):
    """The database was written by a newer Leasehold."""
