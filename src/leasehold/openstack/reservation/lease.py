"""Leases of Blazar: hosts or room for servers, reserved from one time to another."""

from collections.abc import Iterator, Mapping, Sequence
from datetime import UTC, datetime
from typing import Any

import msgspec

from leasehold.openstack.body import given
from leasehold.openstack.ids import LeaseId, ProjectId
from leasehold.openstack.paging import Collection
from leasehold.openstack.service import Shape, Verbs
from leasehold.openstack.times import in_utc


class Reservation(msgspec.Struct, frozen=True, kw_only=True):
    """One thing that a lease reserves: `resource_type` is physical:host or virtual:instance.

    Servers use it by the scheduler hint ``reservation``, or by the flavor `flavor_id`.
    """

    id: str
    resource_type: str
    resource_id: str | None = None
    status: str = ""
    min: int | str | None = None
    max: int | str | None = None
    amount: int | None = None
    vcpus: int | None = None
    memory_mb: int | None = None
    disk_gb: int | None = None
    hypervisor_properties: str | None = None
    resource_properties: str | None = None
    flavor_id: str | None = None
    missing_resources: bool = False
    resources_changed: bool = False


class Lease(msgspec.Struct, frozen=True, kw_only=True):
    """A lease. It goes from PENDING to ACTIVE to TERMINATED by itself."""

    id: LeaseId
    name: str
    start_date: datetime
    end_date: datetime
    status: str = ""
    degraded: bool = False
    project_id: ProjectId | None = None
    user_id: str | None = None
    reservations: tuple[Reservation, ...] = ()

    def __post_init__(self) -> None:
        in_utc(self, "start_date", "end_date")


LEASES: Collection[Lease] = Collection("/leases", Lease, key="leases", page_size=None)
LEASE = Shape(Lease, key="lease")


class Leases(Verbs):
    """Leases."""

    def leases(self) -> Iterator[Lease]:
        """List the leases of the project, or an administrator's of all projects."""
        return self.service.items(LEASES, {})

    def lease(self, lease_id: str) -> Lease:
        """Get one lease. Raises `NotFound`."""
        return self.service.get(f"/leases/{lease_id}", LEASE)

    def create_lease(
        self,
        *,
        name: str,
        end: datetime,
        reservations: Sequence[Mapping[str, Any]],
        start: datetime | None = None,
        before_end: datetime | None = None,
    ) -> Lease:
        """Reserve something from `start`, or now, until `end`. Times need a zone.

        `reservations` are in Blazar's words: ``{"resource_type": "physical:host", "min": 1, "max":
        1, "hypervisor_properties": "", "resource_properties": ""}``. Blazar's times are minutes.
        Raises `Conflict` if there is not enough that is free.
        """
        fields = given(
            name=name,
            start_date="now" if start is None else _minute(start),
            end_date=_minute(end),
            before_end_date=None if before_end is None else _minute(before_end),
        )
        body = {**fields, "reservations": reservations, "events": []}
        return self.service.post("/leases", body, LEASE)

    def delete_lease(self, lease_id: str) -> None:
        """End a lease, and the servers on its hosts with it. Raises `NotFound`."""
        self.service.delete(f"/leases/{lease_id}")


def _minute(moment: datetime) -> str:
    if moment.tzinfo is None:
        raise ValueError(f"a lease needs times with a time zone, got {moment.isoformat()}")
    return moment.astimezone(UTC).strftime("%Y-%m-%d %H:%M")
