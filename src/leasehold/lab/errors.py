"""What the lab says no to. Each carries its facts, and says what to do next."""

from leasehold.engine.errors import UnknownName
from leasehold.errors import LeaseholdError


class LabError(LeaseholdError):
    """The lab did not do as asked; nothing was changed."""


class UnknownMachineType(UnknownName, LabError):
    thing = "machine type"


class UnknownNode(UnknownName, LabError):
    thing = "node"


class UnknownCloud(UnknownName, LabError):
    thing = "cloud"


class UnknownLease(UnknownName, LabError):
    thing = "lease"


class NotYours(LabError):
    """Somebody else holds it."""

    def __init__(self, what: str, owner: str) -> None:
        self.what = what
        self.owner = owner
        super().__init__(f"{what} is held by {owner}; ask them, or use force if you may")


class TooMany(LabError):
    """More nodes than the machine type has: waiting cannot help."""

    def __init__(self, machine_type: str, wanted: int, exist: int) -> None:
        self.wanted = wanted
        self.exist = exist
        super().__init__(
            f"{wanted} nodes of {machine_type} asked for, but there are only {exist}; "
            "ask for fewer, or raise `nodes` of the machine type"
        )


class BadWish(LabError):
    """A field of a request is not what it may be."""

    def __init__(self, field: str, found: object, allowed: str) -> None:
        self.field = field
        self.found = found
        self.allowed = allowed
        super().__init__(f"{field}: found {found!r}; allowed: {allowed}")
