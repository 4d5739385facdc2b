"""The hands for warm spares: they order them, give them out, and give them up."""

import secrets
from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from math import inf

import msgspec
import structlog

from leasehold.engine.reason import Cause, Reason
from leasehold.lab import progress, spares
from leasehold.lab.book import SPARES_OWNER, Hold, LeaseRow
from leasehold.lab.config import MachineTypeConfig
from leasehold.lab.config.systems import split
from leasehold.lab.duration import parse_duration
from leasehold.lab.memory import Memory
from leasehold.lab.model import LeaseId, LeaseState, NodeName, NodeState
from leasehold.lab.node_row import Want
from leasehold.lab.planner import Planner
from leasehold.lab.queue import OFFERS_RETRY
from leasehold.lab.spares import Order, Retire, Scene, Shelf, Spare

log = structlog.get_logger()

REST = 300.0
"""Seconds until spares are ordered again of a kind for which the quota had no room."""

LOOK = 60.0
"""Seconds between two looks whether an image or a recipe has changed."""

Kind = tuple[str, str | None, str | None]
"""Machine type, and the type and version of the system."""


class SpareHands:
    """Call everything with the lab's lock in hand."""

    def __init__(self, memory: Memory, planner: Planner) -> None:
        self._memory = memory
        self._planner = planner
        self._rests: dict[Kind, float] = {}

    # -- giving out ------------------------------------------------------------------------------

    def exchange(
        self, lease: LeaseRow, nodes: Sequence[NodeName]
    ) -> tuple[list[Hold], list[NodeName]]:
        """For nodes that a lease is granted: the spares that it gets, and the nodes to be built.

        Spares that are what would be built are taken first, the most advanced before the others. A
        granted node that went as a spare to somebody else a moment ago is replaced by another one.
        """
        if lease.nodes:
            spare = [each for each in self._fitting(lease) if each.node in nodes]
        else:
            types = [self._memory.type_name_of(node) for node in nodes]
            fitting = self._fitting(lease)
            spare = [
                hold
                for name in dict.fromkeys(types)
                for hold in [each for each in fitting if each.machine_type == name][
                    : types.count(name)
                ]
            ]
        given = {hold.node for hold in spare}
        rest = [node for node in nodes if node not in given and self._is_free(node)]
        room = len(nodes) - len(spare)
        if len(rest) < room and not lease.nodes:
            want = Want(os_type=lease.os_type, os_version=lease.os_version, arch=lease.arch)
            lacking = [node for node in nodes if node not in rest]
            several = [self._memory.type_name_of(node) or "" for node in lacking]
            free = self._memory.inventory.free(several, want, limit=2 * len(nodes))
            rest += [node for node in free if node not in given and node not in rest]
        return spare, rest[:room]

    def pass_on(self, hold: Hold, lease: LeaseRow, now: float) -> None:
        """Make a spare a lease's: in one transaction, so that it is nobody's at no time."""
        memory = self._memory
        spare = memory.book.leases[hold.lease]
        memory.book.let_go(hold)
        memory.journal.draft.remove_hold(hold)
        after = msgspec.structs.replace(
            hold, lease=lease.id, attempt=1, owed=lease.public_keys, given_at=now
        )
        memory.journal.draft.add_hold(after)
        memory.book.hold(after)
        memory.touch(hold.node)
        text = f"it was a spare, and is given to {lease.id}"
        memory.end(spare, LeaseState.RELEASED, Reason(cause=Cause.RELEASED, text=text))

    def clear(self, node: NodeName) -> None:
        """Give up the spare on a node that somebody needs for something else."""
        hold = self._memory.book.holds.get(node)
        if hold is not None:
            spare = self._memory.book.leases[hold.lease]
            text = "the spare is given up: its node is needed for something else"
            reason = Reason(cause=Cause.RELEASED, text=text)
            self._memory.end(spare, LeaseState.RELEASED, reason)

    def _fitting(self, lease: LeaseRow) -> list[Hold]:
        """The spares that are what would be built for a lease, the most advanced first."""
        found = []
        for spare, hold in self._spares():
            config = self._memory.machine_types.get(hold.machine_type)
            if config is None or hold.machine_type not in lease.machine_type.split("|"):
                continue
            wanted = self._planner.fingerprint(hold.machine_type, lease.os_type, lease.os_version)
            lets_in = config.proof == "sentinel" or not lease.public_keys
            failed = hold.broken is not None or self._failed(hold) is not None
            if wanted == hold.recipe and lets_in and not failed and self._is_up(hold.node):
                found.append(
                    (spare.state is not LeaseState.READY, hold.planned_at, hold.node, hold)
                )
        return [hold for *_, hold in sorted(found, key=lambda each: each[:3])]

    def _is_free(self, node: NodeName) -> bool:
        hold = self._memory.book.holds.get(node)
        return hold is None or self._memory.book.leases[hold.lease].spare

    # -- how many there are ------------------------------------------------------------------------

    def restock(self, now: float) -> float | None:
        """Order what is missing and give up what is too much; returns when to look again."""
        scene = self._scene(now)
        if scene is None:
            return None
        decision = spares.decide(scene)
        for effect in decision.effects:
            match effect:
                case Order(shelf=shelf, count=count):
                    self._order(shelf, count, now)
                case Retire(lease=lease, reason=reason):
                    self._retire(lease, reason, now)
        rests = [until for until in self._rests.values() if until > now]
        times = [decision.wake_at] if decision.wake_at is not None else []
        times += [each.until.timestamp() for each in self._pauses(scene, now) if each.until]
        wanted = [shelf.cloud for shelf in scene.shelves if shelf.target]
        if wanted:
            told = all(map(self._planner.knows, wanted))
            times.append(now + (LOOK if told else OFFERS_RETRY))
        return min(times + rests, default=None)

    def _order(self, shelf: Shelf, count: int, now: float) -> None:
        memory = self._memory
        limit = count + len(memory.book.spares)
        free = memory.inventory.free(shelf.machine_type, limit=limit)
        empty = [node for node in free if node not in memory.book.holds][:count]
        for node in empty:
            memory.epoch += 1
            lease = LeaseRow(
                id=LeaseId(f"spare-{secrets.token_hex(5)}"),
                epoch=memory.epoch,
                machine_type=shelf.machine_type,
                count=1,
                owner=SPARES_OWNER,
                purpose="a warm spare",
                key=None,
                public_keys=(),
                seconds=None,
                os_type=shelf.os_type,
                os_version=shelf.os_version,
                state=LeaseState.PREPARING,
                created_at=now,
            )
            memory.add_lease(lease)
            ((hold, rows),) = self._planner.plan(lease, shelf.machine_type, (node,), now)
            memory.journal.draft.add_hold(hold)
            memory.take(hold, rows)
        log.info("lab.spares_ordered", machine_type=shelf.machine_type, count=len(empty))

    def _retire(self, lease_id: LeaseId, reason: Reason, now: float) -> None:
        lease = self._memory.book.leases[lease_id]
        if reason.cause is Cause.QUOTA_FULL:
            self._rests[lease.machine_type, lease.os_type, lease.os_version] = now + REST
        log.info("lab.spare_given_up", machine_type=lease.machine_type, reason=reason.text)
        self._memory.end(lease, LeaseState.RELEASED, reason)

    def _scene(self, now: float) -> Scene | None:
        memory = self._memory
        waited = {
            name
            for lease in memory.book.waiting()
            if _wants_free_nodes(lease)
            for name in lease.machine_types
        }
        kinds, trials = [], set[Kind]()
        for name, config in memory.machine_types.items():
            if config.kind == "cloud":
                targets = dict(_targets(name, config))
                pause = memory.boots.pause(name, now)
                tried = self._trials(name, targets, pause) if pause else []
                trials.update(tried)
                kinds += [
                    (kind, targets.get(kind, 0), config)
                    for kind in dict.fromkeys([*targets, *tried])
                    if targets.get(kind) or memory.book.spares or pause
                ]
        if not kinds:
            return None
        mine: dict[Kind, list[Spare]] = {}
        for lease, hold in self._spares():
            kind = (hold.machine_type, lease.os_type, lease.os_version)
            mine.setdefault(kind, []).append(self._spare(lease, hold))
        shelves = []
        for kind, target, config in kinds:
            pause = memory.boots.pause(kind[0], now)
            rests = self._rests.get(kind, 0.0) > now or (
                pause is not None and pause.until is not None
            )
            shelves.append(
                Shelf(
                    machine_type=kind[0],
                    os_type=kind[1],
                    os_version=kind[2],
                    cloud=config.cloud,
                    target=target,
                    recipe=self._planner.fingerprint(*kind),
                    max_age=float(parse_duration(config.max_spare_age)),
                    spares=mine.pop(kind, ()),
                    waited_for=kind[0] in waited,
                    paused=pause is not None,
                    tried=kind in trials,
                    resting=rests,
                )
            )
        for (name, os_type, os_version), left in mine.items():  # of a system that is no more
            found = memory.machine_types.get(name)
            shelves.append(
                Shelf(
                    machine_type=name,
                    os_type=os_type,
                    os_version=os_version,
                    cloud=found.cloud if found else "",
                    target=0,
                    recipe=None,
                    max_age=inf,
                    spares=left,
                )
            )
        strained = {
            memory.rows[each].cloud
            for each in memory.short
            if each in memory.rows
            if not self._is_spares(memory.rows[each].subject)
        }
        leaving = {
            config.cloud
            for name, config in memory.machine_types.items()
            if memory.inventory.count(name).leaving
        }
        return Scene(
            now=now,
            shelves=shelves,
            free=self._free(shelf.machine_type for shelf in shelves),
            short=strained - leaving,
            strained=strained,
        )

    def _trials(self, name: str, targets: Mapping[Kind, int], pause: Reason) -> Collection[Kind]:
        """Of which systems a server shows whether boots of a paused machine type work again.

        Of those that are waited for each in its turn: the images of some may be broken, and those of
        others fine.
        """
        coming = {
            (name, lease.os_type, lease.os_version)
            for lease, hold in self._spares()
            if hold.machine_type == name and lease.state is not LeaseState.READY
        }
        if coming:
            return coming
        waiting = sorted(self._memory.book.line(name), key=lambda each: each.rank)
        asked = dict.fromkeys(
            (name, each.os_type, each.os_version) for each in waiting if name in each.machine_types
        )
        can_be_built = [kind for kind in asked if self._planner.fingerprint(*kind) is not None]
        if can_be_built:
            return [can_be_built[int(pause.have or 0) % len(can_be_built)]]
        return [kind for kind, target in targets.items() if target]

    def _free(self, machine_types: Iterable[str]) -> dict[str, int]:
        """How many nodes of each machine type have no server at all."""
        inventory = self._memory.inventory
        free = {name: inventory.count(name).free for name in machine_types}
        for _, hold in self._spares():
            if hold.machine_type in free and self._is_up(hold.node):
                free[hold.machine_type] -= 1
        return free

    def _pauses(self, scene: Scene, now: float) -> Iterator[Reason]:
        for name in {shelf.machine_type for shelf in scene.shelves if shelf.paused}:
            pause = self._memory.boots.pause(name, now)
            if pause is not None:
                yield pause

    def _spares(self) -> Iterable[tuple[LeaseRow, Hold]]:
        book = self._memory.book
        return [(lease, hold) for lease in book.spares.values() for hold in book.held_by(lease.id)]

    def _spare(self, lease: LeaseRow, hold: Hold) -> Spare:
        return Spare(
            node=hold.node,
            lease=lease.id,
            planned_at=hold.planned_at,
            recipe=hold.recipe,
            ready=lease.state is LeaseState.READY,
            useless=self._useless(hold),
        )

    def _useless(self, hold: Hold) -> Reason | None:
        if not self._is_up(hold.node):
            return Reason(cause=Cause.DOWN, text="its node is down")
        if any(each in self._memory.short for each in hold.objects):
            return Reason(cause=Cause.QUOTA_FULL, text="the quota has no room for it")
        return hold.broken or hold.health or self._ails(hold)

    def _failed(self, hold: Hold) -> Reason | None:
        config = self._memory.machine_types.get(hold.machine_type)
        how = progress.held(hold, self._memory.rows, config) if config else None
        return (how.failure if how else None) or self._ails(hold)

    def _ails(self, hold: Hold) -> Reason | None:
        return progress.ailment(self._memory.rows.get(hold.server))

    def _is_up(self, node: NodeName) -> bool:
        row = self._memory.inventory.row(node)
        return row is not None and row.up

    def _is_spares(self, node: str) -> bool:
        hold = self._memory.book.holds.get(NodeName(node))
        return hold is not None and self._memory.book.leases[hold.lease].spare


def _targets(name: str, config: MachineTypeConfig) -> Iterator[tuple[Kind, int]]:
    yield (name, None, None), config.min_ready
    for system, each in config.systems.items():
        if each.min_ready:
            yield (name, *split(system)), each.min_ready


def _wants_free_nodes(lease: LeaseRow) -> bool:
    """Whether any free node may be what a lease waits for: not if it is but a limit, or one node."""
    limited = lease.reason is not None and lease.reason.cause is Cause.LIMIT
    return not limited and not lease.nodes


def shown(how: progress.Progress, lease: LeaseRow | None) -> progress.Progress:
    """How a node stands in people's eyes: a spare that is ready is nobody's."""
    if lease is None or not lease.spare or how.state is not NodeState.READY:
        return how
    return msgspec.structs.replace(how, state=NodeState.SPARE)
