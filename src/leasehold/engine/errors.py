"""What cannot be had in a cloud, for whichever door asks."""

from collections.abc import Sequence

from leasehold.engine.reason import Reason
from leasehold.errors import LeaseholdError


class UnknownName(LeaseholdError):
    """No such thing; carries the names most like it."""

    thing = "name"

    def __init__(
        self, name: str, near: Sequence[str] = (), known: Sequence[str] | None = None
    ) -> None:
        """`known` is all that there are; None says nothing of them."""
        self.name = name
        self.near = tuple(near)
        if near:
            hint = f"; did you mean {' or '.join(near)}?"
        elif known:
            more = ", ..." if len(known) > 8 else ""
            hint = f"; there are: {', '.join(sorted(known)[:8])}{more}"
        else:
            hint = "" if known is None else "; there are none"
        super().__init__(f"no {self.thing} {name!r}{hint}")


class NotOffered(UnknownName):
    """An image, flavor, network or the like is asked for that the cloud does not have."""

    def __init__(
        self, thing: str, name: str, near: Sequence[str], known: Sequence[str], *, whose: str
    ) -> None:
        self.thing = thing
        self.whose = whose
        """Who asks for it, for example a machine type."""
        super().__init__(name, near, known)
        self.args = (f"{whose}: the cloud has {self.args[0]}",)


class Impossible(LeaseholdError):
    """It cannot work as things are; the reason is the cloud's or ours."""

    def __init__(self, reason: Reason) -> None:
        self.reason = reason
        super().__init__(str(reason))
