"""Boots as people see them: each server that was to become a node, and what became of it."""

from datetime import datetime

import msgspec

from leasehold.engine.cloud import ObjectId
from leasehold.engine.reason import Reason
from leasehold.lab.model import LeaseId, NodeName


class Boot(msgspec.Struct, frozen=True, kw_only=True):
    """One server's way from the plan to a node that is ready, or to its failure."""

    id: int
    machine_type: str
    cloud: str
    node: NodeName
    lease: LeaseId
    attempt: int
    """Which server this was for the node under its lease, from 1."""
    server: ObjectId
    """Our id of it."""
    server_id: str | None = None
    """The cloud's id; None if the cloud never made it."""
    ok: bool
    """Whether it became ready."""
    reason: Reason | None = None
    """Why it did not: the cloud's own message and request id, where it gave them."""
    image: str = ""
    flavor: str = ""
    zone: str | None = None
    """The availability zone that was asked for."""
    planned_at: datetime
    taken_at: datetime | None = None
    """When the cloud took the order."""
    reached_at: datetime | None = None
    """When SSH answered."""
    ended_at: datetime
    """When it was ready, or given up."""
    console: str | None = None
    """The last lines that it printed; only of one that failed, and only in its own dossier."""


class Trouble(msgspec.Struct, frozen=True, kw_only=True):
    """The failed boots of a machine type that have one cause."""

    cause: str
    count: int
    last: Boot


class BootRate(msgspec.Struct, frozen=True, kw_only=True):
    """How the boots of a machine type went."""

    machine_type: str
    boots: int
    failed: int
    seconds: float | None = None
    """From the plan to ready, the mean of those that went well."""
    troubles: tuple[Trouble, ...] = ()
    """The most frequent cause first."""
    paused: Reason | None = None
    """Why no boot is started now, and until when."""


class BootReport(msgspec.Struct, frozen=True, kw_only=True):
    """What a look at the boots shows."""

    since: datetime
    rates: tuple[BootRate, ...]
    failed: tuple[Boot, ...]
    """The newest first."""
