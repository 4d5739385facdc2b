"""The changes of the lab that belong into one transaction, each record once and in its last form."""

from collections.abc import Callable, Collection

from sqlalchemy import Connection

from leasehold.engine.cloud import ObjectId
from leasehold.engine.engine import Engine
from leasehold.engine.row import Row
from leasehold.lab import boot_records, node_records, records
from leasehold.lab.book import Hold, LeaseRow
from leasehold.lab.boot_records import BootRow
from leasehold.lab.model import LeaseId, NodeName
from leasehold.lab.node_row import NodeRow
from leasehold.lab.records import Line


class Draft:
    """Collects what one turn of the lab changed. Guarded by the lab's lock until it is written."""

    def __init__(self) -> None:
        self.ended: list[LeaseRow] = []
        self._nodes: dict[NodeName, NodeRow | None] = {}
        self._new_leases: dict[LeaseId, LeaseRow] = {}
        self._leases: dict[LeaseId, LeaseRow] = {}
        self._new_holds: dict[NodeName, Hold] = {}
        self._holds: dict[NodeName, Hold] = {}
        self._removed: list[Hold] = []
        self._rows: list[Row] = []
        self._dropped: list[ObjectId] = []
        self._lines: list[Line] = []
        self._boots: list[BootRow] = []
        self._consoles: dict[ObjectId, str] = {}
        self._resumed: set[str] = set()

    def __bool__(self) -> bool:
        parts = (self._new_leases, self._leases, self._new_holds, self._holds, self._removed)
        more = (
            self._nodes,
            self._rows,
            self._dropped,
            self._lines,
            self._boots,
            self._consoles,
            self._resumed,
        )
        return any(parts) or any(more)

    def save_node(self, row: NodeRow) -> None:
        """Keep a node, new or changed; one of which the configuration says all is not kept."""
        self._nodes[row.name] = row if row.registered or row.told else None

    def remove_node(self, name: NodeName) -> None:
        self._nodes[name] = None

    def add_lease(self, lease: LeaseRow) -> None:
        self._new_leases[lease.id] = lease

    def save_lease(self, lease: LeaseRow) -> None:
        known = self._new_leases if lease.id in self._new_leases else self._leases
        known[lease.id] = lease
        if lease.ended:
            self.ended.append(lease)

    def add_hold(self, hold: Hold) -> None:
        self._new_holds[hold.node] = hold

    def save_hold(self, hold: Hold) -> None:
        known = self._new_holds if hold.node in self._new_holds else self._holds
        known[hold.node] = hold

    def remove_hold(self, hold: Hold) -> None:
        if self._new_holds.pop(hold.node, None) is None:
            self._holds.pop(hold.node, None)
            self._removed.append(hold)

    def plan(self, rows: Collection[Row]) -> None:
        """Objects for the engine to make."""
        self._rows += rows

    def drop(self, ids: Collection[ObjectId]) -> None:
        """Objects that nobody wants any more."""
        self._dropped += ids

    def note(self, line: Line) -> None:
        self._lines.append(line)

    def add_boot(self, row: BootRow) -> None:
        """What became of a boot."""
        self._boots.append(row)

    def add_console(self, server: ObjectId, text: str) -> None:
        """What the server of a boot that is written down had printed."""
        self._consoles[server] = text

    def resume(self, machine_type: str) -> None:
        """Its failed boots up to now count no more."""
        self._resumed.add(machine_type)

    def write(self, connection: Connection, engine: Engine) -> list[Callable[[], None]]:
        """Write everything; returns what tells the engine, to be called after the commit.

        Holds are removed before others are added: a node may pass from one lease to the next.
        """
        node_records.save(connection, [row for row in self._nodes.values() if row is not None])
        node_records.remove(connection, [name for name, row in self._nodes.items() if row is None])
        records.add_leases(connection, self._new_leases.values())
        records.save_leases(connection, self._leases.values())
        records.remove_holds(connection, self._removed)
        records.add_holds(connection, self._new_holds.values())
        records.save_holds(connection, self._holds.values())
        records.record(connection, self._lines)
        boot_records.add(connection, self._boots)
        for server, text in self._consoles.items():
            boot_records.save_console(connection, server, text)
        for machine_type in self._resumed:
            boot_records.resume(connection, machine_type)
        after = []
        if self._rows:
            after.append(engine.plan(connection, self._rows))
        if self._dropped:
            after.append(engine.drop(connection, self._dropped))
        return after
