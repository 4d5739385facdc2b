"""The ledger: every row, in memory for decisions and in the database for ever."""

import secrets
from collections import Counter, defaultdict
from collections.abc import Collection, Iterable, Mapping
from typing import Any

import msgspec
from sqlalchemy import Connection, bindparam, delete, insert, select, text, update

from leasehold.engine.cloud import (
    KEPT_KINDS,
    RECORD_KINDS,
    CloudId,
    Installation,
    Kind,
    ObjectId,
    RecordSpec,
    ServerSpec,
    VolumeSpec,
    record_id,
)
from leasehold.engine.decide import is_due
from leasehold.engine.observe import Known
from leasehold.engine.quota import NOTHING, Use, use_of
from leasehold.engine.row import Row, State
from leasehold.engine.schedule import Waiting
from leasehold.engine.table import GRACE, PROOFS
from leasehold.store.tables import events, facts, objects

HISTORY = 90 * 86400.0
"""Seconds that lines of the history are kept, unless it is said otherwise: 6 kB for each server."""

REMEMBERED = 7 * 86400.0
"""Seconds that the row of an object that is gone is kept, to recognise it if it shows up late."""

_COLUMNS = (
    "id",
    "cloud",
    "spec",
    "subject",
    "lease",
    "state",
    "wanted",
    "cloud_id",
    "created_at",
    "since",
)
_FACTS = tuple(name for name in Row.__struct_fields__ if name not in _COLUMNS)


def new_id(kind: Kind) -> ObjectId:
    """A fresh id of ours: the kind and 60 random bits."""
    return ObjectId(f"{kind.value.replace('_', '-')}-{secrets.token_hex(8)[:15]}")


def installation(connection: Connection) -> Installation:
    """This installation's id, made when first asked for. It marks our objects in every cloud."""
    found = connection.scalar(select(facts.c.value).where(facts.c.name == "installation"))
    if found is None:
        found = secrets.token_hex(6)
        connection.execute(insert(facts).values(name="installation", value=found))
    return Installation(found)


class Ledger:
    """The rows in memory, with the indexes that decisions need. Not thread-safe: the engine's own."""

    def __init__(self) -> None:
        self.rows: dict[ObjectId, Row] = {}
        self.dependents: defaultdict[ObjectId, set[ObjectId]] = defaultdict(set)
        self._due: defaultdict[str, set[ObjectId]] = defaultdict(set)
        self._of: defaultdict[tuple[str, Kind], dict[ObjectId, Row]] = defaultdict(dict)
        self._expected: defaultdict[tuple[str, Kind], dict[ObjectId, Row]] = defaultdict(dict)
        self._ids: defaultdict[tuple[str, Kind], dict[CloudId, ObjectId]] = defaultdict(dict)
        self._ours: defaultdict[str, Use] = defaultdict(Use)
        self._there: Counter[tuple[str, Kind]] = Counter()

    def put(self, row: Row) -> None:
        """Take in a row, new or changed."""
        before = self.rows.get(row.id)
        place = (row.cloud, row.kind)
        if row.state is State.GONE:
            row = _without_ballast(row)
        self.rows[row.id] = self._of[place][row.id] = row
        if row.state in PROOFS:
            self._expected[place][row.id] = row
        else:
            self._expected[place].pop(row.id, None)
        if before is None:
            for need in row.needs:
                self.dependents[need].add(row.id)
        if row.cloud_id is not None:
            ids = self._ids[place]
            # A pair that was joined before has an older row too; the living one stands for it.
            if row.state is not State.GONE or self._is_over(ids.get(row.cloud_id)):
                ids[row.cloud_id] = row.id
        self._ours[row.cloud] += _counted(row) - (_counted(before) if before else NOTHING)
        self._there[place] += _is_there(row) - (before is not None and _is_there(before))
        if is_due(row):
            self._due[row.cloud].add(row.id)
        else:
            self._due[row.cloud].discard(row.id)

    def _is_over(self, object_id: ObjectId | None) -> bool:
        return object_id is None or self.rows[object_id].state is State.GONE

    def forget(self, object_id: ObjectId) -> None:
        """Drop a row that is gone and old; it counts and is needed nowhere any more."""
        row = self.rows.pop(object_id)
        place = (row.cloud, row.kind)
        del self._of[place][object_id]
        if row.cloud_id is not None and self._ids[place].get(row.cloud_id) == object_id:
            del self._ids[place][row.cloud_id]
        for need in row.needs:
            if need in self.dependents:
                self.dependents[need].discard(object_id)
        self.dependents.pop(object_id, None)

    def due(self, cloud: str) -> list[Row]:
        """Rows of a cloud for which something is left to do."""
        return [self.rows[each] for each in self._due[cloud]]

    def ours(self, cloud: str) -> Use:
        """What our objects count against the quota, those being made and deleted included."""
        return self._ours[cloud]

    def known(self, cloud: str, kind: Kind, installation: Installation) -> Known:
        """The rows of one kind and cloud, as `observe` wants them."""
        place = (cloud, kind)
        return Known(
            installation=installation,
            cloud=cloud,
            rows=self._of[place],
            ids=self._ids[place],
            expected=self._expected[place],
            everywhere=self.rows,
        )

    def waiting(
        self, cloud: str, forced_at: float | None, peeked_at: float | None = None
    ) -> dict[Kind, Waiting]:
        """What only listings can tell, by kind. Attachments are seen in the listing of volumes."""
        moving: set[Kind] = set()
        after: dict[Kind, float] = {}
        again: set[Kind] = set()
        for row in self.due(cloud):
            kind = Kind.VOLUME if row.kind is Kind.ATTACHMENT else row.kind
            if row.state in (State.PLANNED, State.MAKING):
                continue
            moving.add(kind)
            need = _complete_after(row)
            if need is not None:
                after[kind] = max(need, after.get(kind, 0.0))
            if row.state is State.UNSURE and row.absent:
                again.add(kind)
        return {
            kind: Waiting(
                any=kind in moving,
                complete_after=after.get(kind),
                again=kind in again,
                objects=self._there[cloud, kind] > 0,
                forced_at=forced_at,
                peeked_at=peeked_at if kind is Kind.SERVER else None,
            )
            for kind in (*KEPT_KINDS, *RECORD_KINDS)
        }

    def outdated(self, now: float) -> list[ObjectId]:
        """Rows that were gone long ago, and that nothing left needs."""
        return [
            row.id
            for row in self.rows.values()
            if row.state is State.GONE
            and not _is_missed(row)
            and now - row.since > REMEMBERED
            and all(self.rows[each].state is State.GONE for each in self.dependents.get(row.id, ()))
        ]


def _counted(row: Row) -> Use:
    """A row counts from its make call until a listing shows it gone."""
    return NOTHING if row.state in (State.PLANNED, State.GONE) else use_of(row.spec)


def _without_ballast(row: Row) -> Row:
    """A row that is gone is but remembered: its user-data, which may be large, is not needed."""
    if isinstance(row.spec, ServerSpec) and row.spec.user_data is not None:
        return msgspec.structs.replace(row, spec=msgspec.structs.replace(row.spec, user_data=None))
    return row


def _is_missed(row: Row) -> bool:
    """What is held, or holds data, is waited for as long as it takes."""
    replaceable = row.kept and not isinstance(row.spec, VolumeSpec)
    return row.missed and not replaceable and row.cloud_id is not None


def _is_there(row: Row) -> bool:
    return row.state not in (State.PLANNED, State.GONE)


def _complete_after(row: Row) -> float | None:
    """The moment after which only a complete listing can still say something new about a row."""
    called_at = row.called_at or row.since
    match row.state:
        case State.UNSURE:
            return called_at + GRACE
        case State.DELETING:
            return called_at + (GRACE / 3 if row.kind is Kind.SERVER else 0.0)
        case _:
            return None


# What follows runs inside a write of the database.

_SAVED = ("state", "cloud_id", "facts", "since")
_this = objects.c.id == bindparam("object_id")
_new = insert(objects)
_changed = text(  # SQLAlchemy has ON CONFLICT once for each database; the databases agree on it
    f"{_new} ON CONFLICT (id) DO UPDATE SET "
    + ", ".join(f"{name} = excluded.{name}" for name in _SAVED)
)
_unwanted = update(objects).where(_this).values(wanted=False)
_reshaped = update(objects).where(_this)
_removed = delete(objects).where(_this)
_new_event = insert(events)


def add(connection: Connection, rows: Collection[Row]) -> None:
    """Write new rows, before any call is sent for them."""
    if rows:
        connection.execute(_new, [_values(row) for row in rows])


def save(connection: Connection, rows: Collection[Row]) -> None:
    """Write changed rows; `wanted` is left as it is: it belongs to who planned the row."""
    if rows:
        connection.execute(_changed, [_values(row) for row in rows])


def drop(connection: Connection, ids: Iterable[ObjectId]) -> None:
    """Note that nobody wants these objects any more. There is no way back."""
    values = [{"object_id": each} for each in ids]
    if values:
        connection.execute(_unwanted, values)


def reshape(connection: Connection, row: Row) -> None:
    """Write what is wanted of an object anew: a volume's size."""
    values = {"spec": msgspec.json.encode(row.spec)}
    connection.execute(_reshaped.values(**values), {"object_id": row.id})


def forget_history(connection: Connection, before: float) -> None:
    """Delete lines of the history that are older than `before`."""
    connection.execute(delete(events).where(events.c.at < before))


def remove(connection: Connection, ids: Iterable[ObjectId]) -> None:
    """Delete rows whose objects were gone long ago."""
    values = [{"object_id": each} for each in ids]
    if values:
        connection.execute(_removed, values)


def load(connection: Connection) -> list[Row]:
    """Every row, as last committed."""
    return [_row(dict(each)) for each in connection.execute(select(objects)).mappings()]


def records(connection: Connection, authority: str) -> dict[CloudId, tuple[str, ...]]:
    """What may stand in DNS by an authority: the values of each record, an earlier one first."""
    query = select(objects).where(objects.c.cloud == authority).order_by(objects.c.created_at)
    rows = [_row(dict(each)) for each in connection.execute(query).mappings()]
    return {
        row.cloud_id or record_id(row.spec, row.id): row.spec.values
        for row in rows
        if isinstance(row.spec, RecordSpec) and row.state not in (State.PLANNED, State.GONE)
    }


def record(connection: Connection, changes: Collection[tuple[Row | None, Row]], now: float) -> None:
    """Add to the history what changed about objects: their state, or the reason to be in it."""
    lines = [
        {
            "at": now,
            "subject": after.subject or None,
            "lease": after.lease,
            "object": after.id,
            "state": after.state.value,
            "reason": msgspec.json.encode(after.reason) if after.reason else None,
        }
        for before, after in changes
        if before is None or before.state != after.state or before.reason != after.reason
    ]
    if lines:
        connection.execute(_new_event, lines)


def _values(row: Row) -> dict[str, Any]:
    return {
        "id": row.id,
        "cloud": row.cloud,
        "kind": row.kind.value,
        "spec": msgspec.json.encode(row.spec),
        "subject": row.subject,
        "lease": row.lease,
        "state": row.state.value,
        "wanted": row.wanted,
        "cloud_id": row.cloud_id,
        "facts": msgspec.json.encode({name: getattr(row, name) for name in _FACTS}),
        "created_at": row.created_at,
        "since": row.since,
    }


def _row(values: Mapping[str, Any]) -> Row:
    known = {name: values[name] for name in _COLUMNS}
    known |= msgspec.json.decode(values["facts"]) | {"spec": msgspec.json.decode(values["spec"])}
    return msgspec.convert(known, Row)
