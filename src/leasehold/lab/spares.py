"""Which warm spares to order and which to give up. Pure: no I/O, no clock, no chance.

A spare is a node with a server that nobody has asked for yet. To everybody else its node is free: it is
given out first, and whoever needs its node, or its share of the quota, gets it. So a spare is never
in anybody's way, and the rules here are only about how many there are, and of what.
"""

from collections import Counter
from collections.abc import Collection, Sequence
from math import inf

import msgspec

from leasehold.engine.reason import Cause, Reason
from leasehold.lab.duration import format_duration
from leasehold.lab.model import LeaseId, NodeName


class Spare(msgspec.Struct, frozen=True, kw_only=True):
    """A spare as it stands. Times are Unix seconds."""

    node: NodeName
    lease: LeaseId
    planned_at: float
    recipe: str
    """What it was built by; another text is another recipe."""
    ready: bool = False
    useless: Reason | None = None
    """Why it is of no use: broken, down, or without room in the quota."""


class Shelf(msgspec.Struct, frozen=True, kw_only=True):
    """The spares of one machine type and system."""

    machine_type: str
    cloud: str
    os_type: str | None = None
    os_version: str | None = None
    target: int
    """How many there should be."""
    recipe: str | None
    """What one would be built by now; None: the cloud has not told yet what it offers."""
    max_age: float
    spares: Sequence[Spare] = ()
    waited_for: bool = False
    """Whether somebody waits for nodes of the machine type."""
    paused: bool = False
    """Whether the machine type's boots fail."""
    tried: bool = False
    """Whether it is one of these that shows if boots of a paused machine type work again."""
    resting: bool = False
    """Whether it is too early to try again, after boots that failed or a quota without room."""


class Scene(msgspec.Struct, frozen=True, kw_only=True):
    """All that a decision about spares depends on."""

    now: float
    shelves: Collection[Shelf]
    free: dict[str, int]
    """By machine type: the nodes without any server."""
    short: Collection[str] = ()
    """Clouds in which a lease waits for quota, and nothing is being given back already."""
    strained: Collection[str] = ()
    """Clouds in which a lease waits for quota at all."""


class Order(msgspec.Struct, frozen=True, kw_only=True):
    """Build so many spares."""

    shelf: Shelf
    count: int


class Retire(msgspec.Struct, frozen=True, kw_only=True):
    """Give a spare up."""

    lease: LeaseId
    reason: Reason


class Decision(msgspec.Struct, frozen=True, kw_only=True):
    effects: tuple[Order | Retire, ...]
    wake_at: float | None
    """When a spare will have been kept long enough."""


def decide(scene: Scene) -> Decision:
    """Give up what is of no use or in the way, then order what is missing."""
    pass_ = _Pass(scene)
    for cloud in sorted(scene.short):
        pass_.make_room(cloud)
    for shelf in scene.shelves:
        pass_.clear(shelf)
    for shelf in scene.shelves:
        pass_.fill(shelf)
    return Decision(effects=tuple(pass_.effects), wake_at=min(pass_.wakes, default=None))


class _Pass:
    def __init__(self, scene: Scene) -> None:
        self.scene = scene
        self.effects: list[Order | Retire] = []
        self.wakes: list[float] = []
        self.free = Counter(scene.free)
        self.going: set[LeaseId] = set()

    def make_room(self, cloud: str) -> None:
        """One at a time: the least of use goes, and what that frees is looked at first."""
        found = [
            each for shelf in self.scene.shelves if shelf.cloud == cloud for each in shelf.spares
        ]
        if found:
            first = min(found, key=lambda each: (each.ready, -each.planned_at, each.node))
            self.retire(first, Cause.QUOTA_FULL, "a lease needs its share of the quota")

    def clear(self, shelf: Shelf) -> None:
        for spare in shelf.spares:
            if spare.useless is not None:
                self.retire(spare, spare.useless.cause, spare.useless.text)
            elif shelf.recipe is not None and spare.recipe != shelf.recipe:
                self.retire(spare, Cause.RELEASED, "its image or recipe has changed")
        fresh = [each for each in self.left(shelf) if self.is_fresh(shelf, each)]
        enough = sum(each.ready for each in fresh) >= shelf.target
        cramped = self.free[shelf.machine_type] == 0
        for spare in self.left(shelf):
            if spare not in fresh and (enough or cramped):
                age = format_duration(int(shelf.max_age))
                self.retire(spare, Cause.EXPIRED, f"it is older than {age}")
                cramped = False  # its place is enough for one
        wanted = max(shelf.target, int(shelf.paused and shelf.tried))
        surplus = len([each for each in fresh if each.lease not in self.going]) - wanted
        for spare in sorted(fresh, key=lambda each: (each.ready, each.planned_at))[
            : max(0, surplus)
        ]:
            self.retire(spare, Cause.RELEASED, f"{shelf.target} spares are enough")

    def fill(self, shelf: Shelf) -> None:
        if shelf.recipe is None or shelf.resting or shelf.cloud in self.scene.strained:
            return
        fresh = [each for each in self.left(shelf) if self.is_fresh(shelf, each)]
        missing = shelf.target - len(fresh)
        if shelf.paused:  # one is tried, and who waits is served when it has come up
            missing = int(shelf.tried and not any(not each.ready for each in shelf.spares))
        elif shelf.waited_for:
            return  # a free node is theirs
        count = min(missing, self.free[shelf.machine_type])
        if count > 0:
            self.free[shelf.machine_type] -= count
            self.effects.append(Order(shelf=shelf, count=count))

    def left(self, shelf: Shelf) -> list[Spare]:
        return [each for each in shelf.spares if each.lease not in self.going]

    def is_fresh(self, shelf: Shelf, spare: Spare) -> bool:
        ends = spare.planned_at + shelf.max_age
        if self.scene.now < ends < inf:
            self.wakes.append(ends)
        return self.scene.now < ends

    def retire(self, spare: Spare, cause: Cause, text: str) -> None:
        if spare.lease not in self.going:
            self.going.add(spare.lease)
            reason = Reason(cause=cause, text=f"the spare is given up: {text}")
            self.effects.append(Retire(lease=spare.lease, reason=reason))
