"""What the control side of datasets says no to. Each carries its facts, and says what to do next."""

from leasehold.engine.errors import UnknownName
from leasehold.errors import LeaseholdError


class DatasetError(LeaseholdError):
    """It was not done as asked; nothing was changed."""


class UnknownDataset(UnknownName, DatasetError):
    thing = "dataset"


class UnknownSnapshot(UnknownName, DatasetError):
    thing = "snapshot"


class UnknownDatasetNode(UnknownName, DatasetError):
    thing = "dataset node"


class UnknownProfile(UnknownName, DatasetError):
    thing = "profile"


class UnknownDatasetCloud(UnknownName, DatasetError):
    thing = "cloud"


class DatasetExists(DatasetError):
    """The name or id is taken by another dataset."""

    def __init__(self, what: str, by: str, step: str = "choose another, or use that one") -> None:
        self.what = what
        super().__init__(f"{what} is taken by dataset {by}; {step}")


class DatasetHeld(DatasetError):
    """Somebody keeps it where it is."""

    def __init__(self, name: str, node: str, owner: str, purpose: str) -> None:
        self.owner = owner
        why = f" ({purpose})" if purpose else ""
        super().__init__(
            f"dataset {name} is held on {node} by {owner}{why}; ask them, or end the hold"
            " with `leasehold dataset unhold --force`"
        )


class DatasetRefused(DatasetError):
    """The state of things does not allow it."""


class BadDatasetWish(DatasetError):
    """A field of a request is not what it may be."""

    def __init__(self, field: str, found: object, allowed: str) -> None:
        self.field = field
        self.found = found
        self.allowed = allowed
        super().__init__(f"{field}: found {found!r}; allowed: {allowed}")


class WrongAgent(DatasetError):
    """An agent speaks for a server that is not its own."""
