"""How much of Cinder a project may have, and has."""

from collections import Counter
from typing import Any

import msgspec

from leasehold.emulator.http import Fault
from leasehold.emulator.volume.faults import bad_request, invalid_input, over_limit
from leasehold.emulator.world import World

LIMITS = (
    "volumes",
    "per_volume_gigabytes",
    "snapshots",
    "gigabytes",
    "backups",
    "backup_gigabytes",
    "groups",
)


class VolumeQuotas:
    """Cinder's quotas, and what is taken of them."""

    def __init__(self, world: World) -> None:
        self._world = world
        self._taken: dict[str, Counter[str]] = {}

    def used(self, project_id: str) -> Counter[str]:
        return self._taken.setdefault(project_id, Counter())

    def limits(self, project_id: str) -> dict[str, int]:
        quota = self._world.quota(project_id)
        return {name: getattr(quota, name) for name in LIMITS}

    def defaults(self) -> dict[str, int]:
        return {name: getattr(self._world.settings.quota, name) for name in LIMITS}

    def take(self, project_id: str, *, gigabytes: int, **counts: int) -> None:
        """Count what is made now (``volumes=1``); raises Fault 413 when it is too much.

        `gigabytes` may be all that grows, as when a volume is extended.
        """
        self._check(project_id, gigabytes, counts)
        self.used(project_id).update({"gigabytes": gigabytes, **counts})

    def give_back(self, project_id: str, *, gigabytes: int, **counts: int) -> None:
        self.used(project_id).subtract({"gigabytes": gigabytes, **counts})

    def check_size(self, project_id: str, size: int) -> None:
        """Refuse a volume larger than one volume may be."""
        limit = self._world.quota(project_id).per_volume_gigabytes
        if 0 <= limit < size:
            raise over_limit(
                f"VolumeSizeExceedsLimit: Requested volume size {size}G is larger than maximum "
                f"allowed limit {limit}G."
            )

    def change(self, project_id: str, given: dict[str, Any]) -> None:
        """Set some limits; raises Fault 400.

        Like the real service, it refuses less than is in use only where a limit was set before.
        """
        unknown = [name for name in given if name not in LIMITS]
        if unknown:
            raise invalid_input(f"Bad key(s) in quota set: {','.join(unknown)}")
        limits = {name: _limit(name, value) for name, value in given.items()}
        before, used = self.limits(project_id), self.used(project_id)
        for name, limit in limits.items():
            if 0 <= limit < used[name] and before[name] != self.defaults()[name]:
                raise bad_request(
                    f"Quota {name} limit must be equal or greater than existing resources. "
                    f"Current usage is {used[name]} and the requested limit is {limit}."
                )
        quota = msgspec.structs.replace(self._world.quota(project_id), **limits)
        self._world.quotas[project_id] = quota

    def reset(self, project_id: str) -> None:
        self.change(project_id, self.defaults())

    def _check(self, project_id: str, gigabytes: int, counts: dict[str, int]) -> None:
        limits, used = self.limits(project_id), self.used(project_id)
        if 0 <= limits["gigabytes"] < used["gigabytes"] + gigabytes:
            raise too_large(gigabytes, limits["gigabytes"], used["gigabytes"])
        for name, count in counts.items():
            if 0 <= limits[name] < used[name] + count:
                raise too_many(name, limits[name])


def too_large(asked: int, limit: int, used: int) -> Fault:
    return over_limit(
        "VolumeSizeExceedsAvailableQuota: Requested volume or snapshot exceeds allowed gigabytes "
        f"quota. Requested {asked}G, quota is {limit}G and {used}G has been consumed."
    )


def too_many(name: str, limit: int) -> Fault:
    if name == "snapshots":
        return over_limit(
            f"SnapshotLimitExceeded: Maximum number of snapshots allowed ({limit}) exceeded"
        )
    return over_limit(
        f"VolumeLimitExceeded: Maximum number of volumes allowed ({limit}) exceeded for quota "
        f"'{name}'."
    )


def _limit(name: str, value: Any) -> int:
    try:
        limit = int(value)
    except (TypeError, ValueError):
        raise bad_request(f"{name} must be an integer") from None
    if limit < -1:
        raise bad_request(f"{name} must be greater than or equal to -1")
    return limit
