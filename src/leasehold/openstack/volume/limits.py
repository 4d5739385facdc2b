"""What the project may have of volumes, and has."""

import msgspec

from leasehold.openstack.service import Shape

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
