"""Where networks and routers can be placed."""

from collections.abc import Iterator

import msgspec

from leasehold.openstack.call import FilterValue
from leasehold.openstack.paging import Collection
from leasehold.openstack.service import Verbs


class NetworkZone(msgspec.Struct, frozen=True, kw_only=True):
    """An availability zone of Neutron's, for one kind of thing: network or router."""

    name: str
    resource: str = ""
    state: str = "available"

    @property
    def available(self) -> bool:
        """Whether something can be placed there now."""
        return self.state == "available"


ZONES: Collection[NetworkZone] = Collection(
    "/availability_zones", NetworkZone, key="availability_zones"
)


class Zones(Verbs):
    """Availability zones."""

    def availability_zones(self, **filters: FilterValue) -> Iterator[NetworkZone]:
        """List the zones that networks and routers can be placed in."""
        return self.service.items(ZONES, filters)
