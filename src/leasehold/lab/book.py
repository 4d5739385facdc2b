"""The lab's own records in memory: open leases, who waits for what, and which node each holds."""

from collections import defaultdict
from collections.abc import Iterator

import msgspec

from leasehold.engine.cloud import ObjectId
from leasehold.engine.reason import Reason
from leasehold.lab.model import LeaseId, LeaseState, NodeName
from leasehold.lab.turns import Rank, Turns

ENDED = frozenset({LeaseState.RELEASED, LeaseState.EXPIRED, LeaseState.FAILED})


SPARES_OWNER = ""
"""The owner of spares: no wish can have it."""


class LeaseRow(msgspec.Struct, frozen=True, kw_only=True):
    """A lease as kept. Times are Unix seconds."""

    id: LeaseId
    epoch: int
    """Only grows, so that an old holder of a node can be told from a new one."""
    machine_type: str
    count: int
    owner: str
    purpose: str
    key: str | None
    public_keys: tuple[str, ...]
    seconds: int | None
    """None: held, without end."""
    state: LeaseState
    created_at: float
    nodes: tuple[NodeName, ...] = ()
    """Those that were asked for by name."""
    os_type: str | None = None
    os_version: str | None = None
    arch: str | None = None
    priority: int = 0
    warned_until: float | None = None
    """The end of which its owner was warned last."""
    until: float | None = None
    ready_at: float | None = None
    ended_at: float | None = None
    reason: Reason | None = None

    @property
    def ended(self) -> bool:
        return self.state in ENDED

    @property
    def spare(self) -> bool:
        """Whether it is not a lease to people: its node waits for somebody, with a server."""
        return self.owner == SPARES_OWNER

    @property
    def waits(self) -> bool:
        return self.state is LeaseState.WAITING

    @property
    def machine_types(self) -> tuple[str, ...]:
        """Each that its nodes may be of."""
        return tuple(dict.fromkeys(self.machine_type.split("|")))

    @property
    def rank(self) -> Rank:
        return -self.priority, self.epoch


class Standing(msgspec.Struct, frozen=True, kw_only=True):
    """What an owner has in hand."""

    nodes: int = 0
    leases: int = 0
    """Those with nodes."""


NOTHING = Standing()


class Hold(msgspec.Struct, frozen=True, kw_only=True):
    """A node in the hands of a lease, and how far its present server has come."""

    node: NodeName
    lease: LeaseId
    attempt: int
    """Which server this is for the node under this lease, from 1."""
    planned_at: float
    server: ObjectId
    """What tells this attempt from others; of a cloud node, its server's row."""
    objects: tuple[ObjectId, ...]
    """The ledger rows of this attempt, the server's among them."""
    machine_type: str = ""
    """The node's; empty in ledgers of a time when it was always the lease's."""
    recipe: str = ""
    """A digest of all that its server was planned by."""
    owed: tuple[str, ...] = ()
    """Public keys that are not let in yet: the server was planned before anybody asked for it."""
    given_at: float | None = None
    """When it was given to its lease; None: it was planned for it."""
    image: str = ""
    flavor: str = ""
    """The names of what its server is made of."""
    zone: str | None = None
    """The availability zone asked for; None: the cloud's choice."""
    built_at: float | None = None
    """When the cloud took the order for the server; a fixed node is there from the beginning."""
    address: str | None = None
    """Where a fixed node answers; that of a server is known to its row."""
    host_key: str | None = None
    reached_at: float | None = None
    ready_at: float | None = None
    purpose: str | None = None
    """What this node alone is held for; None: what its lease says."""
    reason: Reason | None = None
    """What the last try to reach it ran into."""
    health: Reason | None = None
    """What health checks run into since it was ready."""
    broken: Reason | None = None
    """Why the node is of no use any more, while its lease goes on."""


class Book:
    """Open leases and holds, found by whatever they are asked for. Guarded by the lab's lock."""

    def __init__(self) -> None:
        self.leases: dict[LeaseId, LeaseRow] = {}
        self.spares: dict[LeaseId, LeaseRow] = {}
        """Those of the leases that are nobody's."""
        self.holds: dict[NodeName, Hold] = {}
        self._held: dict[LeaseId, dict[NodeName, Hold]] = {}
        self._queues: defaultdict[str, dict[LeaseId, LeaseRow]] = defaultdict(dict)
        self._keys: dict[tuple[str, str], LeaseRow] = {}
        self._ending: dict[LeaseId, LeaseRow] = {}
        self.owners: dict[str, Standing] = {}
        """What each owner has in hand."""
        self._turns = Turns()

    def put(self, lease: LeaseRow) -> None:
        """Take in an open lease, new or changed; new ones come in the order of their epochs."""
        before = self.leases.get(lease.id)
        self.leases[lease.id] = lease
        if lease.spare:
            self.spares[lease.id] = lease
        if lease.state is not LeaseState.WAITING and (before is None or before.waits):
            self._count(lease.owner, leases=1)
        if lease.key is not None:
            self._keys[lease.owner, lease.key] = lease
        queue = self._queues[lease.machine_type]
        if lease.state is LeaseState.WAITING:
            queue[lease.id] = lease
        else:
            queue.pop(lease.id, None)

    def close(self, ended: LeaseRow) -> None:
        """Take an ended lease out. It is still found until `forget`."""
        before = self.leases.pop(ended.id, None)
        self.spares.pop(ended.id, None)
        if before is not None and not before.waits:
            self._count(ended.owner, leases=-1)
        self._ending[ended.id] = ended
        self._queues[ended.machine_type].pop(ended.id, None)
        if ended.key is not None:
            self._keys[ended.owner, ended.key] = ended

    def forget(self, ended: LeaseRow) -> None:
        """Drop an ended lease: the database knows it now. Any thread may call this."""
        self._ending.pop(ended.id, None)
        if ended.key is not None:
            self._keys.pop((ended.owner, ended.key), None)

    def hold(self, hold: Hold) -> None:
        """Take in a hold, new or changed."""
        lease = self.leases[hold.lease]
        self._count(lease.owner, nodes=hold.node not in self.holds)
        if hold.lease not in self._held:
            at = hold.given_at or hold.planned_at
            self._turns.note(lease.owner, lease.machine_types, lease.rank, at)
        self.holds[hold.node] = hold
        self._held.setdefault(hold.lease, {})[hold.node] = hold

    def let_go(self, hold: Hold) -> None:
        del self.holds[hold.node]
        self._count(self.leases[hold.lease].owner, nodes=-1)
        nodes = self._held[hold.lease]
        del nodes[hold.node]
        if not nodes:
            del self._held[hold.lease]

    def held_by(self, lease: LeaseId) -> list[Hold]:
        """The holds of a lease, by node name."""
        found = self._held.get(lease, {})
        return [found[node] for node in sorted(found)]

    def line(self, machine_type: str) -> list[LeaseRow]:
        """Who waits for nodes of a machine type, or of one that somebody among them wants as well."""
        rest = {key: set(key.split("|")) for key in self.queues()}
        reach = set(machine_type.split("|"))
        found: list[LeaseRow] = []
        while near := [key for key, types in rest.items() if types & reach]:
            for key in near:
                reach |= rest.pop(key)
                found += self._queues[key].values()
        return found

    def served_at(self, lease: LeaseRow) -> float:
        """When one that stood before a lease, of its owner and for nodes alike, was last served."""
        return self._turns.last_before(lease.owner, lease.machine_types, lease.rank)

    def waiting(self) -> Iterator[LeaseRow]:
        """All who wait, in no order."""
        for waiting in self._queues.values():
            yield from waiting.values()

    def waits_of(self, owner: str) -> set[str]:
        """What an owner waits for: machine types as they were asked for."""
        return {
            key
            for key, waiting in self._queues.items()
            if any(lease.owner == owner for lease in waiting.values())
        }

    def nodes_of(self, owner: str) -> set[NodeName]:
        """The nodes that the leases of this owner hold."""
        mine = [lease.id for lease in self.leases.values() if lease.owner == owner]
        return {node for lease in mine for node in self._held.get(lease, ())}

    def queues(self) -> list[str]:
        """The machine types, as they were asked for, that somebody waits for."""
        return [name for name, waiting in self._queues.items() if waiting]

    def find(self, lease: LeaseId) -> LeaseRow | None:
        """A lease, as far as it is in memory: open, or so lately ended that only we know."""
        return self.leases.get(lease) or self._ending.get(lease)

    def find_key(self, owner: str, key: str) -> LeaseRow | None:
        """The lease that this owner asked for with this key, as far as it is in memory."""
        return self._keys.get((owner, key))

    def _count(self, owner: str, *, nodes: int = 0, leases: int = 0) -> None:
        known = self.owners.get(owner, NOTHING)
        self.owners[owner] = Standing(nodes=known.nodes + nodes, leases=known.leases + leases)
