"""Leases and hosts of Blazar."""

from typing import Any

import msgspec
from libcloud.compute.drivers.openstack import OpenStack_2_Host, OpenStack_2_Lease

from leasehold.libcloud.part import Part
from leasehold.openstack.paging import Collection
from leasehold.openstack.reservation import ReservableHost


class _Lease(msgspec.Struct, frozen=True, kw_only=True):
    """A lease in Blazar's own words, which Libcloud hands on."""

    id: str
    name: str
    status: str
    start_date: str
    end_date: str
    reservations: list[dict[str, Any]] = []


_LEASES: Collection[_Lease] = Collection("/leases", _Lease, key="leases", page_size=None)


class Reservations(Part):
    """What is reserved of the cloud's hosts, and when."""

    def ex_list_leases(self) -> list[OpenStack_2_Lease]:
        """List the leases."""
        found = self.cloud.reservation.service.items(_LEASES, {})
        return [lease_of(lease, driver=self) for lease in found]

    def ex_list_hosts(self) -> list[OpenStack_2_Host]:
        """List the hosts that can be reserved; for administrators."""
        return [host_of(host) for host in self.cloud.reservation.hosts()]


def lease_of(lease: _Lease, *, driver: Any) -> OpenStack_2_Lease:
    """Show a lease as Libcloud does."""
    return OpenStack_2_Lease(
        id=lease.id,
        name=lease.name,
        start=lease.start_date,
        end=lease.end_date,
        status=lease.status,
        reservations=lease.reservations,
        driver=driver,
    )


def host_of(host: ReservableHost) -> OpenStack_2_Host:
    """Show a host as Libcloud does."""
    return OpenStack_2_Host(
        id=host.id,
        hypervisor_hostname=host.hypervisor_hostname,
        vcpus=host.vcpus,
        memory_mb=host.memory_mb,
        local_gb=host.local_gb,
        service_name=host.service_name,
    )
