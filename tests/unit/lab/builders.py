"""Leases, holds and machine types, complete but for what a test is about."""

from leasehold.engine.cloud import Kind, ObjectId
from leasehold.engine.row import Row, State
from leasehold.lab.book import Hold, LeaseRow
from leasehold.lab.config import MachineTypeConfig
from leasehold.lab.model import LeaseId, LeaseState, NodeName
from tests.unit.engine.builders import a_row

NOW = 1_800_000_000.0


def a_type(**fields: object) -> MachineTypeConfig:
    values = {"cloud": "c", "image": "debian-12", "nodes": 4, "ready": "active"}
    return MachineTypeConfig(**(values | fields))


def a_lease(number: int = 1, **fields: object) -> LeaseRow:
    """An open lease in the queue; lower numbers are older."""
    values: dict[str, object] = {
        "id": LeaseId(f"lease-{number}"),
        "epoch": number,
        "machine_type": "demo",
        "count": 1,
        "owner": "ann",
        "purpose": "try",
        "key": None,
        "public_keys": (),
        "seconds": 3600,
        "state": LeaseState.WAITING,
        "created_at": NOW - 10,
    }
    return LeaseRow(**(values | fields))


def a_hold(number: int = 1, lease: int = 1, **fields: object) -> Hold:
    """A node held with a port and a server, ordered just now."""
    values: dict[str, object] = {
        "node": NodeName(f"demo{number:03}"),
        "lease": LeaseId(f"lease-{lease}"),
        "attempt": 1,
        "planned_at": NOW,
        "server": ObjectId(f"server-{number}"),
        "objects": (ObjectId(f"port-{number}"), ObjectId(f"server-{number}")),
    }
    return Hold(**(values | fields))


def rows_of(
    number: int = 1, server: State = State.UP, port: State = State.UP, **fields: object
) -> dict[ObjectId, Row]:
    """The port and the server of a node."""
    address = ("10.0.0.1",) if port is State.UP else ()
    rows = [
        a_row(Kind.PORT, port, number=number, addresses=address, subject=f"demo{number:03}"),
        a_row(Kind.SERVER, server, number=number, subject=f"demo{number:03}", **fields),
    ]
    return {row.id: row for row in rows}
