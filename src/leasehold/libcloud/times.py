"""Times as the cloud wrote them: Libcloud hands most of them on as text."""

from datetime import UTC, datetime


def zulu(time: datetime | None) -> str | None:
    """Write a time as Nova, Glance and Neutron do: ``2026-01-31T12:00:00Z``."""
    return time.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%SZ") if time else None


def without_zone(time: datetime | None) -> str | None:
    """Write a time as Cinder does: ``2026-01-31T12:00:00.000000``, in UTC."""
    return time.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%S.%f") if time else None
