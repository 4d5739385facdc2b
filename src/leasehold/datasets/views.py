"""Datasets, snapshots and nodes as people see them. All but `listed` want the lock held."""

from datetime import datetime

from leasehold.datasets.book import AgentRow, DatasetRow, HoldRow, SnapshotRow
from leasehold.datasets.control import Control
from leasehold.datasets.look import SILENCE
from leasehold.datasets.model import (
    AgentNode,
    Dataset,
    DatasetSnapshot,
    DatasetState,
    FormerVolume,
    Hold,
)
from leasehold.engine.decide import moment
from leasehold.engine.row import State

_WORDS = {
    State.UP: "available",
    State.AILING: "troubled",
    State.GONE: "troubled",
    State.LEAVING: "deleting",
    State.DELETING: "deleting",
}


def shown(control: Control, row: DatasetRow) -> Dataset:
    """A dataset."""
    volume = control.shelf.row(row.volume)
    return Dataset(
        id=row.id,
        name=row.name,
        owner=row.owner,
        cloud=row.cloud,
        size_gib=row.size_gib,
        actual_gib=volume.size_gib if volume else None,
        profile=row.profile,
        volume_type=row.volume_type,
        filesystem=row.filesystem,
        metadata=row.metadata,
        source=row.source,
        state=DatasetState.TROUBLED if row.troubled else row.state,
        since=moment(row.since),
        until=_at(row.until),
        next_step=row.next_step,
        reason=row.reason,
        last_error=row.last_error,
        last_error_at=_at(row.last_error_at),
        node=row.node,
        attached_node=row.attached_node,
        path=row.path,
        volume_id=volume.cloud_id if volume else None,
        restoring=row.restore,
        former=tuple(
            FormerVolume(volume_id=kept.cloud_id if kept else None, until=_at(each.until))
            for each in row.former
            for kept in (control.shelf.row(each.volume),)
        ),
        epoch=row.epoch,
        hold=_hold(row.hold),
        snapshots=sum(not each.deleted for each in control.shelf.snapshots_of(row.id)),
        created_at=moment(row.created_at),
        deleted_at=_at(row.deleted_at),
        destroy_at=_at(row.destroy_at) if row.deleted_at is not None else None,
    )


def listed(control: Control, *, deleted: bool = False, node: str | None = None) -> list[Dataset]:
    """Datasets by name: with those that are deleted or gone or not, all or of one node."""
    with control.lock:
        rows = [
            row
            for row in control.shelf.datasets.values()
            if (deleted or row.deleted_at is None)
            and (node is None or node in (row.node, row.attached_node))
        ]
        return [shown(control, row) for row in sorted(rows, key=lambda each: each.name)]


def snapshot_shown(control: Control, row: SnapshotRow) -> DatasetSnapshot:
    """A snapshot."""
    found = control.shelf.row(row.object)
    state = "deleting" if row.deleted else "creating"
    if found is not None and not row.deleted:
        state = _WORDS.get(found.state, "creating")
    return DatasetSnapshot(
        id=row.id,
        name=row.name,
        dataset=row.dataset,
        state=state,
        size_gib=row.size_gib,
        snapshot_id=found.cloud_id if found else None,
        created_at=moment(row.created_at),
        reason=(found.failure or found.reason) if found else None,
    )


def node_shown(row: AgentRow, now: float) -> AgentNode:
    """A node with its agent."""
    return AgentNode(
        name=row.name,
        cloud=row.cloud,
        server_id=row.server_id,
        era=row.era,
        address=row.address,
        version=row.version,
        seen_at=_at(row.seen_at),
        online=row.seen_at is not None and now - row.seen_at <= SILENCE,
        created_at=moment(row.created_at),
    )


def _hold(row: HoldRow | None) -> Hold | None:
    if row is None:
        return None
    return Hold(node=row.node, owner=row.owner, purpose=row.purpose, until=_at(row.until))


def _at(at: float | None) -> datetime | None:
    return None if at is None else moment(at)
