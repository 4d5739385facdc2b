"""What a project has used of Nova over a time."""

from datetime import UTC, datetime

import msgspec

from leasehold.openstack.microversion import Version
from leasehold.openstack.service import Shape, Verbs

_WHOLE: Version = (2, 39)
"""The last that gives the sums of all servers; a newer one gives those of a page."""


class Usage(msgspec.Struct, frozen=True, kw_only=True):
    """The sums over a project's servers, those that are gone included."""

    hours: float = msgspec.field(name="total_hours", default=0.0)
    vcpu_hours: float = msgspec.field(name="total_vcpus_usage", default=0.0)
    ram_hours: float = msgspec.field(name="total_memory_mb_usage", default=0.0)
    """MiB times hours."""
    disk_hours: float = msgspec.field(name="total_local_gb_usage", default=0.0)
    """GiB times hours."""


_USAGE = Shape(Usage, key="tenant_usage")


class Usages(Verbs):
    """Use over time."""

    def usage(
        self, project_id: str | None = None, *, start: datetime, end: datetime | None = None
    ) -> Usage:
        """Get what a project, or our own if none is named, used from `start` until `end` or now.

        Times need a zone. Nova sums it up from every server of that time, which takes long for
        many. Another project's is for administrators.
        """
        path = f"/os-simple-tenant-usage/{project_id or self.service.project_id}"
        period = {"start": _without_zone(start), "end": end and _without_zone(end)}
        return self.service.until(_WHOLE).get(path, _USAGE, **period)


def _without_zone(moment: datetime) -> str:
    """Spell a time as this corner of Nova reads it: in UTC, and without saying so."""
    if moment.tzinfo is None:
        raise ValueError(f"usage needs times with a time zone, got {moment.isoformat()}")
    return moment.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%S.%f")
