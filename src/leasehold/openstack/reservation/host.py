"""The hosts that can be reserved: for administrators."""

from collections.abc import Iterator

import msgspec

from leasehold.openstack.paging import Collection
from leasehold.openstack.service import Shape, Verbs


class ReservableHost(msgspec.Struct, frozen=True, kw_only=True):
    """A host of Nova's that Blazar may give away. `memory_mb` is MiB, `local_gb` GiB."""

    id: str
    hypervisor_hostname: str = ""
    hypervisor_type: str | None = None
    service_name: str | None = None
    vcpus: int = 0
    memory_mb: int = 0
    local_gb: int = 0
    reservable: bool = True


HOSTS: Collection[ReservableHost] = Collection(
    "/os-hosts", ReservableHost, key="hosts", page_size=None
)
HOST = Shape(ReservableHost, key="host")


class ReservableHosts(Verbs):
    """Hosts that can be reserved. Each verb raises `Forbidden` for ordinary users."""

    def hosts(self) -> Iterator[ReservableHost]:
        """List the hosts that can be reserved."""
        return self.service.items(HOSTS, {})

    def host(self, host_id: str) -> ReservableHost:
        """Get one of them. Raises `NotFound`."""
        return self.service.get(f"/os-hosts/{host_id}", HOST)
