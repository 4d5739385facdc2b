"""Datasets and nodes as everybody sees them: in Python, over the API and on the command line."""

from datetime import datetime
from enum import StrEnum
from typing import NewType

import msgspec

from leasehold.engine.reason import Reason

DatasetId = NewType("DatasetId", str)
"""A UUID, lower case, so that programs written for Flocker can choose it themselves."""

SnapshotId = NewType("SnapshotId", str)

DatasetNode = NewType("DatasetNode", str)
"""The name of a node that an agent runs on: ``leasehold agent token NODE``."""

GIB = 2**30
"""Cinder counts volumes in these, and calls them GB."""


class DatasetState(StrEnum):
    """Where a dataset stands. The first five are where it may stay; the others end by themselves."""

    MOUNTED = "mounted"
    """It can be used on its node."""
    DETACHED = "detached"
    """It is on no server, and nobody asked for one."""
    DELETED = "deleted"
    """Its end was asked for; until the grace time is over it can be brought back."""
    TROUBLED = "troubled"
    """It needs a person; the reason and the next step say what for."""
    GONE = "gone"
    """Its volume was destroyed, as was asked for."""

    CREATING = "creating"
    """Its volume is being made."""
    ATTACHING = "attaching"
    """Its volume is on its way to its node's server."""
    MOUNTING = "mounting"
    """The server has the volume; the agent finds, checks and mounts it."""
    UNMOUNTING = "unmounting"
    """It has to leave a node; its agent has to let go of it first."""
    DETACHING = "detaching"
    """No server uses it any more; the cloud takes the volume off."""
    DESTROYING = "destroying"
    """The grace time is over; the cloud deletes the volume."""


class Source(msgspec.Struct, frozen=True, kw_only=True):
    """What a dataset was made from, where it did not begin blank. Such a one is never formatted."""

    snapshot: SnapshotId | None = None
    dataset: DatasetId | None = None
    """Cloned from this one."""
    volume: str | None = None
    """Adopted: the cloud's id of a volume that somebody else made."""


class Hold(msgspec.Struct, frozen=True, kw_only=True):
    """Who keeps a dataset where it is: while it lasts, it is neither moved nor deleted."""

    node: DatasetNode
    owner: str
    purpose: str = ""
    until: datetime | None = None
    """None: until it is released."""


class FormerVolume(msgspec.Struct, frozen=True, kw_only=True):
    """A volume that a dataset had before a restore, and can have again."""

    volume_id: str | None
    """The cloud's id."""
    until: datetime | None = None
    """How long it is kept; None: until the one that took its place is there, and the grace time."""


class Dataset(msgspec.Struct, frozen=True, kw_only=True):
    """Named data of a given size, and where they are."""

    id: DatasetId
    name: str
    owner: str
    cloud: str
    size_gib: int
    """What was asked for; `actual_gib` is what the volume has."""
    actual_gib: int | None = None
    profile: str | None = None
    volume_type: str | None = None
    filesystem: str = "ext4"
    metadata: dict[str, str] = {}
    source: Source | None = None
    state: DatasetState
    since: datetime
    """When it came into this state."""
    until: datetime | None = None
    """The deadline of this state; then `next_step` is due."""
    next_step: str = ""
    """What happens next by itself, or what a person has to do."""
    reason: Reason | None = None
    """Why it is not further on its way."""
    last_error: Reason | None = None
    """What went wrong last, with the cloud's request id; kept when things are well again."""
    last_error_at: datetime | None = None
    node: DatasetNode | None = None
    """Where it should be; None: nowhere."""
    attached_node: DatasetNode | None = None
    """Whose server has its volume, or is about to."""
    path: str | None = None
    """Where it is mounted there."""
    volume_id: str | None = None
    """The cloud's id of its volume."""
    restoring: SnapshotId | None = None
    """The snapshot that it is to become, as soon as it is on no server."""
    former: tuple[FormerVolume, ...] = ()
    """What it had before it was restored; the oldest first."""
    epoch: int
    """Grows with each change of what its agents are told; an older order is refused by them."""
    hold: Hold | None = None
    snapshots: int = 0
    created_at: datetime
    deleted_at: datetime | None = None
    destroy_at: datetime | None = None
    """Until when a deleted dataset can be brought back."""


class DatasetSnapshot(msgspec.Struct, frozen=True, kw_only=True):
    """What a dataset held at a moment."""

    id: SnapshotId
    name: str
    dataset: DatasetId
    state: str
    """``creating``, ``available``, ``troubled``, ``deleting``."""
    size_gib: int
    snapshot_id: str | None = None
    """The cloud's id."""
    created_at: datetime
    reason: Reason | None = None


class DatasetWish(msgspec.Struct, frozen=True, kw_only=True):
    """A request for a dataset. Made from at most one of snapshot, dataset and volume."""

    name: str
    node: DatasetNode | None = None
    id: DatasetId | None = None
    """None: one is chosen. The same id with the same wish is the same request."""
    owner: str = ""
    size_gib: int | None = None
    """None: the profile's default, or the source's size."""
    profile: str | None = None
    """A ``[dataset_profiles.NAME]``; None: its source's, or ``default`` if there is one."""
    volume_type: str | None = None
    """None: the profile's, or its source's."""
    filesystem: str | None = None
    """``ext4`` or ``xfs``; None: the profile's."""
    cloud: str | None = None
    """None: the node's, or the only one."""
    metadata: dict[str, str] = {}
    snapshot: SnapshotId | None = None
    dataset: DatasetId | None = None
    volume: str | None = None


class Profile(msgspec.Struct, frozen=True, kw_only=True):
    """A named kind of dataset, from ``[dataset_profiles.NAME]``."""

    name: str
    cloud: str | None = None
    volume_type: str | None = None
    size_gib: int = 75
    """Used where a wish says none."""
    filesystem: str = "ext4"
    availability_zone: str | None = None


class AgentNode(msgspec.Struct, frozen=True, kw_only=True):
    """A node that an agent runs on."""

    name: DatasetNode
    cloud: str
    server_id: str | None = None
    """The cloud's id of the server, as its agent said; None: it has never reported."""
    era: str | None = None
    """The boot id of that server: after a reboot it is another one."""
    address: str | None = None
    """From where the agent reported."""
    version: str | None = None
    seen_at: datetime | None = None
    online: bool = False
    """It reported not long ago."""
    created_at: datetime


class NewAgent(msgspec.Struct, frozen=True, kw_only=True):
    """A node with its token."""

    node: AgentNode
    token: str
    """The token itself, which is not shown again."""
