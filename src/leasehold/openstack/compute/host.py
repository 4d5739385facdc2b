"""What servers run on, and Nova's own processes: for administrators."""

from collections.abc import Iterator

import msgspec

from leasehold.openstack.call import FilterValue
from leasehold.openstack.paging import Collection
from leasehold.openstack.process import Process
from leasehold.openstack.service import Verbs


class Hypervisor(msgspec.Struct, frozen=True, kw_only=True):
    """A hypervisor. From microversion 2.88 on Nova does not tell its sizes: Placement does.

    RAM is MiB, disk is GiB. The id is a number before microversion 2.53.
    """

    id: int | str
    hostname: str = msgspec.field(name="hypervisor_hostname")
    state: str = ""
    status: str = ""
    type: str | None = msgspec.field(name="hypervisor_type", default=None)
    host_ip: str | None = None
    vcpus: int | None = None
    vcpus_used: int | None = None
    ram: int | None = msgspec.field(name="memory_mb", default=None)
    ram_used: int | None = msgspec.field(name="memory_mb_used", default=None)
    disk: int | None = msgspec.field(name="local_gb", default=None)
    disk_used: int | None = msgspec.field(name="local_gb_used", default=None)
    running_servers: int | None = msgspec.field(name="running_vms", default=None)


class ComputeProcess(Process, frozen=True, kw_only=True):
    """A process of Nova's on a host. The id is a number before microversion 2.53."""

    id: int | str
    forced_down: bool = False


HYPERVISORS: Collection[Hypervisor] = Collection(
    "/os-hypervisors/detail", Hypervisor, key="hypervisors", page_size=None
)
"""Nova pages it from microversion 2.33 on, and refuses the question for pages before."""
PROCESSES: Collection[ComputeProcess] = Collection(
    "/os-services", ComputeProcess, key="services", page_size=None
)


class Hosts(Verbs):
    """The machines and processes behind Nova. Each raises `Forbidden` for ordinary users."""

    def hypervisors(self, **filters: FilterValue) -> Iterator[Hypervisor]:
        """List hypervisors, filtered by Nova (``hypervisor_hostname_pattern="rack1"`` ...)."""
        return self.service.items(HYPERVISORS, filters)

    def services(self, **filters: FilterValue) -> Iterator[ComputeProcess]:
        """List Nova's processes, filtered by Nova (``binary="nova-compute"``, ``host=...``)."""
        return self.service.items(PROCESSES, filters)
