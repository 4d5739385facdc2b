"""Datasets, snapshots and agents as the ledger keeps them. Times are Unix seconds."""

from enum import StrEnum

import msgspec

from leasehold.datasets.model import (
    DatasetId,
    DatasetNode,
    DatasetState,
    SnapshotId,
    Source,
)
from leasehold.datasets.protocol import DatasetReport, Want
from leasehold.engine.cloud import ObjectId
from leasehold.engine.reason import Reason


class HoldRow(msgspec.Struct, frozen=True, kw_only=True):
    """Who keeps a dataset where it is; `until` None: until it is released."""

    node: DatasetNode
    owner: str
    purpose: str = ""
    until: float | None = None

    def is_on(self, now: float) -> bool:
        """Whether it still holds."""
        return self.until is None or self.until > now


class Former(msgspec.Struct, frozen=True, kw_only=True):
    """A volume that a dataset had before a snapshot was restored; kept for the grace time."""

    volume: ObjectId
    until: float | None = None
    """None: the volume that took its place is not there yet, so it may be all that is left."""
    source: Source | None = None
    """What the dataset was made from while it had this volume."""


class DatasetRow(msgspec.Struct, frozen=True, kw_only=True):
    """One dataset: what is wanted of it, and how far it is."""

    id: DatasetId
    name: str
    owner: str
    cloud: str
    size_gib: int
    profile: str | None = None
    volume_type: str | None = None
    availability_zone: str | None = None
    filesystem: str = "ext4"
    metadata: dict[str, str] = {}
    source: Source | None = None
    source_id: str | None = None
    """The cloud's id of what it is made from: a snapshot, or the volume of another dataset."""
    node: DatasetNode | None = None
    hold: HoldRow | None = None
    created_at: float
    deleted_at: float | None = None
    destroy_at: float | None = None

    epoch: int = 1
    want: Want | None = None
    """What the agent of `attached_node` is told; None: nothing yet, so it cannot have mounted."""
    told_at: float | None = None
    force: bool = False
    """An operator takes it from its server, knowing what that means."""

    volume: ObjectId | None = None
    usable_at: float | None = None
    """When the volume was there for the first time. From then on it is never replaced by itself."""
    written: bool = False
    """A filesystem was reported on it, or it was not made blank: it is never formatted again."""
    attachment: ObjectId | None = None
    attached_node: DatasetNode | None = None
    attached_server: str | None = None
    detaching: bool = False
    destroying: bool = False
    restore: SnapshotId | None = None
    """It is to become what this snapshot holds, as soon as it is on no server."""
    restore_id: str | None = None
    """The cloud's id of that snapshot."""
    restore_gib: int | None = None
    """GiB that its volume is made with. Where the dataset is to be larger, it grows afterwards."""
    restore_former: ObjectId | None = None
    """It is to have this former volume again, as soon as it is on no server."""
    former: tuple[Former, ...] = ()
    tries: int = 0
    wake_at: float | None = None
    """No new volume or attachment before then."""

    state: DatasetState = DatasetState.CREATING
    since: float
    until: float | None = None
    troubled: bool = False
    """It needs a person, or has been in `state` for too long."""
    next_step: str = ""
    reason: Reason | None = None
    last_error: Reason | None = None
    last_error_at: float | None = None
    path: str | None = None

    @property
    def restoring(self) -> bool:
        """Whether it is to have another volume than it has."""
        return self.restore is not None or self.restore_former is not None

    @property
    def subject(self) -> str:
        """What its rows and its lines of history are found by."""
        return subject_of(self.id)


class SnapshotRow(msgspec.Struct, frozen=True, kw_only=True):
    """One snapshot of a dataset."""

    id: SnapshotId
    name: str
    dataset: DatasetId
    object: ObjectId
    size_gib: int
    filesystem: str
    created_at: float
    deleted: bool = False


class AgentRow(msgspec.Struct, frozen=True, kw_only=True):
    """A node that an agent runs on, with the fingerprint of its token."""

    name: DatasetNode
    cloud: str
    token: str
    pinned: str | None = None
    """The only server that it may speak for; None: whatever it says."""
    server_id: str | None = None
    era: str | None = None
    version: str | None = None
    address: str | None = None
    seen_at: float | None = None
    created_at: float


class Heard(msgspec.Struct, frozen=True, kw_only=True):
    """What an agent said of a dataset."""

    report: DatasetReport
    at: float
    server_id: str
    era: str
    obeys: str | None = None


class End(StrEnum):
    """What a cloud says of a server that may still be writing to a volume."""

    ALIVE = "alive"
    """It is there, and not stopped; or nobody can tell."""
    STOPPED = "stopped"
    """The cloud shows it as SHUTOFF: nothing runs on it, whatever was mounted there."""
    GONE = "gone"
    """A look at it and a complete listing begun afterwards both say that there is none."""


class Fate(msgspec.Struct, frozen=True, kw_only=True):
    """What became of a server, as asked at a moment."""

    end: End
    asked_at: float
    text: str
    request_id: str | None = None


def subject_of(dataset: DatasetId) -> str:
    return f"dataset:{dataset}"
