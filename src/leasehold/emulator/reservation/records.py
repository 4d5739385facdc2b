"""Blazar's resources: hosts set aside for reservations, and leases of some of them for a while."""

from datetime import datetime
from typing import Any

import msgspec

HOST_TYPE = "physical:host"
INSTANCE_TYPE = "virtual:instance"


class Host(msgspec.Struct, frozen=True, kw_only=True):
    id: str
    name: str
    created_at: datetime
    extra_capabilities: dict[str, Any] = {}


class Reservation(msgspec.Struct, frozen=True, kw_only=True):
    id: str
    resource_id: str
    resource_type: str
    wish: dict[str, Any]
    """What was asked for, in the words of its type."""
    host_ids: tuple[str, ...] = ()


class Event(msgspec.Struct, frozen=True, kw_only=True):
    """Something that Blazar does at its time."""

    id: str
    event_type: str
    time: datetime


class Lease(msgspec.Struct, frozen=True, kw_only=True):
    """What it is follows from the time alone: nothing has to happen for it to begin or end."""

    id: str
    name: str
    project_id: str
    user_id: str
    start: datetime
    end: datetime
    created_at: datetime
    reservations: tuple[Reservation, ...]
    events: tuple[Event, ...]

    def status(self, now: datetime) -> str:
        if now < self.start:
            return "PENDING"
        return "ACTIVE" if now < self.end else "TERMINATED"

    def meets(self, start: datetime, end: datetime) -> bool:
        """Whether it has a moment in common with another span."""
        return self.start < end and start < self.end
