"""What a listing proves about the rows of one kind in one cloud. Pure.

Presence is a fact; absence is evidence only in a complete listing that was begun after our last
call for the object ended, and that did not shrink suspiciously. Objects without our tag are
counted, and nothing else is ever done with them.
"""

from collections.abc import Callable, Iterable, Mapping

import msgspec

from leasehold.engine.cloud import (
    CHANGED,
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
    Spec,
    VolumeSpec,
)
from leasehold.engine.reason import Cause, Reason
from leasehold.engine.row import Row, State
from leasehold.engine.table import (
    GRACE,
    PROOFS,
    USABLE_STATUS,
    Event,
    backoff,
    fail,
    is_error,
    step,
)

ENDED_STATUS = frozenset({"DELETED", "SOFT_DELETED"})
"""Words by which a cloud itself says that a server is gone; SOFT_DELETED is the operator's to purge."""

UNDONE_PAUSE = 5.0
"""Seconds until a record is written again that was changed as soon as it was written."""

MOST_DOUBTS = 3
"""Shrunken listings in a row that are not believed; the next one like them is."""


class Memory(msgspec.Struct, frozen=True, kw_only=True):
    """What earlier complete listings of the same kind and cloud showed."""

    count: int = 0
    doubts: int = 0
    strays: frozenset[CloudId] = frozenset()
    """Seen once with our tag and no row; seen twice they are taken into the ledger to be deleted."""


class Observation(msgspec.Struct, frozen=True, kw_only=True):
    """The outcome: rows that changed, and what is left over."""

    changed: tuple[Row, ...]
    memory: Memory
    strays: tuple[Sighting, ...] = ()
    """With our tag, unknown to the ledger, and seen for the first time."""
    foreign: int = 0
    doubted: bool = False


class Known(msgspec.Struct, frozen=True, kw_only=True):
    """The ledger's side: rows of one kind and cloud, by our id and by the cloud's."""

    installation: Installation
    cloud: str
    rows: Mapping[ObjectId, Row]
    ids: Mapping[CloudId, ObjectId]
    expected: Mapping[ObjectId, Row]
    """Those whose absence means something."""
    everywhere: Mapping[ObjectId, Row] = {}
    """The rows of all clouds."""


def observe(
    known: Known, listing: Listing, began_at: float, memory: Memory, now: float
) -> Observation:
    """Fold one listing into the rows. `began_at` is when its first request left.

    An object of ours that another cloud of the ledger has ordered is left to that one: two tables
    of the configuration may name one project, though they should not.
    """
    after: dict[ObjectId, Row] = {}
    seen: set[ObjectId] = set()
    strays: list[Sighting] = []
    foreign = 0
    for sighting in listing.sightings:
        object_id = known.ids.get(sighting.cloud_id)
        if object_id is None:
            if sighting.tag is None or sighting.tag.installation != known.installation:
                foreign += sighting.status not in ENDED_STATUS
                continue
            object_id = sighting.tag.object
        row = after.get(object_id) or known.rows.get(object_id)
        if row is None and object_id in known.everywhere:
            foreign += sighting.status not in ENDED_STATUS
            continue
        if row is None or (row.cloud_id or sighting.cloud_id) != sighting.cloud_id:
            if sighting.status not in ENDED_STATUS:
                strays.append(sighting)
            continue
        seen.add(object_id)
        fresh = _seen(row, sighting, began_at, now)
        if fresh is not row:
            after[object_id] = fresh
    doubted = False
    if listing.complete:
        expected = known.expected.values()
        missing = [row for row in expected if row.id not in seen and _is_evidence(row, began_at)]
        doubted = _is_doubtful(len(listing.sightings), missing, len(expected), memory)
        if not doubted:
            after.update({row.id: _absent(row, now) for row in missing})
    adopted, remembered = _sort_strays(known, strays, memory, complete=listing.complete, now=now)
    after.update({row.id: row for row in adopted})
    if listing.complete:
        memory = Memory(
            count=len(listing.sightings),
            doubts=memory.doubts + 1 if doubted else 0,
            strays=frozenset(each.cloud_id for each in remembered),
        )
    else:  # what a delta showed the end of will not be missed in the next complete listing
        ended = sum(row.state is State.GONE for row in after.values())
        memory = msgspec.structs.replace(memory, count=max(0, memory.count - ended))
    return Observation(
        changed=tuple(after.values()),
        memory=memory,
        strays=tuple(remembered),
        foreign=foreign,
        doubted=doubted,
    )


def attachments(listing: Listing) -> Listing:
    """The attachments that a listing of volumes shows, as a listing of their own."""
    found = tuple(
        Sighting(
            kind=Kind.ATTACHMENT,
            cloud_id=CloudId(f"{server}/{volume.cloud_id}"),
            status="ATTACHED" if volume.status == "IN-USE" else volume.status,
        )
        for volume in listing.sightings
        for server in volume.attached_to
    )
    return Listing(kind=Kind.ATTACHMENT, sightings=found, complete=listing.complete)


def take(row: Row, sighting: Sighting, now: float) -> Row:
    """The row whose object the cloud has just shown or confirmed for the first time."""
    failure = None if row.kept else row.failure
    news = {"cloud_id": sighting.cloud_id, "called_at": now, "failure": failure}
    taken = step(row, Event.TAKEN, now, **news)
    return _judge(taken, sighting, now)


def _seen(row: Row, sighting: Sighting, began_at: float, now: float) -> Row:
    if sighting.status in ENDED_STATUS:
        return _absent(row, now, certain=True) if row.state in PROOFS else row
    if sighting.status == CHANGED and not row.doomed and row.state in _CAN_BE_UNDONE:
        return _undone(row, "changed", now) if _is_evidence(row, began_at) else row
    match row.state:
        case State.MAKING:
            return row  # the reply is on its way; it decides
        case State.PLANNED | State.UNSURE:
            return take(row, sighting, now)
        case State.GONE:
            if began_at <= row.since:
                return row
            if row.missed:
                found = step(row, Event.FOUND, now, cloud_id=sighting.cloud_id, failure=None)
                return _judge(found, sighting, now)
            if row.kind is Kind.ATTACHMENT and row.kept:
                return row  # somebody else attached it again, and may be writing
            return step(
                row, Event.APPEARED, now, cloud_id=sighting.cloud_id, status=sighting.status
            )
        case State.BUILDING | State.UP | State.AILING:
            return _judge(row, sighting, now)
        case State.GROWING:
            return _grown(row, sighting, began_at, now)
        case _:
            if row.absent == 0 and row.status == sighting.status:
                return row
            news: dict[str, object] = {"absent": 0, "status": sighting.status}
            if is_error(row.kind, sighting.status):  # such as ERROR_DELETING
                news["reason"] = _fault(sighting)
            return msgspec.structs.replace(row, **news)


_CAN_BE_UNDONE = frozenset({State.PLANNED, State.UNSURE, State.BUILDING, State.UP})


def _undone(row: Row, how: str, now: float) -> Row:
    """A record that somebody else removed or changed, to be put back; one that was just written is
    given a moment, so that two who disagree do not write all the time."""
    if row.state is State.PLANNED:
        return row
    text = f"somebody else {how} it in DNS; it is being put back"
    wake_at = now + UNDONE_PAUSE if row.state is State.BUILDING else None
    return step(
        row,
        Event.UNDONE,
        now,
        status=CHANGED,
        wake_at=wake_at,
        reason=Reason(cause=Cause.RETRYING, text=text),
    )


def _judge(row: Row, sighting: Sighting, now: float) -> Row:
    """A row that exists, with the cloud's word about its state taken in."""
    row = _known(row, sighting)
    if is_error(row.kind, sighting.status):
        return fail(row, _fault(sighting), now)
    waiting = row.state in (State.BUILDING, State.AILING)
    if waiting and sighting.status in USABLE_STATUS[row.kind]:
        return step(row, Event.USABLE, now)
    return row


def _known(row: Row, sighting: Sighting) -> Row:
    """The row with what the cloud shows of its object taken down."""
    news = {
        "absent": 0,
        "status": sighting.status,
        "addresses": sighting.addresses or row.addresses,
    }
    if row.kind is Kind.VOLUME:
        size = row.size_gib if sighting.size_gib is None else sighting.size_gib
        news |= {"size_gib": size, "attached_to": sighting.attached_to}
    if all(getattr(row, name) == value for name, value in news.items()):
        return row
    return msgspec.structs.replace(row, **news)


def _grown(row: Row, sighting: Sighting, began_at: float, now: float) -> Row:
    """A volume that should become larger; the listing was begun at `began_at`."""
    row = _known(row, sighting)
    if is_error(row.kind, sighting.status):
        return fail(row, _fault(sighting), now)
    if not row.too_small:
        return step(row, Event.GROWN, now)
    if sighting.status == "EXTENDING" or row.called_at is None or began_at <= row.called_at + GRACE:
        return row
    text = f"the cloud shows it {row.status} with {row.size_gib} GiB as before; it is tried again"
    reason = Reason(cause=Cause.RETRYING, text=text)
    wake_at = now + backoff(row.calls)
    return step(row, Event.PUT_OFF, now, calls=row.calls, reason=reason, wake_at=wake_at)


def _fault(sighting: Sighting) -> Reason:
    text = sighting.fault or f"the cloud shows it in {sighting.status} and gives no reason"
    no_host = "no valid host" in text.lower()
    return Reason(cause=Cause.NO_HOST if no_host else Cause.BUILD_FAILED, text=text)


def _is_evidence(row: Row, began_at: float) -> bool:
    """Whether a listing begun then could have shown the row's object."""
    if row.called_at is None:
        return row.state is not State.UNSURE
    return began_at > row.called_at + (GRACE if row.state is State.UNSURE else 0.0)


def _is_doubtful(count: int, missing: Iterable[Row], rows: int, memory: Memory) -> bool:
    """Whether a listing lacks more than we can account for."""
    ending = unexpected = 0
    for row in missing:
        if row.state in (State.DELETING, State.LEAVING):
            ending += 1
        elif row.state is not State.UNSURE and row.absent == 0:
            unexpected += 1
    shrunk = memory.count - count - ending
    suspicious = shrunk > max(2, memory.count // 10) or unexpected > max(2, rows // 10)
    return suspicious and memory.doubts < MOST_DOUBTS


def _absent(row: Row, now: float, *, certain: bool = False) -> Row:
    """A row whose object was not in a listing that should have shown it."""
    absent = row.absent + 1
    if not certain and absent < PROOFS[row.state]:
        return msgspec.structs.replace(row, absent=absent)
    if row.state is State.UNSURE:
        return step(row, Event.NOT_THERE, now, calls=row.calls)
    if row.state in _STANDING and not row.doomed:
        if row.kind is Kind.RECORD:
            return _undone(row, "removed", now)
        lost = Reason(
            cause=Cause.LOST, text=f"the {row.kind} vanished from the cloud without our doing"
        )
        return step(row, Event.NOT_THERE, now, failure=lost, reason=lost)
    return step(row, Event.NOT_THERE, now, reason=row.failure)


_STANDING = frozenset({State.BUILDING, State.UP, State.GROWING, State.AILING})


def _sort_strays(
    known: Known, strays: list[Sighting], memory: Memory, *, complete: bool, now: float
) -> tuple[list[Row], list[Sighting]]:
    """Strays to delete, as new rows, and strays to look at again.

    A second object with the tag of a row that has its own is surely one too many. One whose row is
    unknown (a ledger restored from an old copy) must show up in two complete listings first. What
    holds data is shown to people, and left alone.
    """
    adopted, remembered = [], []
    for sighting in strays:
        tag = sighting.tag
        if tag is not None and tag.keep:
            remembered.append(sighting)
            continue
        twin = tag is not None and tag.object in known.rows
        if twin or (complete and sighting.cloud_id in memory.strays):
            adopted.append(_stray_row(known.cloud, sighting, now))
        else:
            remembered.append(sighting)
    return adopted, remembered


def _stray_row(cloud: str, sighting: Sighting, now: float) -> Row:
    reason = Reason(
        cause=Cause.LOST,
        text=f"{sighting.name or sighting.cloud_id} carries our tag, but no lease stands behind it",
    )
    return Row(
        id=ObjectId(f"{sighting.kind}-stray-{sighting.cloud_id}"),
        cloud=cloud,
        spec=_SPEC_OF_STRAY[sighting.kind](sighting),
        state=State.LEAVING,
        wanted=False,
        cloud_id=sighting.cloud_id,
        created_at=now,
        since=now,
        status=sighting.status,
        reason=reason,
    )


_SPEC_OF_STRAY: dict[Kind, Callable[[Sighting], Spec]] = {
    Kind.SERVER: lambda s: ServerSpec(name=s.name, flavor_id=""),
    Kind.PORT: lambda s: PortSpec(name=s.name, network_id=""),
    Kind.FLOATING_IP: lambda _: FloatingIpSpec(network_id="", port=""),
    Kind.VOLUME: lambda s: VolumeSpec(name=s.name, size_gib=0),
    Kind.ATTACHMENT: lambda _: AttachmentSpec(server="", volume=""),
    Kind.RECORD: lambda s: RecordSpec(name=s.name, record_type="A"),
}
