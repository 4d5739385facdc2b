"""What the lab says no to. Each carries its facts, and says what to do next."""

from collections.abc import Sequence

from leasehold.engine.reason import Reason
from leasehold.errors import LeaseholdError


class LabError(LeaseholdError):
    """The lab did not do as asked; nothing was changed."""


class UnknownName(LabError):
    """No such thing; carries the names most like it."""

    thing = "name"

    def __init__(self, name: str, near: Sequence[str], known: Sequence[str] = ()) -> None:
        self.name = name
        self.near = tuple(near)
        if near:
            hint = f"; did you mean {' or '.join(near)}?"
        elif known:
            more = ", ..." if len(known) > 8 else ""
            hint = f"; there are: {', '.join(sorted(known)[:8])}{more}"
        else:
            hint = "; there are none"
        super().__init__(f"no {self.thing} {name!r}{hint}")


class UnknownMachineType(UnknownName):
    thing = "machine type"


class UnknownNode(UnknownName):
    thing = "node"


class UnknownCloud(UnknownName):
    thing = "cloud"


class UnknownLease(UnknownName):
    thing = "lease"


class NotOffered(UnknownName):
    """A machine type asks for an image, flavor, network or the like that its cloud does not have."""

    def __init__(
        self, thing: str, name: str, near: Sequence[str], known: Sequence[str], *, machine_type: str
    ) -> None:
        self.thing = thing
        self.machine_type = machine_type
        super().__init__(name, near, known)
        self.args = (f"machine type {machine_type}: the cloud has {self.args[0]}",)


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


class Impossible(LabError):
    """It cannot work as things are; the reason is the cloud's or ours."""

    def __init__(self, reason: Reason) -> None:
        self.reason = reason
        super().__init__(str(reason))


class BadWish(LabError):
    """A field of a request is not what it may be."""

    def __init__(self, field: str, found: object, allowed: str) -> None:
        self.field = field
        self.found = found
        self.allowed = allowed
        super().__init__(f"{field}: found {found!r}; allowed: {allowed}")
