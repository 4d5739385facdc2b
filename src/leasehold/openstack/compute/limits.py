"""What the project may have of servers, and has."""

from collections.abc import Iterator

import msgspec

from leasehold.openstack.service import Shape, Verbs
from leasehold.openstack.zone import ZONES, AvailabilityZone

UNLIMITED = -1


class ComputeLimits(msgspec.Struct, frozen=True, kw_only=True):
    """Nova's limits; -1 is unlimited. Uses count everybody's servers in the project."""

    max_servers: int = msgspec.field(name="maxTotalInstances", default=UNLIMITED)
    used_servers: int = msgspec.field(name="totalInstancesUsed", default=0)
    max_cores: int = msgspec.field(name="maxTotalCores", default=UNLIMITED)
    used_cores: int = msgspec.field(name="totalCoresUsed", default=0)
    max_ram: int = msgspec.field(name="maxTotalRAMSize", default=UNLIMITED)
    """MiB."""
    used_ram: int = msgspec.field(name="totalRAMUsed", default=0)
    max_key_pairs: int = msgspec.field(name="maxTotalKeypairs", default=UNLIMITED)
    max_server_metadata: int = msgspec.field(name="maxServerMeta", default=UNLIMITED)


class Limits(msgspec.Struct, frozen=True):
    """Nova's envelope around them."""

    absolute: ComputeLimits


LIMITS = Shape(Limits, key="limits")


class Room(Verbs):
    """What there is room for, and where."""

    def limits(self) -> ComputeLimits:
        """Get the project's limits and use."""
        return self.service.get("/limits", LIMITS).absolute

    def availability_zones(self) -> Iterator[AvailabilityZone]:
        """List the zones that servers can be placed in."""
        return self.service.items(ZONES, {})
