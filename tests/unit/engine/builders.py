"""Rows, sightings and listings, complete but for what a test is about."""

from collections.abc import Collection, Iterable

from leasehold.engine.cloud import (
    AttachmentSpec,
    CloudId,
    FloatingIpSpec,
    Installation,
    Kind,
    Listing,
    ObjectId,
    PortSpec,
    RecordSpec,
    ServerSpec,
    Sighting,
    SnapshotSpec,
    Spec,
    Tag,
    VolumeSpec,
)
from leasehold.engine.decide import View
from leasehold.engine.observe import Known
from leasehold.engine.row import Row, State
from leasehold.engine.table import PROOFS

NOW = 1_800_000_000.0
OURS = Installation("ours")

SPECS: dict[Kind, Spec] = {
    Kind.SERVER: ServerSpec(name="n1", flavor_id="f", cores=2, ram_mib=1024),
    Kind.PORT: PortSpec(name="n1", network_id="net"),
    Kind.FLOATING_IP: FloatingIpSpec(network_id="net", port="port-1"),
    Kind.VOLUME: VolumeSpec(name="n1", size_gib=10),
    Kind.ATTACHMENT: AttachmentSpec(server="server-1", volume="volume-1"),
    Kind.RECORD: RecordSpec(name="n1.lab", record_type="A", values=("10.0.0.7",)),
    Kind.SNAPSHOT: SnapshotSpec(name="s1", volume="volume-1"),
}


def a_row(kind: Kind = Kind.SERVER, state: State = State.PLANNED, **fields: object) -> Row:
    """A row that came into its state a minute ago; it has an id in the cloud where that fits."""
    number = fields.pop("number", 1)
    there = state in (State.BUILDING, State.UP, State.LEAVING, State.DELETING)
    values: dict[str, object] = {
        "id": ObjectId(f"{kind.value}-{number}"),
        "cloud": "c",
        "spec": SPECS[kind],
        "state": state,
        "cloud_id": CloudId(f"cloud-{kind.value}-{number}") if there else None,
        "created_at": NOW - 60,
        "since": NOW - 60,
        "called_at": NOW - 60 if there or state is State.UNSURE else None,
        "calls": 1,
    }
    return Row(**(values | fields))


def a_sighting(kind: Kind = Kind.SERVER, status: str = "ACTIVE", **fields: object) -> Sighting:
    """Our object number 1 of its kind, unless told otherwise."""
    number = fields.pop("number", 1)
    values: dict[str, object] = {
        "kind": kind,
        "cloud_id": CloudId(f"cloud-{kind.value}-{number}"),
        "tag": a_tag(f"{kind.value}-{number}"),
        "name": "n1",
        "status": status,
    }
    return Sighting(**(values | fields))


def a_tag(object_id: str, installation: str = OURS) -> Tag:
    return Tag(installation=Installation(installation), object=ObjectId(object_id))


def a_listing(*sightings: Sighting, kind: Kind = Kind.SERVER, complete: bool = True) -> Listing:
    return Listing(kind=kind, sightings=sightings, complete=complete)


def known(*rows: Row) -> Known:
    return Known(
        installation=OURS,
        cloud="c",
        rows={row.id: row for row in rows},
        expected={row.id: row for row in rows if row.state in PROOFS},
        ids={row.cloud_id: row.id for row in rows if row.cloud_id is not None},
    )


def a_view(rows: Iterable[Row], due: Collection[Row] | None = None, **fields: object) -> View:
    """What `decide` sees: plenty of calls allowed, none under way."""
    by_id = {row.id: row for row in rows}
    dependents: dict[ObjectId, set[ObjectId]] = {}
    for row in by_id.values():
        for need in row.needs:
            dependents.setdefault(need, set()).add(row.id)
    values: dict[str, object] = {
        "now": NOW,
        "due": list(by_id.values()) if due is None else due,
        "rows": by_id,
        "dependents": dependents,
        "in_flight": (),
        "allowance": 100,
        "next_call_at": NOW,
    }
    return View(**(values | fields))
