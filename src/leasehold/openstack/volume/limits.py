"""What the project may have of volumes, and has."""

from collections.abc import Iterator

import msgspec

from leasehold.openstack.service import Shape, Verbs
from leasehold.openstack.zone import ZONES, AvailabilityZone

UNLIMITED = -1


class VolumeLimits(msgspec.Struct, frozen=True, kw_only=True):
    """Cinder's limits; -1 is unlimited."""

    max_volumes: int = msgspec.field(name="maxTotalVolumes", default=UNLIMITED)
    used_volumes: int = msgspec.field(name="totalVolumesUsed", default=0)
    max_gigabytes: int = msgspec.field(name="maxTotalVolumeGigabytes", default=UNLIMITED)
    """GiB, as all of Cinder's gigabytes."""
    used_gigabytes: int = msgspec.field(name="totalGigabytesUsed", default=0)
    max_snapshots: int = msgspec.field(name="maxTotalSnapshots", default=UNLIMITED)
    used_snapshots: int = msgspec.field(name="totalSnapshotsUsed", default=0)


class Limits(msgspec.Struct, frozen=True):
    """Cinder's envelope around them."""

    absolute: VolumeLimits


LIMITS = Shape(Limits, key="limits")


class Room(Verbs):
    """What there is room for, and where."""

    def limits(self) -> VolumeLimits:
        """Get the project's limits and use."""
        return self.service.get("/limits", LIMITS).absolute

    def availability_zones(self) -> Iterator[AvailabilityZone]:
        """List the zones that volumes can be placed in."""
        return self.service.items(ZONES, {})
