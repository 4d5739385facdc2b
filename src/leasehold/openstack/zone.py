"""An availability zone, of compute or of storage: both say it in the same words."""

import msgspec

from leasehold.openstack.paging import Collection


class _ZoneState(msgspec.Struct, frozen=True):
    available: bool = True


class AvailabilityZone(msgspec.Struct, frozen=True, kw_only=True):
    """A part of the cloud that one can ask to be in."""

    name: str = msgspec.field(name="zoneName")
    state: _ZoneState = msgspec.field(name="zoneState", default=_ZoneState())

    @property
    def available(self) -> bool:
        """Whether the cloud takes new things there now."""
        return self.state.available


ZONES: Collection[AvailabilityZone] = Collection(
    "/os-availability-zone", AvailabilityZone, key="availabilityZoneInfo", page_size=None
)
