"""Cinder's own processes, and where it puts volumes: for administrators."""

from collections.abc import Iterator

import msgspec

from leasehold.openstack.call import FilterValue
from leasehold.openstack.paging import Collection
from leasehold.openstack.process import Process
from leasehold.openstack.service import Verbs


class VolumeProcess(Process, frozen=True, kw_only=True):
    """A process of Cinder's on a host."""


class Capabilities(msgspec.Struct, frozen=True, kw_only=True):
    """What a pool has room for, in GiB, or a word such as infinite or unknown."""

    backend: str | None = msgspec.field(name="volume_backend_name", default=None)
    total: float | str | None = msgspec.field(name="total_capacity_gb", default=None)
    free: float | str | None = msgspec.field(name="free_capacity_gb", default=None)
    allocated: float | str | None = msgspec.field(name="allocated_capacity_gb", default=None)


class Pool(msgspec.Struct, frozen=True, kw_only=True):
    """A place that volumes are put in."""

    name: str
    capabilities: Capabilities = Capabilities()


PROCESSES: Collection[VolumeProcess] = Collection(
    "/os-services", VolumeProcess, key="services", page_size=None
)
POOLS: Collection[Pool] = Collection(
    "/scheduler-stats/get_pools", Pool, key="pools", page_size=None
)


class Hosts(Verbs):
    """What is behind Cinder. Each raises `Forbidden` for ordinary users."""

    def services(self, **filters: FilterValue) -> Iterator[VolumeProcess]:
        """List Cinder's processes, filtered by Cinder (``binary="cinder-volume"``, ``host=...``)."""
        return self.service.items(PROCESSES, filters)

    def pools(self, **filters: FilterValue) -> Iterator[Pool]:
        """List the pools that Cinder's scheduler knows, with what there is room for."""
        return self.service.items(POOLS, {"detail": True, **filters})
