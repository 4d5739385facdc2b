"""What the lab says no to. Each carries its facts, and says what to do next."""

from collections.abc import Sequence

from leasehold.engine.errors import UnknownName
from leasehold.engine.reason import Reason
from leasehold.errors import LeaseholdError


class LabError(LeaseholdError):
    """The lab did not do as asked; nothing was changed."""


class UnknownMachineType(UnknownName, LabError):
    thing = "machine type"


class UnknownNode(UnknownName, LabError):
    thing = "node"


class UnknownSystem(UnknownName, LabError):
    """A lock asks for an operating system that the machine type does not have."""

    thing = "system"

    def __init__(
        self, machine_type: str, name: str, near: Sequence[str], known: Sequence[str]
    ) -> None:
        self.machine_type = machine_type
        super().__init__(name, near, known)
        if not name:
            listed = ", ".join(known[:8]) or "OS-VERSION, for example ubuntu-22.04"
            self.args = (f"name a system (os_type and os_version): {listed}",)
        self.args = (f"machine type {machine_type}: {self.args[0]}",)


class UnknownCloud(UnknownName, LabError):
    thing = "cloud"


class UnknownLease(UnknownName, LabError):
    thing = "lease"


class UnknownBoot(UnknownName, LabError):
    thing = "boot"


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


class OverLimit(LabError):
    """More nodes than its owner may hold: waiting cannot help."""

    def __init__(self, owner: str, wanted: int, limit: int) -> None:
        self.owner = owner
        self.wanted = wanted
        self.exist = limit
        super().__init__(
            f"{wanted} nodes asked for, but {owner} may hold {limit} at a time; "
            "ask for fewer, or have `[limits]` of the lab raised"
        )


class NotEnough(LabError):
    """The wish would have to wait, and shall not."""

    def __init__(self, blocks: Sequence[Reason]) -> None:
        self.blocks = tuple(blocks)
        text = "; ".join(str(each) for each in blocks)
        super().__init__(f"not enough now: {text}; without --no-wait the lock waits for its turn")


class NodeExists(LabError):
    """A name is taken: names are unique over all machine types."""

    def __init__(self, node: str, machine_type: str) -> None:
        self.node = node
        self.machine_type = machine_type
        super().__init__(
            f"node {node} exists already, of machine type {machine_type}; nothing was registered: "
            "choose other names, or change the node that there is"
        )


class NodeHeld(LabError):
    """A node cannot be removed, or become another, while somebody has it."""

    def __init__(self, node: str, owner: str, lease: str) -> None:
        self.node = node
        self.owner = owner
        self.lease = lease
        super().__init__(
            f"node {node} is held by {owner} ({lease}); mark it down, so that it is not given out "
            "again, and come back when it is free"
        )


class NodeConfigured(LabError):
    """A node that the configuration makes cannot be removed, or become another, at run time."""

    def __init__(self, node: str, machine_type: str) -> None:
        self.node = node
        self.machine_type = machine_type
        super().__init__(
            f"node {node} is made by [machine_types.{machine_type}] of the configuration; change it "
            "there, or mark the node down"
        )


class BadWish(LabError):
    """A field of a request is not what it may be."""

    def __init__(self, field: str, found: object, allowed: str) -> None:
        self.field = field
        self.found = found
        self.allowed = allowed
        super().__init__(f"{field}: found {found!r}; allowed: {allowed}")
