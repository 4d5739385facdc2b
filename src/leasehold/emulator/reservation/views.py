"""Leases as Blazar shows them at a given moment."""

from datetime import datetime
from typing import Any

from leasehold.emulator.reservation.records import HOST_TYPE, Lease, Reservation

_HOST_FIELDS: dict[str, Any] = {
    "hypervisor_properties": "",
    "resource_properties": "",
    "before_end": "default",
}
_RESERVATION_STATUS = {"PENDING": "pending", "ACTIVE": "active", "TERMINATED": "deleted"}


def lease_view(lease: Lease, now: datetime) -> dict[str, Any]:
    status = lease.status(now)
    made = {"created_at": lease.created_at.strftime("%Y-%m-%d %H:%M:%S"), "updated_at": None}
    return {
        "id": lease.id,
        "name": lease.name,
        "start_date": _moment(lease.start),
        "end_date": _moment(lease.end),
        "status": status,
        "degraded": False,
        "user_id": lease.user_id,
        "project_id": lease.project_id,
        "trust_id": None,
        **made,
        "reservations": [
            {"lease_id": lease.id, "status": _RESERVATION_STATUS[status], **_shown(one), **made}
            for one in lease.reservations
        ],
        "events": [
            {
                "id": event.id,
                "lease_id": lease.id,
                "status": "DONE" if event.time <= now else "UNDONE",
                "event_type": event.event_type,
                "time": _moment(event.time),
                **made,
            }
            for event in lease.events
        ],
    }


def _shown(reservation: Reservation) -> dict[str, Any]:
    """Instances are started on what they reserved by a flavor made for it."""
    fields: dict[str, Any] = {
        "flavor_id": reservation.id,
        "affinity": None,
        "resource_properties": "",
    }
    if reservation.resource_type == HOST_TYPE:
        fields = _HOST_FIELDS
    return {
        "id": reservation.id,
        "missing_resources": False,
        "resources_changed": False,
        "resource_id": reservation.resource_id,
        "resource_type": reservation.resource_type,
        **fields,
        **reservation.wish,
    }


def _moment(when: datetime) -> str:
    return when.strftime("%Y-%m-%dT%H:%M:%S.%f")
