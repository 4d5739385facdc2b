"""What a project has used of Nova over a time."""

from datetime import UTC, datetime

import msgspec

from leasehold.openstack.paging import Link, next_query
from leasehold.openstack.service import Shape, Verbs


class Usage(msgspec.Struct, frozen=True, kw_only=True):
    """The sums over a project's servers, those that are gone included."""

    hours: float = msgspec.field(name="total_hours", default=0.0)
    vcpu_hours: float = msgspec.field(name="total_vcpus_usage", default=0.0)
    ram_hours: float = msgspec.field(name="total_memory_mb_usage", default=0.0)
    """MiB times hours."""
    disk_hours: float = msgspec.field(name="total_local_gb_usage", default=0.0)
    """GiB times hours."""


class _Page(msgspec.Struct, frozen=True):
    usage: Usage = msgspec.field(name="tenant_usage")
    links: tuple[Link, ...] = msgspec.field(name="tenant_usage_links", default=())


_PAGE = Shape(_Page)


class Usages(Verbs):
    """Use over time."""

    def usage(
        self, project_id: str | None = None, *, start: datetime, end: datetime | None = None
    ) -> Usage:
        """Get what a project, or our own if none is named, used from `start` until `end` or now.

        Times need a zone. Nova sums up a thousand servers at a time; before microversion 2.40 it
        leaves out those beyond. Another project's use is for administrators.
        """
        path = f"/os-simple-tenant-usage/{project_id or self.service.project_id}"
        query = {"start": _without_zone(start), "end": _without_zone(end or datetime.now(UTC))}
        page = self.service.get(path, _PAGE, **query)
        total = page.usage
        while following := next_query(page.links):
            page = self.service.get(path, _PAGE, **dict(following))
            total = _sum(total, page.usage)
        return total


def _sum(one: Usage, other: Usage) -> Usage:
    return Usage(
        hours=one.hours + other.hours,
        vcpu_hours=one.vcpu_hours + other.vcpu_hours,
        ram_hours=one.ram_hours + other.ram_hours,
        disk_hours=one.disk_hours + other.disk_hours,
    )


def _without_zone(moment: datetime) -> str:
    """Spell a time as this corner of Nova reads it: in UTC, and without saying so."""
    if moment.tzinfo is None:
        raise ValueError(f"usage needs times with a time zone, got {moment.isoformat()}")
    return moment.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%S.%f")
