"""A queue with its nodes and leases in memory, turned by hand: what `serve` decides is done at once."""

from collections.abc import Iterable

import msgspec

from leasehold.engine.cloud import ObjectId
from leasehold.engine.reason import Reason
from leasehold.lab.book import Book, Hold, LeaseRow
from leasehold.lab.config import LimitsConfig, MachineTypeConfig
from leasehold.lab.effects import End, Explain, Grant
from leasehold.lab.inventory import Inventory
from leasehold.lab.model import LeaseId, LeaseState, NodeName
from leasehold.lab.node_row import NodeRow
from leasehold.lab.outlook import Outlook, look
from leasehold.lab.paces import Pace
from leasehold.lab.queue import Queue, Served, serve
from tests.unit.lab.builders import NOW, a_lease, a_type

UNLIMITED = LimitsConfig()
QUICK = Pace(boot=10.0, leave=5.0)


class Line:
    """Nodes of some machine types, each with so many nodes, all up and free at first."""

    def __init__(
        self,
        *,
        rows: Iterable[NodeRow] = (),
        limits: LimitsConfig = UNLIMITED,
        pace: Pace = QUICK,
        types: dict[str, MachineTypeConfig] | None = None,
        **nodes: int,
    ) -> None:
        made = [
            NodeRow(name=NodeName(f"{kind}{number}"), machine_type=kind)
            for kind, count in nodes.items()
            for number in range(1, count + 1)
        ]
        rows = [*made, *rows]
        self.types = types or {row.machine_type: a_type(kind="fixed", cloud="") for row in rows}
        self.nodes = Inventory(rows)
        self.book = Book()
        self.now = NOW
        self.limits = limits
        self.pace = pace
        self.mute: dict[str, Reason] = {}
        self.promises: dict[LeaseId, float] = {}
        self.asked = 0

    def ask(self, count: int = 1, machine_type: str = "a", **fields: object) -> LeaseId:
        """Put a wish into the queue, without looking at it."""
        self.asked += 1
        values = {"count": count, "machine_type": machine_type, "created_at": self.now} | fields
        lease = a_lease(self.asked, **values)
        self.book.put(lease)
        return lease.id

    def queue(self) -> Queue:
        waiting = [lease for lease in self.book.leases.values() if lease.waits]
        return Queue(
            names={lease.machine_type for lease in waiting},
            waiting=waiting,
            nodes=self.nodes,
            machine_types=self.types,
            holds=self.book.holds,
            leases=self.book.leases,
            owners=self.book.owners,
            served_at={each.id: self.book.served_at(each) for each in waiting},
            limits=self.limits,
            paces=dict.fromkeys(self.types, self.pace),
            mute=self.mute,
            promises=self.promises,
        )

    def serve(self) -> Served:
        """Decide, and do it: leases with nodes are ready at once."""
        served = serve(self.queue(), self.now)
        self.promises = dict(served.promises)
        for effect in served.effects:
            lease = self.book.leases[effect.lease]
            match effect:
                case Grant(nodes=nodes):
                    self._grant(lease, nodes)
                case Explain(reason=reason):
                    self.book.put(msgspec.structs.replace(lease, reason=reason))
                case End(state=state):
                    self.book.close(msgspec.structs.replace(lease, state=state))
        return served

    def _grant(self, lease: LeaseRow, nodes: tuple[NodeName, ...]) -> None:
        assert lease.waits, "granted twice"
        assert len(set(nodes)) == len(nodes) == lease.count, "not all, or not each once"
        for node in nodes:
            row = self.nodes.row(node)
            assert self.nodes.is_free(node), f"{node} has a holder"
            assert row is not None
            assert row.machine_type in lease.machine_types
        until = None if lease.seconds is None else self.now + lease.seconds
        state = LeaseState.READY
        self.book.put(msgspec.structs.replace(lease, state=state, ready_at=self.now, until=until))
        for node in nodes:
            row = self.nodes.row(node)
            assert row is not None
            self.book.hold(
                Hold(
                    node=node,
                    lease=lease.id,
                    machine_type=row.machine_type,
                    attempt=1,
                    planned_at=self.now,
                    ready_at=self.now,
                    server=ObjectId(f"server-{node}"),
                    objects=(),
                )
            )
            self.nodes.note(node, held=True, occupied=False)

    def give_back(self, lease: LeaseId) -> None:
        for hold in self.book.held_by(lease):
            self.book.let_go(hold)
            self.nodes.note(hold.node, held=False, occupied=False)
        row = self.book.leases[lease]
        self.book.close(msgspec.structs.replace(row, state=LeaseState.RELEASED))

    def extend(self, lease: LeaseId, seconds: int) -> None:
        row = self.book.leases[lease]
        assert row.until is not None
        assert row.seconds is not None
        self.book.put(
            msgspec.structs.replace(row, until=row.until + seconds, seconds=row.seconds + seconds)
        )

    def wait(self, seconds: float) -> None:
        """Let time go by; leases whose time is up end."""
        self.now += seconds
        for row in list(self.book.leases.values()):
            if row.until is not None and row.until <= self.now:
                self.give_back(row.id)

    def mark_down(self, node: str, **fields: object) -> None:
        row = self.nodes.row(NodeName(node))
        assert row is not None
        self.nodes.put(msgspec.structs.replace(row, up=False, **fields))

    def held(self, lease: LeaseId) -> list[str]:
        """The nodes of a lease; none while it waits."""
        return [hold.node for hold in self.book.held_by(lease)]

    def outlook(self, lease: LeaseId) -> Outlook:
        return look(self.queue(), self.now)[lease]
